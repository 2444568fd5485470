"""The stages of tracking by name, and the face of whoever watches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol, TypeVar

Stage = Literal[
    "load",
    "decode",
    "wait",
    "prepare",
    "network",
    "locate",
    "verify",
    "link",
]
"""What `balltrack.pipeline.tracker.Tracker` spends time on: loading; decoding, in a thread of its
own; waiting for frames, of which another thread has found the shots; backgrounds and windows; the
network; finding candidates in its heatmaps; the second look; choosing the path."""

T = TypeVar("T")


class Observer(Protocol):
    """Someone who watches the stages of a run; the pipeline is the same with any of them."""

    def stage(self, name: Stage) -> AbstractContextManager[None]:
        """What happens inside belongs to this stage."""
        ...

    def iterate(self, name: Stage, items: Iterable[T]) -> Iterator[T]:
        """The same items; making each belongs to this stage."""
        ...


class _Nobody:
    """Watches nothing."""

    def stage(self, name: Stage) -> AbstractContextManager[None]:
        return nullcontext()

    def iterate(self, name: Stage, items: Iterable[T]) -> Iterator[T]:
        return iter(items)


UNOBSERVED: Observer = _Nobody()
