"""Processes that track: the face of all ways to run them, and those of this machine."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Protocol, Self

from balltrack.archive.leftovers import scratch_folder
from balltrack.archive.work import Orders, Task
from balltrack.errors import BalltrackError
from balltrack.runtimes.device import usable_cores

PATIENCE_S = 2.0
"""For processes that are to end to take their unfinished files away."""


@dataclass(frozen=True)
class Outcome:
    """What became of a task, or of a worker that had none.

    Attributes:
        task: None where a worker failed before it had one.
        answer: of `Workbench.do`.
        error: what went wrong, in one line; None where nothing did.
        blameless: the machine went away, which says nothing of the video.
        fatal: no worker can do better: the tracker cannot be loaded.
    """

    task: Task | None
    answer: Any = None
    error: str | None = None
    blameless: bool = False
    fatal: bool = False


class Pool(Protocol):
    """Workers, each with a `Workbench`."""

    def grow(self, tasks: int) -> None:
        """Have a worker for each of so many tasks, as far as there may be so many."""
        ...

    @property
    def idle(self) -> int:
        """Workers that are ready for a task."""
        ...

    def submit(self, task: Task) -> None:
        """Give a task to an idle worker."""
        ...

    def wait(self) -> Sequence[Outcome]:
        """Wait until a task has ended, or a worker has become ready, and say which tasks have."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection[Any, Any]
    scratch: Path
    ready: bool = False
    task: Task | None = None


class LocalPool:
    """A `Pool` of processes of this machine.

    They are spawned, never forked: so they are the same on every system, and threads of the
    parent harm nothing. One that dies takes only its own task with it, and another takes its place
    where there is something left to do.

    Args:
        orders: of the archive.
        workers: the most processes, at least 1.
    """

    def __init__(self, orders: Orders, workers: int) -> None:
        self._orders = orders
        self._context = multiprocessing.get_context("spawn")
        self._scratch = scratch_folder()
        self._most = workers
        self._workers: list[_Worker] = []

    def grow(self, tasks: int) -> None:
        """See `Pool`."""
        while len(self._workers) < min(tasks, self._most):
            self._workers.append(self._start())

    @property
    def idle(self) -> int:
        """See `Pool`."""
        return sum(worker.ready and worker.task is None for worker in self._workers)

    def submit(self, task: Task) -> None:
        """See `Pool`."""
        worker = next(one for one in self._workers if one.ready and one.task is None)
        worker.task = task
        try:
            worker.connection.send(task)
        except OSError:  # it has died meanwhile, as `wait` will find
            worker.ready = False

    def wait(self) -> list[Outcome]:
        """See `Pool`."""
        told = wait([worker.connection for worker in self._workers])
        heard = [self._hear(worker) for worker in list(self._workers) if worker.connection in told]
        return [outcome for outcome in heard if outcome is not None]

    def _hear(self, worker: _Worker) -> Outcome | None:
        try:
            answer, error, fatal = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            shutil.rmtree(worker.scratch, ignore_errors=True)
            worker.connection.close()
            self._workers.remove(worker)
            ended = f"the process that worked on it ended with code {worker.process.exitcode}"
            return Outcome(worker.task, error=ended)
        if not worker.ready:
            worker.ready = error is None
            return None if error is None else Outcome(None, error=error, fatal=fatal)
        task, worker.task = worker.task, None
        return Outcome(task, answer, error)

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        scratch = Path(tempfile.mkdtemp(dir=self._scratch.name))
        process = self._context.Process(
            target=work,
            args=(theirs, self._orders, scratch, _log_level()),
            name="balltrack-archive",
        )
        process.start()
        theirs.close()  # so that its end is told when the process dies
        return _Worker(process, ours, scratch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.terminate()  # what it has not finished is done again
        deadline = time.monotonic() + PATIENCE_S
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
        self._scratch.cleanup()


def work(connection: Connection[Any, Any], orders: Orders, scratch: Path, log_level: int) -> None:
    """What a worker does: load, then one task after the other, until the parent is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it, and ends this process
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that unfinished files go
    speak(log_level)
    try:
        bench = open_bench(orders, scratch)
    except Exception as error:
        connection.send((None, in_a_line(error), True))
        return
    connection.send((None, None, False))
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        try:
            answer, said = bench.do(task), None
        except Exception as error:
            answer, said = None, in_a_line(error)
        connection.send((answer, said, False))


def open_bench(orders: Orders, scratch: Path | None = None) -> Any:
    """A `Workbench`, its threads as sleepy as those of the command line."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from balltrack.archive.work import Workbench  # noqa: PLC0415  # torch

    return Workbench(orders, scratch)


def in_a_line(error: Exception) -> str:
    """What went wrong; errors that nobody expected with their kind."""
    said = " ".join(str(error).split())
    return said if isinstance(error, BalltrackError) else f"{type(error).__name__}: {said}"


def speak(level: int) -> None:
    """Show the library's log on stderr, as the command line does, in a process without one."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("balltrack: %(message)s"))
    logger = logging.getLogger("balltrack")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(level)


def default_workers(device: str) -> int:
    """One for two cores, of which the other decodes; on a GPU, which is shared badly, one."""
    return 1 if device.startswith("cuda") else max(1, usable_cores() // 2)


def threads_each(workers: int | None, device: str) -> int:
    """Threads of the network in each of so many workers."""
    return max(1, usable_cores() // (workers or default_workers(device)))


def _log_level() -> int:
    return logging.getLogger("balltrack").getEffectiveLevel()


def _end_with(parent: Any) -> None:
    """A parent that was killed can end nobody: its workers end themselves."""
    parent.join()
    os._exit(1)
