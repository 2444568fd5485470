"""Which frames of many videos to label next: doubtful ones that do not look alike, then some of
those where no ball was found for long.

Greedy: the next frame is the one with the largest doubt times its distance, in how it looks, to
those that are chosen already (Gonzalez 1985, "Clustering to minimize the maximum intercluster
distance", for the distance; weighed by doubt as in Ash et al. 2020, "Deep batch active learning
by diverse, uncertain gradient lower bounds").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.options import SourceOptions
from balltrack.review.doubt import doubt, without_a_ball, worth_a_look
from balltrack.review.merging import row_of
from balltrack.structures import FloatArray, Image, Source, Track
from balltrack.video.reader import open_video

LOOK = (32, 18)
"""Size of the picture by which frames are compared."""

AROUND = 16
"""Half the side, in pixels of the video, of the patch around the ball that is compared too."""

UNSEEN = 0.2
"""Doubt of a frame in which no ball was found for long: mostly there is none."""

COLUMNS = ("Video", "Frame", "Time", "Doubt", "Why")


@dataclass(frozen=True)
class Doubtful:
    """A frame that may be worth labelling.

    Attributes:
        video: the file.
        frame, time_s: which, and when.
        doubt: see `doubt`.
        why: in a word: "weak", "filled in", "jump", "gap" or "no ball".
        look: (D,) float32, of how it looks.
    """

    video: Path
    frame: int
    time_s: float
    doubt: float
    why: str
    look: npt.NDArray[np.float32]


def look_at(
    video: Path,
    track: Track,
    source: SourceOptions = SourceOptions(),  # noqa: B008  # frozen
    *,
    unseen: int = 0,
    said: Collection[int] = (),
) -> list[Doubtful]:
    """The most doubtful frame of each doubtful stretch of a video, which is decoded once.

    Args:
        video: the file.
        track: of it.
        source: which pictures of it are the video.
        unseen: so many frames too, at most, in which no ball was found for long.
        said: frames that a person spoke of, which are left out.

    Raises:
        VideoError: it cannot be read.
    """
    found = []
    with open_video(video, quiet=True, source=source) as reader:
        values = doubt(track, (reader.info.width, reader.info.height))
        empty = without_a_ball(track, unseen, said)
        values[np.isin(track.frame_index, empty)] = UNSEEN
        wanted = {*worth_a_look(values, track.frame_index), *empty}.difference(said)
        rows = {frame: row_of(track, frame) for frame in wanted}
        for frame in reader.frames():
            row = rows.get(frame.index)
            if row is not None:
                look = _look(frame.image, track.xy[row])
                why = _why(track, row, float(values[row]))
                value = float(values[row])
                found.append(Doubtful(video, frame.index, frame.time_s, value, why, look))
    return found


def choose(frames: Sequence[Doubtful], count: int) -> list[Doubtful]:
    """At most ``count`` of the frames, the most doubtful one first, those without a ball last."""
    if not frames:
        return []
    looks = np.stack([one.look for one in frames])
    doubts = np.array([one.doubt for one in frames])
    distance = np.ones(len(frames))
    chosen: list[int] = []
    for _ in range(min(count, len(frames))):
        worth = np.where(doubts > UNSEEN, doubts * distance + 1, doubts * distance)
        worth[chosen] = -1
        best = int(np.argmax(worth))
        chosen.append(best)
        away: FloatArray = np.linalg.norm(looks - looks[best], axis=1)
        distance = away if len(chosen) == 1 else np.minimum(distance, away)
    return [frames[number] for number in chosen]


def write_suggestions(frames: Iterable[Doubtful], file: TextIO) -> None:
    """A table, the first to be labelled first."""
    file.write(",".join(COLUMNS) + "\n")
    for one in frames:
        time_s = "" if np.isnan(one.time_s) else f"{one.time_s:.3f}"
        video = str(one.video).replace('"', '""')
        file.write(f'"{video}",{one.frame},{time_s},{one.doubt:.3f},{one.why}\n')


def _look(image: Image, xy: FloatArray) -> npt.NDArray[np.float32]:
    """(D,) the whole picture in small, and what is around the ball, each of length 1 at most."""
    whole = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), LOOK, interpolation=cv2.INTER_AREA)
    patch = np.zeros((8, 8))
    if np.isfinite(xy).all():
        padded = np.pad(image, ((AROUND, AROUND), (AROUND, AROUND), (0, 0)), mode="edge")
        x, y = np.clip(np.rint(xy), 0, np.array(image.shape[1::-1]) - 1).astype(int)
        cut = padded[y : y + 2 * AROUND, x : x + 2 * AROUND].mean(axis=2)
        patch = cut.reshape(8, AROUND // 4, 8, AROUND // 4).mean(axis=(1, 3))
    parts = [part.ravel() / 255 / np.sqrt(part.size) for part in (whole, patch)]
    return np.concatenate(parts).astype(np.float32)


def _why(track: Track, row: int, value: float) -> str:
    if not track.visible[row]:
        return "no ball" if value == UNSEEN else "gap"
    if track.source[row] == Source.INPAINTED:
        return "filled in"
    return "weak" if abs(1 - float(track.score[row]) - value) < 1e-6 else "jump"
