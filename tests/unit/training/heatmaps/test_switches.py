"""What the versions of TrackNet changed: a switch changes what is trained, and travels with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from balltrack.errors import OptionError
from balltrack.models import specs
from balltrack.models.specs import NetworkSpec
from balltrack.training.data.clips import Clip
from balltrack.training.data.frame_store import FrameStore, store_clips
from balltrack.training.heatmaps.batches import BatchMaker
from balltrack.training.heatmaps.sampling import Sampler
from balltrack.training.heatmaps.train_heatmaps import HeatmapLoss, start_run, train_heatmaps
from balltrack.training.options import TrainOptions
from balltrack.training.run.stopping import StopRequest
from balltrack.weights.checkpoints import load_network

MODULE = "balltrack.training.heatmaps.train_heatmaps"
TINY = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=4, stem_stride=2)
LEVELS = {"loss": "cross-entropy", "target": "grey-levels", "frames_out": 1}
CPU = torch.device("cpu")

SWITCHED: dict[str, dict[str, Any]] = {
    "gaussian": {"target": "gaussian"},
    "small disc": {"sigma": 1.5},
    "plain": {"loss": "bce"},
    "grey levels": LEVELS,
    "one answer": {"frames_out": 1},
    "no skips": {"skips": False},
    "no background": {"background": "none"},
    "differences": {"background": "subtract"},
    "differences behind colours": {"background": "subtract_concat"},
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def options(tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch) -> TrainOptions:
    monkeypatch.setitem(specs.SPECS, "tiny", TINY)
    monkeypatch.setattr(f"{MODULE}.find_clips", lambda *_: [])
    monkeypatch.setattr(f"{MODULE}.load_clips", lambda *_: clips)
    return TrainOptions(
        data=(tmp_path,), output=tmp_path / "run", network="tiny", steps=2, epoch_steps=2,
        batch_size=4, crop=32, warmup=1, bf16=False, device="cpu",
    )  # fmt: skip


def first_loss(options: TrainOptions, store: FrameStore) -> float:
    run = start_run(options, CPU)
    maker = BatchMaker(store, options, run.network.spec, CPU, range(4))  # type: ignore[arg-type]
    return HeatmapLoss(run, maker, StopRequest())(0)["loss"].item()


@pytest.mark.parametrize("switch", SWITCHED.values(), ids=SWITCHED)
def test_a_switch_changes_what_is_learnt_and_travels_with_the_weights(
    switch: dict[str, Any], options: TrainOptions, clips: list[Clip]
) -> None:
    store = store_clips(clips, CPU)
    switched = replace(options, **switch)
    assert first_loss(switched, store) != first_loss(options, store)
    network, _ = load_network(str(train_heatmaps(switched)))
    assert network.spec == replace(TINY, **switch)
    with torch.inference_mode():
        x = torch.rand(1, network.spec.in_channels, 32, 48)
        heatmaps = network.heatmaps(network(x))
    assert heatmaps.shape == (1, switch.get("frames_out", 4), 32, 48)
    assert 0 <= heatmaps.min() <= heatmaps.max() <= 1


def test_without_a_switch_nothing_is_switched(options: TrainOptions) -> None:
    assert options.spec_of(TINY) == TINY


def test_without_skips_the_decoder_sees_the_middle_alone(options: TrainOptions) -> None:
    """With the deepest pictures wiped out, every place gets the same answer."""
    for skips in (True, False):
        network = start_run(replace(options, skips=skips), CPU).network.eval()
        bottleneck = network.get_submodule("bottleneck")
        bottleneck.register_forward_hook(lambda _, __, x: torch.zeros_like(x))
        with torch.inference_mode():
            answers = [network(torch.rand(1, 15, 32, 48)) for _ in range(2)]
        assert torch.equal(*answers) != skips


def test_grey_levels_begin_empty(options: TrainOptions) -> None:
    network = start_run(replace(options, **LEVELS), CPU).network.eval()  # type: ignore[arg-type]
    with torch.inference_mode():
        logits = network(torch.rand(1, 15, 32, 48))
    assert logits.shape == (1, 256, 32, 48)
    assert network.heatmaps(logits).max() == 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("switch", "complaint"),
    [
        ({"loss": "cross-entropy"}, "tiny: the loss cross-entropy, the target grey-levels and"),
        ({"target": "grey-levels"}, "go together; got weighted-bce, grey-levels and 4"),
        ({**LEVELS, "frames_out": 2}, "got cross-entropy, grey-levels and 2"),
        ({"frames_out": 5}, r"frames_out must be in \[1, frames_in\]"),
        ({"sigma": 0.0}, "sigma must be above 0"),
        ({"network": "tracknet-v1", "skips": False}, "a tracknet-v1 has skips, background and"),
        ({"network": "tracknet-v4", "frames_out": 1}, "answers for every frame"),
    ],
)
def test_what_does_not_go_together_is_refused(
    switch: dict[str, Any], complaint: str, options: TrainOptions
) -> None:
    with pytest.raises(OptionError, match=complaint):
        train_heatmaps(replace(options, **switch))
    assert not options.output.exists()


@pytest.mark.parametrize("wrong", [{"target": "star"}, {"loss": "mse"}, {"background": "divide"}])
def test_what_there_is_not_is_refused(wrong: dict[str, Any], options: TrainOptions) -> None:
    (name,) = wrong
    with pytest.raises(OptionError, match=f"{name} must be one of"):
        replace(options, **wrong)


def test_weights_to_begin_with_are_taught_otherwise_or_refused(options: TrainOptions) -> None:
    initial = str(train_heatmaps(options))
    begun = replace(options, output=options.output.with_name("more"), initial=initial)
    network, _ = load_network(str(train_heatmaps(replace(begun, loss="bce", target="gaussian"))))
    assert network.spec == replace(TINY, loss="bce", target="gaussian")
    with pytest.raises(OptionError, match=r"has other layers than the options ask for"):
        train_heatmaps(replace(begun, skips=False))


def test_the_share_of_empty_crops(clips: list[Clip]) -> None:
    store = store_clips(clips, CPU)
    without = []
    for share in (0.0, 0.5, 1.0):
        sampler = Sampler(store, 2, (32, 32), seed=3, empty=share)
        drawn = [one.xy for step in range(40) for one in sampler.windows(step, range(8), 0.0)]
        xy = np.stack(drawn)  # (320, 2, 2), NaN compares false
        without.append(1 - np.mean(np.all((xy >= 0) & (xy < 32), axis=2).any(axis=1)))
    assert without[0] < 0.05
    assert without[0] + 0.15 < without[1] < without[2] - 0.15
