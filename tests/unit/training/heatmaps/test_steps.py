"""What an optimiser step does to the weights that are saved: folded, averaged, held back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from balltrack.models import specs
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.training.data.clips import Clip
from balltrack.training.heatmaps import train_heatmaps as module
from balltrack.training.heatmaps.train_heatmaps import train_heatmaps
from balltrack.training.options import TrainOptions
from balltrack.weights.checkpoints import load_network, save_checkpoint

TINY = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)


@pytest.fixture
def initial(tmp_path: Path) -> TrackNet:
    """What every run begins with."""
    torch.manual_seed(5)
    network = TrackNet(TINY).eval()
    save_checkpoint(tmp_path / "initial.safetensors", network, {})
    return network


@pytest.fixture
def options(
    tmp_path: Path, clips: list[Clip], initial: TrackNet, monkeypatch: pytest.MonkeyPatch
) -> TrainOptions:
    monkeypatch.setitem(specs.SPECS, "tiny", TINY)
    monkeypatch.setattr(module, "find_clips", lambda *_: [])
    monkeypatch.setattr(module, "load_clips", lambda *_: clips)
    return TrainOptions(
        data=(tmp_path,), output=tmp_path / "run", network="tiny", steps=1, epoch_steps=1,
        batch_size=2, crop=32, warmup=0, bf16=False, mine_steps=0,
        initial=str(tmp_path / "initial.safetensors"), device="cpu",
    )  # fmt: skip


def trained(options: TrainOptions, name: str, **changes: object) -> TrackNet:
    output = options.output.with_name(name)
    return load_network(str(train_heatmaps(replace(options, output=output, **changes))))[0]  # type: ignore[arg-type]


def weights(network: TrackNet) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_without_a_step_to_speak_of_the_answers_stay(
    options: TrainOptions, initial: TrackNet
) -> None:
    """Training sees differences to the background; what is saved, and read, sees frames."""
    same = trained(options, "same", learning_rate=0.0, ema=1.0)
    x = torch.rand(1, TINY.in_channels, 96, 160, generator=torch.manual_seed(1))
    statistics = {k: v for k, v in initial.state_dict().items() if "running" in k}
    same.load_state_dict(statistics, strict=False)  # these a step changes, whatever the rate
    with torch.no_grad():
        np.testing.assert_allclose(same(x), initial(x), atol=1e-4)


def test_what_is_saved_is_an_average(options: TrainOptions, initial: TrackNet) -> None:
    """Of the first step's weights nine parts and of those before it one; then ever slower."""
    stepped = weights(trained(options, "stepped", ema=0.0))
    averaged = weights(trained(options, "averaged"))
    before = weights(initial)
    assert (stepped - before).abs().max() > 1e-3
    torch.testing.assert_close(averaged, 0.1 * before + 0.9 * stepped, atol=1e-6, rtol=1e-5)


@pytest.fixture
def norms() -> Iterator[list[float]]:
    """Of all gradients together, at each step of any optimiser."""
    found: list[float] = []

    def watch(optimiser: torch.optim.Optimizer, *_: object) -> None:
        every = [p.grad for group in optimiser.param_groups for p in group["params"]]
        found.append(float(torch.cat([g.flatten() for g in every if g is not None]).norm()))

    hook = register_optimizer_step_pre_hook(watch)
    yield found
    hook.remove()


def test_a_wild_gradient_is_clipped(
    options: TrainOptions, initial: TrackNet, tmp_path: Path, norms: list[float]
) -> None:
    """Weights that are sure of the wrong thing everywhere."""
    with torch.no_grad():
        initial.predictor.weight.mul_(1e3)
    save_checkpoint(tmp_path / "initial.safetensors", initial, {})
    train_heatmaps(options)
    assert norms == pytest.approx([1.0], rel=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 2},
        {"batch_size": 3},
        {"crop": 48},
        {"learning_rate": 1e-3},
        {"weight_decay": 0.5},
        {"warmup": 10},
        {"ema": 0.05},
        {"mixup": 1.0},
        {"paste": 1.0},
        {"bf16": True},
        {"seed": 14},
        {"initial": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_setting_changes_what_is_learnt(
    options: TrainOptions, changes: dict[str, object]
) -> None:
    start = {"batch_size": 16} if "paste" in changes else {"steps": 2} if "mixup" in changes else {}
    usual = weights(trained(options, "usual", **start))
    assert not torch.equal(usual, weights(trained(options, "other", **(start | changes))))


def test_lines_of_the_log_come_as_often_as_asked(options: TrainOptions) -> None:
    trained(options, "log", steps=5, epoch_steps=2)
    lines = (options.output.with_name("log") / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4, 5]
