"""Workers on a Ray cluster: an actor each, which holds one tracker.

Ray places actors and tells which have died; what is to be done again is decided by `Season`, as for
processes of one machine. Source: Ray Core's actors, https://docs.ray.io/en/releases-2.60.0/ray-core/.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from balltrack.archive.pool import Outcome, in_a_line, open_bench, speak
from balltrack.archive.work import Orders, Task
from balltrack.errors import OptionError, counted

_log = logging.getLogger("balltrack")

ANSWERS_S = 2.0
"""In which a node that is there takes a call."""


class Bench:
    """A `Workbench` in an actor. It loads when it is told to: errors of that are no deaths."""

    def load(self, orders: Orders, log_level: int) -> tuple[str, str | None]:
        """The id of the node that this runs on, and what went wrong."""
        import ray  # noqa: PLC0415  # an extra

        speak(log_level)
        error = None
        try:
            self._bench = open_bench(orders)
        except Exception as raised:
            error = in_a_line(raised)
        return ray.get_runtime_context().get_node_id(), error

    def do(self, task: Task) -> tuple[Any, str | None]:
        """What the bench answers, and what went wrong."""
        try:
            return self._bench.do(task), None
        except Exception as error:
            return None, in_a_line(error)


@dataclass
class _Worker:
    actor: Any
    answer: Any  # what is awaited of it: that it is ready, or its task's; None while idle
    node: str | None = None
    task: Task | None = None


class RayPool:
    """A `Pool` of actors. All nodes have to reach the sources and the destination.

    Args:
        orders: of the archive; an actor takes as many CPUs as it has threads, and a GPU where its
            device is one.
        workers: the most actors; None is as many as the cluster has room for now.
        address: of a cluster, as `ray.init` takes it; "" is the one that this process is in or
            that runs on this machine, or else a new one of this machine.

    Raises:
        OptionError: Ray is not installed, there is no such cluster, or it has no room.
    """

    def __init__(self, orders: Orders, workers: int | None = None, address: str = "") -> None:
        self._ray = ray = load_ray()
        self._owned = not ray.is_initialized()
        if self._owned:
            _connect(ray, address)
        _log.info("Ray: this process is on node %s", ray.get_runtime_context().get_node_id())
        self._orders = orders
        gpus = float(orders.options.device.startswith("cuda"))
        cpus = float(orders.options.threads or 1)
        self._actor = self._ray.remote(num_cpus=cpus, num_gpus=gpus, max_restarts=0)(Bench)
        room = self._room(cpus, gpus)
        if workers is None and room < 1:
            asked = counted(int(cpus), "CPU") + (" and a GPU" if gpus else "")
            self._shut()
            raise OptionError(f"the Ray cluster has no room for a worker of {asked}")
        self._most = workers or room
        self._workers: list[_Worker] = []

    def grow(self, tasks: int) -> None:
        """See `Pool`."""
        while len(self._workers) < min(tasks, self._most):
            self._workers.append(self._start())

    @property
    def idle(self) -> int:
        """See `Pool`."""
        return sum(worker.answer is None for worker in self._workers)

    def submit(self, task: Task) -> None:
        """See `Pool`."""
        worker = next(one for one in self._workers if one.answer is None)
        worker.task, worker.answer = task, worker.actor.do.remote(task)

    def wait(self) -> Sequence[Outcome]:
        """See `Pool`."""
        awaited = {worker.answer: worker for worker in self._workers if worker.answer is not None}
        self._ray.wait([*awaited], num_returns=1)
        told, _ = self._ray.wait([*awaited], num_returns=len(awaited), timeout=0)
        heard = [self._hear(awaited[answer]) for answer in told]
        return [outcome for outcome in heard if outcome is not None]

    def _hear(self, worker: _Worker) -> Outcome | None:
        task, loading = worker.task, worker.node is None
        try:
            answer, error = self._ray.get(worker.answer)
        except self._ray.exceptions.RayError as died:
            self._ray.kill(worker.actor)  # where it is merely out of reach
            self._workers.remove(worker)
            _log.debug("%s", in_a_line(died))
            gone = not loading and not self._is_alive(worker.node)
            ended = "its machine went away" if gone else "the process that worked on it died"
            return Outcome(task, error=ended, blameless=gone)
        worker.answer = worker.task = None
        if loading:
            worker.node = answer
            return None if error is None else Outcome(None, error=error, fatal=True)
        return Outcome(task, answer, error)

    def _start(self) -> _Worker:
        actor = self._actor.remote()
        level = _log.getEffectiveLevel()
        return _Worker(actor, actor.load.remote(self._orders, level))

    def _is_alive(self, node: str | None) -> bool:
        """Whether a node still answers: Ray itself takes a while to see that one does not."""
        for one in self._ray.nodes():
            if one["NodeID"] == node and one["Alive"]:
                place = (one["NodeManagerAddress"], one["NodeManagerPort"])
                with suppress(OSError), socket.create_connection(place, timeout=ANSWERS_S):
                    return True
        return False

    def _room(self, cpus: float, gpus: float) -> int:
        """Workers that the nodes hold, each by itself."""
        nodes = [one["Resources"] for one in self._ray.nodes() if one["Alive"]]
        rooms = [
            min(node.get("CPU", 0) / cpus, node.get("GPU", 0) / gpus if gpus else float("inf"))
            for node in nodes
        ]
        return sum(int(room) for room in rooms)

    def _shut(self) -> None:
        if self._owned:
            self._ray.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self._ray.kill(worker.actor)
        self._shut()


def load_ray() -> Any:
    """The library; raise `OptionError` where it is missing."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of the matches
    try:
        import ray  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise OptionError("ray is not installed; pip install 'balltrack[ray]'") from error
    return ray


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(address or None, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise OptionError(f"no Ray cluster at {address or 'this machine'} ({said})") from error
