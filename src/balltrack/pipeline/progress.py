"""How far a run is, and how far it has to go."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, nan
from typing import TypeVar

from balltrack.errors import OptionError, VideoError
from balltrack.options import RenderOptions, TrackOptions
from balltrack.structures import Track, VideoInfo

T = TypeVar("T")

_log = logging.getLogger("balltrack")

CUT_OFF_SHARE = 0.95
"""Of the frames that a container promises: with fewer than this something is missing."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: frames that are through.
        total: frames that the container promises; None where it does not say.
        stage: what is being done, in a word.
    """

    done: int
    total: int | None
    stage: str


OnProgress = Callable[[Progress], None]
"""Is told how far a run is."""


def reporting(
    items: Iterable[T], progress: OnProgress, total: int | None, stage: str
) -> Iterator[T]:
    """The same items, each reported as one more frame done."""
    for done, item in enumerate(items, start=1):
        yield item
        progress(Progress(done, total, stage))


@contextmanager
def while_open(pieces: Iterator[Track], path: str) -> Iterator[Iterator[Track]]:
    """The same pieces of a track, of the video ``path``, as long as the block lasts; who asks for
    another one afterwards gets a `VideoError`."""
    is_open = True

    def given() -> Iterator[Track]:
        while is_open:
            try:
                piece = next(pieces)
            except StopIteration:
                return
            yield piece
        raise VideoError(f"{path}: its tracking is closed; take the pieces inside its block")

    try:
        yield given()
    finally:
        is_open = False


def expected_frames(info: VideoInfo, options: TrackOptions | RenderOptions) -> int | None:
    """Frames in the asked-for part, as far as the container can be believed."""
    rate = float(info.frame_rate)
    total = info.frame_count
    if total is None and info.duration_s is not None:
        total = round(info.duration_s * rate)
    if total is None:
        return None
    first = ceil((options.start_s or 0.0) * rate)
    end = total if options.end_s is None else min(total, ceil(options.end_s * rate))
    return max(end - first, 0)


def empty_part(path: str | os.PathLike[str]) -> OptionError:
    """What is wrong with a part without a frame."""
    return OptionError(
        f"{path}: has no frame in the part asked for; `balltrack info` tells its length"
    )


def checked(pieces: Iterable[Track], info: VideoInfo, options: TrackOptions) -> Iterator[Track]:
    """The same pieces of a track; too few are a warning.

    Raises:
        OptionError: there are none at all.
    """
    found, last_s = 0, nan
    for piece in pieces:
        found += len(piece)
        last_s = float(piece.time_s[-1])
        yield piece
    if not found:
        raise empty_part(info.path)
    warn_if_cut_off(info, options, found, last_s)


def warn_if_cut_off(info: VideoInfo, options: TrackOptions, found: int, last_s: float) -> None:
    """Say so where frames are missing: a download that broke off decodes without an error.

    Frames that an edit list leaves out are missing too; the last one is shown at the end then.

    Args:
        info: of the video.
        options: what was asked for.
        found: frames that came.
        last_s: when the last of them is shown; NaN where nobody knows.
    """
    if info.duration_s is not None and last_s >= CUT_OFF_SHARE * info.duration_s:
        return
    promised = info.frame_count
    if promised is None and not info.variable_frame_rate:
        promised = expected_frames(info, options)
    whole = options.start_s is None and options.end_s is None
    if whole and promised is not None and found < CUT_OFF_SHARE * promised:
        _log.warning(
            "%s: ends after %d of the %d frames that it promises; is the file cut off?",
            info.path,
            found,
            promised,
        )
