"""The network that fills gaps: trajectories with hidden stretches, and how far off it is there."""
