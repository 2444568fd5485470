"""Frames in a row → the windows that a network looks at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from balltrack.models.specs import NetworkSpec
from balltrack.structures import Frame, Image
from balltrack.video.background import with_background


@dataclass(frozen=True)
class Window:
    """Consecutive frames of one shot.

    Attributes:
        frames: exactly as many as the network takes, oldest first; a shot that is shorter
            repeats its last frame.
        background: (h, w, 3) uint8 BGR, the shot without its moving things; None for
            networks that take none.
        keep: positions in ``frames`` that this window answers for.
    """

    frames: tuple[Frame, ...]
    background: Image | None
    keep: range


def cut_windows(frames: Iterable[Frame], spec: NetworkSpec, stride: int) -> Iterator[Window]:
    """Windows of a network's length, with backgrounds where it takes any; as `make_windows`."""
    items = with_background(frames) if spec.background == "concat" else ((f, None) for f in frames)
    return make_windows(items, spec.frames_in, stride)


def make_windows(
    items: Iterable[tuple[Frame, Image | None]], length: int, stride: int
) -> Iterator[Window]:
    """Cut frames and their backgrounds into windows; none crosses a cut.

    A window begins at every ``stride``-th frame of a shot, and one more ends at its last
    frame where that is not covered. With ``stride == length`` every frame is answered by
    exactly one window: the last one slides back over frames already answered and keeps only
    the new ones. With a smaller stride a window answers for all its frames.

    Streaming: about ``length`` frames are held. ``items`` carry shot numbers.
    """
    if not 1 <= stride <= length:
        raise ValueError(f"make_windows: stride must be in [1, {length}], got {stride}")
    for _, shot in groupby(items, key=lambda item: item[0].shot):
        yield from _windows_of_shot(shot, length, stride)


def _windows_of_shot(
    items: Iterable[tuple[Frame, Image | None]], length: int, stride: int
) -> Iterator[Window]:
    recent: deque[tuple[Frame, Image | None]] = deque(maxlen=length)
    unanswered = 0
    until_full = length
    for item in items:
        recent.append(item)
        unanswered += 1
        until_full -= 1
        if until_full == 0:
            yield _window(recent, length, unanswered if stride == length else length)
            unanswered = 0
            until_full = stride
    if unanswered:
        yield _window(recent, length, unanswered if stride == length else len(recent))


def _window(recent: deque[tuple[Frame, Image | None]], length: int, answers: int) -> Window:
    """The window of the last ``length`` frames, answering for the last ``answers`` of them."""
    frames = [frame for frame, _ in recent]
    padding = [frames[-1]] * (length - len(frames))
    return Window(
        frames=(*frames, *padding),
        background=recent[0][1],
        keep=range(len(frames) - answers, len(frames)),
    )
