"""Candidates drawn as heat."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.detection.blobs import find_candidates
from balltrack.detection.heat import SPREAD, soft_discs
from balltrack.geometry import PAPER_GRID, Scaling
from balltrack.structures import Candidate

SCALING = Scaling((1280, 720), PAPER_GRID)  # 2.5 source pixels one of the grid


def test_without_candidates_there_is_no_heat():
    heatmap = soft_discs([], SCALING)
    assert (heatmap.shape, heatmap.dtype, heatmap.max()) == ((288, 512), np.float32, 0)


def test_every_disc_lies_where_its_candidate_does_and_is_as_high_as_its_score():
    given = [Candidate(640.3, 200.1, 0.9), Candidate(3.0, 715.0, 0.4)]
    heatmap = soft_discs(given, SCALING)
    found = find_candidates(heatmap)
    assert len(found) == 2
    for candidate, blob in zip(given, found, strict=True):
        assert blob.score == pytest.approx(candidate.score, rel=0.05), blob
    place = SCALING.to_target(np.array([640.3, 200.1]))
    np.testing.assert_allclose((found[0].x, found[0].y), place, atol=0.15)


def test_discs_over_each_other_do_not_add_up():
    heatmap = soft_discs([Candidate(640, 360, 0.6)] * 3, SCALING)
    assert heatmap.max() == pytest.approx(0.6, rel=0.05)


def test_a_disc_is_as_wide_on_a_larger_grid_as_in_the_picture():
    def share(size: tuple[int, int]) -> float:
        heatmap = soft_discs([Candidate(640, 360, 1.0)], Scaling((1280, 720), size))
        return float((heatmap > np.exp(-0.5)).mean())

    assert share((1024, 576)) == pytest.approx(share(PAPER_GRID), rel=0.1)
    assert share(PAPER_GRID) == pytest.approx(np.pi * SPREAD**2 / (512 * 288), rel=0.1)
