"""Working ahead in a thread: decoding goes on while the network computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Event, Thread
from typing import NamedTuple, TypeVar

from balltrack.declaring import check_range

T = TypeVar("T")


class _End(NamedTuple):
    """The last entry of a queue, with what went wrong, if anything did."""

    error: BaseException | None


@contextmanager
def prefetch(
    items: Iterable[T], depth: int = 64, *, on_drop: Callable[[], None] | None = None
) -> Iterator[Iterator[T]]:
    """Iterate over ``items`` in a thread, at most ``depth`` items ahead.

    The thread waits while the queue is full and is joined when the block is left, however
    that happens; a generator among ``items`` is closed in the thread that ran it. What
    ``items`` raises is raised in the consumer, with its traceback, after the items before it.

    Args:
        items: anything to iterate over once.
        depth: most items held; they take ``depth`` times the memory of one.
        on_drop: told of every item that is let go because the queue is full; None lets the thread
            wait instead, and nothing is lost.

    Raises:
        OptionError: a depth below 1.
    """
    check_range("depth", depth, 1)
    # Items are wrapped, so that none can be taken for the end.
    queue: Queue[tuple[T] | _End] = Queue(depth)
    stop = Event()
    thread = Thread(target=_work, args=(items, queue, stop, on_drop), name="prefetch")
    thread.start()
    try:
        yield _taken(queue)
    finally:
        stop.set()
        # Making room wakes a thread that waits for it, and `_work` always ends with an _End.
        while not isinstance(entry := queue.get(), _End):
            pass
        queue.put(entry)
        thread.join()


def _work(
    items: Iterable[T],
    queue: Queue[tuple[T] | _End],
    stop: Event,
    on_drop: Callable[[], None] | None,
) -> None:
    error: BaseException | None = None
    try:
        iterator = iter(items)
        try:
            for item in iterator:
                if on_drop is not None and queue.full():  # nobody else puts anything in
                    on_drop()
                else:
                    queue.put((item,))
                if stop.is_set():
                    break
        finally:
            if (close := getattr(iterator, "close", None)) is not None:
                close()
    except BaseException as raised:
        error = raised
    queue.put(_End(error))


def _taken(queue: Queue[tuple[T] | _End]) -> Iterator[T]:
    while not isinstance(entry := queue.get(), _End):
        yield entry[0]
    queue.put(entry)  # for who asks again; there is room, nothing comes after the end
    if entry.error is not None:
        raise entry.error
