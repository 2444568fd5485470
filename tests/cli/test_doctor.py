"""``balltrack doctor``: what it tells of a machine that is well, and of one that is not."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from balltrack.runtimes.device import usable_cores
from balltrack.weights.registry import list_weights

FAST = ("--runtime", "torch", "--precision", "fp32")


def findings(done: Any) -> dict[str, dict[str, str]]:
    return {one["about"]: one for one in json.loads(done.out)["findings"]}


def test_a_machine_that_tracks_is_well(balltrack, tiny_weights):
    done = balltrack("doctor", "--weights", tiny_weights, *FAST, "--json")
    assert (done.code, done.err) == (0, "")
    found = findings(done)
    assert {one["about"] for one in found.values() if one["state"] == "broken"} == set()
    assert found["balltrack"]["said"] == "0.1.0"
    assert "h264" in found["decoders"]["said"]
    assert found["video"]["said"].startswith("8 frames")
    assert {entry.name for entry in list_weights()} <= set(found)
    assert found["network"]["said"].startswith("tiny by torch in fp32 on cpu: off by 0 ")


def test_a_line_each_for_people_and_what_is_wrong_alone_when_quiet(balltrack, tiny_weights):
    done = balltrack("doctor", "--weights", tiny_weights, *FAST)
    lines = done.out.splitlines()
    assert lines[0].split() == ["balltrack:", "0.1.0"]
    assert all(line[:2] in {"  ", "~ "} for line in lines)
    quiet = balltrack("doctor", "--weights", tiny_weights, *FAST, "-q")
    assert all(line.startswith("~ ") for line in quiet.out.splitlines())


@pytest.mark.parametrize("pays", [True, False])
def test_where_int8_may_be_faster_and_nncf_is_missing_it_is_said(
    balltrack, tiny_weights, monkeypatch: pytest.MonkeyPatch, pays: bool
):
    checkup = "balltrack.benchmark.checkup"
    monkeypatch.setattr(f"{checkup}.int8_may_pay", lambda: pays)

    def version(name: str) -> str:
        if name == "nncf":
            raise PackageNotFoundError
        return "0.1.0"

    monkeypatch.setattr(f"{checkup}.version", version)
    found = findings(balltrack("doctor", "--weights", tiny_weights, *FAST, "--json"))
    assert ("int8" in found) is pays
    if pays:
        assert found["int8"]["state"] == "slow"
        assert "pip install 'balltrack[int8]'" in found["int8"]["said"]


def test_what_is_broken_is_named_and_the_rest_is_looked_at_all_the_same(
    balltrack, tiny_weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Weights that were replaced, a cache that cannot be made, a network that answers wrongly."""
    (tmp_path / "damaged.safetensors").write_bytes(b"nothing")
    row = {"name": "mine", "file": "damaged.safetensors", "sha256": "0" * 64, "spec": "tiny"}
    rest = {"sports": [], "licence": "MIT", "provenance": "none", "scores": {}}
    (tmp_path / "registry.json").write_text(json.dumps({"weights": [row | rest]}))
    monkeypatch.setenv("BALLTRACK_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(
        "balltrack.benchmark.checkup.cache_folder", lambda: tmp_path / "file" / "cache"
    )
    monkeypatch.setattr("balltrack.runtimes.selfcheck.largest_difference", lambda *_: float("nan"))
    done = balltrack("doctor", "--weights", tiny_weights, *FAST, "--json")
    found = findings(done)
    assert done.code == 1
    assert found["mine"]["state"] == "broken"
    assert "damaged or replaced" in found["mine"]["said"]
    assert found["cache"]["state"] == "slow"
    assert found["network"]["state"] == "broken"
    assert found["video"]["state"] == "fine"


def test_a_cache_without_room_is_slow(balltrack, tiny_weights, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("balltrack.benchmark.checkup.free_bytes", lambda _: 100 << 20)
    found = findings(balltrack("doctor", "--weights", tiny_weights, *FAST, "--json"))["cache"]
    assert found["state"] == "slow"
    assert "100 MB are free there; every start converts the network anew" in found["said"]


def test_weights_that_do_not_exist_are_a_finding(balltrack):
    done = balltrack("doctor", "--weights", "nobody", "--json")
    assert done.code == 1
    assert "nobody" in findings(done)["network"]["said"]


def test_the_threads_of_the_network_are_told_with_what_they_were_chosen_by(balltrack, tiny_weights):
    pytest.importorskip("openvino")
    done = balltrack("doctor", "--weights", tiny_weights, "--runtime", "openvino", "--json")
    found = findings(done)
    if usable_cores() == 1:
        assert "threads" not in found
    else:
        said = (
            rf"[1-9]\d* for the network: [\d.]+ ms a window on 1, [\d.]+ ms .* on {usable_cores()}"
        )
        assert re.fullmatch(said, found["threads"]["said"])
