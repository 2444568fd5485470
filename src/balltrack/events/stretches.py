"""Where the ball's way is known without a break."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from balltrack.structures import Event, FloatArray, Source, Track
from balltrack.tracks import MOST_REPEATED


def stretches(track: Track, events: Iterable[Event] = ()) -> npt.NDArray[np.int64]:
    """(N,) number of the stretch that each row belongs to, -1 for a row that was not seen.

    A stretch is a run of frames one after another on all of which the ball was seen, within
    one shot, and without an event inside it. A position that was filled in was not seen: it
    ends a stretch. The frame of an event ends the stretch before it, together with those that
    show its picture again.
    """
    seen = track.visible & (track.source != Source.INPAINTED)
    begins = np.ones(len(track), dtype=bool)
    begins[1:] = (
        (np.diff(track.frame_index) != 1) | (np.diff(track.shot) != 0) | ~(seen[1:] & seen[:-1])
    )
    without = np.where(seen, np.cumsum(begins) - 1, -1)
    picture = np.cumsum(seen_anew(track.xy, without))
    at_event = picture[np.isin(track.frame_index, [event.frame_index for event in events])]
    begins[1:] |= np.isin(picture[:-1], at_event) & (np.diff(picture) > 0)
    return np.where(seen, np.cumsum(begins) - 1, -1)


def seen_anew(xy: FloatArray, stretch: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """(N,) rows but those of a frame that repeats a picture: there a tracker says the very same
    place again, at most `MOST_REPEATED` times. Rows of no stretch are all new.

    Args:
        xy: (N, 2) places.
        stretch: (N,) as `stretches` gives them.
    """
    new = np.ones(len(xy), dtype=bool)
    new[1:] = (np.diff(xy, axis=0) != 0).any(axis=1) | (stretch[1:] != stretch[:-1])
    new |= stretch < 0
    pictures = np.cumsum(new) - 1
    rests = np.bincount(pictures, minlength=1) > 1 + MOST_REPEATED
    return np.asarray(new | rests[pictures])
