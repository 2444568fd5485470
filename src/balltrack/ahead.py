"""A step of a chain in a thread of its own, beside the steps before it and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def beside(
    function: Callable[[Given], Made], items: Iterable[Given], ahead: int = 1
) -> Iterator[Made]:
    """``map`` whose function runs in a thread, one call after the other, while more items are made.

    The thread ends with the iterator, however that happens. What ``function`` raises is raised
    here, after the results before it.

    Args:
        function: takes an item.
        items: asked for here, in the caller's thread.
        ahead: items that are asked for before a result is waited for.
    """
    with ThreadPoolExecutor(1, "beside") as thread:
        under_way: deque[Future[Made]] = deque()
        for item in items:
            under_way.append(thread.submit(function, item))
            if len(under_way) > ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
