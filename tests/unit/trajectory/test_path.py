"""Rows leave when they are final, and are what the whole shot at once would have given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest

from balltrack.structures import Candidate, FrameCandidates, Source, Track
from balltrack.tracks import join_tracks
from balltrack.trajectory import path
from balltrack.trajectory.balls.contest import STRETCH
from balltrack.trajectory.inpainting import InpaintNetInpainter
from balltrack.trajectory.motion import DEFAULT
from balltrack.trajectory.path import PathFinder
from balltrack.weights.arrays import read_inpaintnet

SIZE = (1280, 720)


def rows(finder: PathFinder, frames: list[FrameCandidates]) -> Track:
    return join_tracks(finder.rows(frames, 25.0, SIZE))


@pytest.mark.parametrize(("link", "lead"), [(True, 0.2), (False, 0.0)])
@pytest.mark.parametrize("rectify", [True, False])
def test_what_was_linked_is_moved_ahead_and_the_largest_blob_is_not(
    link: bool, lead: float, rectify: bool
) -> None:
    seen = np.array([(100 + 10 * i, 300 - 5 * i) for i in range(20)], dtype=np.float64)
    frames = [FrameCandidates(i, i / 25, 0, (Candidate(*xy, 0.9),)) for i, xy in enumerate(seen)]
    finder = PathFinder(link=link, rectify=rectify, parameters=replace(DEFAULT, lead=0.2))
    track = rows(finder, frames)
    np.testing.assert_allclose(track.xy[1:-1], (seen + lead * np.array([10, -5]))[1:-1])


@pytest.mark.parametrize(("fill_score", "filled"), [(0.2, True), (0.3, False)])
def test_gaps_are_filled_by_the_score_of_what_lies_in_them(fill_score: float, filled: bool) -> None:
    parameters = replace(DEFAULT, fill_score=fill_score, score_offset=-9.0)
    gap = [8, 9, 10]
    frames = [
        FrameCandidates(i, i / 25, 0, (Candidate(100 + 10 * i, 300, 0.25 if i in gap else 0.99),))
        for i in range(20)
    ]
    track = rows(PathFinder(parameters=parameters), frames)
    assert (track.source[gap] == (Source.INPAINTED if filled else Source.NONE)).all()
    assert (np.delete(track.source, gap) == Source.DETECTED).all()


def rally(count: int, seed: int) -> Iterator[FrameCandidates]:
    """A ball that bounces between two players, with gaps, weak answers, absences and cuts."""
    rng = np.random.default_rng(seed)
    shot = 0
    away = 0
    for i in range(count):
        if rng.random() < 0.002:
            shot += 1
        if away == 0 and rng.random() < 0.01:
            away = int(rng.choice([1, 2, 4, 8, 30, 120]))
        x = 640 + 500 * np.sin(i / 19)
        y = 500 - 200 * abs(np.sin(i / 9))
        found = [Candidate(float(x), float(y), float(rng.choice([0.3, 0.6, 0.95])))]
        if away:
            away -= 1
            found = [replace(found[0], score=0.12)] if rng.random() < 0.5 else []
        yield FrameCandidates(i, i / 25, shot, tuple(found))


@pytest.mark.parametrize(
    "seed", [0, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 3))]
)
def test_rows_of_a_long_shot_do_not_depend_on_when_they_leave(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    inpaint = InpaintNetInpainter(*read_inpaintnet("inpaintnet"))
    finder = PathFinder(inpaint=inpaint, parameters=replace(DEFAULT, lead=0.1))
    frames = list(rally(1500, seed))
    monkeypatch.setattr(path, "BLOCK", len(frames) + 1)
    whole = rows(finder, frames)
    assert (whole.source == Source.INPAINTED).any()
    monkeypatch.setattr(path, "BLOCK", 60)
    pieces = list(finder.rows(frames, 25.0, SIZE))
    assert len(pieces) > 10
    assert min(map(len, pieces)) > 0
    for field in fields(Track):
        np.testing.assert_array_equal(
            getattr(join_tracks(pieces), field.name), getattr(whole, field.name), field.name
        )


def test_rows_leave_long_before_a_long_shot_ends() -> None:
    taken = 0

    def endless() -> Iterator[FrameCandidates]:
        nonlocal taken
        for frame in rally(100_000, 1):
            taken += 1
            yield replace(frame, shot=0)

    given = 0
    for piece in PathFinder().rows(endless(), 25.0, SIZE):
        given += len(piece)
        assert taken - given < STRETCH + 400
        if given > 5000:
            break
    assert given > 5000


@pytest.mark.parametrize(
    ("lag", "link"),
    [
        (4, True),
        (60, True),
        (5, False),
        *(pytest.param(lag, True, marks=pytest.mark.slow) for lag in (5, 12)),
        *(pytest.param(lag, False, marks=pytest.mark.slow) for lag in (4, 12, 60)),
    ],
)
def test_a_row_leaves_when_so_many_entries_have_come(lag: int, link: bool) -> None:
    taken = 0

    def counted() -> Iterator[FrameCandidates]:
        nonlocal taken
        for frame in rally(400, 2):
            taken += 1
            yield frame

    given = []
    for piece in PathFinder(lag=lag, link=link).rows(counted(), 25.0, SIZE):
        given += piece.frame_index.tolist()
        assert taken - 1 - piece.frame_index[0] <= lag
    assert given == list(range(400))


def test_a_long_lag_finds_what_waiting_finds() -> None:
    """But for gaps whose other end comes later than the lag: all rows of a second are the same."""
    inpaint = InpaintNetInpainter(*read_inpaintnet("inpaintnet"))
    finder = PathFinder(inpaint=inpaint, parameters=replace(DEFAULT, lead=0.1))
    frames = list(rally(600, 3))
    whole, live = rows(finder, frames), rows(replace(finder, lag=60), frames)
    assert (whole.source == Source.INPAINTED).any()
    np.testing.assert_array_equal(live.source, whole.source)
    np.testing.assert_array_equal(live.xy, whole.xy)


def test_a_gap_that_ends_too_late_stays_open() -> None:
    frames = [
        FrameCandidates(
            i, i / 25, 0, (Candidate(100 + 10 * i, 300, 0.12 if 20 <= i < 26 else 0.99),)
        )
        for i in range(60)
    ]
    finder = PathFinder(parameters=replace(DEFAULT, score_offset=-9.0))
    assert (rows(finder, frames).source[20:26] == Source.INPAINTED).all()
    live = rows(replace(finder, lag=4), frames).source[20:26]
    assert live.tolist() == [Source.NONE] * 4 + [Source.INPAINTED] * 2
