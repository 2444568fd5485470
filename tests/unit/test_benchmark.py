"""The stopwatch counts every second once; the machine is described."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import numpy as np
import pytest
import torch

from balltrack.benchmark import machine
from balltrack.benchmark.stopwatch import Stopwatch


class Clock:
    """A time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    return clock


def working(items: Iterator[int] | range, clock: Clock, seconds: float) -> Iterator[int]:
    """Passes items on after a while; takes a while to end, too."""
    for item in items:
        clock.sleep(seconds)
        yield item
    clock.sleep(0.5)


def test_stages_that_pull_from_one_another_count_their_own_time(clock: Clock) -> None:
    watch = Stopwatch()
    first = watch.iterate("first", working(range(3), clock, 1.0))
    second = watch.iterate("second", working(first, clock, 10.0))
    with watch.stage("third"):
        for _ in second:
            clock.sleep(100.0)
    assert watch.seconds == {"first": 3.5, "second": 30.5, "third": 300.0}
    assert sum(watch.seconds.values()) == clock.now


def test_a_stage_counts_up_to_an_error(clock: Clock) -> None:
    watch = Stopwatch()

    def fail() -> None:
        with watch.stage("outer"):
            clock.sleep(1.0)
            with watch.stage("inner"):
                clock.sleep(2.0)
                raise KeyError

    with pytest.raises(KeyError):
        fail()
    with watch.stage("outer"):
        clock.sleep(4.0)
    assert watch.seconds == {"outer": 5.0, "inner": 2.0}


def test_another_thread_takes_nothing_from_this_one(clock: Clock) -> None:
    watch = Stopwatch()

    def elsewhere() -> None:
        with watch.stage("thread"):
            clock.sleep(3.0)

    with watch.stage("main"):
        thread = Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert watch.seconds == {"main": 3.0, "thread": 3.0}


def test_leaving_early_closes_what_is_upstream(clock: Clock) -> None:
    closed = []

    def upstream() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    items = Stopwatch().iterate("stage", upstream())
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_the_machine_is_described() -> None:
    class OnTwoThreads:
        device, threads = "cpu", 2

    facts = machine.describe(OnTwoThreads())  # type: ignore[arg-type]
    assert (facts["device"], facts["threads"]) == ("cpu", 2)
    assert facts["versions"]["torch"] == torch.__version__
    assert facts["cpu"] == facts["device_name"] != ""


def test_peak_memory_outlives_its_cause() -> None:
    ballast = np.ones(25_000_000)  # 200 MB
    during = machine.peak_memory_mb()
    assert during > ballast.nbytes / 1e6
    del ballast
    assert machine.peak_memory_mb() > during - 5  # the kernel counts in batches
