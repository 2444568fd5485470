"""One loop for all: a toy network goes through what every training goes through."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from balltrack.errors import DatasetError, OptionError, OutputError, TrainingStopped
from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.training.run.loop import EpochReport, Run
from balltrack.training.run.schedule import Schedule
from balltrack.training.run.stopping import StopRequest
from balltrack.weights.header import read_header


@dataclass(frozen=True)
class Options:
    """As the options of a training are."""

    output: Path
    data: Path = Path("somewhere")
    steps: int = 8
    epoch_steps: int = 3
    batch_size: int = 4
    word: str = "kept"


def start(output: Path, finish: Callable[[nn.Module], None] | None = None, **changes: Any) -> Run:
    torch.manual_seed(0)
    network = InpaintNet()
    optimiser = torch.optim.AdamW(network.parameters())
    run = Run(
        Options(output, **changes), network, optimiser, Schedule(8, 1e-3, 1), 0.5, finish=finish
    )
    run.resume()
    return run


def measure(run: Run, step: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(step)
    answers = run.network(torch.rand(2, 16, 3, generator=generator))
    return {"loss": answers.square().mean(), "number": torch.tensor(float(step))}


def go(run: Run, stop_at: int = 99, **settings: Any) -> list[EpochReport]:
    """Train; a signal comes within the step ``stop_at``."""
    reports: list[EpochReport] = []
    stop = StopRequest()

    def batch(step: int) -> dict[str, torch.Tensor]:
        if step == stop_at:
            stop.number = signal.SIGTERM
        return measure(run, step)

    run.train(batch, stop, reports.append, **settings)  # type: ignore[arg-type]
    return reports


def states(*folders: Path) -> Iterator[dict[str, Any]]:
    for folder in folders:
        state = torch.load(folder / "state.pt")
        del state["elapsed_s"]
        yield state


def test_every_epoch_is_reported_with_the_means_of_its_steps(tmp_path: Path) -> None:
    run = start(tmp_path)
    reports = go(run)
    assert [report.step for report in reports] == [3, 6, 8]
    assert [report.means["number"] for report in reports] == [1.0, 4.0, 6.5]
    assert reports[0].learning_rate == run.schedule.rate(3)
    assert reports[-1].elapsed_s == run.elapsed_s > 0
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == [report.facts() for report in reports]
    assert list(lines[0]) == [
        "step", "loss", "number", "learning_rate", "samples_per_s", "elapsed_s",
    ]  # fmt: skip


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    go(start(tmp_path / "whole"))
    for step in (1, 5):
        with pytest.raises(TrainingStopped, match=f"stopped after step {step + 1} of 8") as caught:
            go(start(tmp_path / "cut"), stop_at=step)
        assert caught.value.exit_code == 128 + signal.SIGTERM
    go(start(tmp_path / "cut"))
    whole, cut = states(tmp_path / "whole", tmp_path / "cut")
    torch.testing.assert_close(cut, whole, atol=0, rtol=0)
    weights = [load_file(tmp_path / name / "last.safetensors") for name in ("whole", "cut")]
    torch.testing.assert_close(weights[0], weights[1], atol=0, rtol=0)


def test_a_run_that_cannot_be_broken_off_anywhere_ends_where_it_can(tmp_path: Path) -> None:
    with pytest.raises(TrainingStopped, match="stopped after step 6 of 8"):
        go(start(tmp_path), stop_at=3, stop_every=3)


def test_a_run_ends_after_the_round_that_was_enough_and_stays_there(tmp_path: Path) -> None:
    asked: list[int] = []

    def enough(step: int) -> bool:
        asked.append(step)
        return step == 6

    with pytest.raises(TrainingStopped):
        go(start(tmp_path), stop_at=1, enough=enough)  # between two rounds nobody is asked
    assert [report.step for report in go(start(tmp_path), enough=enough)] == [3, 6]
    assert go(start(tmp_path), enough=enough) == []
    assert asked == [3, 6, 6]
    assert next(states(tmp_path))["step"] == 6


def test_asked_in_the_last_step_it_is_done(tmp_path: Path) -> None:
    assert go(start(tmp_path), stop_at=7)[-1].step == 8


def test_a_batch_that_was_broken_off_is_not_learnt_from(tmp_path: Path) -> None:
    run = start(tmp_path)
    stop = StopRequest()

    def broken_off(step: int) -> dict[str, torch.Tensor]:
        if step == 2:
            stop.number = signal.SIGINT
            list(stop.until([step]))
        return measure(run, step)

    with pytest.raises(TrainingStopped, match="stopped after step 2 of 8") as caught:
        run.train(broken_off, stop)
    assert caught.value.exit_code == 130
    (state,) = states(tmp_path)
    assert state["step"] == 2


def test_what_else_is_kept_comes_back(tmp_path: Path) -> None:
    run = start(tmp_path)
    run.kept["places"] = [torch.arange(3)]
    run.save()
    again = start(tmp_path)
    assert list(again.kept) == ["places"]
    assert torch.equal(again.kept["places"][0], torch.arange(3))


def test_what_is_saved_is_finished_and_described(tmp_path: Path) -> None:
    def finish(network: nn.Module) -> None:
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()

    run = start(tmp_path, finish)
    go(run)
    header = read_header(tmp_path / "last.safetensors")
    assert header.metadata["step"] == "8"
    described = json.loads(header.metadata["training"])
    assert described["word"] == "kept"
    assert not {"data", "output"} & set(described)
    saved = load_file(tmp_path / "last.safetensors")
    assert not any(tensor.any() for tensor in saved.values())
    assert any(parameter.any() for parameter in run.average.network.parameters())


def test_the_average_is_what_is_saved(tmp_path: Path) -> None:
    go(start(tmp_path))
    saved, (state,) = load_file(tmp_path / "last.safetensors"), states(tmp_path)
    torch.testing.assert_close(saved, dict(state["average"]), atol=0, rtol=0)
    assert not torch.equal(saved["predictor.weight"], state["network"]["predictor.weight"])


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(OutputError, match=r"log\.jsonl: cannot be written \(Is a directory\)"):
        go(start(tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        start(tmp_path / "file" / "run")


def test_a_full_disk_keeps_the_state_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(start(tmp_path, steps=3))

    def full(*_: object) -> None:
        raise RuntimeError("basic_ios::clear: iostream error")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputError, match=r"state\.pt: cannot be written \(basic_ios"):
        go(start(tmp_path))
    (state,) = states(tmp_path)
    assert state["step"] == 3
    assert read_header(tmp_path / "last.safetensors").metadata["step"] == "3"
    assert {path.name for path in tmp_path.iterdir()} == {
        "last.safetensors", "log.jsonl", "state.pt",
    }  # fmt: skip


def test_a_state_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"network": {}, "step": 3}, tmp_path / "state.pt")
    with pytest.raises(DatasetError, match="belongs to another network"):
        start(tmp_path)


def test_a_run_goes_on_as_it_began_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(TrainingStopped):
        go(start(tmp_path), stop_at=4)
    with pytest.raises(OptionError, match=r"was begun with batch_size 4, word kept; give the same"):
        start(tmp_path, batch_size=8, word="other")
    assert start(tmp_path, steps=11, epoch_steps=2).step == 5
