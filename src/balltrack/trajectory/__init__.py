"""Choosing the ball over time, and filling what was not seen."""
