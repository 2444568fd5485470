"""Reports: totals from raw sums, folders, JSON without NaN, one row a clip."""

from __future__ import annotations

import json

import numpy as np
import pytest

from balltrack.errors import DatasetError
from balltrack.evaluation.comparison import CRITERIA
from balltrack.evaluation.metrics import Counts, count
from balltrack.evaluation.report import COLUMNS, Clip, evaluate_clips
from balltrack.options import TrackOptions
from balltrack.structures import Labels, Source, Track


def clip(name: str, frames: int, found: int) -> Clip:
    """``frames`` balls of which the first ``found`` are found."""
    xy = np.full((frames, 2), 10.0)
    source = np.where(np.arange(frames) < found, Source.DETECTED, Source.NONE).astype(np.int8)
    return Clip(
        name,
        Labels(np.arange(frames), np.ones(frames, np.int8), xy, np.full(frames, -1, np.int8)),
        Track(
            np.arange(frames),
            np.zeros(frames),
            np.where(source[:, None] > 0, xy, np.nan),
            np.zeros(frames, np.float32),
            source,
            np.zeros(frames, np.int64),
        ),
        (1280, 720),
    )


def test_the_total_weighs_clips_by_their_frames():
    report = evaluate_clips([clip("a", 90, 90), clip("b", 10, 0)])
    total = count(report.total)
    assert total == Counts(tp=90, fn=10)
    assert total.recall == 0.9  # the mean of the clips' recalls would be 0.5


def test_json_is_strict_and_complete():
    options = TrackOptions(weights="w")
    report = evaluate_clips([clip("a", 2, 0)], CRITERIA["512x288"], options)
    found = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert found["criterion"] == {
        "grid": [512, 288],
        "tolerance": 4.0,
        "inclusive": True,
        "visible": [1, 2, 3],
    }
    assert found["options"]["weights"] == "w"
    assert found["total"] == found["clips"]["a"]
    assert found["total"]["precision"] is None
    assert found["total"]["error_px"] == {"median": None, "mean": None, "rmse": None}
    assert found["total"]["recall"] == 0
    assert found["folders"] == {}


def test_clips_of_several_folders_are_summed_up_by_folder():
    report = evaluate_clips([clip("x/a", 4, 4), clip("x/b", 4, 2), clip("y/a", 2, 2)])
    assert {name: count(c) for name, c in report.folders.items()} == {
        "x": Counts(tp=6, fn=2),
        "y": Counts(tp=2),
    }
    assert [row[0] for row in report.rows()] == ["x/a", "x/b", "y/a", "x/", "y/", "total"]


def test_a_row_has_a_cell_for_every_column():
    row = evaluate_clips([clip("a", 3, 2)]).rows()[0]
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "clip": "a",
        "frames": "3",
        "TP": "2",
        "TN": "0",
        "FP1": "0",
        "FP2": "0",
        "FN": "1",
        "accuracy": "0.6667",
        "precision": "1.0000",
        "recall": "0.6667",
        "F1": "0.8000",
        "strict recall": "0.6667",
        "strict F1": "0.8000",
        "median px": "0.00",
        "px at 1080p": "0.00",
    }
    assert evaluate_clips([clip("a", 3, 0)]).rows()[-1][8] == "-"


def test_no_clips_or_two_of_one_name_are_refused():
    with pytest.raises(DatasetError, match="no clips"):
        evaluate_clips([])
    with pytest.raises(DatasetError, match="two clips are called a"):
        evaluate_clips([clip("a", 1, 1), clip("a", 1, 1)])


def test_a_wrong_size_names_the_clip():
    wrong = clip("match/rally", 1, 1)
    with pytest.raises(DatasetError, match=r"^match/rally: positions reach far outside .* 4x4"):
        evaluate_clips([Clip(wrong.name, wrong.truth, wrong.prediction, (4, 4))])


def test_truth_without_a_row_is_no_truth() -> None:
    """Beside others a clip may have none."""
    assert count(evaluate_clips([clip("none", 0, 0), clip("one", 1, 1)]).total).frames == 1
    with pytest.raises(DatasetError, match="no frame of none is labelled"):
        evaluate_clips([clip("none", 0, 0)])
