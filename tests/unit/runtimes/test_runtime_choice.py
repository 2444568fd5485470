"""Which runtime is taken, and what is said where it cannot be."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch

from balltrack import runtimes
from balltrack.errors import BalltrackError, ConversionError, DeviceError, OptionError, WeightsError
from balltrack.folders import cache_folder
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.options import TrackOptions
from balltrack.runtimes import RUNTIMES, RuntimeEntry, available_runtimes, selfcheck
from balltrack.runtimes.cache import workspace
from balltrack.runtimes.device import NumberFormat
from balltrack.runtimes.runtime import Runtime
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.handle import open_weights

needs_openvino = pytest.mark.skipif(
    not RUNTIMES["openvino"].installed,
    reason="openvino is not installed: pip install 'balltrack[openvino]'",
)

needs_nncf = pytest.mark.skipif(
    find_spec("nncf") is None, reason="nncf is not installed: pip install 'balltrack[int8]'"
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    spec = NetworkSpec("tiny", 3, 3, 32, 64, background="concat", base_width=4)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, TrackNet(spec), {})
    return str(path)


def load_runtime(options: TrackOptions) -> Runtime:
    return runtimes.load_runtime(open_weights(options.weights), options)


def take_away(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = RuntimeEntry(RUNTIMES[name].module, "no_such_package_here", RUNTIMES[name].devices)
    monkeypatch.setitem(RUNTIMES, name, entry)


def test_auto_is_torch_where_there_is_nothing_else(
    weights: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away("openvino", monkeypatch)
    assert available_runtimes("cpu") == ["torch"]
    assert load_runtime(TrackOptions(weights, device="cpu")).name == "torch"


def test_what_is_not_installed_says_how_it_comes(
    weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away("openvino", monkeypatch)
    with pytest.raises(OptionError, match=r"pip install 'balltrack\[openvino\]'$") as caught:
        load_runtime(TrackOptions(weights, runtime="openvino"))
    assert "\n" not in str(caught.value)
    with pytest.raises(OptionError, match=r"pip install 'balltrack\[int8\]'$"):
        load_runtime(TrackOptions(weights, precision="int8"))


def test_what_does_not_load_is_not_taken_unasked(
    weights: str, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(RUNTIMES, "openvino", RuntimeEntry("no_such_module", "json", ("cpu",)))
    assert load_runtime(TrackOptions(weights, device="cpu")).name == "torch"
    assert "json does not load; reinstall it" in caplog.records[0].getMessage()
    with pytest.raises(OptionError, match="json does not load"):
        load_runtime(TrackOptions(weights, runtime="openvino"))


def test_a_gpu_is_for_torch(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RuntimeEntry, "installed", True)
    assert available_runtimes("cuda:1") == ["torch"]
    monkeypatch.setattr(runtimes, "choose_device", lambda name: name)
    with pytest.raises(DeviceError, match="runs on cpu, not on cuda; take --runtime torch"):
        load_runtime(TrackOptions(weights, runtime="openvino", device="cuda"))


@needs_openvino
def test_auto_takes_openvino_and_later_needs_no_torch(weights: str, cache: Path) -> None:
    assert load_runtime(TrackOptions(weights, device="cpu")).name == "openvino"
    program = (
        "import sys; import balltrack.pipeline; "
        "from balltrack.runtimes import load_runtime; "
        "from balltrack.weights.handle import open_weights; "
        "from balltrack.options import TrackOptions; "
        f"options = TrackOptions({weights!r}, device='cpu', threads=1); "
        "runtime = load_runtime(open_weights(options.weights), options); "
        "assert (runtime.name, runtime.threads) == ('openvino', 1); "
        "assert not {'torch', 'scipy', 'openvino_telemetry'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@needs_openvino
@pytest.mark.parametrize("runtime", ["auto", "openvino"])
def test_wrong_answers_are_told_and_not_used_unasked(
    runtime: str,
    weights: str,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("balltrack.runtimes.selfcheck.largest_difference", lambda *_: 0.3)
    options = TrackOptions(weights, device="cpu", precision="fp32", runtime=runtime)  # type: ignore[arg-type]
    assert load_runtime(options).name == ("torch" if runtime == "auto" else "openvino")
    said = [record.getMessage() for record in caplog.records]
    assert "probabilities are off by up to 0.3 from torch in fp32, 0.001 is allowed" in said[0]
    assert said[1:] == (["torch runs the network instead"] if runtime == "auto" else [])


@needs_openvino
@pytest.mark.parametrize("part", ["network.xml", "network.bin"])
def test_a_damaged_conversion_is_made_again(weights: str, cache: Path, part: str) -> None:
    options = TrackOptions(weights, device="cpu", runtime="openvino", precision="fp32")
    load_runtime(options)
    (file,) = cache.glob(f"balltrack/runtimes/*/{part}")
    size = file.stat().st_size
    file.write_bytes(file.read_bytes()[: size // 2])
    load_runtime(options)
    assert file.stat().st_size > 0.9 * size
    assert not list(cache.rglob("partial-*"))


@needs_openvino
def test_without_a_cache_it_works_all_the_same(
    weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_runtime(TrackOptions(weights, device="cpu", runtime="openvino")).name == "openvino"


@needs_openvino
def test_other_weights_are_another_entry(weights: str, cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    spec = NetworkSpec("tiny", 2, 2, 32, 64, base_width=4)
    save_checkpoint(other, TrackNet(spec), {})
    frames = [
        load_runtime(TrackOptions(name, device="cpu", runtime="openvino")).spec.frames_in
        for name in (weights, str(other), weights)
    ]
    assert frames == [3, 2, 3]
    assert len(list((cache / "balltrack" / "runtimes").iterdir())) == 2


@needs_openvino
def test_a_network_that_cannot_be_converted_is_torchs(
    weights: str, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise ConversionError("x.safetensors: OpenVINO cannot take the network")

    monkeypatch.setattr("balltrack.runtimes.on_openvino.model.convert", refuse)
    assert load_runtime(TrackOptions(weights, device="cpu")).name == "torch"
    assert "OpenVINO cannot take the network" in caplog.records[0].getMessage()
    with pytest.raises(WeightsError):
        load_runtime(TrackOptions(weights, device="cpu", runtime="openvino"))


@needs_openvino
def test_a_cpu_that_cannot_compute_a_network_is_one_line() -> None:
    """As with ONEDNN_MAX_CPU_ISA=AVX2 in bf16."""
    from balltrack.runtimes.on_openvino.runtime import compile_model, ov  # noqa: PLC0415

    class Core:
        def compile_model(self, *_: object) -> None:
            raise RuntimeError("Exception from node.cpp:345:\nno primitives for Pooling\n\n")

    entrance = ov.opset13.parameter([1, 2, 2, 3], ov.Type.f32)
    model = ov.Model([ov.opset13.relu(entrance)], [entrance])
    with pytest.raises(ConversionError) as caught:
        compile_model(Core(), model, "bf16", None)
    assert str(caught.value) == (
        "OpenVINO cannot compute the network in bf16 on this CPU (no primitives for Pooling); "
        "take --precision auto or --runtime torch"
    )


@needs_openvino
def test_ctrl_c_waits_for_a_conversion(
    weights: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the library may take it for a network that it cannot convert."""
    from balltrack.runtimes.on_openvino import model  # noqa: PLC0415  # loads OpenVINO

    convert = model.convert
    listening = []

    def watched(*given: Any) -> None:
        listening.append(signal.getsignal(signal.SIGINT))
        convert(*given)

    monkeypatch.setattr(model, "convert", watched)
    before = signal.getsignal(signal.SIGINT)
    load_runtime(TrackOptions(weights, device="cpu", runtime="openvino", precision="fp32"))
    assert len(listening) == 1
    assert listening[0] is not before
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("runtime", ["auto", "torch"])
def test_what_are_no_weights_is_one_line(tmp_path: Path, runtime: str, cache: Path) -> None:
    file = tmp_path / "x.safetensors"
    file.write_text("nothing")
    with pytest.raises(BalltrackError, match="not a safetensors file"):
        load_runtime(TrackOptions(str(file), device="cpu", runtime=runtime))  # type: ignore[arg-type]


def test_the_cache_is_where_the_system_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/there")
    assert cache_folder() == Path("/there/balltrack")


def test_nobody_who_is_at_home_nowhere_has_a_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", Mock(side_effect=RuntimeError("no home")))
    with workspace(cache_folder() / "runtimes") as place:
        assert place.is_dir()


def test_a_cache_without_room_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("balltrack.runtimes.cache.free_bytes", lambda _: 100 << 20)
    with workspace(tmp_path / "cache") as place:
        assert tmp_path not in place.parents


@needs_openvino
@pytest.mark.parametrize(("asked", "times"), [(None, [7.0, 5.0]), (None, [5.0, 5.0]), (2, [5, 9])])
def test_threads_are_as_noted_unless_they_are_asked_for(
    weights: str,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: int | None,
    times: list[float],
) -> None:
    monkeypatch.setattr(selfcheck, "usable_cores", lambda: 2)
    monkeypatch.setattr(selfcheck, "measured_times", lambda _: dict(zip((1, 2), times)))  # noqa: B905
    options = TrackOptions(
        weights, device="cpu", runtime="openvino", precision="fp32", threads=asked
    )
    for _ in range(2):
        assert load_runtime(options).threads == (1 if times == [5.0, 5.0] else 2)
    noted = runtimes.window_times(load_runtime(options), open_weights(weights))
    assert noted == ({} if asked else {1: times[0], 2: times[1]})


@needs_openvino
@needs_nncf
@pytest.mark.parametrize(
    ("other", "exact", "rounded", "gains"),
    [
        ("fp32", 30, 10, True),
        ("bf16", 30, 25, False),
        pytest.param("bf16", 30, 10, True, marks=pytest.mark.slow),
        pytest.param("fp32", 30, 25, False, marks=pytest.mark.slow),
    ],
)
def test_auto_is_int8_where_a_cpu_gains_much_by_it(
    weights: str,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    exact: float,
    rounded: float,
    gains: bool,
    other: NumberFormat,
) -> None:
    taken = "int8" if gains else other
    auto_is(other, monkeypatch)
    times = {other: exact, "int8": rounded}
    monkeypatch.setattr(selfcheck, "measured_times", lambda _: times)
    options = TrackOptions(weights, device="cpu", threads=1)
    assert [load_runtime(options).precision for _ in range(2)] == [taken] * 2
    loaded: list[str] = []
    load = runtimes._load
    monkeypatch.setattr(
        runtimes, "_load", lambda *a, **more: (loaded.append(a[3]), load(*a, **more))[1]
    )
    assert load_runtime(options).precision == taken
    assert loaded == [taken], "once it is known, no other is loaded"
    assert load_runtime(replace(options, precision="fp32")).precision == "fp32"
    assert load_runtime(replace(options, runtime="torch")).precision == other


@needs_openvino
@needs_nncf
def test_with_amx_int8_is_not_even_tried(
    weights: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounding a network takes 20 s, for a gain that is not enough."""
    monkeypatch.setattr(runtimes, "int8_may_pay", lambda: False)
    monkeypatch.setattr(selfcheck, "measured_times", lambda _: pytest.fail("timed"))
    assert load_runtime(TrackOptions(weights, device="cpu", threads=1)).precision != "int8"


@needs_openvino
def test_without_nncf_auto_stays_what_it_was(
    weights: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auto_is("fp32", monkeypatch)
    monkeypatch.setattr(runtimes, "find_spec", lambda name: None if name == "nncf" else name)
    monkeypatch.setattr(selfcheck, "measured_times", lambda _: pytest.fail("timed"))
    assert load_runtime(TrackOptions(weights, device="cpu", threads=1)).precision == "fp32"


def auto_is(precision: NumberFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a CPU without a matrix unit that does so best."""
    monkeypatch.setattr(runtimes, "int8_may_pay", lambda: True)
    monkeypatch.setattr(
        runtimes, "choose_precision", lambda _, asked: precision if asked == "auto" else asked
    )
