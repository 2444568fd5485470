"""The run itself: learning, saving, resuming."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from balltrack.errors import DatasetError, DeviceError, OptionError, TrainingStopped
from balltrack.models import specs
from balltrack.models.specs import NetworkSpec
from balltrack.training.data.clips import Clip
from balltrack.training.heatmaps import mining
from balltrack.training.heatmaps.batches import Batch, BatchMaker
from balltrack.training.heatmaps.train_heatmaps import train_heatmaps
from balltrack.training.options import TrainOptions
from balltrack.weights.checkpoints import load_network
from balltrack.weights.header import read_header

MODULE = "balltrack.training.heatmaps.train_heatmaps"
pytestmark = pytest.mark.usefixtures("answered_signals")

TINY = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2)


@pytest.fixture
def options(tmp_path: Path, clips: list[Clip], monkeypatch: pytest.MonkeyPatch) -> TrainOptions:
    monkeypatch.setitem(specs.SPECS, "tiny", TINY)
    monkeypatch.setattr(f"{MODULE}.find_clips", lambda *_: [])
    monkeypatch.setattr(f"{MODULE}.load_clips", lambda *_: clips)
    return TrainOptions(
        data=(tmp_path,), output=tmp_path / "run", network="tiny", steps=8, epoch_steps=4,
        batch_size=4, crop=64, warmup=1, bf16=False, device="cpu",
    )  # fmt: skip


def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights, averages, moments, hard places; stopped within an epoch and after a mining."""
    monkeypatch.setattr(mining, "SCORE", 0.02)  # so early it is sure of nothing
    options = replace(options, steps=9, epoch_steps=6, mine_steps=3, paste=0.5, bf16=True)
    train_heatmaps(options)
    cut = replace(options, output=options.output.with_name("cut"))
    for step in (2, 4, 8):
        with stopping_after(step), pytest.raises(TrainingStopped, match=f"after step {step} of 9"):
            train_heatmaps(cut)
        assert torch.load(cut.output / "state.pt")["step"] == step
    train_heatmaps(cut)
    expected, got = (torch.load(one.output / "state.pt") for one in (options, cut))
    assert len(torch.cat(expected["hard_places"])) > 0
    del expected["elapsed_s"], got["elapsed_s"]
    assert_same(expected, got)
    weights = [load_network(str(one.output / "last.safetensors"))[0] for one in (options, cut)]
    assert_same(weights[0].state_dict(), weights[1].state_dict())
    lines = (cut.output / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [6, 9]


def deliver(number: int) -> None:
    """Call a signal's handler. (A real signal, late in a process that has run for minutes on a busy
    machine, was met with a segmentation fault: the kernel could not lay out its frame.)"""
    handler = signal.getsignal(number)
    assert callable(handler)
    handler(number, None)


@contextmanager
def stopping_after(step: int, number: int = signal.SIGTERM) -> Iterator[None]:
    """The process gets a signal within the step that leads to ``step``."""
    batch = BatchMaker.batch

    def noticed(maker: BatchMaker, at: int) -> Batch:
        if at == step - 1:
            deliver(number)
        return batch(maker, at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchMaker, "batch", noticed)
        yield


def assert_same(expected: Any, got: Any, where: str = "") -> None:
    """Equal to the last bit, however deep."""
    if isinstance(expected, dict):
        assert expected.keys() == got.keys(), where
        for key in expected:
            assert_same(expected[key], got[key], f"{where}/{key}")
    elif isinstance(expected, list | tuple):
        assert len(expected) == len(got), where
        for i, (one, other) in enumerate(zip(expected, got, strict=True)):
            assert_same(one, other, f"{where}/{i}")
    elif isinstance(expected, torch.Tensor):
        assert torch.equal(expected, got), where
    else:
        assert expected == got, where


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_and_ends_with_one_line(
    options: TrainOptions, number: int, code: int
) -> None:
    before = signal.getsignal(number)
    with stopping_after(1, number), pytest.raises(TrainingStopped) as stopped:
        train_heatmaps(options)
    assert stopped.value.exit_code == code
    assert "\n" not in str(stopped.value)
    assert torch.load(options.output / "state.pt")["step"] == 1
    assert signal.getsignal(number) == before


def test_a_signal_during_mining_loses_nothing(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = replace(options, mine_steps=2, epoch_steps=8)

    def interrupted(average: object, clips: Iterable[Clip], *_: object) -> list[object]:
        deliver(signal.SIGTERM)
        return [clip.frames for clip in clips]

    monkeypatch.setattr(f"{MODULE}.mine", interrupted)
    with pytest.raises(TrainingStopped, match="after step 2"):
        train_heatmaps(options)
    state = torch.load(options.output / "state.pt")
    assert state["step"] == 2
    assert all(len(places) == 0 for places in state["hard_places"])


def test_killed_between_the_two_files_it_makes_them_agree(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_heatmaps(replace(options, steps=4))
    replace_file = Path.replace

    class KilledError(BaseException):
        pass

    def kill(path: Path, target: Path) -> Path:
        if target.name == "last.safetensors":
            raise KilledError
        return replace_file(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill)
        with pytest.raises(KilledError):
            train_heatmaps(options)
    weights = options.output / "last.safetensors"
    assert torch.load(options.output / "state.pt")["step"] == 8
    assert read_header(weights).metadata["step"] == "4"
    train_heatmaps(options)  # nothing is left to train
    assert read_header(weights).metadata["step"] == "8"
    assert {path.name for path in options.output.iterdir()} == {
        "last.safetensors", "log.jsonl", "state.pt",
    }  # fmt: skip


def test_a_damaged_state_is_named(options: TrainOptions) -> None:
    train_heatmaps(replace(options, steps=4))
    state = options.output / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(DatasetError, match=r"state.pt: damaged; delete it"):
        train_heatmaps(options)


def test_a_state_of_another_network_is_refused(options: TrainOptions) -> None:
    train_heatmaps(options)
    other = NetworkSpec("tiny", 4, 4, 96, 160, "concat", base_width=16, stem_stride=2)
    specs.SPECS["tiny"] = other
    with pytest.raises(DatasetError, match="another network"):
        train_heatmaps(options)


def test_a_folder_without_clips_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no clip"):
        train_heatmaps(TrainOptions(data=(tmp_path,), output=tmp_path / "run"))
    with pytest.raises(DatasetError, match="no such folder"):
        train_heatmaps(TrainOptions(data=(tmp_path / "absent",), output=tmp_path / "run"))


@pytest.mark.parametrize(
    "bad",
    [
        {"mixup": 3},
        {"learning_rate": -1},
        {"weight_decay": -1},
        {"warmup": -1},
        {"ema": 2},
        {"crop": 100},
    ],
)
def test_settings_out_of_range_are_refused(options: TrainOptions, bad: dict[str, float]) -> None:
    (name,) = bad
    with pytest.raises(OptionError, match=f"{name} must be"):
        replace(options, **bad)  # type: ignore[arg-type]


def test_a_device_that_is_not_there_is_named(options: TrainOptions) -> None:
    with pytest.raises(DeviceError, match="unknown device 'foo'"):
        train_heatmaps(replace(options, device="foo"))


def test_a_run_begins_with_narrower_weights_or_says_why_not(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_heatmaps(replace(options, steps=1))
    wide = replace(TINY, name="wide", base_width=16)
    monkeypatch.setitem(specs.SPECS, "wide", wide)
    initial = str(options.output / "last.safetensors")
    begun = replace(options, output=options.output.with_name("wide"), network="wide", steps=1)
    train_heatmaps(replace(begun, initial=initial))
    assert load_network(str(begun.output / "last.safetensors"))[0].spec == wide
    with pytest.raises(
        OptionError, match=r"is a wide and cannot begin a tiny; give --network wide"
    ):
        train_heatmaps(
            replace(options, output=begun.output, initial=str(begun.output / "last.safetensors"))
        )
