"""What the commands about events share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from balltrack.cli import asked, options
from balltrack.errors import LabelError
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from balltrack.structures import Track

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Size(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A size in pixels, ``1280x720``, as (width, height)."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        match = re.fullmatch(r"([1-9]\d*)[x×]([1-9]\d*)", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is not a size; write 1280x720", param, ctx)
        return int(match[1]), int(match[2])


fps = click.option(
    "--fps",
    cls=options.SharedOption,
    type=float,
    help="Frames a second, where labels say no times.",
)
size = click.option(
    "--size",
    cls=options.SharedOption,
    metavar="WxH",
    type=Size(),
    help="Of the video.  [default: the usual size that holds every position]",
)
weights = click.option(
    "--weights",
    cls=options.CommandsOwnOption,
    default="events",
    show_default=True,
    metavar="NAME|PATH",
    help="Of the network that finds events.",
)


no_bounce = click.option(
    "--no-bounce",
    cls=options.SharedOption,
    is_flag=True,
    help="Nothing bounces before play ends, as in badminton: what looks so amid a rally is a hit.",
)


detector = click.option(
    "--detector",
    cls=options.SharedOption,
    default=TrackOptions().weights,
    show_default=True,
    metavar="NAME|PATH",
    help="Weights, or a detector without, that track a video.",
)
TRACKING = ("device", "threads", "verify", "region", "start_s", "end_s", "video_stream")
tracking = options.of(TrackOptions, only=TRACKING)


def take_tracking(detector: str, settings: dict[str, Any]) -> TrackOptions:
    """How a video is tracked, taken out of the settings of a command that has more of them."""
    return TrackOptions(detector, **{name: settings.pop(name) for name in TRACKING})


def refuse_tracking(*, of_video: bool = False) -> None:
    """Raise `click.UsageError` for options of the tracking where the labels are there.

    Args:
        of_video: there is a video beside them, which has streams, too.
    """
    names = {"detector", *TRACKING} - ({"video_stream"} if of_video else set())
    asked.refuse_idle({"on labels; give the video without them to track it": names})


def read_timed(
    source: Path,
    fps: float | None,
    size: tuple[int, int] | None,
    chosen: TrackOptions,
    *,
    quiet: bool,
) -> tuple[Track, tuple[int, int]]:
    """A label file, or the track of a video, with times, and the size of the video.

    Args:
        source: labels, or a video, which is tracked first.
        fps, size: of labels that do not say them; None where they do, or for a guess.
        chosen: how a video is tracked.
        quiet: show no progress.

    Raises:
        LabelError: the file cannot be read.
        OptionError: it says no times and nor does ``fps``.
        BalltrackError: as `Tracker`, for a video.
    """
    import numpy as np  # noqa: PLC0415  # after --help

    from balltrack.clips.rallies import warn_of_cuts  # noqa: PLC0415
    from balltrack.events import timed  # noqa: PLC0415
    from balltrack.events.sizes import guess_size  # noqa: PLC0415
    from balltrack.labels import read_track  # noqa: PLC0415
    from balltrack.labels.formats import are_labels  # noqa: PLC0415
    from balltrack.video.pictures.names import are_pictures  # noqa: PLC0415
    from balltrack.video.probe import probe  # noqa: PLC0415

    if are_labels(source):
        refuse_tracking()
        track = read_track(source, size)
        known = len(track) > 0 and not np.isnan(track.time_s).any()
        asked.refuse_idle({f"on {source}, which says its own times": ["fps"] if known else []})
        try:
            found = timed(track, fps), size or guess_size(track)
        except LabelError as error:
            raise LabelError(f"{source}: {error}") from error
        warn_of_cuts(source, track)  # after what refuses them
        return found
    pictures = are_pictures(source)
    says = ["size"] if pictures else ["fps", "size"]
    asked.refuse_idle({f"on {source}, a video, which says it itself": says})
    chosen = replace(chosen, fps=fps if pictures else None)
    track, info = track_first(source, chosen, quiet=quiet), probe(source, chosen)
    return timed(track, float(info.frame_rate)), (info.width, info.height)


def track_first(
    video: Path, chosen: TrackOptions, events: Path | None = None, *, quiet: bool
) -> Track:
    """The track of a video that comes without labels.

    Args:
        video: as in `read_timed`, and so are ``chosen`` and ``quiet``.
        events: a file that will be read afterwards; what is wrong with it is said at once.

    Raises:
        BalltrackError: as `Tracker`.
        LabelError: the events cannot be read.
    """
    from balltrack.cli.console import progress  # noqa: PLC0415  # after --help
    from balltrack.clips.rallies import events_of  # noqa: PLC0415
    from balltrack.pipeline import Tracker  # noqa: PLC0415

    if events is not None:
        events_of(events, video)
    with progress("tracking", quiet=quiet) as report:
        return Tracker(chosen).track(video, progress=report)
