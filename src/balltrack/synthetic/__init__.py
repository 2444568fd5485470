"""Rendered clips with a known track, for tests, the demonstration and the benchmark.

A court seen from behind by a pinhole camera, a textured crowd, two players and a ball that
flies in parabolas from one to the other, smeared by the shutter and hidden now and then.
Lengths are metres on the court: x to the right, y away from the camera, z up; the origin is
the middle of the court.
"""

from balltrack.synthetic.clip import SyntheticClip, render_clip

__all__ = ["SyntheticClip", "render_clip"]
