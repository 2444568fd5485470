"""The values that cross a room's door: frozen, and checked at birth.

Coordinates are pixels of the source video, float64, origin at the centre of the top-left pixel, x
to the right, y down; an unseen ball is NaN, never (0, 0). ``frame_index`` is 0-based everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from fractions import Fraction
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from balltrack.declaring import check_array, check_kind, check_range
from balltrack.errors import OptionError
from balltrack.streaks import Streak

FloatArray = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]


class _Labelled(IntEnum):
    @property
    def label(self) -> str:
        return self.name.lower()


class Source(_Labelled):
    """Where a frame's position comes from."""

    NONE = 0  # no position
    DETECTED = 1  # the detector's answer at the asked-for threshold
    LINKED = 2  # a weaker answer, chosen because the path through the shot supports it
    INPAINTED = 3  # filled in; nothing was seen on this frame
    CORRECTED = 4  # a person's word


class Mode(_Labelled):
    """What the ball does on a frame."""

    NONE = 0  # it was not seen
    FLYING = 1
    HIT = 2
    BOUNCE = 3
    STILL = 4


class Gap(_Labelled):
    """Why the ball was not seen on a frame, see `balltrack.events.gaps`."""

    NONE = 0  # it was
    OCCLUDED = 1
    OUT = 2  # of the picture
    BLURRED = 3
    CUT = 4
    UNKNOWN = 5


@dataclass(frozen=True)
class VideoInfo:
    """What a container says of the video stream that is read.

    ``width`` and ``height`` are those of the frames that readers give (rotation applied), in
    pixels. ``frame_count`` is the container's promise and may be wrong or absent; only decoding
    tells. ``interlaced`` frames weave two moments together. A picture that is stored ``mirrored``
    is turned upside down before its ``rotation``, in degrees counterclockwise. ``stream`` is its
    number in the file, None where every frame is a file. What is ``encrypted`` shows noise, if any.
    """

    path: str
    width: int
    height: int
    frame_rate: Fraction
    frame_count: int | None
    duration_s: float | None
    codec: str
    pixel_format: str
    rotation: int
    variable_frame_rate: bool
    has_audio: bool
    interlaced: bool = False
    mirrored: bool = False
    stream: int | None = 0
    encrypted: bool = False

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"VideoInfo: size must be positive, got {self.width}x{self.height}")
        if self.frame_rate <= 0:
            raise ValueError(f"VideoInfo: frame_rate must be positive, got {self.frame_rate}")


@dataclass(frozen=True)
class Frame:
    """One decoded frame.

    ``image`` is (H, W, 3) uint8 BGR at the size the reader was opened with, which may be smaller
    than the source. ``time_s`` is the presentation time in seconds from the start of the video, NaN
    where the container has none. ``shot`` counts camera shots from 0 and is -1 until cuts were
    looked for. On a ``known`` frame no network has to look for the ball. ``place``, where the
    camera was, is (2, 3): from pixels of the image to those of the first of its shot; None until it
    moves.
    """

    index: int
    time_s: float
    image: Image
    shot: int = -1
    known: bool = False
    place: FloatArray | None = None

    def __post_init__(self) -> None:
        check_range("Frame: index", self.index, 0)
        check_array("Frame: image", self.image, (*np.shape(self.image)[:2], 3), "uint8")


AnyFrame = TypeVar("AnyFrame", bound=Frame)


@dataclass(frozen=True)
class Candidate:
    """One place where the ball may be, in source pixels.

    ``score`` is the detector's confidence in [0, 1]; ``streak`` what the ball draws, None where
    that is not known.
    """

    x: float
    y: float
    score: float
    streak: Streak | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.x) and np.isfinite(self.y)):
            raise ValueError(f"Candidate: position must be finite, got ({self.x}, {self.y})")
        check_range("Candidate: score", self.score, 0, 1)


@dataclass(frozen=True)
class FrameCandidates:
    """Candidates of a frame, best first; none where nothing was seen, nor where nobody looked: a
    picture is ``repeated``, or surely shows no ``play``."""

    frame_index: int
    time_s: float
    shot: int
    candidates: tuple[Candidate, ...]
    repeated: bool = False
    play: bool = True


TRACK_COLUMNS: dict[str, type[np.generic]] = {
    "frame_index": np.int64,
    "time_s": np.float64,
    "xy": np.float64,
    "score": np.float32,
    "source": np.int8,
    "shot": np.int64,
    "blur": np.float64,
    "play": np.bool_,
}  # the values of a `Track`
TRACK_PAIRS = ("xy", "blur")


@dataclass(frozen=True, eq=False)
class Track:
    """The ball over a video: one row a frame.

    Attributes:
        frame_index: (N,) int64, strictly increasing.
        time_s: (N,) float64 seconds; NaN where unknown.
        xy: (N, 2) float64 source pixels; NaN exactly where ``source`` is NONE.
        score: (N,) float32 in [0, 1]; 0 where ``source`` is NONE or INPAINTED, but 1 on a frame of
            which a person says that it shows no ball.
        source: (N,) int8 of `Source`.
        shot: (N,) int64 shot numbers, non-decreasing.
        blur: (N, 2) float64 length and angle of the `Streak`; NaN where unknown, or if left out.
        play: (N,) bool, whether the shot shows play; everywhere if it is left out.
        others: balls beside the one in play, on the same frames; none unless asked for.
    """

    frame_index: npt.NDArray[np.int64]
    time_s: FloatArray
    xy: FloatArray
    score: npt.NDArray[np.float32]
    source: npt.NDArray[np.int8]
    shot: npt.NDArray[np.int64]
    blur: FloatArray = None  # type: ignore[assignment]  # arrays from `__post_init__` on
    play: npt.NDArray[np.bool_] = None  # type: ignore[assignment]
    others: tuple[Track, ...] = ()

    def __post_init__(self) -> None:
        n = np.size(self.frame_index)
        if self.blur is None:
            object.__setattr__(self, "blur", np.full((n, 2), np.nan))
        if self.play is None:
            object.__setattr__(self, "play", np.ones(n, dtype=np.bool_))
        for name, dtype in TRACK_COLUMNS.items():
            shape = (n, 2) if name in TRACK_PAIRS else (n,)
            check_array(f"Track: {name}", getattr(self, name), shape, np.dtype(dtype))
        if n and (np.any(np.diff(self.frame_index) <= 0) or self.frame_index[0] < 0):
            raise OptionError("Track: frame_index must be >= 0 and strictly increasing")
        if np.any(np.diff(self.shot) < 0):
            raise OptionError("Track: shot must not decrease")
        if np.any(np.isfinite(self.xy).all(axis=1) != self.visible):
            raise OptionError("Track: xy must be finite exactly where source is not NONE")
        if any(not np.array_equal(other.frame_index, self.frame_index) for other in self.others):
            raise OptionError("Track: others must have the same frames")

    def __len__(self) -> int:
        return len(self.frame_index)

    @property
    def visible(self) -> npt.NDArray[np.bool_]:
        """(N,) whether a frame has a position, seen or filled in."""
        return np.asarray(self.source != Source.NONE)


@dataclass(frozen=True, eq=False)
class Play:
    """What the ball does on each row of a `Track` of N rows.

    Attributes:
        speed: (N,) float64 source pixels a second; NaN where it cannot be known.
        direction: (N,) float64 degrees in [0, 360) as seen in the picture: 0 to the right, 90 up;
            NaN where it cannot be known or the ball does not move.
        mode: (N,) int8 of `Mode`.
        gap: (N,) int8 of `Gap`.
        doubt: (N,) float64 pixels around a filled position that hold the ball in 80 of 100 cases;
            NaN where nothing was filled in.
    """

    speed: FloatArray
    direction: FloatArray
    mode: npt.NDArray[np.int8]
    gap: npt.NDArray[np.int8]
    doubt: FloatArray

    def __post_init__(self) -> None:
        lengths = {each.name: len(getattr(self, each.name)) for each in fields(self)}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"Play: everything must have a value a row, got {lengths}")


@dataclass(frozen=True)
class Event:
    """Something that happened to the ball at one frame.

    Attributes:
        frame_index: 0-based, the frame at which it shows first.
        kind: "hit" or "bounce".
        x, y: where the ball was, source pixels; NaN where it was not seen.
        score: how sure it is, in [0, 1].
    """

    frame_index: int
    kind: str
    x: float
    y: float
    score: float

    def __post_init__(self) -> None:
        check_kind("Event: frame_index", self.frame_index, int)
        check_range("Event: frame_index", self.frame_index, 0)
        check_kind("Event: kind", self.kind, str)
        check_range("Event: score", self.score, 0, 1)


@dataclass(frozen=True, eq=False)
class Labels:
    """What a person wrote about a clip: the truth of training and evaluation.

    Attributes:
        frame_index: (N,) int64, increasing; a frame without a row is unlabelled, not invisible.
        visibility: (N,) int8 in TrackNet's classes: 0 not visible, 1 easy, 2 hard to see,
            3 occluded (the position is a guess).
        xy: (N, 2) float64 source pixels; NaN exactly where ``visibility`` is 0.
        status: (N,) int8: 0 flying, 1 hit, 2 bounce; -1 where the file does not say.
    """

    frame_index: npt.NDArray[np.int64]
    visibility: npt.NDArray[np.int8]
    xy: FloatArray
    status: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        n = np.size(self.frame_index)
        check_array("Labels: frame_index", self.frame_index, (n,), "int64")
        check_array("Labels: visibility", self.visibility, (n,), "int8")
        check_array("Labels: xy", self.xy, (n, 2), "float64")
        check_array("Labels: status", self.status, (n,), "int8")
        if n and (np.any(np.diff(self.frame_index) <= 0) or self.frame_index[0] < 0):
            raise OptionError("Labels: frame_index must be >= 0 and strictly increasing")
        if np.any(np.isfinite(self.xy).all(axis=1) != (self.visibility > 0)):
            raise OptionError("Labels: xy must be finite exactly where visibility is not 0")

    def __len__(self) -> int:
        return len(self.frame_index)
