"""Folders and object stores alike: what is found in them, and what they are given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from balltrack.archive.manifest import Manifest
from balltrack.archive.store import Film, Store, fetch, find_films
from balltrack.archive.work import Cut, Orders, Task, Workbench, with_part
from balltrack.errors import OptionError, OutputError, VideoError
from balltrack.options import TrackOptions
from shot_match import write_match


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """The object store of this process, empty."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]
    yield store
    store.store.clear()


@pytest.fixture(params=["path", "file://", "memory://"])
def root(request: pytest.FixtureRequest, tmp_path: Path, memory: object) -> str:
    """The address of an empty store."""
    if request.param == "path":
        return str(tmp_path)
    return f"file://{tmp_path.as_posix()}" if request.param == "file://" else "memory://bucket"


def fill(root: str, *names: str) -> None:
    store = Store(root)
    for name in names:
        store.write(name, name.encode())


def named(*sources: str) -> list[str]:
    return [film.name for film in find_films(sources)]


def test_videos_are_found_and_mirrored(root: str, tmp_path: Path) -> None:
    fill(root, "in/b.mp4", "in/day 1/a.MKV", "in/notes.txt", "two/b.mp4", "two/x[1].mov")
    assert named(f"{root}/in") == ["b.mp4", "day 1/a.MKV"]
    assert named(f"{root}/in/") == ["b.mp4", "day 1/a.MKV"]
    assert named(f"{root}/in", f"{root}/two") == sorted(
        ["in/b.mp4", "in/day 1/a.MKV", "two/b.mp4", "two/x[1].mov"]
    )
    assert named(f"{root}/in/b.mp4", f"{root}/two/x[1].mov") == ["b.mp4", "x[1].mov"]
    assert named(f"{root}/in/*.mp4", f"{root}/in/b.mp4") == ["b.mp4"]
    assert named(f"{root}/in", f"{root}/in/day 1") == ["in/b.mp4", "in/day 1/a.MKV"]
    film = find_films([f"{root}/in"])[1]
    assert (film.stem, film.size) == ("day 1/a", len("in/day 1/a.MKV"))
    assert film.version
    assert fetch(film, tmp_path).read_bytes() == b"in/day 1/a.MKV"
    with pytest.raises(OptionError, match="rename one"):
        find_films([f"{root}/in/b.mp4", f"{root}/two/b.mp4"])
    for missing in ("gone", "in/*.avi"):
        with pytest.raises(VideoError, match="there is no"):
            find_films([f"{root}/{missing}"])


def test_a_version_changes_when_a_file_does(root: str) -> None:
    fill(root, "a.mp4")
    (before,) = find_films([root])
    assert find_films([root]) == [before]
    Store(root).write("a.mp4", b"other")
    assert find_films([root]) != [before]


def test_what_is_put_is_there(root: str, tmp_path: Path) -> None:
    store, scratch = Store(root), tmp_path / "scratch"
    scratch.mkdir()
    assert store.read("a/b.txt") is store.digest("a/b.txt") is None
    with pytest.raises(OutputError, match="cannot be read"):
        store.get("a/b.txt", scratch)
    path = store.place("a/b.txt", scratch)
    path.write_bytes(b"text")
    store.put(path, "a/b.txt")
    assert store.read("a/b.txt") == store.get("a/b.txt", scratch).read_bytes() == b"text"
    assert store.digest("a/b.txt") == hashlib.sha256(b"text").hexdigest()
    assert store.has("a/b.txt")
    store.check()
    store.clear("a")
    assert not store.has("a/b.txt")
    store.remove("a/b.txt")
    store.clear("a")


def test_a_library_that_is_missing_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(url: str) -> None:
        raise ImportError("no s3fs")

    monkeypatch.setattr(fsspec, "url_to_fs", missing)
    with pytest.raises(OptionError, match=r"pip install 'balltrack\[s3\]'"):
        Store("s3://bucket/labels")
    with pytest.raises(OptionError, match=r"pip install 'balltrack\[gcs\]'"):
        Store("gs://bucket/labels")


def test_an_entry_is_worth_what_is_still_true(root: str) -> None:
    fill(root, "a.csv")
    film = Film("a.mp4", "a.mp4", 3, "1")
    manifest, store = Manifest(Store(root), "key"), Store(root)
    assert manifest.done(film) is manifest.entry(film) is None
    manifest.write(film, {"sha256": {"a.csv": store.digest("a.csv")}, "frames": 1})
    done = manifest.done(film)
    assert done is not None
    assert done["frames"] == 1
    assert manifest.done(replace(film, version="2")) is None
    assert manifest.done(replace(film, size=4)) is None
    assert Manifest(store, "other").done(film) is None
    store.write("a.csv", b"b.csv")
    assert manifest.done(film) is None
    assert manifest.is_ours(film)
    assert not Manifest(store, "other").is_ours(film)
    manifest.write(film, {"error": "broken"})
    assert manifest.done(film) is None
    store.write("manifest/a.mp4.json", b"\xff{")
    assert not manifest.is_ours(film)


@pytest.mark.parametrize(
    "root", ["path", pytest.param("file://", marks=pytest.mark.slow), "memory://"], indirect=True
)
def test_a_video_goes_from_store_to_store_in_parts(root: str, tmp_path: Path) -> None:
    """The labels are those of one pass; nothing else stays; a damaged part is done again."""
    video = write_match(tmp_path / "match.mp4", (20, 60))
    fill(root, "in/day1/match.mp4")
    Store(root).write("in/day1/match.mp4", video.read_bytes())
    (film,) = find_films([f"{root}/in"])
    options = TrackOptions("classical", threads=1)
    orders = Orders(options, f"{root}/whole", ("csv", "jsonl"), "all", 60, "key")
    whole = Workbench(orders)
    facts = whole.do(Task(film))
    whole.close()
    assert isinstance(facts, dict)
    assert [*facts["sha256"]] == ["day1/match.csv", "day1/match.jsonl"]
    bench = Workbench(replace(orders, destination=f"{root}/parts", part_s=2.0))
    cut = bench.do(Task(film))
    assert isinstance(cut, Cut)
    assert cut.missing == (0, 1)
    task = Task(film, cut.info, cut.parts)
    parts = Store(f"{root}/parts")
    for part in (1, 0):
        assert bench.do(with_part(task, part)) is None
    assert bench.do(Task(film)) == replace(cut, missing=())
    content = parts.read(cut.parts[1][1]) or b""
    parts.write(cut.parts[1][1], content[:-3])
    with pytest.raises(Exception, match="part 1 is damaged"):
        bench.do(with_part(task, -1))
    assert bench.do(Task(film)) == replace(cut, missing=(1,))
    bench.do(with_part(task, 1))
    assert parts.read(cut.parts[1][1]) == content
    joined = bench.do(with_part(task, -1))
    bench.close()
    assert isinstance(joined, dict)
    assert joined["sha256"] == facts["sha256"]
    assert not parts.has(cut.parts[0][1])
