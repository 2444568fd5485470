"""Decoding ahead: order, bounds, and no thread left behind."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from queue import Queue
from threading import Event

import pytest

from balltrack.errors import OptionError
from balltrack.video.prefetch import prefetch


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    before = threading.enumerate()
    yield
    assert threading.enumerate() == before


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100])
@pytest.mark.parametrize("depth", [1, 2, 64])
def test_all_items_come_in_order_and_then_the_end(count: int, depth: int) -> None:
    with prefetch(range(count), depth) as items:
        assert list(items) == list(range(count))
        assert list(items) == []


def test_nothing_is_taken_for_the_end() -> None:
    with prefetch([None, False, (), StopIteration]) as items:
        assert list(items) == [None, False, (), StopIteration]


def test_it_works_ahead_and_not_further_than_the_depth() -> None:
    depth = 3
    made: Queue[int] = Queue()

    def source() -> Iterator[int]:
        for number in range(20):
            made.put(number)
            yield number

    with prefetch(source(), depth) as items:
        for taken in range(1, 21):
            next(items)
            # All that is taken, all that the queue holds, and one waiting for room.
            assert made.qsize() <= taken + depth + 1
            while made.qsize() < min(20, taken + depth):
                threading.Event().wait(0.001)


def test_an_error_comes_after_the_items_before_it_and_says_where() -> None:
    def break_down() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("no more")

    taken: list[int] = []
    with prefetch(break_down()) as items, pytest.raises(OSError, match="no more") as caught:
        taken.extend(items)
    assert taken == [1, 2]
    assert "break_down" in "".join(traceback.format_tb(caught.value.__traceback__))


def test_what_cannot_be_iterated_over_is_an_error_too() -> None:
    with prefetch(5) as items, pytest.raises(TypeError, match="not iterable"):  # type: ignore[arg-type]
        next(items)


@pytest.mark.parametrize("taken", [0, 1, 5])
@pytest.mark.parametrize("depth", [1, 4])
def test_stopping_early_closes_the_source_in_the_thread_that_ran_it(taken: int, depth: int) -> None:
    closed_in: list[threading.Thread] = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed_in.append(threading.current_thread())

    with prefetch(endless(), depth) as items:
        for _ in range(taken):
            next(items)
        (worker,) = set(threading.enumerate()) - {threading.main_thread()}
        assert not worker.daemon
    assert closed_in == [worker]
    assert not worker.is_alive()


def test_a_thread_that_is_slow_to_end_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowThread(threading.Thread):
        def run(self) -> None:
            super().run()
            threading.Event().wait(0.05)

    monkeypatch.setattr("balltrack.video.prefetch.Thread", SlowThread)
    with prefetch(range(3)) as items:
        assert list(items) == [0, 1, 2]


def test_an_error_of_the_consumer_passes_and_the_thread_is_joined() -> None:
    def consume() -> None:
        with prefetch(iter(int, 1), depth=2) as items:
            next(items)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume()


def test_an_error_that_nobody_asked_for_is_left_alone() -> None:
    def break_down() -> Iterator[int]:
        yield 1
        raise OSError("behind what was wanted")

    with prefetch(break_down()) as items:
        assert next(items) == 1


def test_afterwards_there_is_nothing_more() -> None:
    with prefetch(range(10), depth=2) as items:
        next(items)
    assert list(items) == []


def test_a_depth_below_one_is_refused() -> None:
    with pytest.raises(OptionError, match="depth must be at least 1"), prefetch([1], 0):
        pass


def test_what_comes_too_fast_is_let_go_and_counted() -> None:
    dropped = 0
    went_on = Event()

    def drop() -> None:
        nonlocal dropped
        dropped += 1

    def source() -> Iterator[int]:
        yield from range(10)
        went_on.set()

    with prefetch(source(), 4, on_drop=drop) as items:
        went_on.wait(5)  # the consumer does nothing meanwhile
        assert list(items) == [0, 1, 2, 3]
    assert dropped == 6
