"""Frames in a row → the windows that a network looks at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from balltrack.models.specs import NetworkSpec
from balltrack.scene.background import median_of, with_background, with_background_so_far
from balltrack.scene.differences import ShownFrame, beside_background
from balltrack.scene.panning.panorama import Panorama, behind_pan, into_register
from balltrack.structures import FloatArray, Frame, Image


@dataclass(frozen=True)
class Window:
    """Consecutive frames of one shot.

    Attributes:
        frames: exactly as many as the network takes, oldest first. A shot repeats its first
            frame where a network wants a past that there is not, and its last where it is
            shorter than a window.
        background: (h, w, 3) uint8 BGR, the shot without its moving things; None for
            networks that take none.
        keep: positions in ``frames`` that this window answers for.
        ways: where the camera pans, (2, 3) for each frame: from its own pixels to those in which it
            is shown here, beside the others and the background; None where it is shown as it is.
    """

    frames: tuple[Frame, ...]
    background: Image | None
    keep: range
    ways: tuple[FloatArray, ...] | None = None


def images_of(window: Window) -> list[Image]:
    """All that a network sees, in the order of its channels: (h, w, C) uint8 each."""
    first = [] if window.background is None else [window.background]
    return [*first, *(_shown(frame) for frame in window.frames)]


def _shown(frame: Frame) -> Image:
    shown = frame.shown if isinstance(frame, ShownFrame) else None
    return frame.image if shown is None else shown


Items = Iterable[tuple[Frame, Image | Panorama | None]]
"""Frames, each with the background of its shot where the network takes one."""


def cut_windows(
    frames: Iterable[Frame], spec: NetworkSpec, stride: int, *, live: bool = False
) -> Iterator[Window]:
    """Windows of a network's length, with backgrounds where it takes any; as `make_windows`.

    ``live`` waits for no background: what a shot has looked like so far has to do.
    """
    items: Items = ((frame, None) for frame in frames)
    paired = with_background_so_far if live else with_background
    if spec.background == "concat":
        items = paired(frames, behind_pan)
    elif spec.background != "none":
        items = beside_background(paired(frames, median_of), spec.background)
    return make_windows(items, spec.frames_in, stride, spec.frames_out)


def make_windows(
    items: Items,
    length: int,
    stride: int,
    answers: int | None = None,
) -> Iterator[Window]:
    """Cut frames and their backgrounds into windows; none crosses a cut.

    A window begins at every ``stride``-th frame of a shot, and one more ends at its last
    frame where that is not covered. With ``stride == answers`` every frame is answered by
    exactly one window: the last one slides back over frames already answered and keeps only
    the new ones. With a smaller stride a window answers for all that it can.

    Streaming: about ``length`` frames are held. ``items`` carry shot numbers.

    Args:
        items: frames, each with the background of its shot where the network takes one.
        length: frames of a window.
        stride: frames from one window to the next.
        answers: how many of a window's frames, the newest, the network answers for; None is all.
    """
    answers = length if answers is None else answers
    if not 1 <= stride <= answers:
        raise ValueError(f"make_windows: stride must be in [1, {answers}], got {stride}")
    for _, shot in groupby(items, key=lambda item: item[0].shot):
        yield from _windows_of_shot(shot, length, stride, answers)


def _windows_of_shot(items: Items, length: int, stride: int, answers: int) -> Iterator[Window]:
    recent: deque[tuple[Frame, Image | Panorama | None]] = deque(maxlen=length)
    past = length - answers
    unanswered = 0
    until_full = answers
    for item in items:
        if not recent:
            recent.extend([item] * past)
        recent.append(item)
        unanswered += 1
        until_full -= 1
        if until_full == 0:
            yield _window(recent, length, unanswered if stride == answers else answers)
            unanswered = 0
            until_full = stride
    if unanswered:
        yield _window(recent, length, unanswered if stride == answers else len(recent) - past)


def _window(
    recent: deque[tuple[Frame, Image | Panorama | None]], length: int, answers: int
) -> Window:
    """The window of the last ``length`` frames, answering for the last ``answers`` of them."""
    frames = [frame for frame, _ in recent]
    keep = range(len(frames) - answers, len(frames))
    frames += [frames[-1]] * (length - len(frames))
    background = recent[0][1]
    if not isinstance(background, Panorama):
        return Window(tuple(frames), background, keep)
    if all(frame.known for frame in frames):
        return Window(tuple(frames), frames[0].image, keep)
    shown, behind, ways = into_register(frames, background)
    return Window(tuple(shown), behind, keep, ways)
