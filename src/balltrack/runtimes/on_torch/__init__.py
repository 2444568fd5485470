"""Networks run by torch, on whatever device it knows."""
