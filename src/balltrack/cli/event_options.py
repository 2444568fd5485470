"""What the commands about events share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from balltrack.cli import options
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
    cls=options.SharedOption,
    default="events",
    show_default=True,
    metavar="NAME|PATH",
    help="Of the network that finds events.",
)


def read_timed(
    labels: Path, fps: float | None, size: tuple[int, int] | None
) -> tuple[Track, tuple[int, int]]:
    """A label file as a track with times, and the size of its video.

    Raises:
        LabelError: the file cannot be read.
        OptionError: it says no times and nor does ``fps``.
    """
    from balltrack.events import timed  # noqa: PLC0415  # after --help
    from balltrack.events.sizes import guess_size  # noqa: PLC0415
    from balltrack.labels import read_track  # noqa: PLC0415

    track = timed(read_track(labels), fps)
    return track, size or guess_size(track)
