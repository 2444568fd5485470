"""``--rules tracknetv3`` on the command line: what it writes, where it counts, what it refuses.

That its rows are upstream's is in ``tests/reference/test_upstream_rules.py``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from balltrack.labels import read_track
from seeing_network import save_seeing
from told_flight import BALL, COUNT, FAINT, LONG, SHORT

RULES = ("--rules", "tracknetv3", "--device", "cpu", "--threads", 1)


@pytest.fixture(scope="module")
def v3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeing network at V3's size of picture."""
    path = tmp_path_factory.mktemp("v3") / "seeing.safetensors"
    return save_seeing(path, size=(512, 288))


@pytest.fixture(scope="module")
def truth(flight: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flight beside its labels."""
    folder = tmp_path_factory.mktemp("truth")
    (folder / "a.mp4").symlink_to(flight)
    rows = [f"{i},1,{x:.2f},{y:.2f}" for i, (x, y) in enumerate(BALL)]
    (folder / "a_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    return folder / "a_ball.csv"


def test_nothing_is_linked_filled_or_cut(
    balltrack: Callable[..., Any], flight: Path, v3: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    done = balltrack("track", flight, "-o", out, "--json", "--weights", v3, *RULES)
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert (facts["frames"], facts["linked"], facts["inpainted"]) == (COUNT, 0, 0)
    assert (facts["shots"], facts["runtime"], facts["precision"]) == (1, "torch", "fp32")
    found = read_track(out)
    assert not found.visible[[*SHORT, *LONG, *FAINT]].any()
    assert (found.xy[found.visible] % 1 == 0).all()


def test_a_cut_is_no_cut(
    balltrack: Callable[..., Any], rendered: Path, v3: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    for options, shots in (((), 2), (RULES, 1)):
        done = balltrack("track", rendered, "-o", out, "-y", "--json", "--weights", v3, *options)
        assert json.loads(done.out)["shots"] == shots, done.err


def test_evaluate_scores_what_track_writes(
    balltrack: Callable[..., Any], truth: Path, v3: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.jsonl"
    given = ("--weights", v3, *RULES, "--ensemble", "nonoverlap")
    assert balltrack("track", truth.with_name("a.mp4"), "-o", out, "-q", *given).code == 0

    def figures(*arguments: object) -> list[str]:
        done = balltrack("evaluate", *arguments, "--truth", truth, "--details", "-q")
        assert done.code == 0, done.err
        return done.out.splitlines()[1:]

    assert figures(*given) == figures(out)
    assert figures(*given) != figures(*given[:2], "--device", "cpu", "--verify", "none")


def test_bench_times_it(balltrack: Callable[..., Any], rendered: Path, v3: Path) -> None:
    done = balltrack("bench", "--video", rendered, "--weights", v3, *RULES)
    assert done.code == 0, done.err
    facts = json.loads(done.out.splitlines()[-1])
    assert facts["options"]["rules"] == "tracknetv3"
    assert facts["second"]["stages"]["prepare"] > 0
    assert "verify" not in facts["second"]["stages"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--no-link",), "rules tracknetv3 decide on link themselves; leave that out"),
        (("--max-gap", 3, "--verify", "none"), "rules tracknetv3 decide on verify, max_gap"),
        (("--max-gap", 8), "--max-gap has no effect with --rules tracknetv3, which decide it"),
        (("--runtime", "openvino"), "rules tracknetv3 are for torch in fp32"),
        (("--weights", "tracknet-v1"), "are for TrackNetV3's networks, tracknet-v1 is a track"),
        (("--weights", "tracknet-v2"), "are for TrackNetV3's networks, tracknet-v2 is a track"),
        (("--weights", "classical"), "are for TrackNetV3's networks, classical is no network"),
        (("--inpaint", "inpaintnet"), "inpaintnet fills gaps in windows of its own"),
        (("--inpaint", "tracknet-v2"), "an inpaintnet was expected"),
    ],
)
def test_what_does_not_go_with_it(
    balltrack: Callable[..., Any],
    flight: Path,
    v3: Path,
    tmp_path: Path,
    options: tuple[object, ...],
    complaint: str,
) -> None:
    out = tmp_path / "out.csv"
    done = balltrack("track", flight, "-o", out, "--weights", v3, *RULES, *options)
    assert done.code in {1, 2}
    assert complaint in done.complaint
    assert not out.exists()


def test_without_pillow(
    balltrack: Callable[..., Any],
    flight: Path,
    v3: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    done = balltrack("track", flight, "-o", tmp_path / "out.csv", "--weights", v3, *RULES)
    assert done.code == 2
    assert "pip install 'balltrack[rules]'" in done.complaint
    assert list(tmp_path.iterdir()) == []
