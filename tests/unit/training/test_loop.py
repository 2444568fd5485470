"""The run itself: learning, saving, resuming."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from balltrack.errors import DatasetError, DeviceError, OptionError
from balltrack.models import specs
from balltrack.models.specs import NetworkSpec
from balltrack.training import loop
from balltrack.training.clips import Clip
from balltrack.training.loop import TrainOptions, learning_rate, train
from balltrack.weights.checkpoints import load_network

TINY = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)


@pytest.fixture
def options(tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch) -> TrainOptions:
    monkeypatch.setitem(specs.SPECS, "tiny", TINY)
    monkeypatch.setattr(loop, "find_clips", lambda *_: [])
    monkeypatch.setattr(loop, "load_clips", lambda *_: clips)
    return TrainOptions(
        data=(tmp_path,), output=tmp_path / "run", network="tiny", steps=8, epoch_steps=4,
        batch_size=4, crop=64, warmup=1, bf16=False,
    )  # fmt: skip


def test_it_learns_a_plain_ball(options: TrainOptions) -> None:
    losses = []
    train(replace(options, steps=120, epoch_steps=30), lambda report: losses.append(report.loss))
    assert losses[-1] < 0.5 * losses[0]


def test_a_resumed_run_is_the_uninterrupted_one(options: TrainOptions) -> None:
    whole = train(options)
    half = replace(options, output=options.output.with_name("half"))

    class KilledError(Exception):
        pass

    def kill(_: object) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        train(half, kill)
    resumed = train(half)
    expected, got = load_network(str(whole))[0], load_network(str(resumed))[0]
    for name, tensor in expected.state_dict().items():
        assert torch.equal(tensor, got.state_dict()[name]), name
    lines = (half.output / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [4, 8]


def test_a_state_of_another_network_is_refused(options: TrainOptions) -> None:
    train(options)
    other = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=16, stem_stride=2)
    specs.SPECS["tiny"] = other
    with pytest.raises(DatasetError, match="another network"):
        train(options)


def test_the_rate_rises_stays_and_falls(options: TrainOptions) -> None:
    long = replace(options, steps=1000, warmup=100)
    rates = [learning_rate(long, step) for step in (0, 99, 500, 800, 999)]
    assert rates[0] < 0.02 * long.learning_rate
    assert rates[1] == rates[2] == long.learning_rate
    assert rates[3] == pytest.approx(0.505 * long.learning_rate, rel=0.01)
    assert rates[4] < 0.02 * long.learning_rate


def test_a_folder_without_clips_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no clip"):
        train(TrainOptions(data=(tmp_path,), output=tmp_path / "run"))
    with pytest.raises(DatasetError, match="no such folder"):
        train(TrainOptions(data=(tmp_path / "absent",), output=tmp_path / "run"))


@pytest.mark.parametrize(
    "bad", [{"mixup": 3}, {"learning_rate": -1}, {"weight_decay": -1}, {"warmup": -1}, {"ema": 2}]
)
def test_settings_out_of_range_are_refused(options: TrainOptions, bad: dict[str, float]) -> None:
    (name,) = bad
    with pytest.raises(OptionError, match=f"{name} must be"):
        replace(options, **bad)  # type: ignore[arg-type]


def test_a_device_that_is_not_there_is_named(options: TrainOptions) -> None:
    with pytest.raises(DeviceError, match="unknown device 'foo'"):
        train(replace(options, device="foo"))
