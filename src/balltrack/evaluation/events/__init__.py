"""How good events are: those found against those that a person noted."""
