"""``balltrack track``: every option changes what it says, told by the labels that come out.

The clip is one flight of a ball whose sureness is known on every frame (`told_flight`); the network
is made by hand (`seeing_network`), so that its scores are those that the clip was drawn with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from balltrack.cli.main import run
from balltrack.labels import read_track
from balltrack.structures import Source, Track
from seeing_network import FRAMES, save_seeing
from told_flight import BALL, COUNT, FAINT, LONG, RIVAL, RIVALLED, SCORES, SHORT, STREAKED, WEAK

pytestmark = pytest.mark.usefixtures("tones_as_they_are")


@pytest.fixture(scope="module")
def track(
    flight: Path, seeing: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Track]:
    """Run ``balltrack track`` with the options given, and read what it wrote."""
    folder = tmp_path_factory.mktemp("out")
    common = f"--device cpu --runtime torch --precision fp32 --threads 1 --weights {seeing}"

    def tracked(*options: object, video: Path = flight, verify: str = "none") -> Track:
        given = [*common.split(), "--verify", verify, "--no-repair", *map(str, options)]
        out = folder / "out.jsonl"
        assert run(["track", str(video), "-o", str(out), "-y", "-q", *given]) == 0
        return read_track(out)

    return tracked


@pytest.fixture(scope="module")
def usual(track: Callable[..., Track]) -> Track:
    """What the defaults give."""
    return track()


def rows(found: Track, source: Source) -> list[int]:
    return np.flatnonzero(found.source == source).tolist()


def off(found: Track) -> np.ndarray:
    """(N,) pixels from where the ball was drawn."""
    return np.hypot(*(found.xy - BALL).T)


def changed(first: Track, second: Track) -> list[int]:
    """Rows whose position or source differs."""
    same = np.isclose(first.xy, second.xy, atol=1e-9, equal_nan=True).all(axis=1)
    return np.flatnonzero(~same | (first.source != second.source)).tolist()


def test_the_defaults_detect_link_and_fill(usual: Track) -> None:
    assert rows(usual, Source.LINKED) == [WEAK]
    assert rows(usual, Source.INPAINTED) == [*SHORT, *LONG]
    assert rows(usual, Source.NONE) == FAINT
    assert np.nanmax(off(usual)[:STREAKED]) < 0.6
    # the middle of a streak of 5 + 14 px and a disc of radius 5
    np.testing.assert_allclose(usual.xy[STREAKED:] - BALL[STREAKED:], [[3.3, 0]] * 6, atol=1.0)


@pytest.mark.parametrize(
    ("threshold", "linked"), [(0.25, []), (0.35, [WEAK]), (0.95, list(range(46)))]
)
def test_threshold(track: Callable[..., Track], threshold: float, linked: list[int]) -> None:
    unseen = {*SHORT, *LONG, *FAINT, *([RIVALLED] if threshold < 0.9 else [])}
    found = track("--threshold", threshold)
    assert rows(found, Source.LINKED) == [i for i in linked if i not in unseen]


def test_threshold_below_what_linking_looks_at(track: Callable[..., Track]) -> None:
    """A blob of 0.06 counts as soon as it is asked for."""
    found = track("--threshold", 0.04, "--no-link", "--no-rectify")
    assert rows(found, Source.DETECTED) == list(range(COUNT))
    assert (off(found)[FAINT] < 1).all()
    assert found.score[FAINT] == pytest.approx(0.06, abs=0.02)


def test_no_link_takes_the_best_of_each_frame(track: Callable[..., Track], usual: Track) -> None:
    found = track("--no-link")
    assert usual.xy[RIVALLED] == pytest.approx(BALL[RIVALLED], abs=0.6)
    assert found.xy[RIVALLED] == pytest.approx(RIVAL, abs=0.6)
    assert rows(found, Source.LINKED) == []


def test_no_rectify_leaves_gaps(track: Callable[..., Track], usual: Track) -> None:
    found = track("--no-rectify")
    assert rows(found, Source.INPAINTED) == []
    assert changed(found, usual) == [WEAK, *SHORT, *LONG]  # the weak one was put straight
    assert rows(found, Source.LINKED) == [WEAK]


@pytest.mark.parametrize(("frames", "filled"), [(0, []), (4, SHORT), (5, [*SHORT, *LONG])])
def test_max_gap(track: Callable[..., Track], frames: int, filled: list[int]) -> None:
    assert rows(track("--max-gap", frames), Source.INPAINTED) == filled


def test_inpaint_none_fills_with_a_plain_curve(track: Callable[..., Track], usual: Track) -> None:
    found = track("--inpaint", "none")
    assert set(changed(found, usual)) == {*SHORT, *LONG}
    assert (found.source == usual.source).all()


def test_locate(track: Callable[..., Track], usual: Track) -> None:
    """A streak's centroid, the middle of its box, and the disc at its end are far apart."""
    contour, hough = track("--locate", "contour"), track("--locate", "hough")
    for found, ahead in ((usual, 3.3), (contour, 5.1), (hough, -0.5)):
        shift = (found.xy - BALL)[STREAKED:, 0]
        assert np.median(shift) == pytest.approx(ahead, abs=0.8)


def test_verify_changes_scores_and_stays_with_the_ball(
    track: Callable[..., Track], usual: Track
) -> None:
    looked = track(verify="verifier")
    seen = [i for i in range(STREAKED) if i not in SCORES and i != RIVALLED]
    assert (looked.source[seen] == Source.DETECTED).all()
    assert np.abs(looked.score - usual.score)[seen].min() > 1e-4
    assert off(looked)[seen].max() < 4


@pytest.mark.parametrize(
    ("options", "middle"),
    [
        # logits of places in the window: -2, 0, 1, -2; a frame is seen at those that are named
        (["--ensemble", "nonoverlap"], {8: (-2,), 9: (0,), 10: (1,), 11: (-2,)}),
        ([], {8: (-2, 1), 9: (0, -2), 10: (1, -2), 11: (-2, 0)}),
        (["--stride", 1], {8: (-2, 0, 1, -2), 9: (-2, 0, 1, -2)}),
        (["--stride", 4], {8: (-2,), 9: (0,), 10: (1,), 11: (-2,)}),
    ],
    ids=str,
)
def test_ensemble_and_stride(
    track: Callable[..., Track],
    tmp_path: Path,
    options: list[object],
    middle: dict[int, tuple[int, ...]],
) -> None:
    """The score of a frame is the mean of those that it has at its places in the windows."""
    unsure = save_seeing(tmp_path / "unsure.safetensors", sureness=(-2, 0, 1, -2))
    found = track("--weights", unsure, "--threshold", 0.1, "--no-link", "--no-rectify", *options)
    logit = np.log(0.9 / 0.1)
    for frame, places in middle.items():
        expected = np.mean([1 / (1 + np.exp(-logit - place)) for place in places])
        assert found.score[frame] == pytest.approx(expected, abs=0.03)


def test_ensemble_weight_trusts_the_middle_of_a_window(
    track: Callable[..., Track], tmp_path: Path
) -> None:
    unsure = save_seeing(tmp_path / "unsure.safetensors", sureness=(-2, 0, 0, -2))
    options = ("--weights", unsure, "--threshold", 0.1, "--no-link", "--no-rectify")
    plain, weighted = track(*options), track(*options, "--ensemble", "weight", "--stride", 2)
    inside = [i for i in range(4, 40) if i not in SCORES and i != RIVALLED]
    assert (weighted.score[inside] > plain.score[inside] + 0.02).all()


def test_also_adds_what_a_second_network_sees(
    track: Callable[..., Track], tmp_path: Path, usual: Track
) -> None:
    keen = save_seeing(tmp_path / "keen.safetensors", sureness=(4.0,) * FRAMES)
    found = track("--also", keen)
    assert rows(found, Source.NONE) == []
    assert {*rows(found, Source.DETECTED)} > {*FAINT, *SHORT, *LONG, *rows(usual, Source.DETECTED)}


def test_start_and_end(track: Callable[..., Track]) -> None:
    found = track("--start", "0.5", "--end", "1500ms")  # at 20 frames/s
    assert found.frame_index.tolist() == list(range(10, 30))
    seen = found.source == Source.DETECTED
    np.testing.assert_allclose(found.xy[seen], BALL[10:30][seen], atol=0.6)


@dataclass
class Watch:
    """What the network's first convolution was given, however it came to be called."""

    batches: list[int] = field(default_factory=list)
    dtypes: set[torch.dtype] = field(default_factory=set)
    threads: set[int] = field(default_factory=set)

    def __call__(self, module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if isinstance(module, torch.nn.Conv2d) and module.in_channels == 3 * FRAMES:
            self.batches.append(len(inputs[0]))
            self.dtypes.add(inputs[0].dtype)
            self.threads.add(torch.get_num_threads())


@pytest.fixture
def watch() -> Iterator[Watch]:
    before = torch.get_num_threads()
    seen = Watch()
    hook = torch.nn.modules.module.register_module_forward_pre_hook(seen)
    yield seen
    hook.remove()
    torch.set_num_threads(before)


def test_batch_size_and_threads(track: Callable[..., Track], usual: Track, watch: Watch) -> None:
    found = track("--batch-size", 5, "--threads", 2)
    assert max(watch.batches) == 5
    assert watch.threads == {2}
    assert changed(found, usual) == []


def test_precision(track: Callable[..., Track], watch: Watch) -> None:
    """A first start is checked against fp32, a second one is not."""
    track("--end", "0.2")
    assert watch.dtypes == {torch.float32}
    track("--precision", "bf16", "--end", "0.2")
    watch.dtypes.clear()
    track("--precision", "bf16", "--end", "0.2")
    assert watch.dtypes == {torch.bfloat16}


def test_runtime(track: Callable[..., Track], usual: Track, watch: Watch) -> None:
    pytest.importorskip("openvino")
    track("--runtime", "openvino", "--end", "0.5")  # checked against torch, this once
    watch.batches.clear()
    found = track("--runtime", "openvino")
    assert watch.batches == []
    assert (found.source == usual.source).all()
    np.testing.assert_allclose(found.xy, usual.xy, atol=0.05)


def test_what_is_kept_for_the_next_start_is_kept_by_precision_and_version(
    track: Callable[..., Track], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a runtime's answers are right is found out anew for another of its kind."""
    pytest.importorskip("openvino")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def kept(*options: object) -> int:
        track("--end", "0.2", *options)
        return sum(1 for path in tmp_path.rglob("*") if path.is_file())

    converted = [kept("--runtime", "openvino", "--precision", p) for p in ("fp32", "fp32", "bf16")]
    assert 0 < converted[0] == converted[1]
    assert converted[2] == 2 * converted[0]  # all that there is of one, for the other
    checked = [kept("--precision", "bf16") for _ in range(2)]
    assert converted[2] < checked[0] == checked[1]
    monkeypatch.setattr(torch, "__version__", "99.0.0")
    assert kept("--precision", "bf16") > checked[1]


def test_columns_and_format_on_stdout(
    balltrack: Callable[..., Any], flight: Path, seeing: Path
) -> None:
    common = ("track", flight, "--weights", seeing, "--device", "cpu", "-o", "-", "-q")
    common = (*common, "--runtime", "torch", "--verify", "none", "--end", "0.2")
    plain, full = balltrack(*common), balltrack(*common, "--columns", "all")
    assert plain.out.splitlines()[0] == "Frame,Visibility,X,Y"
    header = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot,Speed,Direction,Mode,Gap,Doubt"
    assert full.out.splitlines()[0] == f"{header},BlurLength,BlurAngle,Play"
    assert full.out.splitlines()[2].split(",")[4:8:2] == ["0.050000", "detected"]
    first = json.loads(balltrack(*common, "--format", "jsonl").out.splitlines()[0])
    assert (first["frame"], first["source"]) == (0, "detected")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--strict --max-gap 3", "--max-gap has no effect with --strict"),
        ("--no-rectify --inpaint none", "--inpaint has no effect with --no-rectify"),
        ("--weights classical --stride 2", "--stride has no effect with --weights classical"),
        ("--format jsonl --columns all", "--columns has no effect without a CSV"),
        ("--skip-existing --format jsonl --columns all", "--columns has no effect without a CSV"),
        ("--skip-existing -y", "--overwrite has no effect with --skip-existing"),
    ],
)
def test_what_would_change_nothing_is_refused(
    balltrack: Callable[..., Any], flight: Path, tmp_path: Path, arguments: str, complaint: str
) -> None:
    done = balltrack("track", flight, "-o", tmp_path / "out", *arguments.split(), "-q")
    assert (done.code, complaint in done.complaint, list(tmp_path.iterdir())) == (2, True, [])


def test_what_a_file_sets_for_many_commands_is_not(
    balltrack: Callable[..., Any], flight: Path, tmp_path: Path
) -> None:
    config, out = tmp_path / "run.toml", tmp_path / "out.csv"
    config.write_text('[track]\nmax-gap = 3\nstride = 2\ncolumns = "all"\n')
    common = ("--weights", "classical", "--strict", "--verify", "none", "--end", "0.2", "-q")
    assert balltrack("track", flight, "-o", out, "--config", config, *common).code == 0


def test_verbose_says_what_is_being_done(
    balltrack: Callable[..., Any],
    flight: Path,
    seeing: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing can be kept for the next start, no result is worse: only -v tells."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    common = ("track", flight, "--weights", seeing, "--device", "cpu", "--runtime", "torch", "-y")
    common = (*common, "--precision", "bf16", "--verify", "none", "--end", "0.2")
    common = (*common, "-o", tmp_path / "out.csv")
    assert "nothing can be kept there" in balltrack(*common, "-v").err
    assert "kept" not in balltrack(*common).err
