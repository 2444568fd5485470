"""A camera that pans: where it was, and what lies behind all of its pictures."""
