"""``balltrack archive``: the labels of ``balltrack track``, whoever dies on the way."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from balltrack.archive.store import Store
from balltrack.cli.archive import _finish
from shot_match import write_matches

HOW = ("--weights", "classical", "--columns", "all")
LENGTHS = {"day1/a": (12, 8), "day1/long": (30, 60), "day2/b": (15,)}
"""Frames of the shots of each match; one is longer than a part."""

PARTS = ("--part-minutes", 0.03)
"""54 frames, which makes 64."""


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_matches(tmp_path_factory.mktemp("season"), LENGTHS)


@pytest.fixture(scope="module")
def alone(matches: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Name → labels of ``balltrack track``."""
    out = tmp_path_factory.mktemp("alone")
    run(["track", matches, "-o", out, *HOW, "-q"], 0)
    return labels(out)


def command(arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "balltrack", *map(str, arguments)]


def run(arguments: Sequence[object], code: int) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command(arguments), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def labels(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*.csv") if path.name != "summary.csv")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def left_over(folder: Path) -> list[str]:
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return [path for path in paths if path.startswith(".") or "/." in path]


def test_labels_are_those_of_one_pass_each(
    matches: Path, alone: dict[str, bytes], tmp_path: Path
) -> None:
    """In parts, by two processes; the second run has nothing to do and loads nothing."""
    out = tmp_path / "out"
    asked = ["archive", matches, "-o", out, *HOW, *PARTS, "--workers", 2, "--parquet"]
    done = run([*asked, "--json"], 0)
    assert labels(out) == alone
    assert left_over(out) == []
    facts = {Path(each["video"]).stem: each for each in map(json.loads, done.stdout.splitlines())}
    assert {name: each["frames"] for name, each in facts.items()} == {"a": 20, "long": 90, "b": 15}
    rows = list(csv.DictReader((out / "summary.csv").read_text().splitlines()))
    assert [row["video"] for row in rows] == ["day1/a.mp4", "day1/long.mp4", "day2/b.mp4"]
    assert {row["state"] for row in rows} == {"done"}
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = parquet.read_table(out / "summary.parquet").to_pylist()
    assert [row["frames"] for row in table] == [20, 90, 15]
    began = {path: path.stat().st_mtime_ns for path in out.rglob("*.csv")}
    done = run(asked, 0)
    assert "day1/long.csv" in done.stderr
    for path in out.rglob("day*/*.csv"):
        assert path.stat().st_mtime_ns == began[path]


@pytest.mark.parametrize("more", [pytest.param((), marks=pytest.mark.slow), PARTS])
def test_two_at_once_harm_nothing(
    matches: Path, alone: dict[str, bytes], tmp_path: Path, more: tuple[object, ...]
) -> None:
    asked = command(["archive", matches, "-o", tmp_path, *HOW, *more, "--workers", 1, "-q"])
    runs = [subprocess.Popen(asked, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(run.communicate()[1], run.returncode) for run in runs] == [("", 0)] * 2
    assert labels(tmp_path) == alone
    assert left_over(tmp_path) == []


def test_damaged_labels_are_found_and_done_again(
    matches: Path, alone: dict[str, bytes], tmp_path: Path
) -> None:
    asked = ["archive", matches / "day2", matches / "day1" / "a.mp4", "-o", tmp_path, *HOW, "-q"]
    asked += ["--workers", 1]
    run(asked, 0)
    (tmp_path / "a.csv").write_bytes(alone["day1/a.csv"].replace(b"1", b"2", 1))
    run(asked, 0)
    assert labels(tmp_path) == {"a.csv": alone["day1/a.csv"], "b.csv": alone["day2/b.csv"]}


def test_a_poisoned_file_is_set_aside(matches: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "good.mp4").write_bytes((matches / "day2" / "b.mp4").read_bytes())
    (source / "poison.mp4").write_text("not a video")
    done = run(["archive", source, "-o", out, *HOW, "--retries", 0, "--workers", 1], 1)
    assert "1 of 2 videos failed, the first:" in done.stderr.splitlines()[-1]
    assert done.stderr.splitlines()[-1].count("poison.mp4") == 1
    assert [*labels(out)] == ["good.csv"]
    entry = json.loads((out / "manifest" / "poison.mp4.json").read_text())
    assert "cannot be read as a video" in entry["error"]
    assert entry["tries"] == 1
    rows = list(csv.DictReader((out / "summary.csv").read_text().splitlines()))
    assert [row["state"] for row in rows] == ["done", "failed"]
    (source / "poison.mp4").write_bytes((matches / "day1" / "a.mp4").read_bytes())
    run(["archive", source, "-o", out, *HOW, "-q", "--workers", 1], 0)  # it was put right
    assert sorted(labels(out)) == ["good.csv", "poison.csv"]


def test_parts_stay_as_long_as_a_video_has_failed(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write(".parts/a.mp4/0-1", b"found")
    _finish(store, {"a.mp4": {"error": "broken"}}, parquet=False)
    assert store.has(".parts/a.mp4/0-1")
    _finish(store, {}, parquet=False)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.csv"]


def test_without_ray_nothing_is_made(
    balltrack: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "a.mp4").write_bytes(b"x")
    done = balltrack("archive", tmp_path, "-o", tmp_path / "out", "--ray")
    assert (done.code, "ray is not installed" in done.complaint) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_what_is_left_of_a_killed_run_is_gone_on_with(
    matches: Path, alone: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    """Killed as soon as something is finished; its workers end too, nothing is done twice."""
    asked = ["archive", matches, "-o", tmp_path, *HOW, *PARTS, "--workers", 1, "-q"]
    process = subprocess.Popen(command(asked), start_new_session=True)
    finished: dict[str, int] = {}
    while not finished:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
        finished = times_of(tmp_path)
    os.kill(process.pid, getattr(signal, name))
    assert process.wait(30) == (-signal.SIGKILL if name == "SIGKILL" else 143)
    await_end(process.pid)
    if name == "SIGTERM":  # workers are given the time to take unfinished files away
        assert [path for path in left_over(tmp_path) if path.endswith(".csv")] == []
    finished = times_of(tmp_path)
    assert len(finished) < 5, "all was done before it was killed"
    run(asked, 0)
    assert labels(tmp_path) == alone
    assert left_over(tmp_path) == []
    now = times_of(tmp_path)
    assert all(now[path] == told for path, told in finished.items() if path in now)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_costs_nothing(
    matches: Path, alone: dict[str, bytes], tmp_path: Path
) -> None:
    asked = ["archive", matches, "-o", tmp_path, *HOW, *PARTS, "--workers", 2, "-v"]
    with (tmp_path / "said").open("w+") as said:
        process = subprocess.Popen(command(asked), stderr=said)
        while not (begun := [*tmp_path.glob("manifest/day1/a.mp4.json")]):
            assert process.poll() is None, "it ended before a worker could be killed"
            time.sleep(0.01)
        assert begun
        for worker in psutil.Process(process.pid).children(recursive=True):
            if "spawn_main" in " ".join(worker.cmdline()):
                worker.kill()
        assert process.wait(120) == 0
        said.seek(0)
        assert "ended with code -9; tried again" in said.read()
    assert labels(tmp_path) == alone


def times_of(folder: Path) -> dict[str, int]:
    """Parts and entries of finished videos, and when they appeared."""
    parts = [path for path in folder.glob(".parts/*/*/*") if not path.name.startswith(".")]
    entries = [p for p in folder.glob("manifest/*/*.json") if '"error"' not in p.read_text()]
    return {str(path): path.stat().st_mtime_ns for path in [*parts, *entries]}


def await_end(group: int) -> None:
    """Wait until no process of a group is left."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("workers live on after their parent")


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 2, "Missing argument"),
        (["gone", "-o", "out"], 1, "gone: there is no such file, folder or prefix"),
        (["in", "-o", "out", "--lag", "5"], 2, "lag is for live sources"),
        (["in", "-o", "out", "--strict", "--max-gap", "3"], 2, "--max-gap has no effect with --s"),
        (
            ["in", "-o", "out", "--format", "jsonl", "--columns", "all"],
            2,
            "--columns has no effect",
        ),
        (["s4://bucket", "-o", "out"], 2, "s4://bucket: no such kind of store"),
        (["in", "-o", "in/a.mp4"], 1, "in/a.mp4"),
        (["in", "-o", "out", "--weights", "gone"], 2, "unknown weights 'gone'"),
        (["in", "in/a.mp4", "two", "-o", "out"], 2, "rename one"),
        (["there", "-o", "there"], 2, "a.csv: exists, and no run with these options made it"),
    ],
)
def test_what_is_asked_wrongly(
    balltrack: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.mp4", "two/in/a.mp4", "two/in/a.mov", "there/a.mp4", "there/a.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(b"x")
    done = balltrack("archive", *arguments)
    assert done.code == code
    assert complaint in done.complaint
    assert not list(tmp_path.rglob("manifest"))
