"""Checkpoints as WASB, BlurBall and RacketVision save them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from balltrack.models.build import build
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.weights.checkpoints import load_network

HISTORY = "mmengine.logging.history_buffer"


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("name", ["wasb", "blurball"])
def test_wasb_and_blurball(tmp_path: Path, prefix: str, name: str) -> None:
    """As train_and_test.py writes them, with the outputs that only upstream computes."""
    torch.manual_seed(0)
    network = build(SPECS[name]).eval()
    torch.nn.init.normal_(network.get_submodule("final_layers.0").weight, std=0.1)
    unread = {"stage4.0.fuse_layers.3.0.0.0.weight": torch.ones(16, 16, 3, 3)}
    state = {prefix + name: tensor for name, tensor in (network.state_dict() | unread).items()}
    path = tmp_path / "wasb_tennis_best.pth.tar"
    torch.save({"model_state_dict": state, "test_f1": np.float64(0.9), "epoch": 30}, path)
    loaded, _ = load_network(path)
    assert loaded.spec == SPECS[name]
    x = torch.rand(1, 9, 16, 24)
    with torch.inference_mode():
        assert torch.equal(loaded(x), network(x))


@pytest.fixture
def racketvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[TrackNet, Path]:
    """As MMEngine's runner writes it, past losses in a class of its own included."""
    torch.manual_seed(0)
    network = TrackNet(NetworkSpec("theirs", 4, 4, background="concat")).eval()
    torch.nn.init.normal_(network.predictor.weight)

    class HistoryBuffer:
        def __init__(self) -> None:
            self.max_length = 1000
            self._log_history = np.linspace(0, 1, 3)
            self._count_history = np.array([1, 1, 1])

    HistoryBuffer.__module__, HistoryBuffer.__qualname__ = HISTORY, "HistoryBuffer"
    module = ModuleType(HISTORY)
    module.HistoryBuffer = HistoryBuffer  # type: ignore[attr-defined]
    for name, one in (
        ("mmengine", ModuleType("mmengine")),
        ("mmengine.logging", ModuleType("mmengine.logging")),
        (HISTORY, module),
    ):
        monkeypatch.setitem(sys.modules, name, one)
    content = {
        "meta": {"epoch": 2, "cfg": "seq_len = 4", "mmengine_version": "0.10.4"},
        "state_dict": network.state_dict(),
        "message_hub": {"log_scalars": {"train/loss": HistoryBuffer()}},
    }
    path = tmp_path / "balltrack_best.pth"
    torch.save(content, path)
    monkeypatch.undo()
    assert HISTORY not in sys.modules
    return network, path


def test_racketvision_answers_for_the_newest_frame_in_bgr(
    racketvision: tuple[TrackNet, Path],
) -> None:
    network, path = racketvision
    loaded, _ = load_network(path)
    spec = loaded.spec
    assert (spec.frames_in, spec.frames_out, spec.background) == (4, 1, "concat")
    assert (spec.colour, spec.architecture) == ("bgr", "tracknet")
    x = torch.rand(1, 15, 16, 24)
    with torch.inference_mode():
        expected = network(x)
        assert expected.std() > 0.01
        torch.testing.assert_close(loaded(x), expected[:, -1:])


def test_the_same_tensors_of_tracknetv3_are_rgb_and_answer_for_every_frame(
    racketvision: tuple[TrackNet, Path], tmp_path: Path
) -> None:
    path = tmp_path / "TrackNet_best.pt"
    torch.save({"model": racketvision[0].state_dict(), "param_dict": {"seq_len": 4}}, path)
    spec = load_network(path)[0].spec
    assert (spec.frames_in, spec.frames_out, spec.colour) == (4, 4, "rgb")
