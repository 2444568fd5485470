"""An archive of matches: every video tracked, whoever dies on the way."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from balltrack.archive.manifest import Manifest
from balltrack.archive.pool import Outcome, Pool
from balltrack.archive.store import Film, Store
from balltrack.archive.work import Cut, Orders, Task, with_part
from balltrack.errors import BalltrackError, OutputError

_log = logging.getLogger("balltrack")

BLAMELESS = 10
"""Machines that may go away under one video before it is taken to be its fault."""

STILLBORN = 3
"""Workers in a row that may die while they load."""


@dataclass(frozen=True)
class Stage:
    """How far an archive is.

    Attributes:
        done, total: megabytes of video, of those that were left to do.
    """

    done: int
    total: int | None


class Season:
    """The videos that are left to do, and what is known of each.

    Args:
        films: all that are left.
        orders: of the archive.
        pool: does the work.
        retries: times that a video is tried again after it has failed.
    """

    def __init__(
        self, films: Sequence[Film], orders: Orders, pool: Pool, *, retries: int = 1
    ) -> None:
        self._films = films
        self._pool = pool
        self._retries = retries
        self._store = Store(orders.destination)
        self._manifest = Manifest(self._store, orders.key)
        self._tasks = deque(Task(film) for film in films)
        self._busy = 0
        self._missing: dict[str, set[int]] = {}  # name of a video → its parts under way
        self._failures: Counter[str] = Counter()
        self._losses: Counter[str] = Counter()
        self._stillborn = 0
        self._done_bytes = 0.0

    def run(self, report: Callable[[Stage], None]) -> Iterator[dict[str, Any]]:
        """The facts of each video as it ends, with ``error`` where it was set aside.

        Raises:
            BalltrackError: no worker can do anything.
        """
        total = sum(film.size for film in self._films)
        while self._tasks or self._busy:
            self._pool.grow(len(self._tasks) + self._busy)
            while self._tasks and self._pool.idle:
                self._pool.submit(self._tasks.popleft())
                self._busy += 1
            for outcome in self._pool.wait():
                facts = self._settle(outcome)
                if facts is not None:
                    yield facts
            report(Stage(round(min(self._done_bytes, total) / 1e6), max(1, round(total / 1e6))))

    def _settle(self, outcome: Outcome) -> dict[str, Any] | None:
        """What follows from an outcome; the facts of a video that has ended."""
        if outcome.task is None:
            self._count_stillborn(outcome)
            return None
        self._busy -= 1
        self._stillborn = 0
        task, answer = outcome.task, outcome.answer
        if outcome.error is not None:
            return self._failed(task, outcome)
        if isinstance(answer, Cut):
            self._begin_parts(Task(task.film, answer.info, answer.parts), answer.missing)
            return None
        if answer is None:
            self._end_part(task)
            return None
        self._done_bytes += task.film.size / (len(task.parts) + 1 if task.parts else 1)
        facts: dict[str, Any] = answer
        return facts

    def _begin_parts(self, task: Task, missing: Sequence[int]) -> None:
        """Parts go first, so that few videos are under way at once."""
        waiting = self._missing[task.film.name] = set(missing)
        there = len(task.parts) - len(waiting)
        self._done_bytes += there * task.film.size / (len(task.parts) + 1)
        parts = sorted(waiting) if waiting else [-1]
        self._tasks.extendleft(with_part(task, part) for part in reversed(parts))

    def _end_part(self, task: Task) -> None:
        waiting = self._missing.get(task.film.name, set())
        if task.part not in waiting:  # set aside meanwhile, or begun anew and found twice
            return
        waiting.remove(task.part)
        self._done_bytes += task.film.size / (len(task.parts) + 1)
        if not waiting:
            self._tasks.appendleft(with_part(task, -1))

    def _failed(self, task: Task, outcome: Outcome) -> dict[str, Any] | None:
        name, error = task.film.name, outcome.error or ""
        if name in self._missing or task.info is None:
            counted = self._losses if outcome.blameless else self._failures
            counted[name] += 1
            if counted[name] > (BLAMELESS if outcome.blameless else self._retries):
                return self._set_aside(task.film, error)
            _log.info("%s: %s; tried again", task.film.url, error)
            self._drop(name)
            self._tasks.append(Task(task.film))  # what of it is done is found to be
        return None

    def _drop(self, name: str) -> None:
        """No part of this video is begun any more."""
        self._missing.pop(name, None)
        self._tasks = deque(task for task in self._tasks if task.film.name != name)

    def _set_aside(self, film: Film, error: str) -> dict[str, Any]:
        self._drop(film.name)
        self._done_bytes += film.size
        facts = {"video": film.url, "error": error, "tries": self._tries(film)}
        with suppress(OutputError):  # where its name is too long, or the disk is full
            self._manifest.write(film, facts)
        return facts

    def _tries(self, film: Film) -> int:
        return self._failures[film.name] + self._losses[film.name]

    def _count_stillborn(self, outcome: Outcome) -> None:
        self._stillborn += not outcome.blameless
        if outcome.fatal or self._stillborn >= STILLBORN:
            raise BalltrackError(f"no worker can begin: {outcome.error}")
