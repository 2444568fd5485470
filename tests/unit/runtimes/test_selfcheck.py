"""A runtime that is off is found out, once, and told about every time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.runtimes import selfcheck
from balltrack.runtimes.device import NumberFormat, device_name
from balltrack.runtimes.on_torch.runtime import TorchRuntime
from balltrack.runtimes.selfcheck import FILE, TOLERANCES, agrees
from balltrack.scene.windows import Window
from balltrack.weights.checkpoints import save_checkpoint

SPEC = NetworkSpec("tiny", 3, 3, 32, 64, background="concat", base_width=4)


class Shifted(TorchRuntime):
    """Torch under another name, every probability off by ``error``."""

    name = "openvino"
    calls = 0

    def __init__(self, network: TrackNet, error: float, precision: NumberFormat = "fp32") -> None:
        super().__init__(network, "cpu", "fp32")
        self.precision = precision
        self.error = error

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        self.calls += 1
        return super().heatmaps(windows) + np.float32(self.error)


@pytest.fixture(scope="module")
def network() -> TrackNet:
    torch.manual_seed(0)
    return TrackNet(SPEC).eval()


@pytest.fixture(scope="module")
def weights(network: TrackNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, network, {})
    return path


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_the_tolerance_decides(
    network: TrackNet,
    weights: Path,
    precision: NumberFormat,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    allowed = TOLERANCES[precision]
    assert agrees(Shifted(network, 0.9 * allowed, precision), weights, tmp_path / "right")
    assert not caplog.records
    assert not agrees(Shifted(network, -1.1 * allowed, precision), weights, tmp_path / "wrong")
    assert not agrees(Shifted(network, float("nan"), precision), weights, tmp_path / "nan")
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    said = caplog.records[0].getMessage()
    assert said.startswith(f"openvino {precision} on {device_name('cpu')}: probabilities are off")


def test_the_outcome_is_kept_for_this_machine(
    network: TrackNet, weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = Shifted(network, 0.5)
    assert [agrees(runtime, weights, tmp_path) for _ in range(3)] == [False] * 3
    assert runtime.calls == 1
    assert len(caplog.records) == 3, "a wrong answer is never forgotten"
    known = json.loads((tmp_path / FILE).read_text())
    assert known == {device_name("cpu"): pytest.approx(0.5, abs=1e-4)}
    (tmp_path / FILE).write_text(json.dumps({"another CPU": 0.0}))
    assert not agrees(runtime, weights, tmp_path)
    assert runtime.calls == 2
    assert set(json.loads((tmp_path / FILE).read_text())) == {"another CPU", device_name("cpu")}


@pytest.mark.parametrize("content", ["", "[]", '{"a": null}', "\x00"])
def test_a_damaged_note_is_made_again(
    network: TrackNet, weights: Path, tmp_path: Path, content: str
) -> None:
    (tmp_path / FILE).write_text(content)
    assert agrees(Shifted(network, 0.0), weights, tmp_path)
    assert device_name("cpu") in json.loads((tmp_path / FILE).read_text())


def test_where_nothing_can_be_kept_the_check_is_made(
    network: TrackNet, weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    runtime = Shifted(network, 0.0)
    assert agrees(runtime, weights, tmp_path / "file" / "folder")
    assert runtime.calls == 1


def test_torch_in_fp32_is_the_measure(network: TrackNet, tmp_path: Path) -> None:
    assert agrees(TorchRuntime(network, "cpu", "fp32"), tmp_path / "none", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("background", ["none", "concat"])
def test_the_window_is_one_for_the_network_and_always_the_same(background: str) -> None:
    spec = NetworkSpec("x", 5, 5, 48, 80, background=background)  # type: ignore[arg-type]
    first, second = selfcheck.sample_window(spec), selfcheck.sample_window(spec)
    assert len(first.frames) == 5
    assert (first.background is None) == (background == "none")
    for one, other in zip(first.frames, second.frames, strict=True):
        assert one.image.shape == (48, 80, 3)
        np.testing.assert_array_equal(one.image, other.image)
    assert (first.frames[0].image != first.frames[1].image).any()


class Slow:
    """A runtime that takes CPU time, and nothing else."""

    def __init__(self, seconds: float) -> None:
        self.spec = SPEC
        self.threads = 1
        self.seconds = seconds

    def heatmaps(self, windows: Sequence[Window]) -> None:
        end = time.process_time() + self.seconds
        while time.process_time() < end:
            pass
        time.sleep(0.01)  # as while other programs have the core


@pytest.mark.parametrize(
    ("one", "everything", "expected"),
    [(0.02, 0.04, None), (0.01, 0.038, 1), (0.01, 0.08, 1)],
    ids=["all-are-faster", "as-fast", "one-is-faster"],
)
def test_threads_are_those_that_answer_sooner_and_are_timed_once(
    one: float,
    everything: float,
    expected: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selfcheck, "usable_cores", lambda: 4)
    asked = []

    def load(threads: int | None) -> Slow:
        asked.append(threads)
        return Slow(one if threads == 1 else everything)

    assert [selfcheck.best_threads(load, tmp_path) for _ in range(3)] == [expected] * 3  # type: ignore[arg-type]
    assert asked == [1, None]
    times = selfcheck.known_times(tmp_path)
    assert times == pytest.approx({1: 1000 * one, 4: 1000 * everything / 4}, rel=0.3)

    monkeypatch.setattr(selfcheck, "usable_cores", lambda: 2)  # another share of the machine
    assert selfcheck.known_times(tmp_path) == {}


def test_one_core_is_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selfcheck, "usable_cores", lambda: 1)
    assert selfcheck.best_threads(lambda _: pytest.fail("loaded"), tmp_path) is None


def test_timing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selfcheck, "ENOUGH_S", 0.05)
    slow = Slow(0.06)
    calls = []
    monkeypatch.setattr(slow, "heatmaps", lambda windows: (calls.append(1), time.sleep(0.06)))
    selfcheck.measured_times({"slow": (slow, 1)})  # type: ignore[dict-item]
    assert len(calls) == 2  # one to begin with, and the least that can be counted


@pytest.mark.parametrize(
    ("exact", "rounded", "right", "spec", "pays"),
    [
        (0.06, 0.03, True, SPEC, True),
        (0.06, 0.05, True, SPEC, False),
        (0.06, 0.03, False, SPEC, False),
        (0.01, 0.001, True, SPEC, False),
        (0.06, 0.03, True, SPECS["blurball"], False),
    ],
    ids=["much-faster", "a-little-faster", "wrong", "fast-enough", "not-measured"],
)
@pytest.mark.parametrize("other", [pytest.param("fp32", marks=pytest.mark.slow), "bf16"])
def test_int8_has_to_be_right_and_much_faster_and_is_timed_once(
    exact: float,
    rounded: float,
    right: bool,
    spec: NetworkSpec,
    pays: bool,
    other: NumberFormat,
    tmp_path: Path,
) -> None:
    asked: list[NumberFormat] = []

    def load(precision: NumberFormat) -> tuple[Slow, bool]:
        asked.append(precision)
        runtime = Slow(rounded if precision == "int8" else exact)
        runtime.spec = spec
        return runtime, right

    answers = [selfcheck.int8_pays(load, other, tmp_path, None) for _ in range(3)]  # type: ignore[arg-type]
    assert answers == [pays] * 3
    tried = exact > 0.02 and spec is SPEC
    assert asked == [other, *["int8"] * tried]
