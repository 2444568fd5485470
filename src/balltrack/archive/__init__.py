"""Many videos at once: which ones, and where the labels of each belong."""
