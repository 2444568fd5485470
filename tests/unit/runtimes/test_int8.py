"""What is rounded to int8 and what is not, on what, and what is said where it cannot be."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from balltrack import runtimes
from balltrack.detection.blobs import find_candidates
from balltrack.errors import NOTE, DeviceError, OptionError
from balltrack.models.build import build
from balltrack.models.specs import SPECS, NetworkSpec, get_spec
from balltrack.models.tracknet import TrackNet
from balltrack.options import TrackOptions
from balltrack.runtimes import RUNTIMES
from balltrack.runtimes.runtime import Runtime
from balltrack.runtimes.selfcheck import TOLERANCES, largest_difference
from balltrack.scene.windows import Window
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.handle import open_weights


def load_runtime(options: TrackOptions) -> Runtime:
    return runtimes.load_runtime(open_weights(options.weights), options)


needs_openvino = pytest.mark.skipif(
    not RUNTIMES["openvino"].installed,
    reason="openvino is not installed: pip install 'balltrack[openvino]'",
)
needs_nncf = pytest.mark.skipif(
    not RUNTIMES["openvino"].installed or find_spec("nncf") is None,
    reason="nncf is not installed: pip install 'balltrack[int8]'",
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a network with norms that do something, and answers that differ from place to place."""
    torch.manual_seed(0)
    network = TrackNet(NetworkSpec("tiny", 3, 3, 32, 64, background="concat", base_width=8))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.1, 0.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    nn.init.uniform_(network.predictor.weight, -3, 3)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, network, {})
    return path


def int8(weights: str | Path) -> TrackOptions:
    return TrackOptions(str(weights), device="cpu", precision="int8", threads=1)


def kernel_types(model: Any) -> list[str]:
    """Number format of the weights of every convolution, in order."""

    def constant(node: Any) -> Any:
        return node if node.get_type_name() == "Constant" else constant(node.input_value(0).node)

    operations = model.get_ordered_ops()
    convolutions = [o for o in operations if o.get_type_name() == "Convolution"]
    return [constant(o.input_value(1).node).get_element_type().to_string() for o in convolutions]


@needs_nncf
def test_all_convolutions_but_the_first_are_in_int8(weights: Path, cache: Path) -> None:
    from balltrack.runtimes.on_openvino.runtime import ov  # noqa: PLC0415

    runtime = load_runtime(int8(weights))
    assert (runtime.name, runtime.device, runtime.precision) == ("openvino", "cpu", "int8")
    (file,) = cache.rglob("network.xml")
    first, *others = kernel_types(ov.Core().read_model(file))
    assert first == "f32"
    assert len(others) == 17
    assert set(others) == {"i8"}


@needs_nncf
def test_the_self_check_finds_a_bad_calibration(
    weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert (
        largest_difference(load_runtime(int8(weights)), open_weights(weights)) <= TOLERANCES["int8"]
    )
    assert not caplog.records
    from balltrack.runtimes.on_openvino import int8 as module  # noqa: PLC0415

    calibration_windows = module.calibration_windows

    def black(spec: NetworkSpec) -> Iterator[Window]:
        for window in calibration_windows(spec):
            for frame in window.frames:
                frame.image[:] = 0
            yield Window(window.frames, np.zeros_like(window.frames[0].image), window.keep)

    monkeypatch.setattr(module, "calibration_windows", black)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "another"))
    load_runtime(int8(weights))
    assert "openvino int8 on " in caplog.text
    assert "probabilities are off" in caplog.text


@needs_nncf
def test_that_it_takes_a_while_is_said_before_and_once(
    weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(NOTE, "balltrack")
    from balltrack.runtimes.on_openvino import int8 as module  # noqa: PLC0415

    quantise = module.quantise
    said: list[list[str]] = []

    def watched(*arguments: Any) -> Any:
        said.append([*caplog.messages])
        return quantise(*arguments)

    monkeypatch.setattr(module, "quantise", watched)
    for _ in range(2):
        load_runtime(int8(weights))
    assert said == [["tiny: made ready for this CPU in int8, once; up to a minute"]]
    assert caplog.messages == said[0]


@needs_nncf
def test_it_is_made_once_in_silence_and_reported_to_nobody(weights: Path, cache: Path) -> None:
    program = (
        "import sys; import balltrack.pipeline; "
        "from balltrack.runtimes import load_runtime; "
        "from balltrack.weights.handle import open_weights; "
        "from balltrack.options import TrackOptions; "
        f"options = TrackOptions({str(weights)!r}, precision='int8', threads=1); "
        "load_runtime(open_weights(options.weights), options); "
        "seen = {'torch', 'nncf', 'openvino_telemetry'} & set(sys.modules); "
        "assert seen == set(sys.argv[1:]), seen"
    )
    for loaded in (["nncf", "torch"], []):
        command = [sys.executable, "-c", program, *loaded]
        run = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert not list(cache.rglob("exact.*"))


@needs_openvino
@pytest.mark.parametrize("spec", [get_spec("tracknet-v3-small"), get_spec("tracknet-v2")])
def test_calibrated_on_rallies_that_are_always_the_same(spec: NetworkSpec) -> None:
    from balltrack.runtimes.on_openvino.int8 import calibration_windows  # noqa: PLC0415

    windows, again = (list(islice(calibration_windows(spec), 6)) for _ in range(2))
    for window, same in zip(windows, again, strict=True):
        assert len(window.frames) == spec.frames_in
        assert (window.background is None) == (spec.background == "none")
        assert window.frames[0].image.shape == (spec.height, spec.width, 3)
        np.testing.assert_array_equal(window.frames[0].image, same.frames[0].image)
        assert (window.frames[0].image != window.frames[1].image).any()
    indices = [window.frames[0].index for window in windows]
    assert indices == sorted(set(indices))
    assert indices[-1] - indices[0] > 80, "from all of the clip, from both of its courts"


@needs_openvino
def test_without_nncf_it_says_how_it_comes(
    weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.runtimes.on_openvino.int8.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"pip install 'balltrack\[int8\]'$") as caught:
        load_runtime(int8(weights))
    assert "\n" not in str(caught.value)
    assert not [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"runtime": "torch"}, OptionError, "take --runtime openvino"),
        ({"device": "cuda:1"}, DeviceError, "int8 is for the CPU; on cuda:1 take --precision auto"),
    ],
)
def test_where_there_is_no_int8(asked: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        load_runtime(TrackOptions(precision="int8", **asked))


@needs_openvino
@pytest.mark.parametrize("name", ["wasb", "blurball"])
def test_networks_that_answer_otherwise_each_time_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_checkpoint(path, build(replace(SPECS[name], height=24, width=40)), {})
    with pytest.raises(OptionError, match=r"not the same each time.*take --precision auto"):
        load_runtime(int8(path))


@needs_nncf
@pytest.mark.slow
def test_the_default_weights_see_the_ball_where_they_did() -> None:
    """On rallies that were not calibrated on, in pixels of the heatmap."""
    from balltrack.runtimes.on_openvino.int8 import calibration_windows  # noqa: PLC0415

    weights = TrackOptions.weights
    exact = load_runtime(TrackOptions(weights, runtime="openvino", precision="fp32", threads=1))
    rounded = load_runtime(int8(weights))
    assert largest_difference(rounded, open_weights(weights)) <= TOLERANCES["int8"]
    both = either = 0
    for window in islice(calibration_windows(exact.spec), 64, 80):
        for one, other in zip(
            exact.heatmaps([window])[0], rounded.heatmaps([window])[0], strict=True
        ):
            balls = [
                find_candidates(heatmap, "centroid", low_threshold=0.5, top_k=1)
                for heatmap in (one, other)
            ]
            either += any(balls)
            if all(balls):
                (ball,), (same,) = balls
                both += np.hypot(ball[0] - same[0], ball[1] - same[1]) < 0.5
    assert either > 50
    assert both >= 0.95 * either
