"""Dark and flat pictures given the tones of those that networks know.

A shuttle in a dim hall differs from what is behind it by a few grey levels, and is missed; so it is
in haze, behind a window, and in the flat pictures that cameras record to be graded or shown in HDR.
A power below 1 spreads dark values, as a camera's gamma does, and a straight line spreads all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from balltrack.scene.exposure import in_one_light
from balltrack.structures import AnyFrame, Image
from balltrack.video.tone import Tone, tone_table
from balltrack.video.yuv import PicturedFrame

LEAST_MEAN = 56.0
"""Of a picture's values, of 255, from which on it stays as dark as it is. The darkest picture of
the clips that the networks were trained on has 59."""

LEAST_GAMMA = 0.4
"""What is darker yet shows hardly more than noise."""

LEAST_RANGE = 176.0
"""From the darkest to the lightest hundredth of a picture's values, of 255, from which on it stays
as flat as it is. The flattest picture of the clips that the networks were trained on has 182."""

MOST_GAIN = 3.0
"""What would need more is fog, a fade or a test picture: the flatter, the less it is changed."""

EXTREMES = (1, 99)
"""Percentiles between which the range lies."""

BAR = 3
"""Rows and columns that are nowhere lighter, of 255, are a bar beside the picture."""

PRECISION = 1 / 256
"""Of a power, and of how much a tone changes a picture."""

SMALL = (64, 36)
"""Size at which pictures are looked at; each value is the mean of four pixels."""

SPACING = 16
"""Frames from one look at a shot's tones to the next."""

SOON, SLOWLY = 1 / 2, 1 / 16
"""Share of a look in what is known, where it asks for less of a change and where for more: what
fades in is not changed for long, and a background stays one while it grows dark."""


def in_good_light(frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
    """Frames with ``shot`` set as they are looked at: each shot in one light, and no darker or
    flatter than what networks know."""
    return with_known_tones(in_one_light(frames))


def with_known_tones(frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
    """The same frames, those of dark shots lighter and those of flat shots with more contrast;
    nothing of one that comes later counts.

    Args:
        frames: with ``shot`` set (`shots.split_shots`), or of one shot.
    """
    shot, tone, until_next = None, None, 0
    for frame in frames:
        if frame.shot != shot:
            shot, tone, until_next = frame.shot, None, 0
        if until_next == 0:
            tone, until_next = _followed(tone, tone_for(frame.image)), SPACING
        until_next -= 1
        yield frame if tone is None or _change(tone) < 1 + PRECISION else _toned(frame, tone)


def _followed(known: Tone | None, fits: Tone | None) -> Tone | None:
    """What is known after another look; None is nothing yet, or a look at nothing."""
    if known is None or fits is None:
        return known if fits is None else fits
    share = SOON if _change(fits) < _change(known) else SLOWLY
    return Tone(*(old + share * (new - old) for old, new in zip(known, fits, strict=True)))


def _change(tone: Tone) -> float:
    """How much it spreads some values, 1 for not at all."""
    return tone.gain / tone.gamma


def tone_for(image: Image) -> Tone | None:
    """What brings a (H, W, 3) uint8 picture, bars left out, to `LEAST_MEAN` and `LEAST_RANGE`, as
    far as `LEAST_GAMMA` and `MOST_GAIN` let it.

    `tone.PLAIN` where it is there already, None where it is all black.
    """
    pixels = cv2.resize(image, (2 * SMALL[0], 2 * SMALL[1]), interpolation=cv2.INTER_NEAREST)
    lit = cv2.resize(pixels, SMALL, interpolation=cv2.INTER_AREA).max(axis=2) > BAR
    if not lit.any():
        return None
    rows, columns = (np.repeat(lit.any(axis=axis), 2) for axis in (1, 0))
    shown = pixels[rows][:, columns]
    gamma = _gamma_for(shown)
    low, high = (np.percentile(tone_table(Tone(gamma))[shown], EXTREMES) / 255).tolist()
    asked = LEAST_RANGE / 255 / max(high - low, PRECISION)
    gain = max(1.0, min(asked, MOST_GAIN**2 / asked))
    if gain == 1:
        return Tone(gamma)
    # What is left beyond the darkest and the lightest is shared as it was.
    left = (1 - gain * (high - low)) / (1 - (high - low))
    return Tone(gamma, gain, left * low - gain * low)


def _gamma_for(shown: Image) -> float:
    """The power that brings the mean of values to `LEAST_MEAN`."""
    if shown.mean() >= LEAST_MEAN:
        return 1.0
    low, high = LEAST_GAMMA, 1.0
    counts = np.bincount(shown.ravel(), minlength=256)
    while high - low > PRECISION:
        middle = (low + high) / 2
        if counts @ tone_table(Tone(middle)) < LEAST_MEAN * shown.size:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _toned(frame: AnyFrame, tone: Tone) -> AnyFrame:
    image = np.asarray(cv2.LUT(frame.image, tone_table(tone)), np.uint8)
    if isinstance(frame, PicturedFrame):
        return replace(frame, image=image, picture=frame.picture.toned(tone))
    return replace(frame, image=image)
