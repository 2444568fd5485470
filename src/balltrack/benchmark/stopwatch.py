"""Seconds by stage, in a pipeline whose stages pull from one another."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import local
from typing import TypeVar

T = TypeVar("T")


class Stopwatch:
    """Seconds by stage. While an inner stage runs, the outer one's watch stands still.

    Every thread nests by itself, so stages in two threads may together count more seconds
    than pass.

    Attributes:
        seconds: by stage.
        first: `time.monotonic` of the first item of each stage that iterated.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.first: dict[str, float] = {}
        self._thread = local()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside for ``name``."""
        inner: list[float] = self._thread.__dict__.setdefault("inner", [])
        inner.append(0.0)
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.seconds[name] += spent - inner.pop()
            if inner:
                inner[-1] += spent

    def iterate(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """The same items; making each counts for ``name``."""
        iterator = iter(items)
        try:
            while True:
                with self.stage(name):
                    try:
                        item = next(iterator)
                    except StopIteration:
                        return
                self.first.setdefault(name, time.monotonic())
                yield item
        finally:
            if (close := getattr(iterator, "close", None)) is not None:
                close()
