"""From positions to play: how fast the ball flies, when it is hit and bounces, rallies."""
