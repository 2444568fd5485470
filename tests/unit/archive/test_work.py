"""What a worker does with a video that others are at, or were."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from balltrack.archive.store import Film, Store, find_films
from balltrack.archive.work import Orders, Task, Workbench, describe_orders
from balltrack.options import TrackOptions
from balltrack.outputs import _partial_prefix
from shot_match import write_match


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    (found,) = find_films([str(write_match(tmp_path_factory.mktemp("in") / "match.mp4", (9,)))])
    return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    options = TrackOptions("classical", verify="none", inpaint="none", threads=1)
    made = Workbench(Orders(options, str(tmp_path), (), "trackcsv", 60.0, "key"))
    yield made
    made.close()


def test_what_another_run_has_done_meanwhile_is_taken(
    bench: Workbench, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts: Any = bench.do(Task(film))
    monkeypatch.setattr(bench, "_begin", lambda _: pytest.fail("tracked again"))
    again: Any = bench.do(Task(film))
    assert (again["video"], again["sha256"]) == (film.url, facts["sha256"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_a_video_is_claimed_while_its_labels_are_written(
    bench: Workbench, film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # noqa: PLC0415

    begin = bench._begin

    def refused(film: Film) -> Any:
        claim = tmp_path / ".parts" / film.name / "claim"
        with claim.open("ab") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return begin(film)

    monkeypatch.setattr(bench, "_begin", refused)
    assert bench.do(Task(film)) is not None


def test_what_the_killed_left_beside_the_labels_goes(
    bench: Workbench, film: Film, tmp_path: Path
) -> None:
    left = tmp_path / f"{_partial_prefix(Path('match.csv'))}left.csv"
    left.touch()
    bench.do(Task(film))
    assert {path.name for path in tmp_path.iterdir()} == {"match.csv", "manifest", ".parts"}
    assert not list((tmp_path / ".parts").iterdir())


def test_a_worker_keeps_one_copy_of_what_is_far_away(bench: Workbench) -> None:
    store = Store("memory://far")
    try:
        for name in "ab":
            store.write(f"{name}.mp4", b"video")
        first, second = (bench._local(film) for film in find_films(["memory://far"]))
        assert (first.exists(), second.read_bytes()) == (False, b"video")
    finally:
        fsspec.filesystem("memory").store.clear()


def test_a_film_of_this_machine_is_no_copy(bench: Workbench, film: Film, tmp_path: Path) -> None:
    other = Film(str(tmp_path / "other.mp4"), "other.mp4", 1, "1")
    place = bench._local(film)
    bench._local(other)
    assert place.exists()


def test_how_many_threads_find_labels_does_not_matter() -> None:
    def about(**options: Any) -> dict[str, object]:
        return describe_orders(TrackOptions("classical", **options), (), "all")

    assert about() == about(threads=3) == about(batch_size=2)
    assert about() != about(threshold=0.3)
