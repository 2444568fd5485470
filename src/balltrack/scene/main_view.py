"""The view that play is shown in, to which a broadcast comes back after every close-up."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.structures import Image

SURE = -3.0
"""Log-odds up to which a picture shows play whatever its view, which is one of play then."""

SIZE = (16, 9)
"""Size at which views are held against each other."""

ALIKE, APART = 0.9, 0.8
"""Correlation from which on two pictures show one view, and below which they do not. Of one camera
that stands still any two have 0.93 or more, mostly 0.99; a close-up and a picture of play 0.76 at
most, mostly less than 0.4."""

FEWEST = 8
STEADY = 0.9
"""Pictures of play in later shots, four seconds of them, and the share of these that has to show a
view of earlier ones: that of a camera that pans is rarely the same."""

WEIGHT = 3.5
"""Log-odds by which another picture shows play, or none, for its view."""

MOST = 64
"""Views that are remembered."""

_View = npt.NDArray[np.float32]


class MainView:
    """The views in which a video surely showed play, as far as it has gone."""

    def __init__(self) -> None:
        self._views: list[_View] = []  # of earlier shots
        self._new: list[_View] = []  # of this one
        self._shot = -1
        self._met = 0  # pictures of play in later shots
        self._alike = 0  # those of them that showed a view of earlier ones

    def weigh(self, shot: int, picture: Image, odds: float) -> float:
        """Log-odds that a picture shows no play, by its view too where it is not sure.

        Args:
            shot: of the picture, no earlier one than that of the last.
            picture: (H, W, 3) uint8 BGR.
            odds: log-odds that it shows no play, by what it shows.
        """
        if shot != self._shot:
            self._views += self._new
            self._new, self._shot = [], shot
        view = view_of(picture)
        likeness = _likeness(view, self._views)
        if odds <= SURE:
            self._remember(view, likeness)
            return odds
        if self._met < FEWEST or self._alike < STEADY * self._met:
            return odds
        return odds + WEIGHT * (int(likeness < APART) - int(likeness >= ALIKE))

    def _remember(self, view: _View, likeness: float) -> None:
        if self._views:
            self._met += 1
            self._alike += likeness >= APART
        known = max(likeness, _likeness(view, self._new))
        if known < ALIKE and len(self._views) + len(self._new) < MOST:
            self._new.append(view)


def view_of(picture: Image) -> _View:
    """(144,) how light it is where, of mean 0 and length 1; all 0 where it is the same all over."""
    grey = cv2.cvtColor(cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    view = grey.astype(np.float32).ravel()
    view -= view.mean()
    length = np.linalg.norm(view)
    return np.asarray(view / length if length >= 1 else 0 * view, np.float32)


def _likeness(view: _View, others: list[_View]) -> float:
    """The highest correlation with another one, -1 where there is none."""
    return max((float(view @ other) for other in others), default=-1.0)
