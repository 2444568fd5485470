"""Files ↔ networks: round trip, upstream's files, and everything that does not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from balltrack.errors import OutputError, UnknownNameError, WeightsError
from balltrack.models.specs import BackgroundMode, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.weights.checkpoints import load_network, save_checkpoint
from balltrack.weights.header import read_header

TINY = NetworkSpec("tiny", 3, 3, 32, 32, base_width=8, block="conv-relu-bn")


@pytest.fixture
def saved(tmp_path: Path) -> tuple[TrackNet, Path]:
    torch.manual_seed(1)
    network = TrackNet(TINY)
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, network, {"note": "made by a test"})
    return network, path


def test_a_file_rebuilds_its_own_network(saved: tuple[TrackNet, Path]) -> None:
    network, path = saved
    loaded, metadata = load_network(str(path))
    assert loaded.spec == TINY
    assert not loaded.training
    assert metadata["note"] == "made by a test"
    x = torch.rand(1, 9, 32, 32)
    assert torch.equal(loaded(x), network.eval()(x))


def test_the_verifier_is_loaded_without_torchs_compiler(tmp_path: Path) -> None:
    """It takes seconds to import, and makes a folder in the temporary one."""
    program = (
        "import sys; from balltrack.weights.checkpoints import load_verifier; "
        "load_verifier('verifier'); print('torch._dynamo' in sys.modules)"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert (done.stdout, list(tmp_path.iterdir())) == ("False\n", [])


def test_half_precision_files_load_as_float32(saved: tuple[TrackNet, Path], tmp_path: Path) -> None:
    network, path = saved
    small = tmp_path / "half.safetensors"
    save_checkpoint(small, network, {}, half=True)
    assert small.stat().st_size < 0.6 * path.stat().st_size
    loaded, _ = load_network(str(small))
    assert loaded.predictor.weight.dtype == torch.float32
    assert torch.allclose(loaded.predictor.weight, network.predictor.weight, atol=1e-3)


@pytest.mark.parametrize("background", ["none", "concat", "subtract", "subtract_concat"])
def test_tracknetv3_checkpoints_load(tmp_path: Path, background: BackgroundMode) -> None:
    spec = NetworkSpec("tracknet-v3", 2, 2, background=background)
    network = TrackNet(spec)
    content = {
        "epoch": 3,
        "max_val_acc": np.float64(0.5),
        "model": network.state_dict(),
        "param_dict": {"seq_len": 2, "bg_mode": background.replace("none", "")},
    }
    path = tmp_path / "TrackNet_best.pt"
    torch.save(content, path)
    loaded, _ = load_network(str(path))
    assert loaded.spec == spec
    assert torch.equal(loaded.predictor.weight, network.predictor.weight)


@pytest.mark.parametrize(
    ("background", "said", "told"),
    [
        ("subtract", None, "subtract"),  # by its channels
        ("concat", None, "concat"),  # of twelve channels what upstream has by default
        ("subtract_concat", "subtract_concat", "subtract_concat"),
        ("concat", "concat", "concat"),
    ],
)
def test_the_background_mode_of_a_checkpoint_of_three_frames(
    tmp_path: Path, background: BackgroundMode, said: str | None, told: str
) -> None:
    network = TrackNet(NetworkSpec("tracknet-v3", 3, 3, background=background))
    beside = {} if said is None else {"param_dict": {"bg_mode": said}}
    torch.save({"model": network.state_dict(), **beside}, tmp_path / "w.pt")
    loaded, _ = load_network(str(tmp_path / "w.pt"))
    assert loaded.spec.background == told


def test_channels_that_no_background_mode_has(tmp_path: Path) -> None:
    network = TrackNet(NetworkSpec("tracknet-v3", 2, 2, background="concat"))
    for mode, words in (
        ("subtract", "9 channels for 2 frames, as bg_mode 'subtract' does not"),
        (7, "7"),
    ):
        content = {"model": network.state_dict(), "param_dict": {"bg_mode": mode}}
        torch.save(content, tmp_path / "w.pt")
        with pytest.raises(WeightsError, match=words):
            load_network(str(tmp_path / "w.pt"))
    odd = {**network.state_dict(), "down_block_1.conv_1.conv.weight": torch.zeros(64, 7, 3, 3)}
    torch.save({"model": odd}, tmp_path / "w.pt")
    with pytest.raises(WeightsError, match="7 channels for 2 frames, as no background mode does"):
        load_network(str(tmp_path / "w.pt"))


def test_a_pickle_that_runs_code_is_refused_unrun(tmp_path: Path) -> None:
    class Malicious:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "ran",))

    path = tmp_path / "evil.pt"
    torch.save({"model": Malicious()}, path)
    with pytest.raises(WeightsError, match="read safely"):
        load_network(str(path))
    assert not (tmp_path / "ran").exists()


def test_what_does_not_fit_is_said_in_one_line(
    tmp_path: Path, saved: tuple[TrackNet, Path]
) -> None:
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(saved[1].read_bytes()[:1000])
    foreign = tmp_path / "foreign.safetensors"
    save_file({"w": torch.zeros(2)}, foreign)
    misfit = tmp_path / "misfit.safetensors"
    tensors = dict(saved[0].state_dict())
    tensors["predictor.weight"] = torch.zeros(5, 8, 1, 1)
    save_file(tensors, misfit, metadata=read_header(saved[1]).metadata)
    for path, words in ((damaged, "not a safetensors"), (foreign, "header"), (misfit, "predictor")):
        with pytest.raises(WeightsError, match=words) as caught:
            load_network(str(path))
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)


def test_unknown_names_and_unwritable_places(tmp_path: Path, saved: tuple[TrackNet, Path]) -> None:
    with pytest.raises(UnknownNameError, match="tracknet-v9"):
        load_network("tracknet-v9")
    with pytest.raises(OutputError, match="there is no folder"):
        save_checkpoint(tmp_path / "absent" / "w.safetensors", saved[0], {})
