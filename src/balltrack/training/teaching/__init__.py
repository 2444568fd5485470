"""Teach shipped weights one's own sport, court or camera, from some hundred corrected frames."""
