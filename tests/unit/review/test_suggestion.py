"""Which frames are offered for labelling, and in which order."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.labels import read_track
from balltrack.review.corrections import Correction
from balltrack.review.doubt import doubt, without_a_ball, worth_a_look
from balltrack.review.queue import said_of
from balltrack.review.session import Clip, Session
from balltrack.review.suggestion import Doubtful, choose, look_at, write_suggestions
from balltrack.structures import Source, Track

SIZE = (1280, 720)


def track_of(visible: np.ndarray, cut_at: int = 10**6) -> Track:
    """A ball that goes 5 px a frame, surely seen where it is visible; a cut before a row."""
    frames = np.arange(len(visible))
    xy = np.stack([100 + 5.0 * frames, np.full(len(frames), 300.0)], axis=1)
    xy[~visible] = np.nan
    return Track(
        frame_index=frames,
        time_s=frames / 25,
        xy=xy,
        score=visible.astype(np.float32),
        source=np.where(visible, Source.DETECTED, Source.NONE).astype(np.int8),
        shot=(frames >= cut_at).astype(np.int64),
    )


def seen_but(count: int, *gaps: range) -> np.ndarray:
    visible = np.ones(count, dtype=bool)
    for gap in gaps:
        visible[list(gap)] = False
    return visible


def test_both_ends_of_a_short_gap_are_doubtful_and_of_no_other() -> None:
    gaps = [range(4), range(20, 45), range(60, 86), range(96, 100)]  # at the start, 25, 26, the end
    values = doubt(track_of(seen_but(100, *gaps)), SIZE)
    assert np.flatnonzero(values).tolist() == [20, 44]
    over_a_cut = doubt(track_of(seen_but(100, range(20, 30)), cut_at=25), SIZE)
    assert not over_a_cut.any()


@pytest.mark.parametrize(("pixels", "doubtful"), [(5.0, False), (200.0, True)])
def test_a_jump_is_doubtful_where_it_is_one(pixels: float, doubtful: bool) -> None:
    track = track_of(seen_but(40))
    track.xy[20, 1] += pixels
    assert worth_a_look(doubt(track, SIZE), track.frame_index) == ([20] if doubtful else [])


def test_what_a_person_put_right_is_not_doubtful() -> None:
    track = track_of(seen_but(40))
    track.xy[20, 1] += 200
    track.source[19:22] = Source.CORRECTED
    assert worth_a_look(doubt(track, SIZE), track.frame_index) == []


@pytest.mark.parametrize("how", ["cut", "hole"])
def test_what_lies_between_two_shots_or_in_a_hole_is_no_jump(how: str) -> None:
    track = track_of(seen_but(40), cut_at=20 if how == "cut" else 10**6)
    track.xy[20:] += 300
    if how == "hole":
        track.frame_index[20:] += 3
    assert not doubt(track, SIZE).any()


def test_long_stretches_without_a_ball_are_spread_over() -> None:
    gaps = seen_but(1000, range(100, 110), range(200, 400), range(900, 1000))
    frames = np.array(without_a_ball(track_of(gaps), 6))
    assert frames.tolist() == [225, 275, 325, 375, 925, 975]
    assert without_a_ball(track_of(seen_but(300, range(100, 125))), 6) == []
    assert without_a_ball(track_of(seen_but(40, range(40))), 50) == [5, 15, 25, 35]
    assert without_a_ball(track_of(seen_but(3, range(3))), 50) == [1]


def test_of_close_ups_no_frame_without_a_ball_is_offered() -> None:
    track = track_of(seen_but(1000, range(200, 1000)))
    play = np.arange(1000) < 600
    frames = np.array(without_a_ball(replace(track, play=play), 8))
    assert frames.tolist() == [225, 275, 325, 375, 425, 475, 525, 575]
    nowhere = without_a_ball(replace(track, play=np.zeros(1000, dtype=bool)), 8)
    assert nowhere == without_a_ball(track, 8)


def test_a_second_round_goes_elsewhere() -> None:
    track = track_of(seen_but(2000, range(2000)))
    first = without_a_ball(track, 4)
    assert first == [250, 750, 1250, 1750]
    second = without_a_ball(track, 4, first)
    assert len(second) >= 4
    assert min(abs(one - other) for one in second for other in first) >= 100


def doubtful(frame: int, value: float, *look: float) -> Doubtful:
    return Doubtful(Path("m.mp4"), frame, np.nan, value, "", np.array(look, dtype=np.float32))


def test_what_looks_alike_is_not_chosen_twice() -> None:
    alike = [doubtful(i, 0.9, 1, 0.001 * i) for i in range(5)]
    other, least = doubtful(7, 0.5, 0, 1), doubtful(8, 0.4, 0.5, 0.5)
    chosen = choose([*alike, other, least], 3)
    assert [one.frame for one in chosen] == [0, 7, 8]
    assert len(choose(alike, 9)) == 5
    assert choose([], 9) == []


def test_frames_without_a_ball_come_after_all_doubtful_ones() -> None:
    empty = [doubtful(i, 0.2, 0, i) for i in (1, 2)]
    chosen = choose([*empty, doubtful(5, 0.4, 1, 1), doubtful(6, 0.4, 1, 1)], 4)
    assert [one.frame for one in chosen] == [5, 6, 2, 1]


def test_where_the_ball_is_never_found_frames_are_offered(video: Path) -> None:
    never = track_of(np.zeros(40, dtype=bool))
    found = look_at(video, never, unseen=3)
    assert [(one.frame, one.why) for one in found] == [
        (6, "no ball"),
        (20, "no ball"),
        (33, "no ball"),
    ]
    assert look_at(video, never, unseen=3, said=range(40)) == []
    text = io.StringIO()
    write_suggestions(found[:1], text)
    assert text.getvalue() == f'Video,Frame,Time,Doubt,Why\n"{video}",6,0.240,0.200,no ball\n'


def test_why_a_frame_is_offered(video: Path, labels: Path) -> None:
    track = read_track(labels)
    found = look_at(video, track, unseen=9)
    assert {one.frame: one.why for one in found} == {5: "filled in", 12: "weak", 20: "jump"}
    assert [one.frame for one in look_at(video, track, said={12, 5})] == [20]


def test_what_was_corrected_is_known_by_the_journal_or_by_what_it_wrote(
    video: Path, labels: Path, tmp_path: Path
) -> None:
    assert said_of(video, labels) == set()
    output, journal = tmp_path / "m_corrected.csv", tmp_path / "m_corrected.journal.jsonl"
    session = Session(Clip(video, labels, output))
    session.change([Correction(5, 38.5, 41.25, 1)])
    session.change([Correction(9, None, None, 0)])
    session.change([Correction(30, 3.0, 4.0, 1)])
    session.undo()
    assert said_of(video, labels) == {5, 9}
    session.save()
    session.close()
    assert said_of(video.rename(tmp_path / "other.mp4"), labels) == set()
    journal.unlink()
    assert said_of(video, labels) == {5, 9}
