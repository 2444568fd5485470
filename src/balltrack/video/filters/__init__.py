"""Readers that change another reader's pictures before anybody sees them."""
