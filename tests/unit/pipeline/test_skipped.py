"""Which frames nobody has to look at, and that the gate says the same of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.options import TrackOptions
from balltrack.pipeline.play import MOST_TAKEN, NO_PLAY, SURE_PLAY, PlayGate
from balltrack.pipeline.skipped import SkippingWatch, watch_play
from balltrack.scene.play import AMID, SPACING, PlayWatch
from balltrack.structures import Candidate, Frame, FrameCandidates, Image, Source, Track
from balltrack.tracks import join_tracks

LEVELS = {0: SURE_PLAY - 1, 50: SURE_PLAY, 100: 0.0, 150: NO_PLAY, 200: NO_PLAY + 1}
PLAY, JUST_SURE, UNSURE, JUST_NONE, NONE = LEVELS
Shots = Sequence[Sequence[int]]
"""Of each shot the grey levels of the pictures from a look to the next."""


def judge(shown: Image) -> float:
    return LEVELS[int(shown[0, 0, 0])]


def frames_of(shots: Shots, cut_short: int = 0) -> Iterator[Frame]:
    """Frames of shots, the last look of each with so many frames less."""
    index = 0
    for number, levels in enumerate(shots):
        for place, level in enumerate(levels):
            last = place == len(levels) - 1
            for _ in range(SPACING - cut_short * last):
                image = np.full((72, 128, 3), level, np.uint8)
                yield Frame(index, index / 25, image, number)
                index += 1


def skipped(shots: Shots, cut_short: int = 0) -> list[bool]:
    """Of every frame whether it was skipped."""
    frames = list(SkippingWatch(judge).watch(frames_of(shots, cut_short)))
    assert [frame.index for frame in frames] == list(range(len(frames)))
    return [frame.known for frame in frames]


def by_look(shots: Shots) -> list[bool]:
    """Of every look whether its frames were skipped."""
    frames = np.array(skipped(shots)).reshape(-1, SPACING)
    assert (frames.all(axis=1) == frames.any(axis=1)).all()
    return frames[:, 0].tolist()


@pytest.mark.parametrize("looks", [1, 2, AMID, 9])
def test_a_shot_without_play_behind_one_with_play_passes(looks: int) -> None:
    assert by_look([[PLAY] * 2, [PLAY] * 2, [NONE] * looks, [PLAY]]) == [False] * 4 + [
        True
    ] * looks + [False]


@pytest.mark.parametrize("before", [[], [[UNSURE] * 4], [[NONE] * 4]])
def test_without_a_sure_shot_before_it_nothing_does(before: Shots) -> None:
    assert not any(skipped([*before, [NONE] * 5, [PLAY] * 9]))


def test_a_part_without_play_passes_up_to_its_last_look() -> None:
    """What comes after that look may be play again."""
    found = np.flatnonzero(
        skipped([[PLAY] * 2, [PLAY] * 2, [UNSURE, *[NONE] * 4, UNSURE, NONE, NONE, UNSURE]])
    )
    assert found.tolist() == list(range(5 * SPACING, 8 * SPACING + 1))


def test_looks_at_the_very_limits_count() -> None:
    assert by_look([[JUST_SURE] * 2, [JUST_SURE] * 2, [JUST_NONE] * 2]) == [False] * 4 + [True] * 2


def test_of_a_sure_shot_what_was_not_skipped_counts() -> None:
    found = skipped([[PLAY] * 2, [PLAY] * 2, [*[PLAY] * 4, *[NONE] * 3, *[PLAY] * 4], [NONE] * 90])
    part = 2 * SPACING + 1
    sure = 15 * SPACING - part
    assert sum(found[: 15 * SPACING]) == part
    assert sum(found) == part + (MOST_TAKEN * sure - part) // SPACING * SPACING


def test_frames_that_were_held_count_where_play_goes_on() -> None:
    assert sum(by_look([[PLAY], [PLAY, NONE, PLAY, PLAY], [NONE] * 30])) == 5 * MOST_TAKEN


def test_a_part_passes_to_the_end_of_its_shot() -> None:
    assert by_look([[PLAY] * 2, [PLAY] * 2, [UNSURE, *[NONE] * 3]]) == [False] * 5 + [True] * 3
    assert by_look([[PLAY] * 2, [PLAY] * 2, [UNSURE, *[NONE] * 2]]) == [False] * 7


def test_no_more_pass_than_sure_frames_speak_for() -> None:
    found = by_look([[PLAY], [PLAY], *[[NONE]] * (2 * MOST_TAKEN + 3), [PLAY], [NONE]])
    assert found == [False, False, *[True] * 2 * MOST_TAKEN, *[False] * 4, True]


def test_one_sure_shot_speaks_for_nothing_yet() -> None:
    assert not any(skipped([[PLAY] * 9, [NONE] * 5, [NONE] * 5]))


def test_few_frames_wait() -> None:
    taken = 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in frames_of([[PLAY], [PLAY], [NONE] * 20]):
            taken += 1
            yield frame

    ahead = [taken - frame.index for frame in SkippingWatch(judge).watch(counted())]
    assert ahead[: 2 * SPACING] == [1] * (2 * SPACING)
    assert max(ahead) <= AMID * SPACING


def test_what_was_found_on_them_is_not_believed() -> None:
    watch = SkippingWatch(judge)
    frames = list(watch.watch(frames_of([[PLAY], [PLAY], [NONE], [PLAY], [NONE], [PLAY]])))
    seen = (Candidate(1, 1, 0.5),)
    entries = [FrameCandidates(f.index, f.time_s, f.shot, seen) for f in frames]
    for entry, frame in zip(watch.without_skipped(entries), frames, strict=True):
        assert (entry.frame_index, entry.shot) == (frame.index, frame.shot)
        assert (entry.play, entry.candidates) == ((False, ()) if frame.known else (True, seen))


def test_where_all_shots_are_asked_for_or_nothing_may_wait_none_passes() -> None:
    assert watch_play(None, TrackOptions()) is None
    assert isinstance(watch_play(judge, TrackOptions()), SkippingWatch)
    for options, patient in (
        (TrackOptions(all_shots=True), True),
        (TrackOptions(lag=60), True),
        (TrackOptions(), False),
    ):
        watch = watch_play(judge, options, patient=patient)
        assert watch is not None
        assert not any(
            frame.known for frame in watch.watch(frames_of([[PLAY] * 2, [PLAY] * 2, [NONE] * 5]))
        )


@given(
    shots=st.lists(st.lists(st.sampled_from([*LEVELS]), min_size=1, max_size=9), max_size=7),
    cut_short=st.integers(0, SPACING - 1),
)
def test_rows_of_what_passes_would_have_lost_their_ball(shots: Shots, cut_short: int) -> None:
    """Had there been one on every frame of them, and of no other shot that shows no play."""
    frames = list(SkippingWatch(judge).watch(frames_of(shots, cut_short)))
    if not frames:
        return
    watch = PlayWatch(judge)
    list(watch.watch(frames_of(shots, cut_short)))
    hidden = np.array([frame.known for frame in frames])
    pieces = [
        rows_of([frame for frame in frames if frame.shot == shot], hidden)
        for shot in range(len(shots))
    ]
    rows = join_tracks(PlayGate(watch).rows(pieces))
    assert not rows.play[hidden].any()


def rows_of(frames: Sequence[Frame], visible: np.ndarray) -> Track:
    index = np.array([frame.index for frame in frames])
    seen = visible[index]
    return Track(
        frame_index=index,
        time_s=index / 25,
        xy=np.where(seen[:, None], 5.0, np.full((len(index), 2), np.nan)),
        score=seen.astype(np.float32),
        source=np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        shot=np.array([frame.shot for frame in frames]),
    )
