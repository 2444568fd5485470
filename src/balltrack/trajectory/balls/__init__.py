"""More than one ball in a shot: which is in play, and where the others are."""
