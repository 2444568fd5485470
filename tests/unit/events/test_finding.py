"""From answers of a network to events: with a network whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from balltrack.events import EventFinder, ToldFinder, VolleyFinder, finding, load_finder
from balltrack.events.sizes import guess_size
from balltrack.labels.events import BOUNCE, HIT
from balltrack.models.trajectory.eventnet_arrays import Rows
from balltrack.structures import Event, Source, Track
from balltrack.synthetic import render_clip
from balltrack.tracks import take_rows
from trajectories import track_of

SIZE = (1280, 720)


def low_is_bounce(rows: Rows) -> Rows:
    """Says bounce where the ball is low in the picture, hit where it is far to either side."""
    answers = np.zeros((len(rows), 3), np.float32)
    answers[:, 2] = 0.9 * (rows[:, 2] > 0.4)
    answers[:, 1] = 0.9 * (np.abs(rows[:, 1]) > 0.8)
    answers[:, 0] = 1 - answers[:, 1:].sum(axis=1)
    return answers


def touching(frames: dict[int, tuple[float, float]], count: int, **settings: object) -> Track:
    """A ball in the middle of the picture that is elsewhere on some frames."""
    xy = np.tile([639.5, 359.5], (count, 1))
    for frame, place in frames.items():
        xy[frame] = place
    return track_of(xy, **settings)  # type: ignore[arg-type]


LOW, SIDE = (639.5, 700.0), (20.0, 359.5)


def test_events_are_where_the_network_says() -> None:
    track = touching({20: LOW, 50: SIDE, 90: LOW}, 120)
    events = EventFinder(low_is_bounce, 0.5, 0.5).find(track, SIZE)
    assert [(e.frame_index, e.kind) for e in events] == [(20, BOUNCE), (50, HIT), (90, BOUNCE)]
    assert (events[0].x, events[0].y) == LOW
    assert events[0].score == pytest.approx(0.6)  # 0.9 of a triangle's middle, 1 / 1.5


@pytest.mark.parametrize("fps", [25, 50, 60, 120])
def test_every_frame_rate_gives_the_frame(fps: float) -> None:
    """Of a fast video each phase is asked alone; the answer must come back to its own frame."""
    frames = {37: LOW} if fps < 40 else {36: LOW, 37: LOW, 38: LOW}
    (event,) = EventFinder(low_is_bounce, 0.3, 0.3).find(touching(frames, 140, fps=fps), SIZE)
    assert event.frame_index == 37


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    track = render_clip(size=(320, 180), frame_count=150, seed=5, bounces=True).truth
    seen = track_of(track.xy, fps=30)
    finder = load_finder()
    whole = finder.candidates(seen, (320, 180))
    monkeypatch.setattr(finding, "PIECE", 40)
    parts = finder.candidates(seen, (320, 180))
    assert [(e.frame_index, e.kind) for e in parts] == [(e.frame_index, e.kind) for e in whole]
    np.testing.assert_allclose([e.score for e in parts], [e.score for e in whole], atol=1e-5)


def test_nothing_is_seen_across_a_cut() -> None:
    whole = touching({30: LOW}, 60)
    cut = touching({30: LOW}, 60, shot=[0] * 30 + [1] * 30)
    asked: list[int] = []

    def counting(rows: Rows) -> Rows:
        asked.append(len(rows))
        return low_is_bounce(rows)

    EventFinder(counting).candidates(whole, SIZE)
    assert asked == [60, 60]  # as it is and mirrored
    asked.clear()
    EventFinder(counting).candidates(cut, SIZE)
    assert asked == [30] * 4


def test_rows_left_out_and_filled_rows_are_unseen() -> None:
    track = touching({20: LOW, 40: LOW}, 60)
    keep = np.arange(60) != 20
    fewer = take_rows(track, keep)
    found = EventFinder(low_is_bounce, 0.5, 0.5).find(fewer, SIZE)
    assert [e.frame_index for e in found] == [40]
    source = np.full(60, Source.DETECTED)
    source[40] = Source.INPAINTED
    filled = touching({20: LOW, 40: LOW}, 60, source=source)
    assert [e.frame_index for e in EventFinder(low_is_bounce, 0.5, 0.5).find(filled, SIZE)] == [20]


def test_two_events_of_a_kind_at_once_are_the_surer_one() -> None:
    track = touching({20: LOW, 22: LOW, 30: LOW}, 60)
    found = EventFinder(low_is_bounce, 0.5, 0.5).find(track, SIZE)
    assert [e.frame_index for e in found] == [20, 30]


def test_an_empty_track_and_one_without_a_ball_have_no_events() -> None:
    finder = load_finder()
    assert finder.find(track_of(np.empty((0, 2))), SIZE) == ()
    assert finder.find(track_of(np.full((30, 2), np.nan)), SIZE) == ()


def test_the_same_track_gives_the_same_events() -> None:
    truth = render_clip(size=SIZE, frame_count=200, seed=3, bounces=True).truth
    track = track_of(truth.xy, fps=30)
    assert load_finder().find(track, SIZE) == load_finder().find(track, SIZE)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("fps", [25, 30, 50])
def test_the_shipped_network_finds_what_was_rendered(seed: int, fps: int) -> None:
    """A court and a camera that it never saw: bounces and hits within 2 frames of 25 to 30."""
    clip = render_clip(
        size=(320, 180), frame_count=10 * fps, frame_rate=fps, seed=seed, bounces=True
    )
    track = track_of(clip.truth.xy, fps=fps)
    found = load_finder().find(track, (320, 180))
    right, wanted = 0, 0
    for kind, status in ((HIT, 1), (BOUNCE, 2)):
        truth = np.flatnonzero(clip.truth.status == status)
        frames = np.array([e.frame_index for e in found if e.kind == kind])
        wanted += len(truth)
        right += sum(bool((np.abs(frames - t) <= 2 * round(fps / 30)).any()) for t in truth)
    assert wanted >= 14
    assert right / wanted > 0.6
    assert len(found) <= 1.3 * wanted


@pytest.mark.parametrize(
    ("furthest", "size"),
    [
        ((1279.0, 718.0), (1280, 720)),
        ((1700.0, 700.0), (1920, 1080)),
        ((1000.0, 900.0), (1920, 1080)),
        ((600.0, 300.0), (640, 360)),
        ((5000.2, 3000.0), (5001, 3001)),
        ((np.nan, np.nan), (1280, 720)),
    ],
)
def test_the_size_is_guessed(furthest: tuple[float, float], size: tuple[int, int]) -> None:
    assert guess_size(track_of(np.array([(np.nan, np.nan), furthest]))) == size


def test_what_people_said_goes_before_what_is_found() -> None:
    track = touching({20: LOW, 50: SIDE, 90: LOW, 110: SIDE}, 140)
    finder = EventFinder(low_is_bounce, 0.5, 0.5)
    told = {51: BOUNCE, 70: HIT, 90: "", 91: "", 999: HIT}
    heeding = ToldFinder(finder, told)
    found = [
        (event.frame_index, event.kind, event.score == 1) for event in heeding.find(track, SIZE)
    ]
    assert found == [(20, BOUNCE, False), (51, BOUNCE, True), (70, HIT, True), (110, HIT, False)]
    assert [event.frame_index for event in heeding.candidates(track, SIZE)] == [20, 51, 70, 110]
    (at_70,) = (event for event in heeding.find(track, SIZE) if event.frame_index == 70)
    assert (at_70.x, at_70.y) == (639.5, 359.5)
    in_rallies = heeding.find(track, SIZE, play_only=True)
    assert {event.frame_index for event in in_rallies} <= {20, 51, 70, 110}


def test_where_nothing_bounces_what_looks_so_amid_a_rally_is_a_stroke() -> None:
    """At 20 a stroke that turns the ball up; at 52 nothing, beside a hit; at 150 it lands."""
    track = touching({20: LOW, 52: LOW, 57: SIDE, 90: LOW, 100: SIDE, 150: LOW, 165: LOW}, 400)
    finder = EventFinder(low_is_bounce, 0.5, 0.5)
    kinds = [(event.frame_index, event.kind) for event in VolleyFinder(finder).find(track, SIZE)]
    assert kinds == [(20, HIT), (57, HIT), (90, HIT), (100, HIT), (150, BOUNCE), (165, BOUNCE)]
    ranked = VolleyFinder(finder).candidates(track, SIZE)
    assert {event.frame_index for event in ranked if event.kind == BOUNCE} == {150, 165}
    in_rallies = VolleyFinder(finder).find(track, SIZE, play_only=True)
    assert [event.frame_index for event in in_rallies] == [20, 57, 90, 100, 150]


def test_a_bounce_before_a_cut_stays_one() -> None:
    track = replace(touching({20: LOW, 50: SIDE}, 80), shot=np.repeat([0, 1], 40))
    finder = VolleyFinder(EventFinder(low_is_bounce, 0.5, 0.5))
    kinds = [(event.frame_index, event.kind) for event in finder.find(track, SIZE)]
    assert kinds == [(20, BOUNCE), (50, HIT)]


def test_what_people_said_stands_beside_what_they_did_not_speak_of() -> None:
    """A half volley: two frames apart are a bounce and a hit; of a kind they would be one."""
    track = touching({50: LOW}, 80)
    finder = EventFinder(low_is_bounce, 0.5, 0.5)
    for told, kinds in (({52: HIT}, [BOUNCE, HIT]), ({52: BOUNCE}, [BOUNCE]), ({51: HIT}, [HIT])):
        assert [event.kind for event in ToldFinder(finder, told).find(track, SIZE)] == kinds


def test_many_words_of_people_take_no_time_to_heed() -> None:
    """Every second frame of an hour: what is compared with what is not all with all."""
    count = 100_000
    track = touching({}, count)
    told = dict.fromkeys(range(0, count, 2), HIT)
    found = ToldFinder(EventFinder(low_is_bounce), told)._heard(
        [Event(frame, BOUNCE, 0.0, 0.0, 0.9) for frame in range(1, count, 20)], track
    )
    assert len(found) == len(told)
