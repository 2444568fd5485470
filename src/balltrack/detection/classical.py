"""A tracker without a network: what moves, is small, and flies.

After Archana and Geetha, "Object detection and tracking based on trajectory in broadcast tennis
video" (Procedia Computer Science 58, 2015), of which the abstract gives the steps: a background
image, background difference AND frame difference, threshold, dilation, candidates, players as the
largest blobs, and the trajectory. Every number here is ours, see docs/systems.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from balltrack.detection.blobs import TOP_K
from balltrack.detection.detector import Description
from balltrack.detection.flights import REACH, Flights
from balltrack.geometry import Fit, Scaling
from balltrack.options import TrackOptions
from balltrack.scene.background import with_background, with_background_so_far
from balltrack.scene.panning.camera import (
    UNMOVED,
    Place,
    back,
    carried,
    from_to,
    grey,
    laid_onto,
    place_of,
)
from balltrack.scene.panning.panorama import Panorama, behind_pan
from balltrack.scene.repeats import change
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Candidate, FloatArray, Frame, FrameCandidates, Image
from balltrack.trajectory.motion import LinkingParameters


@dataclass(frozen=True)
class ClassicalParameters:
    """Numbers of the classical tracker; lengths are shares of the picture's height.

    Attributes:
        size: (width, height) of the pictures it works on, pixels.
        difference: grey levels by which a pixel must differ from the background, and from the
            pictures before and after it.
        smallest, largest: area of a ball's blob, squared shares of the height.
        longest: of a ball's blob to each side: a streak is long.
        player: area from which a blob of the background difference is a player, whose own pixels
            are no ball.
        repeated: mean difference, grey levels, of the block that differs most, below which a frame
            repeats the one before it.
        most_repeated: frames in a row that may repeat a picture; where more do, it stands still.
        candidates: blobs of a frame that are kept, the ones that stand out most.
    """

    size: tuple[int, int] = (640, 360)
    difference: int = 14
    smallest: float = 2e-5
    largest: float = 1.6e-3
    longest: float = 0.06
    player: float = 4e-3
    repeated: float = 3.0
    most_repeated: int = 5
    candidates: int = 24


LINKING = LinkingParameters(
    score_offset=-2.42,
    score_slope=1.19,
    start_cost=8.24,
    miss_cost=1.55,
    motion_weight=0.495,
    jitter=0.0012,
    acceleration=0.454,
    turn=0.0443,
    start_speed=0.258,
    tail=1.73,
    repeat_share=0.07,
    repeat_radius=6e-6,
    path_share=0.25,
    path_reach=0.028,
    fill_score=0.35,
    lead=0.09,
    sure_offset=0.487,
    sure_slope=0.642,
)
"""What linking may believe of its candidates, fitted to 24 training clips of tennis, badminton and
padel as ``balltrack fit-linking DATA --weights classical -o DIR`` fits it; how sure its rows are,
to the clips of dev (``--confidence-only``)."""


class ClassicalDetector:
    """A `Detector` of moving blobs that fly.

    A blob's score is how well it fits a flight: how many frames around it have a blob where a
    ball with constant acceleration would be. One that nothing before or after it explains scores
    next to nothing, however bright it is.

    Args:
        parameters: its numbers.
        live: waits for no background: what a shot has looked like so far has to do.
    """

    fit: Fit = "stretch"
    verifier = "none"
    linking: LinkingParameters = LINKING

    def __init__(
        self, parameters: ClassicalParameters = ClassicalParameters(), *, live: bool = False
    ) -> None:
        self.parameters = parameters
        self._with_background = with_background_so_far if live else with_background
        # Flights look so many pictures ahead; whether the one after them is over, the next says.
        self.lag = (REACH + 4) * (parameters.most_repeated + 1)
        self.size = parameters.size
        self.description = Description("classical", "opencv", "cpu", "uint8", 1, 1)

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        """See `Detector`."""
        seen = observer.iterate("prepare", self._blobs(frames))
        for frame, blobs, scores in Flights(self.size[1]).score(seen):
            xy, place = blobs[:, :2], place_of(frame)
            here = xy if place is UNMOVED else carried(xy, back(place))
            places = scaling.to_source(here).tolist()
            found = [
                Candidate(x, y, score)
                for (x, y), score in zip(places, scores.tolist(), strict=True)
            ]
            best = tuple(sorted(found, key=lambda c: -c.score)[:TOP_K])
            yield FrameCandidates(frame.index, frame.time_s, frame.shot, best)

    def _blobs(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, FloatArray]]:
        """Each frame, without its picture, with its (n, 3) blobs: x, y and area, pixels of the
        first picture of the shot where the camera moves."""
        pictures = _pictures(self._with_background(frames, behind_pan), self.parameters)
        for run, before, after in _in_context(pictures):
            others = [_as_seen_from(run, one) for one in (before, after) if one is not None]
            panned = run.place is not UNMOVED
            blobs = find_blobs(run.image, run.background, others, self.parameters, panned=panned)
            if panned:
                blobs[:, :2] = carried(blobs[:, :2], run.place)
            for frame in run.frames:
                yield frame, blobs


LIVE = ClassicalParameters(most_repeated=1)
"""Where nobody can wait for the end of a picture that stands still."""


def load(options: TrackOptions) -> ClassicalDetector:
    """What `balltrack.detection.registry.DETECTORS` names."""
    return ClassicalDetector() if options.lag is None else ClassicalDetector(LIVE, live=True)


def find_blobs(
    image: Image,
    background: Image,
    others: Sequence[Image],
    parameters: ClassicalParameters,
    *,
    panned: bool = False,
) -> FloatArray:
    """Small things that are neither in the background nor in the pictures beside this one.

    Args:
        image, background: (h, w) uint8 grey.
        others: the different pictures before and after it, at most one each; with both, the place
            where the ball was before leaves no ghost.
        parameters: see `ClassicalParameters`.
        panned: the others and the background are from elsewhere, and may be a pixel off.

    Returns:
        (n, 3) centre x, y and area of each, pixels, those that stand out most first.
    """
    p, height = parameters, image.shape[0]
    if not others:
        return np.empty((0, 3))
    apart = _beyond_neighbours if panned else cv2.absdiff
    differs = np.asarray(apart(image, background), np.uint8)
    moves: Image = differs
    for other in others:
        moves = np.minimum(moves, np.asarray(apart(image, other), np.uint8))
    moving = cv2.threshold(moves, p.difference, 255, cv2.THRESH_BINARY)[1]
    moving = cv2.dilate(moving, np.ones((3, 3), np.uint8))
    moving[_players(differs, p)] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(moving, connectivity=8)
    longest = p.longest * height
    small = (
        (stats[:, cv2.CC_STAT_AREA] >= p.smallest * height**2)
        & (stats[:, cv2.CC_STAT_AREA] <= p.largest * height**2)
        & (stats[:, cv2.CC_STAT_WIDTH] <= longest)
        & (stats[:, cv2.CC_STAT_HEIGHT] <= longest)
    )
    small[0] = False
    rows, columns = np.nonzero(moving)
    label = labels[rows, columns]
    chosen = small[label]
    rows, columns, label = rows[chosen], columns[chosen], label[chosen]
    weight = moves[rows, columns].astype(np.float64)
    total = np.bincount(label, weight, count)
    kept = np.flatnonzero(small & (total > 0))
    x = np.bincount(label, weight * columns, count)[kept] / total[kept]
    y = np.bincount(label, weight * rows, count)[kept] / total[kept]
    most = np.argsort(-total[kept], kind="stable")[: p.candidates]
    return np.column_stack([x, y, stats[kept, cv2.CC_STAT_AREA]])[most].astype(np.float64)


def _beyond_neighbours(image: Image, other: Image) -> Image:
    """How far a pixel lies beyond all that the other picture has around its place."""
    around = np.ones((3, 3), np.uint8)
    above = cv2.subtract(image, cv2.dilate(other, around))
    return np.asarray(cv2.max(above, cv2.subtract(cv2.erode(other, around), image)), np.uint8)


def _players(differs: Image, p: ClassicalParameters) -> Image:
    """(h, w) bool: the largest things in front of the background."""
    front = cv2.threshold(differs, p.difference, 1, cv2.THRESH_BINARY)[1]
    front = cv2.morphologyEx(front, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(front, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= p.player * differs.shape[0] ** 2
    large[0] = False
    return np.asarray(large[labels])


@dataclass(frozen=True)
class _Shown:
    """A picture, (h, w) grey, its background, and the frames in a row that show it."""

    image: Image
    background: Image
    frames: list[Frame]

    @property
    def place(self) -> Place:
        return place_of(self.frames[0])


def _as_seen_from(here: _Shown, other: _Shown) -> Image:
    """The other picture as if taken from where this one was; this one where it shows nothing."""
    if here.place is other.place:
        return other.image
    return laid_onto(other.image, from_to(other.place, here.place), here.image)


def _pictures(
    frames: Iterable[tuple[Frame, Image | Panorama]], parameters: ClassicalParameters
) -> Iterator[_Shown]:
    """Different pictures in a row; on a repeated frame of a converted broadcast nothing moves."""
    now: _Shown | None = None
    last: Image | Panorama | None = None
    for frame, colours in frames:
        image = grey(frame.image)
        bare = replace(frame, image=np.empty((0, 0, 3), np.uint8))
        same_shot = now is not None and now.frames[0].shot == frame.shot
        if (
            now is not None
            and same_shot
            and len(now.frames) <= parameters.most_repeated
            and change(now.image, image) < parameters.repeated
        ):
            now.frames.append(bare)
            continue
        if now is not None:
            yield now
        if isinstance(colours, Panorama):
            background = grey(colours.seen_from(frame))
        else:
            background = now.background if now is not None and colours is last else grey(colours)
        now, last = _Shown(image, background, [bare]), colours
    if now is not None:
        yield now


def _in_context(
    pictures: Iterable[_Shown],
) -> Iterator[tuple[_Shown, _Shown | None, _Shown | None]]:
    """Each picture with the one before and the one after it in its shot."""
    recent: deque[_Shown] = deque(maxlen=3)
    for picture in pictures:
        recent.append(picture)
        if len(recent) > 1:
            before = recent[0] if len(recent) == 3 else None
            yield recent[-2], _beside(recent[-2], before), _beside(recent[-2], picture)
    if recent:
        before = recent[-2] if len(recent) > 1 else None
        yield recent[-1], _beside(recent[-1], before), None


def _beside(one: _Shown, other: _Shown | None) -> _Shown | None:
    if other is None or other.frames[0].shot != one.frames[0].shot:
        return None
    return other
