"""Networks that look at positions, not at pictures."""
