"""Where play begins and ends."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.events import find_rallies
from balltrack.events.listing import write_rallies
from balltrack.events.rallies import in_play
from balltrack.events.times import event_times
from balltrack.structures import Event, Track
from balltrack.tracks import take_rows
from trajectories import event, track_of

PLAY = [(50, "hit"), (70, "bounce"), (80, "hit"), (100, "bounce"), (110, "hit"), (130, "bounce")]


def track(frames: int = 1000, cut: int | None = None) -> Track:
    shot = np.zeros(frames, dtype=int)
    if cut is not None:
        shot[cut:] = 1
    return track_of(np.ones((frames, 2)), fps=25, shot=shot)


def events(*those: tuple[int, str]) -> list[Event]:
    return [event(frame, kind) for frame, kind in those]


def test_a_rally_goes_from_its_first_hit_to_its_last_event() -> None:
    (rally,) = find_rallies(track(), events(*PLAY))
    assert (rally.first_frame, rally.last_frame) == (50, 130)
    assert (rally.strokes, rally.bounces, rally.shot) == (3, 3, 0)
    assert rally.start_s == pytest.approx(2.0)
    assert rally.length_s == pytest.approx(80 / 25)


def test_bouncing_before_the_serve_and_after_the_point_is_no_play() -> None:
    before = [(5, "bounce"), (15, "bounce")]  # the serve comes more than a second later
    after = [(140, "bounce"), (148, "bounce")]
    everything = events(*before, *PLAY, *after)
    assert in_play(track(), everything) == everything[2:-2]
    assert len(find_rallies(track(), everything)) == 1


def test_a_bounce_that_is_answered_begins_a_rally_whose_serve_was_missed() -> None:
    missed = events(*PLAY[1:])
    assert in_play(track(), missed) == missed
    assert find_rallies(track(), missed)[0].first_frame == 70
    late = events((40, "bounce"), (80, "hit"), (100, "bounce"))
    assert in_play(track(), late) == late[1:]


def test_two_bounces_of_a_serve_in_table_tennis_are_play() -> None:
    serve = events((10, "hit"), (14, "bounce"), (24, "bounce"), (32, "hit"), (40, "bounce"))
    assert in_play(track(), serve) == serve


def test_pauses_and_cuts_part_rallies() -> None:
    later = [(frame + 200, kind) for frame, kind in PLAY]
    assert len(find_rallies(track(), events(*PLAY, *later))) == 2
    parts = find_rallies(track(cut=90), events(*PLAY))
    assert [(part.first_frame, part.last_frame, part.shot) for part in parts] == [
        (50, 80, 0),
        (100, 130, 1),
    ]


def test_a_hit_alone_is_no_rally_and_other_kinds_are_passed_over() -> None:
    assert find_rallies(track(), events((50, "hit"))) == []
    assert find_rallies(track(), []) == []
    (rally,) = find_rallies(track(), events((50, "hit"), (60, "net"), (70, "bounce")))
    assert (rally.strokes, rally.bounces) == (1, 1)


def test_events_between_rows_have_times_between_theirs() -> None:
    rows = track(40)
    fewer = type(rows)(**{name: value[::10] for name, value in vars(rows).items()})
    np.testing.assert_allclose(event_times(fewer, events((5, "hit"), (20, "hit"))), [0.2, 0.8])


def test_a_rally_begins_at_its_first_hit_also_where_that_has_no_row() -> None:
    rows = track(200)
    fewer = take_rows(rows, (rows.frame_index < 45) | (rows.frame_index > 65))
    (rally,) = find_rallies(fewer, events((50, "hit"), (120, "hit")))
    assert (rally.start_s, rally.length_s) == pytest.approx((2.0, 2.8))
    assert find_rallies(fewer, events((50, "hit"), (130, "hit"))) == []  # 3.2 s, not 2.56


def test_the_table(tmp_path) -> None:  # type: ignore[no-untyped-def]
    write_rallies(find_rallies(track(), events(*PLAY)), tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text() == (
        "Rally,Start,End,Length,FirstFrame,LastFrame,Strokes,Bounces,Shot\n"
        "1,2.000,5.200,3.200,50,130,3,3,0\n"
    )
