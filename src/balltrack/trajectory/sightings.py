"""What the detector saw too weakly to be believed alone, and what it is worth beside a path.

A weak candidate says less exactly where the ball is than a strong one, and the path says it
about as well: between the two lies the best answer. Where the path has a gap, a candidate at
the place where the ball must have been tells whether it was there at all.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from balltrack.structures import FloatArray, FrameCandidates
from balltrack.trajectory.motion import LinkingParameters


class Sightings:
    """The candidates of every frame that went by, 12 bytes each."""

    def __init__(self) -> None:
        self._ends = array("q", [0])
        self._values = array("f")  # x, y, score

    def watch(self, candidates: Iterable[FrameCandidates]) -> Iterator[FrameCandidates]:
        """The same frames; each is remembered as it goes by."""
        for frame in candidates:
            self.remember(frame)
            yield frame

    def remember(self, frame: FrameCandidates) -> None:
        """Take in the candidates of the next frame."""
        for candidate in frame.candidates:
            self._values.extend((candidate.x, candidate.y, candidate.score))
        self._ends.append(len(self._values))

    def __len__(self) -> int:
        """Frames remembered."""
        return len(self._ends) - 1

    def __getitem__(self, row: int) -> FloatArray:
        """(n, 3) x and y in source pixels, and score, of one frame's candidates."""
        values = self._values[self._ends[row] : self._ends[row + 1]]
        return np.array(values, dtype=np.float64).reshape(-1, 3)


def strongest(
    seen: FloatArray, place: FloatArray, height: float, parameters: LinkingParameters
) -> tuple[float, FloatArray]:
    """The strongest of ``seen`` (n, 3) within reach of ``place`` (2,), where the path was.

    Returns:
        Its score and its position in source pixels; 0 and the place where there is none.
    """
    near = seen[np.hypot(*(seen[:, :2] - place).T) <= parameters.path_reach * height]
    if not len(near):
        return 0.0, place
    best = near[near[:, 2].argmax()]
    return float(best[2]), best[:2]


def between(candidate: FloatArray, place: FloatArray, parameters: LinkingParameters) -> FloatArray:
    """Where the ball is, (..., 2), between a weak candidate and what the path foretells."""
    return np.asarray(candidate + parameters.path_share * (place - candidate))
