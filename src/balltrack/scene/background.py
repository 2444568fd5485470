"""What a shot looks like without the ball, estimated as frames stream by."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from math import ceil
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from balltrack.declaring import check_range
from balltrack.structures import FloatArray, Frame, Image


def median_image(images: Sequence[Image], rank: npt.NDArray[np.intp] | None = None) -> Image:
    """Per-pixel lower median of N images, exactly ``np.sort(images, axis=0)[(N - 1) // 2]``.

    A binary search over the eight bits, for all pixels at once: a bit belongs to the
    median when at most (N - 1) // 2 values lie below it. Eight passes of comparisons
    over small arrays, about a third of ``np.median``'s time.

    Args:
        images: at least one, all of one shape, uint8.
        rank: which of the sorted values to take instead, pixel by pixel.
    """
    if not len(images):
        raise ValueError("median_image: no images")
    place = (len(images) - 1) // 2 if rank is None else rank
    median = np.zeros_like(images[0])
    below = np.empty(median.shape, dtype=np.min_scalar_type(len(images)))
    is_below = np.empty(median.shape, dtype=bool)
    one_below = is_below.view(np.uint8)  # a bool would be cast each time
    for bit in (128, 64, 32, 16, 8, 4, 2, 1):
        median |= np.uint8(bit)
        below[:] = 0
        for image in images:
            np.less(image, median, out=is_below)
            np.add(below, one_below, out=below)
        median -= (below > place).view(np.uint8) * np.uint8(bit)
    return median


class Sample(NamedTuple):
    """A picture, and where the camera was, see `Frame`."""

    image: Image
    place: FloatArray | None


Behind = TypeVar("Behind")


def median_of(samples: Sequence[Sample]) -> Image:
    """(H, W, 3): what they show, the camera taken to stand still."""
    return median_image([sample.image for sample in samples])


def with_background(
    frames: Iterable[Frame],
    behind: Callable[[Sequence[Sample]], Behind],
    *,
    look_ahead: int = 240,
    samples: int = 33,
) -> Iterator[tuple[Frame, Behind | Image]]:
    """Pair each frame with the background of its stretch of the shot.

    A stretch is ``look_ahead`` frames of one shot, or what is left of it. Its
    background is made of ``samples`` frames, spread evenly over a shot's first
    stretch. Later stretches add theirs at the spacing of a full one and drop the oldest,
    so that a last stretch of a few frames still has a good background. Nothing is
    taken from another shot. A shot that is shorter than a stretch has any picture for a background
    where all of its frames are ``known``: no network is shown it.

    At most ``look_ahead`` + ``samples`` + 1 frames are held, however long the video is.

    Args:
        frames: in order, with ``shot`` set (`shots.split_shots`).
        behind: makes the background.
        look_ahead: frames that must have come before the first of a stretch leaves.
        samples: frames that a background is made of.

    Yields:
        Every frame once, in order; the frames of a stretch share a background.
    """
    check_range("look_ahead", look_ahead, 1)
    check_range("samples", samples, 1)
    sampled: deque[Sample] = deque(maxlen=samples)
    number: int | None = None
    frames = iter(frames)
    ahead: deque[Frame] = deque()
    while length := _stretch(ahead, frames, look_ahead):
        count = ceil(length * samples / look_ahead)
        known = False
        if ahead[0].shot != number:
            sampled.clear()
            number, count = ahead[0].shot, samples
            known = length < look_ahead and all(frame.known for frame in islice(ahead, length))
        sampled.extend(_sample(ahead[i]) for i in _evenly(length, count))
        background = ahead[0].image if known else behind(sampled)
        for _ in range(length):
            # One in for one out: whoever decodes works on while the stretch is used up.
            ahead.extend(islice(frames, 1))
            yield ahead.popleft(), background


def with_background_so_far(
    frames: Iterable[Frame],
    behind: Callable[[Sequence[Sample]], Behind],
    *,
    spacing: int = 8,
    samples: int = 33,
) -> Iterator[tuple[Frame, Behind]]:
    """Pair each frame with what its shot has looked like until now, waiting for none.

    Made of ``samples`` frames at most: the first of the shot, then ever rarer ones up to
    every ``spacing``-th, the oldest dropped. In the first frame of a shot nothing moves yet.

    Args:
        frames: in order, with ``shot`` set (`shots.split_shots`).
        behind: makes the background.
        spacing: frames from one sample to the next, once there are as many samples.
        samples: frames that a background is made of.

    Yields:
        As `with_background`.
    """
    sampled: deque[Sample] = deque(maxlen=samples)
    shot, until_next = None, 0
    for frame in frames:
        if frame.shot != shot:
            shot, until_next = frame.shot, 0
            sampled.clear()
        if until_next == 0:
            sampled.append(_sample(frame))
            background = behind(sampled)
            until_next = min(spacing, len(sampled))
        until_next -= 1
        yield frame, background


def _sample(frame: Frame) -> Sample:
    return Sample(frame.image, frame.place)  # and nothing else of it, which may be large


def _stretch(ahead: deque[Frame], frames: Iterator[Frame], longest: int) -> int:
    """Frames at the head of ``ahead`` that are of one shot, taking in more as long as they are."""
    length = 0
    while length < longest:
        if length == len(ahead):
            ahead.extend(islice(frames, 1))
        if length == len(ahead) or ahead[length].shot != ahead[0].shot:
            break
        length += 1
    return length


def _evenly(length: int, count: int) -> list[int]:
    """Up to ``count`` positions in the middles of equal parts of ``length``."""
    if count >= length:
        return list(range(length))
    return [int((part + 0.5) * length / count) for part in range(count)]
