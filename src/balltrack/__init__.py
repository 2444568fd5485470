"""Where is the ball? Labels and an overlay for every frame of a broadcast match.

    from balltrack import TrackOptions, track_video, write_track

    track = track_video("match.mp4", TrackOptions(device="cpu"))
    write_track(track, "match.csv")

The public names load when they are first used, so that ``import balltrack`` is quick
and needs neither torch nor OpenCV.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balltrack.errors import BalltrackError as BalltrackError
    from balltrack.labels import read_labels as read_labels
    from balltrack.labels import read_track as read_track
    from balltrack.labels import write_track as write_track
    from balltrack.options import QUALITIES as QUALITIES
    from balltrack.options import RenderOptions as RenderOptions
    from balltrack.options import TrackOptions as TrackOptions
    from balltrack.pipeline import Tracker as Tracker
    from balltrack.pipeline import track_video as track_video
    from balltrack.pipeline.rendering import render_overlay as render_overlay
    from balltrack.structures import Event as Event
    from balltrack.structures import Frame as Frame
    from balltrack.structures import Labels as Labels
    from balltrack.structures import Source as Source
    from balltrack.structures import Track as Track
    from balltrack.video.reader import open_video as open_video
    from balltrack.weights.checkpoints import load_network as load_network

    __version__: str

_HOMES = {
    "BalltrackError": "balltrack.errors",
    "Event": "balltrack.structures",
    "Frame": "balltrack.structures",
    "Labels": "balltrack.structures",
    "QUALITIES": "balltrack.options",
    "RenderOptions": "balltrack.options",
    "Source": "balltrack.structures",
    "Track": "balltrack.structures",
    "TrackOptions": "balltrack.options",
    "Tracker": "balltrack.pipeline",
    "load_network": "balltrack.weights.checkpoints",
    "open_video": "balltrack.video.reader",
    "read_labels": "balltrack.labels",
    "read_track": "balltrack.labels",
    "render_overlay": "balltrack.pipeline.rendering",
    "track_video": "balltrack.pipeline",
    "write_track": "balltrack.labels",
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
