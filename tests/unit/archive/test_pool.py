"""The processes of this machine that track."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.archive.pool import LocalPool
from balltrack.archive.store import Film
from balltrack.archive.work import Orders, Task
from balltrack.options import TrackOptions


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    return Orders(TrackOptions("classical"), str(tmp_path), (), "trackcsv", 60.0, "key")


def test_as_many_processes_as_there_are_tasks(orders: Orders) -> None:
    with LocalPool(orders, 2) as pool:
        sizes = []
        for tasks in (0, 1, 0, 1, 5):
            pool.grow(tasks)
            sizes.append(len(pool._workers))
        assert sizes == [0, 1, 1, 1, 2]


def test_one_that_dies_is_replaced_where_there_is_a_task(orders: Orders) -> None:
    task = Task(Film("/a.mp4", "a.mp4", 1, "1"))
    with LocalPool(orders, 2) as pool:
        pool.grow(1)
        while not pool.idle:
            pool.wait()
        (worker,) = pool._workers
        worker.process.kill()
        pool.submit(task)
        (outcome,) = pool.wait()
        assert (outcome.task, "ended with code" in str(outcome.error)) == (task, True)
        assert (pool._workers, worker.scratch.exists()) == ([], False)
        pool.grow(1)
        while not pool.idle:
            pool.wait()
