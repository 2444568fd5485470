"""Which batches are recorded, padded or computed as they are; a fake stands for the GPU."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
import torch

from balltrack.runtimes.on_torch.cuda_graph import WARM_UP, Compute, Recorded, Recording, record


def double(x: torch.Tensor) -> torch.Tensor:
    return 2.0 * x


class Recorder:
    """Records as CUDA does: what is replayed reads and writes the same memory every time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.replays = 0

    def __call__(self, compute: Compute, example: torch.Tensor) -> Recording:
        self.sizes.append(len(example))
        fixed = example.clone()
        output = torch.full_like(fixed, torch.nan)

        def replay() -> None:
            self.replays += 1
            output.copy_(compute(fixed))

        return Recording(fixed, output, replay)


def batch(size: int, first: float = 0.0) -> torch.Tensor:
    return first + torch.arange(size * 3, dtype=torch.float32).reshape(size, 3)


def test_equal_batches_share_a_recording_and_smaller_ones_are_padded() -> None:
    recorder = Recorder()
    recorded = Recorded(double, recorder)
    for size, first in ((4, 0.0), (4, 7.0), (1, -3.0), (3, 20.0), (4, 1.0)):
        torch.testing.assert_close(recorded(batch(size, first)), double(batch(size, first)))
    assert recorder.sizes == [4]
    assert recorder.replays == 5


def test_a_larger_batch_is_recorded_anew() -> None:
    recorder = Recorder()
    recorded = Recorded(double, recorder)
    for size in (1, 4, 2, 1):
        torch.testing.assert_close(recorded(batch(size)), double(batch(size)))
    assert recorder.sizes == [1, 4]


@pytest.mark.parametrize("failing_from", [0, 1])
def test_what_cannot_be_recorded_is_computed_and_told_once(
    failing_from: int, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()

    def fail_later(compute: Compute, example: torch.Tensor) -> Recording:
        if len(recorder.sizes) >= failing_from:
            raise RuntimeError("operation not permitted\nwhen stream is capturing")
        return recorder(compute, example)

    recorded = Recorded(double, fail_later)
    with caplog.at_level(logging.WARNING, "balltrack"):
        for size in (2, 4, 4, 1):
            torch.testing.assert_close(recorded(batch(size)), double(batch(size)))
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("no CUDA graph")
    assert "not permitted when stream is capturing" in line
    assert recorder.replays == failing_from


def test_an_error_of_the_computation_itself_is_not_swallowed() -> None:
    def broken(_: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("out of order")

    def record(compute: Compute, example: torch.Tensor) -> Recording:
        compute(example)
        raise AssertionError("not reached")

    with pytest.raises(RuntimeError, match="out of order"):
        Recorded(broken, record)(batch(2))


class Cuda:
    """As much of `torch.cuda` as recording uses, with the stream that is current."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, fails: bool) -> None:
        self.usual = SimpleNamespace(wait_stream=lambda _: None)
        self.side = SimpleNamespace(wait_stream=lambda _: None)
        self.current = self.usual
        for name, value in {
            "synchronize": lambda: None,
            "current_stream": lambda: self.current,
            "set_stream": lambda stream: setattr(self, "current", stream),
            "Stream": lambda: self.side,
            "stream": lambda _: nullcontext(),
            "CUDAGraph": lambda: SimpleNamespace(replay=lambda: None),
            "graph": self.graph,
        }.items():
            monkeypatch.setattr(torch.cuda, name, value)
        self.fails = fails

    @contextmanager
    def graph(self, _: object, *, stream: object, capture_error_mode: str) -> Iterator[None]:
        assert (stream, capture_error_mode) == (self.side, "thread_local")
        self.current = self.side
        yield
        if self.fails:
            raise RuntimeError("capture failed")  # as torch does, without going back
        self.current = self.usual


@pytest.mark.parametrize("fails", [False, True])
def test_recording_warms_up_and_goes_back_to_its_stream(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = Cuda(monkeypatch, fails=fails)
    seen: list[torch.Tensor] = []

    def noted(x: torch.Tensor) -> torch.Tensor:
        seen.append(x)
        return double(x)

    example = batch(2)
    if fails:
        with pytest.raises(RuntimeError, match="capture failed"):
            record(noted, example)
    else:
        recording = record(noted, example)
        assert recording.input is seen[-1] is not example
        torch.testing.assert_close(recording.output, double(example))
    assert len(seen) == WARM_UP + 1
    assert len({id(x) for x in seen}) == 1, "the memory that is recorded is the memory warmed up"
    assert cuda.current is cuda.usual
