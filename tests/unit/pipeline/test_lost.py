"""Rows of frames that show something else than they should."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from balltrack.options import PathOptions
from balltrack.pipeline.lost import lost_frames, without_balls, without_candidates
from balltrack.structures import Candidate, FrameCandidates, Source
from flying_ball import flying

SKIPPING = PathOptions(skip_corrupt=True)


def reader(lost: set[int], corrupt: set[int]) -> Any:
    return SimpleNamespace(lost=lost, corrupt=corrupt)


def test_nothing_was_seen_there_and_nothing_is_filled_in() -> None:
    track = replace(flying(10), others=(flying(10),))
    (found,) = without_balls([track], lost_frames(reader(lost={3, 70}, corrupt={7}), SKIPPING))
    assert np.flatnonzero(~found.visible).tolist() == [3, 7]
    assert np.flatnonzero(~found.others[0].visible).tolist() == [3, 7]
    assert (found.score[[3, 7]] == 0).all()
    assert (found.source[[3, 7]] == Source.NONE).all()
    (kept,) = without_balls([track], lost_frames(reader(lost={3}, corrupt={7}), PathOptions()))
    assert np.flatnonzero(~kept.visible).tolist() == [3]
    assert np.array_equal(found.frame_index, track.frame_index)
    assert np.array_equal(np.delete(found.xy, [3, 7], 0), np.delete(track.xy, [3, 7], 0))


def test_more_are_lost_as_frames_come() -> None:
    lost: set[int] = set()

    def coming() -> object:
        for index in range(4):
            if index % 2:
                lost.add(index)
            yield FrameCandidates(index, index / 25, 0, (Candidate(1, 2, 0.5),))

    known = lost_frames(reader(lost, set()), PathOptions())
    found = without_candidates(coming(), known)  # type: ignore[arg-type]
    assert [len(entry.candidates) for entry in found] == [1, 0, 1, 0]
