"""Values are checked at birth, and say what they got."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from balltrack.errors import OptionError
from balltrack.structures import Candidate, Event, Frame, Labels, Source, Track, VideoInfo
from balltrack.tracks import BLOCK, join_tracks, take_rows

INFO = VideoInfo("a.mp4", 640, 360, Fraction(25), 10, 0.4, "h264", "yuv420p", 0, False, False)


def a_track(n: int = 3) -> Track:
    return Track(
        frame_index=np.arange(n),
        time_s=np.arange(n) / 25,
        xy=np.array([[1.0, 2.0]] * (n - 1) + [[np.nan, np.nan]]),
        score=np.ones(n, np.float32),
        source=np.array([Source.DETECTED] * (n - 1) + [Source.NONE], np.int8),
        shot=np.zeros(n, np.int64),
    )


def some_labels() -> Labels:
    return Labels(
        np.arange(2),
        np.array([1, 0], np.int8),
        np.array([[1.0, 2.0], [np.nan, np.nan]]),
        np.array([-1, -1], np.int8),
    )


def test_a_track_knows_where_it_has_a_position() -> None:
    track = a_track()
    assert len(track) == 3
    assert track.visible.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"frame_index": np.array([0, 0, 1])}, "strictly increasing"),
        ({"frame_index": np.array([-1, 0, 1])}, "must be >= 0"),
        ({"frame_index": np.arange(3, dtype=np.int32)}, r"must be \(3,\) int64, got \(3,\) int32"),
        ({"xy": np.zeros((2, 2))}, r"xy must be \(3, 2\) float64, got \(2, 2\)"),
        ({"xy": np.zeros((3, 2))}, "finite exactly where source is not NONE"),
        ({"shot": np.array([1, 0, 0])}, "shot must not decrease"),
        ({"score": np.ones(3)}, "score must be"),
        ({"shot": [0, 0, 0]}, r"shot must be \(3,\) int64, got list"),
    ],
)
def test_a_track_that_contradicts_itself_is_refused(
    change: dict[str, np.ndarray], complaint: str
) -> None:
    with pytest.raises(OptionError, match=complaint):
        replace(a_track(), **change)


def test_a_track_may_be_empty() -> None:
    none = np.zeros(0, np.int64)
    track = Track(
        none, np.zeros(0), np.zeros((0, 2)), np.zeros(0, np.float32), np.zeros(0, np.int8), none
    )
    assert not track.visible.any()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"visibility": np.array([0, 1], np.int8)}, "finite exactly where visibility is not 0"),
        ({"frame_index": np.array([1, 1])}, "strictly increasing"),
        ({"visibility": [0, 1]}, r"visibility must be \(2,\) int8, got list"),
        ({"status": np.zeros(3, np.int8)}, r"status must be \(2,\) int8, got \(3,\) int8"),
    ],
)
def test_labels_that_contradict_themselves_are_refused(
    change: dict[str, np.ndarray], complaint: str
) -> None:
    with pytest.raises(OptionError, match=complaint):
        replace(some_labels(), **change)
    assert len(some_labels()) == 2


@pytest.mark.parametrize(
    ("image", "index", "complaint"),
    [
        (np.zeros((4, 4), np.uint8), 0, r"must be \(4, 4, 3\) uint8, got \(4, 4\) uint8"),
        (np.zeros((4, 4, 3), np.float32), 0, "float32"),
        (np.zeros((4, 4, 3), np.uint8), -1, "index must be at least 0, got -1"),
    ],
)
def test_a_frame_is_a_colour_image(image: np.ndarray, index: int, complaint: str) -> None:
    with pytest.raises(OptionError, match=complaint):
        Frame(index, 0.0, image)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"frame_index": -1}, "frame_index must be at least 0, got -1"),
        ({"frame_index": 1.5}, "frame_index must be a whole number, got 1.5"),
        ({"kind": 3}, "kind must be text, got 3"),
        ({"score": 1.2}, "score must be between 0 and 1, got 1.2"),
        ({"score": None}, "score must be a number, got None"),
    ],
)
def test_an_event_is_of_a_frame_with_some_confidence(
    change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(OptionError, match=f"^Event: {complaint}"):
        replace(Event(np.int64(3), "hit", float("nan"), float("nan"), 1.0), **change)


@pytest.mark.parametrize(
    ("x", "score"), [(float("nan"), 0.5), (float("inf"), 0.5), (1.0, 1.01), (1.0, float("nan"))]
)
def test_a_candidate_is_somewhere_with_some_confidence(x: float, score: float) -> None:
    with pytest.raises(ValueError, match="Candidate"):
        Candidate(x, 0.0, score)


@pytest.mark.parametrize("change", [{"width": 0}, {"height": -1}, {"frame_rate": Fraction(0)}])
def test_a_video_has_a_size_and_a_rate(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        replace(INFO, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [a_track, some_labels])
def test_values_of_arrays_are_equal_where_they_are_one(make: Callable[[], object]) -> None:
    one, other = make(), make()
    assert one == one  # noqa: PLR0124
    assert one != other
    assert len({one, other}) == 2


def test_values_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        INFO.width = 1  # type: ignore[misc]


def test_sources_have_the_names_that_files_write() -> None:
    names = ["none", "detected", "linked", "inpainted", "corrected"]
    assert [source.label for source in Source] == names


def test_pieces_of_one_row_each_do_not_pile_up() -> None:
    """As a live source gives them, for hours."""
    count = 3 * BLOCK + 5
    whole = replace(a_track(count), others=(a_track(count),))
    gone: list[int] = []
    most = 0

    def one_by_one() -> Iterator[Track]:
        nonlocal most
        for row in range(count):
            piece = take_rows(whole, slice(row, row + 1))
            weakref.finalize(piece, gone.append, row)
            yield piece
            most = max(most, row - len(gone))

    joined = join_tracks(one_by_one())
    assert most <= BLOCK + 1
    for field in fields(Track):
        if field.name != "others":
            np.testing.assert_array_equal(getattr(joined, field.name), getattr(whole, field.name))
    np.testing.assert_array_equal(joined.others[0].xy, whole.others[0].xy)
