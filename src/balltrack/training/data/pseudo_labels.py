"""Unlabelled broadcasts → labels that a trained network is sure of (self-training).

Only what a trajectory supports is kept: a detection on its own is as likely a shoe. Frames
that stay in doubt get no row, and so do not count in training, seen or not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from balltrack.errors import DatasetError, OutputError
from balltrack.labels import write_track
from balltrack.options import TrackOptions
from balltrack.pipeline import Tracker
from balltrack.structures import Source, Track
from balltrack.training.options import PseudoLabelOptions
from balltrack.video.probe import probe

REACH = 4
"""Frames to either side in which a trajectory must support a detection."""

SUPPORT = 5
"""Of those, detections of the same trajectory that are enough."""

TRAVEL = 0.08
"""Furthest that a supported ball goes in one frame, heights of the picture."""

VIDEOS = (".mp4", ".mkv", ".mov", ".avi", ".webm")


def write_pseudo_labels(
    options: PseudoLabelOptions, say: Callable[[str], None] = lambda _: None
) -> Path:
    """Label every unlabelled clip.

    Args:
        options: of the labelling.
        say: told of every clip.

    Returns:
        The folder to train on beside the real labels.

    Raises:
        DatasetError: no unlabelled clip in ``options.data``.
        OutputError: the output folder cannot be written.
    """
    videos = [
        video
        for video in sorted(options.data.glob("*/unlabelled/*/*"))
        if video.suffix.lower() in VIDEOS
        and (options.sports is None or video.parts[-4] in options.sports)
    ]
    if not videos:
        raise DatasetError(f"{options.data}: no video under <sport>/unlabelled/<match>")
    tracking = TrackOptions(
        weights=options.weights,
        device=options.device,
        threshold=options.threshold,
        ensemble="weight",
        stride=1,
        rectify=False,
    )
    tracker = Tracker(tracking)
    for video in videos:
        track = tracker.track(video)
        kept = supported(track, probe(video).height)
        _write(video, track, kept, options.output / video.parts[-4] / "train" / video.parent.name)
        say(f"{video.name}: {kept.sum()} of {len(track)} frames")
    return options.output


def supported(track: Track, height: int) -> npt.NDArray[np.bool_]:
    """(N,) which rows are detections in the middle of a trajectory.

    Args:
        track: of every frame of a video, linked but not filled.
        height: of the video in pixels.
    """
    seen = track.source == Source.DETECTED
    kept = np.zeros(len(track), dtype=np.bool_)
    for i in np.flatnonzero(seen).tolist():
        near = np.arange(max(0, i - REACH), min(len(track), i + REACH + 1))
        near = near[(near != i) & seen[near] & (track.shot[near] == track.shot[i])]
        distance = np.hypot(*(track.xy[near] - track.xy[i]).T)
        kept[i] = np.count_nonzero(distance <= TRAVEL * height * np.abs(near - i)) >= SUPPORT
    return kept


def _write(video: Path, track: Track, kept: npt.NDArray[np.bool_], folder: Path) -> None:
    """The kept rows beside a link to the video."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / video.with_suffix(".mp4").name  # readers go by the content
        link.unlink(missing_ok=True)
        link.symlink_to(video.resolve())
    except OSError as error:
        raise OutputError(f"{folder}: cannot put a labelled clip there ({error})") from error
    rows = Track(
        *(
            getattr(track, name)[kept]
            for name in ("frame_index", "time_s", "xy", "score", "source", "shot")
        )
    )
    write_track(rows, folder / f"{video.stem}_ball.csv")
