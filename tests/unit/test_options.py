"""What may be asked for is checked when it is asked for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from balltrack.declaring import check_range, option, options_of
from balltrack.errors import BalltrackError, OptionError, UnknownNameError
from balltrack.options import (
    DECIDED,
    DetectOptions,
    PathOptions,
    ReadOptions,
    RenderOptions,
    TrackOptions,
)


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
        ({"end_s": float("nan")}, "end must be at least 0, got nan"),
        ({"max_gap": "4"}, "max_gap must be a whole number, got '4'"),
        ({"max_gap": 4.5}, "max_gap must be a whole number, got 4.5"),
        ({"max_gap": True}, "max_gap must be a whole number, got True"),
        ({"max_gap": None}, "max_gap must be a whole number, got None"),
        ({"threshold": "high"}, "threshold must be a number, got 'high'"),
        ({"link": "no"}, "link must be true or false, got 'no'"),
        ({"weights": None}, "weights must be text, got None"),
        ({"precision": "int4"}, "must be one of auto, fp32, bf16, fp16, int8; got 'int4'"),
        ({"runtime": "abacus"}, "runtime must be one of auto, torch, openvino; got 'abacus'"),
        ({"threads": 0}, "threads must be between 1 and 1024, got 0"),
        ({"ensemble": "max"}, "ensemble must be one of"),
        ({"locate": "eye"}, "locate must be one of"),
        ({"reader": "vlc"}, "reader must be one of"),
        ({"stride": 0}, "stride must be at least 1, got 0"),
        ({"stride": 2, "ensemble": "nonoverlap"}, "stride is for overlapping windows"),
        (
            {"also": "tracknet-v3-small"},
            "another network than weights, both are 'tracknet-v3-small'",
        ),
        ({"weights": "a/b.pt", "also": "./a//b.pt"}, "also must be another network than weights"),
    ],
)
def test_tracking_refuses_what_has_no_meaning(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(OptionError, match=complaint) as caught:
        TrackOptions(**asked)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"also": "tracknet-v2"},
        {"stride": 1},
        {"threshold": 0.4},
        {"locate": "contour"},
        {"link": False},
        {"rectify": False},
        {"verify": "none"},
        {"max_gap": 9},
    ],
    ids=str,
)
def test_published_rules_refuse_what_they_decide_themselves(asked: dict[str, Any]) -> None:
    (name,) = asked
    with pytest.raises(OptionError, match=f"^rules tracknetv3 decide on {name} themselves"):
        TrackOptions(rules="tracknetv3", **asked)
    assert name in DECIDED["tracknetv3"]
    assert TrackOptions(**asked).rules == "balltrack"


def test_published_rules_name_all_that_they_refuse() -> None:
    with pytest.raises(OptionError, match="decide on link, threshold themselves"):
        TrackOptions(rules="tracknetv3", link=False, threshold=0.4)


@pytest.mark.parametrize(
    "asked", [{"runtime": "openvino"}, {"precision": "bf16"}, {"precision": "int8"}], ids=str
)
def test_published_rules_are_for_torch_in_fp32(asked: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="are for torch in fp32"):
        TrackOptions(rules="tracknetv3", **asked)


def test_published_rules_take_what_they_have() -> None:
    taken = {
        "weights": "TrackNet_best.pt",
        "inpaint": "InpaintNet_best.pt",
        "ensemble": "nonoverlap",
        "runtime": "torch",
        "precision": "fp32",
        "device": "cpu",
        "threads": 1,
        "batch_size": 2,
        "reader": "opencv",
        "video_stream": 0,
        "fps": 25.0,
        "start_s": 1.0,
        "end_s": 2.0,
    }
    assert TrackOptions(rules="tracknetv3", **taken).ensemble == "nonoverlap"
    untouched = {field.name for field in fields(TrackOptions)} - {*taken, "rules"}
    assert untouched == {*DECIDED["tracknetv3"]}


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


def test_two_networks_are_taken_and_one_may_be_exchanged() -> None:
    both = TrackOptions(also="tracknet-v2")
    assert both.network_weights == ("tracknet-v3-small", "tracknet-v2")
    assert replace(both, also="none").network_weights == ("tracknet-v3-small",)
    with pytest.raises(OptionError, match="also must be another network"):
        replace(both, weights="tracknet-v2")


def test_tracking_is_detection_path_and_reading_with_flat_names() -> None:
    parts = [[field.name for field in fields(part)] for part in (DetectOptions, PathOptions)]
    names = [*parts[0], *parts[1], *(field.name for field in fields(ReadOptions))]
    names += ["rules", "region", "repair"]
    assert [field.name for field in fields(TrackOptions)] == names
    options = TrackOptions(device="cpu", max_gap=4, start_s=1.5)
    assert (options.device, options.max_gap, options.start_s) == ("cpu", 4, 1.5)
    assert isinstance(options, (DetectOptions, PathOptions, ReadOptions))
    assert issubclass(RenderOptions, ReadOptions)
    assert list(asdict(options)) == names
    assert TrackOptions(**asdict(options)) == options == replace(TrackOptions(), **asdict(options))


def test_every_field_says_what_it_is() -> None:
    for owner in (TrackOptions, RenderOptions):
        declared = options_of(owner)
        assert [one.name for one in declared] == [field.name for field in fields(owner)]
        for one in declared:
            assert one.help.endswith("."), one
            assert one.default == getattr(owner, one.name)


@dataclass(frozen=True)
class Toy:
    """One field of each kind, and one that is no option."""

    plain: int = 1
    many: int | None = option(None, low=2, unit="frames", unset="by ear", help="So many.")
    which: Literal["a", "b"] = option("a", help="Which.")
    share: float = option(0.5, low=0, high=1, flags=("--part",), help="Part.")
    on: bool = option(True, help="On.")


def test_a_declaration_is_read_from_the_field() -> None:
    many, which, share, on = options_of(Toy)
    assert (many.kind, many.default, many.low, many.high) == (int, None, 2, float("inf"))
    assert (many.unit, many.unset, many.help) == ("frames", "by ear", "So many.")
    assert (which.kind, which.choices, on.kind) == (str, ("a", "b"), bool)
    many.taken(None)
    many.taken(2)
    with pytest.raises(OptionError, match="many must be at least 2, got 1"):
        many.taken(1)
    with pytest.raises(OptionError, match="which must be one of a, b; got None"):
        which.taken(None)
    with pytest.raises(OptionError, match=r"^part must be between 0 and 1, got 1.5"):
        share.taken(1.5)


def test_values_are_kept_as_plain_python_has_them() -> None:
    """So that they can be written as JSON and compared with what was."""
    chosen = TrackOptions(
        weights=Path("mine.safetensors"),  # type: ignore[arg-type]
        max_gap=np.int64(4),  # type: ignore[arg-type]
        threshold=np.float32(0.25),  # type: ignore[arg-type]
        link=np.False_,  # type: ignore[arg-type]
    )
    plain = TrackOptions(weights="mine.safetensors", max_gap=4, threshold=0.25, link=False)
    assert (chosen, json.dumps(asdict(chosen))) == (plain, json.dumps(asdict(plain)))
    for wrong in (np.float32(2.5), np.array([1, 2]), np.True_):
        with pytest.raises(OptionError, match="max_gap must be a whole number"):
            TrackOptions(max_gap=wrong)  # type: ignore[arg-type]
