"""What follows from what becomes of a task, with workers that are told what to answer."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from balltrack.archive.manifest import Manifest
from balltrack.archive.pool import Outcome
from balltrack.archive.season import BLAMELESS, STILLBORN, Season
from balltrack.archive.store import Film, Store
from balltrack.archive.work import Cut, Orders, Task
from balltrack.errors import BalltrackError
from balltrack.options import TrackOptions
from balltrack.video.probe import probe
from shot_match import write_match

FILMS = [Film(f"/{name}.mp4", f"{name}.mp4", 1_000_000, "1") for name in "abc"]


class ToldPool:
    """A `Pool` whose tasks are answered by a function, the last one first."""

    def __init__(self, answer: Callable[[Task], Any], workers: int = 2) -> None:
        self._answer, self._most, self.workers = answer, workers, 0
        self._given: deque[Task] = deque()
        self.tasks: list[Task] = []

    def grow(self, tasks: int) -> None:
        self.workers = max(self.workers, min(tasks, self._most))

    @property
    def idle(self) -> int:
        return self.workers - len(self._given)

    def submit(self, task: Task) -> None:
        assert self.idle
        self._given.append(task)
        self.tasks.append(task)

    def wait(self) -> list[Outcome]:
        task = self._given.pop()
        answer = self._answer(task)
        return [answer if isinstance(answer, Outcome) else Outcome(task, answer)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def orders(folder: Path) -> Orders:
    return Orders(TrackOptions(), str(folder), (), "all", 60.0, "key")


def season(folder: Path, pool: ToldPool, retries: int = 1) -> dict[str, Any]:
    """Url → facts, as they come."""
    stages: list[int] = []
    run = Season(FILMS, orders(folder), pool, retries=retries)
    found = {facts["video"]: facts for facts in run.run(lambda stage: stages.append(stage.done))}
    assert found.keys() == {film.url for film in FILMS}
    assert stages[-1] == 3
    assert stages == sorted(stages)
    return found


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_what_fails_is_tried_again_and_then_set_aside(tmp_path: Path, retries: int) -> None:
    def answer(task: Task) -> Any:
        if task.film.name == "b.mp4":
            return Outcome(task, error="broken")
        return {"video": task.film.url}

    pool = ToldPool(answer)
    found = season(tmp_path, pool, retries)
    assert found["/b.mp4"] == {"video": "/b.mp4", "error": "broken", "tries": retries + 1}
    assert Counter(task.film.name for task in pool.tasks)["b.mp4"] == retries + 1
    manifest = Manifest(Store(str(tmp_path)), "key")
    entry = manifest.entry(FILMS[1])
    assert entry is not None
    assert entry["error"] == "broken"
    assert manifest.entry(FILMS[0]) is None  # its worker would have written it


def test_a_name_too_long_for_an_entry_is_set_aside(tmp_path: Path) -> None:
    films = [Film("/long.mp4", "x" * 251 + ".mp4", 1, "1"), FILMS[0]]

    def answer(task: Task) -> Any:
        long = task.film is films[0]
        return Outcome(task, error="too long") if long else {"video": task.film.url}

    run = Season(films, orders(tmp_path), ToldPool(answer), retries=0)
    found = {facts["video"]: facts.get("error") for facts in run.run(lambda _: None)}
    assert found == {"/long.mp4": "too long", "/a.mp4": None}
    (tmp_path / "manifest").mkdir(exist_ok=True)
    assert Manifest(Store(str(tmp_path)), "key").done(films[0]) is None


def test_a_machine_that_goes_away_is_not_the_fault_of_a_video(tmp_path: Path) -> None:
    left = Counter({"a.mp4": BLAMELESS})

    def answer(task: Task) -> Any:
        if left[task.film.name]:
            left[task.film.name] -= 1
            return Outcome(task, error="gone", blameless=True)
        return {"video": task.film.url}

    assert "error" not in season(tmp_path, ToldPool(answer), retries=0)["/a.mp4"]


def test_parts_are_found_and_then_joined(tmp_path: Path) -> None:
    """Of three parts one is there already, one fails once; the join comes when all are there."""
    info = probe(write_match(tmp_path / "match.mp4", (3,)))
    parts = tuple(((first, first + 64), f"part {first}") for first in (0, 64, 128))
    there, failed = {0}, []

    def answer(task: Task) -> Any:
        if task.film.name != "a.mp4":
            return {"video": task.film.url}
        if task.info is None:
            return Cut(info, parts, tuple(sorted({0, 1, 2} - there)))
        if task.part < 0:
            assert there == {0, 1, 2}
            return {"video": task.film.url, "joined": True}
        if task.part == 2 and not failed:
            failed.append(task)
            return Outcome(task, error="broken")
        there.add(task.part)
        return None

    pool = ToldPool(answer)
    assert season(tmp_path, pool)["/a.mp4"]["joined"]
    done = [task.part for task in pool.tasks if task.info is not None]
    assert done.count(-1) == 1
    assert 0 not in done


def test_there_are_no_more_workers_than_tasks(tmp_path: Path) -> None:
    """A video that turns out to have parts brings as many; one that fails is no other task."""
    info = probe(write_match(tmp_path / "match.mp4", (3,)))
    parts = tuple(((first, first + 64), f"part {first}") for first in (0, 64, 128))
    seen: list[tuple[int, int]] = []

    def answer(task: Task) -> Any:
        seen.append((task.part, pool.workers))
        if len(seen) == 1:
            return Outcome(task, error="broken")
        if task.info is None:
            return Cut(info, parts, (0, 1, 2))
        return {"video": task.film.url} if task.part < 0 else None

    pool = ToldPool(answer, workers=8)
    run = Season(FILMS[:1], orders(tmp_path), pool)
    assert [*run.run(lambda _: None)] == [{"video": "/a.mp4"}]
    assert seen == [(-1, 1), (-1, 1), (2, 3), (1, 3), (0, 3), (-1, 3)]


def test_workers_that_cannot_begin_end_the_run(tmp_path: Path) -> None:
    def unable(task: Task) -> Outcome:
        return Outcome(None, error="no such weights", fatal=True)

    with pytest.raises(BalltrackError, match="no worker can begin: no such weights"):
        season(tmp_path, ToldPool(unable))
    died = 0

    def die(task: Task) -> Outcome:
        nonlocal died
        died += 1
        return Outcome(None, error="killed")

    with pytest.raises(BalltrackError, match="no worker can begin: killed"):
        season(tmp_path, ToldPool(die, workers=STILLBORN))
    assert died == STILLBORN
