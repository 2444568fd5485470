"""The pictures a verifier looks at, without loading torch."""

from __future__ import annotations

PICTURE_HEIGHT = 720
"""Height in pixels to which a video is brought before patches are cut from it."""

SIDE = 64
"""Of a patch, pixels; the candidate lies on pixel (32, 32)."""

OFFSETS = (-15, -6, -3, -1, 0, 1, 3, 6, 15)
"""Frames of a patch, counted from the candidate's: near ones show motion, far ones what was there
before and after."""

NOW = OFFSETS.index(0)

CELL = 4
"""Pixels of a patch that share one answer."""

REACH = 10.5
"""Distance from the middle, in pixels, within which an answer counts for the candidate: the
4 px on the 512x288 grid within which a position is right."""

DISC_RADIUS = 6.5
"""Of the ball as the verifier is taught it, pixels: TrackNet's 2.5 on the 512x288 grid."""
