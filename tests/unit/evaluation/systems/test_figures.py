"""How far two tracks agree, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from balltrack.detection.detector import Description
from balltrack.evaluation.systems.figures import Systems, agreement, within
from balltrack.evaluation.systems.runs import Run, system_names
from balltrack.structures import Labels, Source, Track

HD = (1280, 720)  # 2.5 source pixels are one of the grid, on both axes
NONE = (math.nan, math.nan)


def at(*places: tuple[float, float]) -> Track:
    """A position, or none, for every frame."""
    xy = np.array(places, dtype=np.float64)
    seen = np.isfinite(xy[:, 0])
    n = len(xy)
    return Track(
        np.arange(n),
        np.arange(n) / 25,
        xy,
        seen.astype(np.float32),
        np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        np.zeros(n, np.int64),
    )


ONE = at((100, 100), (200, 100), NONE, NONE, (300, 300))
OTHER = at((110, 100), (210.1, 100), NONE, (5, 5), NONE)


def test_four_pixels_of_the_grid_are_one_place_and_so_is_nowhere_for_both():
    """10 source pixels are 4 of the grid, 10.1 are more; of five frames two are alike."""
    assert agreement(ONE, OTHER, HD) == agreement(OTHER, ONE, HD) == 2 / 5
    assert agreement(ONE, ONE, HD) == 1


def run(name: str, track: Track) -> Run:
    return Run(name, Description(name, "torch", "cpu", "fp32", 1, 1), track, 1.25, 0.5)


TRUTH = Labels(
    np.arange(5),
    np.array([1, 1, 0, 0, 1], np.int8),
    ONE.xy,
    np.full(5, -1, np.int8),
)


def test_everyone_is_held_against_everyone_and_the_truth():
    one, other = Systems([run("a", ONE), run("b", OTHER)], HD, TRUTH).to_json()
    assert one["agreement"] == {"b": 0.4}
    assert other["agreement"] == {"a": 0.4}
    assert (one["frames"], one["with_a_ball"]) == (5, 3)
    assert (one["load_s"], one["seconds"], one["frames_per_s"]) == (1.25, 0.5, 10.0)
    assert one["scores"]["f1"] == 1  # type: ignore[index]
    counts = {name: other["scores"][name] for name in ("tp", "tn", "fp1", "fp2", "fn")}  # type: ignore[index]
    assert counts == {"tp": 1, "tn": 1, "fp1": 1, "fp2": 1, "fn": 1}


def test_the_table_has_scores_only_where_there_is_a_truth():
    systems = Systems([run("a", ONE), run("b", OTHER)], HD)
    assert systems.columns() == ("system", "frames", "with a ball", "load s", "s", "frames/s")
    assert systems.rows()[1] == ("b", "5", "3", "1.2", "0.5", "10.0")
    assert systems.agreement_rows() == [("a", "1.0000", "0.4000"), ("b", "0.4000", "1.0000")]
    held = Systems(systems.runs, HD, TRUTH)
    # b: precision 1 / 3, recall 1 / 2, F1 2 / 5, strict F1 2 / 6.
    assert held.columns()[6:] == ("precision", "recall", "F1", "strict F1")
    assert held.rows()[1][6:] == ("0.3333", "0.5000", "0.4000", "0.3333")


def test_of_the_labels_those_of_the_part_count():
    part = Track(**{name: getattr(ONE, name)[1:4] for name in vars(ONE)})
    assert within(TRUTH, part).frame_index.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("weights", "names"),
    [
        (["a", "b"], ["a", "b"]),
        (["a/last.safetensors", "b/last.safetensors"], ["last-1", "last-2"]),
        (["x/a.pt", "a.safetensors", "b"], ["a.pt", "a", "b"]),
    ],
)
def test_names_are_those_of_the_files_and_differ(weights, names):
    assert system_names(weights) == names
