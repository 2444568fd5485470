"""A step in a thread of its own is the step it was."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, active_count, current_thread

import pytest

from balltrack.ahead import beside


@pytest.mark.parametrize("ahead", [0, 1, 3, 20])
def test_results_come_in_order_and_none_is_lost(ahead: int) -> None:
    assert list(beside(str, range(10), ahead)) == [str(i) for i in range(10)]
    assert list(beside(str, [], ahead)) == []


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_no_more_is_asked_for_than_may_be(ahead: int) -> None:
    asked: list[int] = []
    items = (asked.append(i) or i for i in range(10))  # type: ignore[func-returns-value]
    for number in beside(lambda i: i, items, ahead):
        assert asked[-1] == min(number + ahead, 9)


def test_the_next_item_is_made_while_the_function_works() -> None:
    made = Event()

    def items() -> Iterator[int]:
        yield 0
        made.set()
        yield 1

    assert list(beside(lambda _: made.wait(10), items())) == [True, True]


def test_items_are_made_here_and_used_in_one_thread_there() -> None:
    made: set[str] = set()
    items = (made.add(current_thread().name) for _ in range(9))  # type: ignore[func-returns-value]
    used = set(beside(lambda _: current_thread().name, items))
    assert made == {current_thread().name}
    assert len(used) == 1
    assert used != made


def test_what_goes_wrong_comes_after_the_results_before_it() -> None:
    results = beside(lambda i: 1 // (3 - i), range(10), 2)
    assert [next(results) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert next(results, None) is None


def test_the_thread_ends_with_the_iterator() -> None:
    before = active_count()
    results = beside(str, range(10))
    assert next(results) == "0"
    assert active_count() == before + 1
    results.close()  # type: ignore[attr-defined]
    assert active_count() == before
