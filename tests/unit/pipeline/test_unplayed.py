"""Which frames nobody has to look at, and that the gate says the same of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.options import TrackOptions
from balltrack.pipeline.play import MOST_TAKEN, NO_PLAY, SURE_PLAY, PlayGate
from balltrack.pipeline.unplayed import PassingWatch, watch_play
from balltrack.scene.play import AMID, SPACING, PlayWatch
from balltrack.structures import Frame, FrameCandidates, Image, Source, Track
from balltrack.tracks import join_tracks

LEVELS = {0: SURE_PLAY - 1, 100: 0.0, 200: NO_PLAY + 1}
PLAY, UNSURE, NONE = LEVELS
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


def passed(shots: Shots, cut_short: int = 0) -> list[bool]:
    """Of every frame whether it was let pass."""
    frames = list(PassingWatch(judge).watch(frames_of(shots, cut_short)))
    assert [frame.index for frame in frames] == list(range(len(frames)))
    return [frame.known for frame in frames]


def by_look(shots: Shots) -> list[bool]:
    """Of every look whether its frames were let pass."""
    frames = np.array(passed(shots)).reshape(-1, SPACING)
    assert (frames.all(axis=1) == frames.any(axis=1)).all()
    return frames[:, 0].tolist()


@pytest.mark.parametrize("looks", [1, 2, AMID, 9])
def test_a_shot_without_play_behind_one_with_play_passes(looks: int) -> None:
    assert by_look([[PLAY] * 4, [NONE] * looks, [PLAY]]) == [False] * 4 + [True] * looks + [False]


@pytest.mark.parametrize("before", [[], [[UNSURE] * 4], [[NONE] * 4]])
def test_without_a_sure_shot_before_it_nothing_does(before: Shots) -> None:
    assert not any(passed([*before, [NONE] * 5, [PLAY] * 9]))


def test_a_part_without_play_passes_but_for_its_last_look() -> None:
    """What comes after that look may be play again."""
    shots = [[PLAY] * 4, [UNSURE, *[NONE] * 4, UNSURE, NONE, NONE, UNSURE]]
    assert by_look(shots) == [False] * 5 + [True] * 3 + [False] * 5


def test_a_part_passes_to_the_end_of_its_shot() -> None:
    assert by_look([[PLAY] * 4, [UNSURE, *[NONE] * 3]]) == [False] * 5 + [True] * 3
    assert by_look([[PLAY] * 4, [UNSURE, *[NONE] * 2]]) == [False] * 7


def test_no_more_pass_than_sure_frames_speak_for() -> None:
    found = by_look([[PLAY], *[[NONE]] * (MOST_TAKEN + 3), [PLAY], [NONE]])
    assert found == [False, *[True] * MOST_TAKEN, *[False] * 4, True]


def test_few_frames_wait() -> None:
    taken = 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in frames_of([[PLAY] * 2, [NONE] * 20]):
            taken += 1
            yield frame

    ahead = [taken - frame.index for frame in PassingWatch(judge).watch(counted())]
    assert ahead[: 2 * SPACING] == [1] * (2 * SPACING)
    assert max(ahead) <= AMID * SPACING


def test_what_was_found_on_them_is_not_believed() -> None:
    watch = PassingWatch(judge)
    frames = list(watch.watch(frames_of([[PLAY] * 2, [NONE], [PLAY], [NONE], [PLAY]])))
    entries = [FrameCandidates(f.index, f.time_s, f.shot, (), repeated=True) for f in frames]
    found = list(watch.believed(entries))
    assert [entry.play for entry in found] == [not frame.known for frame in frames]
    assert all(entry.repeated for entry in found)


def test_where_all_shots_are_asked_for_or_nothing_may_wait_none_passes() -> None:
    assert watch_play(None, TrackOptions()) is None
    assert isinstance(watch_play(judge, TrackOptions()), PassingWatch)
    for options in (TrackOptions(all_shots=True), TrackOptions(lag=60)):
        watch = watch_play(judge, options)
        assert watch is not None
        assert not any(frame.known for frame in watch.watch(frames_of([[PLAY] * 4, [NONE] * 5])))


@given(
    shots=st.lists(st.lists(st.sampled_from([*LEVELS]), min_size=1, max_size=9), max_size=7),
    cut_short=st.integers(0, SPACING - 1),
)
def test_rows_of_what_passes_would_have_lost_their_ball(shots: Shots, cut_short: int) -> None:
    """Had there been one on every frame of them, and of no other shot that shows no play."""
    frames = list(PassingWatch(judge).watch(frames_of(shots, cut_short)))
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
