"""Rallies as physics, filmed: trajectories with events, without end."""

from balltrack.training.events.simulation.filming import simulated

__all__ = ["simulated"]
