"""What may be asked for is checked when it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from balltrack.errors import BalltrackError, OptionError, UnknownNameError
from balltrack.options import RenderOptions, TrackOptions, check_range


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"threshold": 0.0}, "threshold must be between 0.01 and 0.99, got 0"),
        ({"threshold": 1.0}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"max_gap": -1}, "max_gap must be at least 0, got -1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"start_s": -1.0}, "start must be at least 0"),
        ({"start_s": 5.0, "end_s": 5.0}, "end must lie after start"),
        ({"end_s": 0.0}, "end must lie after start"),
        ({"precision": "int4"}, "must be one of auto, fp32, bf16, fp16, int8; got 'int4'"),
        ({"runtime": "abacus"}, "runtime must be one of auto, torch, openvino; got 'abacus'"),
        ({"threads": 0}, "threads must be at least 1, got 0"),
        ({"ensemble": "max"}, "ensemble must be one of"),
        ({"locate": "eye"}, "locate must be one of"),
        ({"reader": "vlc"}, "reader must be one of"),
    ],
)
def test_tracking_refuses_what_has_no_meaning(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(OptionError, match=complaint) as caught:
        TrackOptions(**asked)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "asked", [{"trail": -1}, {"crf": -1}, {"crf": 52}, {"reader": "vlc"}], ids=str
)
def test_rendering_refuses_what_has_no_meaning(asked: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        RenderOptions(**asked)


def test_the_ends_of_a_range_belong_to_it() -> None:
    check_range("x", 0, 0, 1)
    check_range("x", 1, 0, 1)
    assert TrackOptions(threshold=0.99, max_gap=0, batch_size=1, start_s=0.0).max_gap == 0


def test_errors_stay_catchable_by_their_built_in_bases() -> None:
    with pytest.raises(ValueError, match="unknown colour 'red'; known: blue, green"):
        raise UnknownNameError("colour", "red", ["green", "blue"])
    assert issubclass(OptionError, BalltrackError)
    assert BalltrackError.exit_code == 1


def test_networks_are_named_by_their_files() -> None:
    assert TrackOptions(weights="runs/a/last.safetensors").networks == "last"
    assert TrackOptions("tracknet-v3", also="b/v2.safetensors").networks == "tracknet-v3 + v2"
