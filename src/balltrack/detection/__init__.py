"""Frames → the places where the ball may be, whatever finds them."""
