"""Where is the ball? Labels and an overlay for every frame of a broadcast match.

    from balltrack import TrackOptions, track_video, write_labels

    track = track_video("match.mp4", TrackOptions(device="cpu"))
    write_labels(track, "match.csv")

The public names load when they are first used, so that ``import balltrack`` is quick
and needs neither torch nor OpenCV.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balltrack.errors import BalltrackError as BalltrackError
    from balltrack.labels import read_labels as read_labels
    from balltrack.labels import read_track as read_track
    from balltrack.labels import write_labels as write_labels
    from balltrack.options import RenderOptions as RenderOptions
    from balltrack.options import TrackOptions as TrackOptions
    from balltrack.pipeline import render_overlay as render_overlay
    from balltrack.pipeline import track_video as track_video
    from balltrack.structures import Event as Event
    from balltrack.structures import Frame as Frame
    from balltrack.structures import Labels as Labels
    from balltrack.structures import Track as Track
    from balltrack.video.reader import open_video as open_video
    from balltrack.weights.checkpoints import load_network as load_network

    __version__: str

# OpenMP's threads wait for each other by spinning, and every operation of a network is such a
# wait: with anything else on the cores, the decoding thread for one, they burn the time that
# the others need (7 times slower measured on two busy cores). Read once, when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "BalltrackError": "balltrack.errors",
    "Event": "balltrack.structures",
    "Frame": "balltrack.structures",
    "Labels": "balltrack.structures",
    "RenderOptions": "balltrack.options",
    "Track": "balltrack.structures",
    "TrackOptions": "balltrack.options",
    "load_network": "balltrack.weights.checkpoints",
    "open_video": "balltrack.video.reader",
    "read_labels": "balltrack.labels",
    "read_track": "balltrack.labels",
    "render_overlay": "balltrack.pipeline",
    "track_video": "balltrack.pipeline",
    "write_labels": "balltrack.labels",
}
__all__ = [*sorted(_HOMES), "__version__"]  # noqa: PLE0604  # one table, not two


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("balltrack")
    if name not in _HOMES:
        raise AttributeError(f"module 'balltrack' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
