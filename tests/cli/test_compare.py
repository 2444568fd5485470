"""``balltrack compare``: several systems on one video."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from balltrack.cli.compare import _inputs
from balltrack.options import ReadOptions
from seeing_network import FRAMES, save_seeing
from told_flight import BALL, COUNT

pytestmark = pytest.mark.usefixtures("tones_as_they_are")

COMMON = ("--runtime", "torch", "--device", "cpu", "--verify", "none", "-q")


@pytest.fixture(scope="module")
def keen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that sees more than it should, on pictures of a size of its own."""
    path = tmp_path_factory.mktemp("keen") / "keen.safetensors"
    return save_seeing(path, sureness=(1.5,) * FRAMES, size=(320, 192))


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    rows = [f"{i},1,{x:.2f},{y:.2f}" for i, (x, y) in enumerate(BALL)]
    path = tmp_path / "flight_ball.csv"
    path.write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    "part",
    [pytest.param((), marks=pytest.mark.slow), ("--start", "0.3", "--end", "1.5")],
)
def test_labels_are_those_of_track_to_the_byte(
    balltrack: Callable[..., Any],
    flight: Path,
    seeing: Path,
    keen: Path,
    tmp_path: Path,
    part: tuple[str, ...],
) -> None:
    """Of networks that look at pictures of different sizes, and of one without a network."""
    out = tmp_path / "labels"
    systems = (seeing, keen, "classical")
    chosen = [word for one in systems for word in ("--weights", one)]
    given = (*COMMON, *part, "--columns", "all")
    assert balltrack("compare", flight, *chosen, *given, "--labels", out).code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "classical.csv",
        "keen.csv",
        "seeing.csv",
    ]
    for one in systems:
        alone = tmp_path / "alone.csv"
        assert balltrack("track", flight, "--weights", one, *given, "-o", alone, "-y").code == 0
        assert (out / f"{Path(one).stem}.csv").read_bytes() == alone.read_bytes()


def test_figures_are_those_of_evaluate(
    balltrack: Callable[..., Any],
    flight: Path,
    seeing: Path,
    keen: Path,
    truth: Path,
    tmp_path: Path,
) -> None:
    chosen = ("--weights", seeing, "--weights", keen, "--truth", truth, "--labels", tmp_path)
    done = balltrack("compare", flight, *chosen, *COMMON, "--columns", "all", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    facts = json.loads(done.out)
    assert [one["system"] for one in facts["systems"]] == ["seeing", "keen"]
    assert facts["outputs"] == [str(tmp_path / f"{name}.csv") for name in ("seeing", "keen")]
    first, second = (one["agreement"] for one in facts["systems"])
    assert first["keen"] == second["seeing"] < 1
    for one in facts["systems"]:
        alone = balltrack(
            *("evaluate", tmp_path / f"{one['system']}.csv", "--truth", truth),
            *("--size", "320x240", "--json", "-q"),
        )
        scores = json.loads(alone.out)["runs"][0]["total"]
        for name in ("error_px", "error_1080p_px"):  # a file has positions to a hundredth
            assert one["scores"].pop(name) == pytest.approx(scores[name], abs=0.04)
        said = one["scores"].pop("mean_confidence")
        assert said == pytest.approx(scores["mean_confidence"], abs=1e-4)  # and four decimals
        assert one["scores"] == {name: scores[name] for name in one["scores"]}
        assert one["frames"] == COUNT
        assert one["frames_per_s"] == pytest.approx(COUNT / one["seconds"], rel=0.02)


def test_a_part_is_scored_by_its_own_labels(
    balltrack: Callable[..., Any], flight: Path, seeing: Path, truth: Path
) -> None:
    chosen = ("--weights", seeing, "--weights", "classical", "--truth", truth)
    done = balltrack("compare", flight, *chosen, *COMMON, "--json", "--start", "1", "--end", "1.5")
    scores = [one["scores"] for one in json.loads(done.out)["systems"]]
    assert [one["frames"] for one in scores] == [10, 10]
    assert [one["missing_rows"] for one in scores] == [0, 0]


def test_tables_and_an_overlay_with_every_frame(
    balltrack: Callable[..., Any], flight: Path, seeing: Path, tmp_path: Path
) -> None:
    out = tmp_path / "compare.mp4"
    chosen = ("--weights", seeing, "--weights", "classical", "-o", out, "--trail", "3")
    done = balltrack("compare", flight, *chosen, *COMMON)
    assert (done.code, done.err) == (0, "")
    rows = [line.split() for line in done.out.splitlines()]
    assert ["seeing", "classical"] in rows  # over the agreement
    assert [row[1] for row in rows if row[:1] == ["seeing"]] == [str(COUNT), "classical", "1.0000"]
    with av.open(str(out)) as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(pictures) == COUNT
    assert pictures[0].shape == (240, 2 * 320 + 4, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("--weights classical", 2, "give --weights twice or more; `balltrack track` is for one"),
        ("--weights classical --weights classical", 2, "two of the --weights are the same"),
        ("", 2, "Missing option '--weights'"),
        ("TWO --trail 3", 2, "--trail has no effect without -o"),
        ("TWO --columns all", 2, "--columns has no effect without --labels"),
        ("TWO --strict --max-gap 3", 2, "--max-gap has no effect with --strict"),
        ("TWO --also tracknet-v2", 2, "No such option"),
        ("--weights classical --weights nothing", 2, "unknown weights 'nothing'; known: "),
        ("--weights classical --weights verifier", 1, "is a verifier"),
        ("--weights classical --weights broken.safetensors", 1, "broken.safetensors: "),
        ("TWO -o out.avi", 2, "must end in .mp4, .m4v, .mov"),
        ("TWO -o clip.mp4 -y", 2, "clip.mp4: is the input"),
        ("TWO --labels broken.safetensors", 1, "cannot make the folder"),
        ("TWO --truth gone.csv", 1, "gone.csv: there is no such file"),
        ("TWO --truth large.csv", 1, "positions reach far outside a picture of 320x240"),
        ("TWO --truth long.csv", 1, "long.csv: speaks of frame 999, but the video ends with"),
        ("TWO --start 99", 2, "ends after 2.3 s, before the start asked for"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line_before_anything_is_tracked(
    balltrack: Callable[..., Any],
    flight: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").write_bytes(flight.read_bytes())
    Path("broken.safetensors").write_bytes(b"no weights")
    Path("large.csv").write_text("Frame,Visibility,X,Y\n0,1,1900,1000\n")
    Path("long.csv").write_text("Frame,Visibility,X,Y\n999,1,19,10\n")
    before = sorted(tmp_path.iterdir())
    two = "--weights classical --weights tracknet-v3-small"
    done = balltrack("compare", "clip.mp4", *arguments.replace("TWO", two).split())
    assert done.code == code
    assert words in done.complaint
    assert done.out == ""
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_refused_leaves_no_empty_folder(
    balltrack: Callable[..., Any], flight: Path, seeing: Path, tmp_path: Path
) -> None:
    overlay = tmp_path / "there.mp4"
    overlay.touch()
    given = ("--weights", seeing, "--weights", "classical", *COMMON)
    done = balltrack("compare", flight, *given, "--labels", tmp_path / "new", "-o", overlay)
    assert "exists; -y replaces it" in done.complaint
    assert not (tmp_path / "new").exists()


def test_labels_that_exist_are_kept_without_leave(
    balltrack: Callable[..., Any], flight: Path, seeing: Path, tmp_path: Path
) -> None:
    (tmp_path / "seeing.csv").write_text("old")
    chosen = ("--weights", seeing, "--weights", "classical", "--labels", tmp_path)
    done = balltrack("compare", flight, *chosen, *COMMON)
    assert (done.code, (tmp_path / "seeing.csv").read_text()) == (2, "old")
    assert done.complaint.endswith("seeing.csv: exists; -y replaces it")
    assert balltrack("compare", flight, *chosen, *COMMON, "-y").code == 0


def test_of_corrected_labels_the_corrected_rows_alone_are_truth(
    rendered: Path, tmp_path: Path
) -> None:
    truth = tmp_path / "clip_corrected.csv"
    head = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n"
    truth.write_text(head + "0,1,10,10,,0.9,detected,0\n1,1,20,20,,1,corrected,0\n")
    _, labels = _inputs(rendered, truth, ("classical",), ReadOptions())
    assert labels is not None
    assert labels.frame_index.tolist() == [1]
