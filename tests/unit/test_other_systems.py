"""What Windows and macOS have otherwise, simulated: for machines on which neither is at hand."""

from __future__ import annotations

import multiprocessing
import ntpath
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import psutil
import pytest

from balltrack.archive import plan, pool, store
from balltrack.archive.pool import LocalPool
from balltrack.archive.work import Orders
from balltrack.benchmark import checkup, machine
from balltrack.cli import main
from balltrack.errors import OptionError, OutputError
from balltrack.options import TrackOptions
from balltrack.outputs import MOVED_AFTER_S, whole_file, whole_folder, whole_text
from balltrack.training.data import clips
from balltrack.training.run.stopping import StopRequest


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long is waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("balltrack.outputs.time", SimpleNamespace(sleep=waited.append))
    return waited


def held_open(monkeypatch: pytest.MonkeyPatch, name: str, tries: int) -> None:
    """``Path.NAME`` is refused so often, as Windows does while somebody has the target open."""
    real: Callable[..., object] = getattr(Path, name)
    left = [tries]

    def refuse(self: Path, target: Path) -> object:
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "The process cannot access the file")
        return real(self, target)

    monkeypatch.setattr(Path, name, refuse)


def any_folder(path: Path) -> AbstractContextManager[Path]:
    return whole_folder(path, lambda _: True)


@pytest.mark.parametrize(("writer", "move"), [(whole_file, "replace"), (any_folder, "rename")])
def test_an_output_that_is_open_for_a_moment_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
    waits: list[float],
    tmp_path: Path,
    writer: Callable[..., object],
    move: str,
) -> None:
    held_open(monkeypatch, move, 3)
    with writer(tmp_path / "out") as partial:
        (partial / "a" if partial.is_dir() else partial).write_text("whole")
    assert (tmp_path / "out").exists()
    assert waits == [0.0, *MOVED_AFTER_S[:3]]


def test_an_output_that_stays_open_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, waits: list[float], tmp_path: Path
) -> None:
    held_open(monkeypatch, "replace", 100)
    (tmp_path / "a.csv").write_text("old")
    with (
        pytest.raises(OutputError, match="is it open in another program"),
        whole_text(tmp_path / "a.csv") as file,
    ):
        file.write("new")
    assert (tmp_path / "a.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert len(waits) == 1 + len(MOVED_AFTER_S)


def test_signals_that_are_not_there(answered_signals: None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SIGHUP", "SIGKILL"):
            patch.delattr(signal, name, raising=False)
        main._clean_up_when_ended()
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        before = signal.getsignal(signal.SIGTERM)
        with StopRequest():
            assert signal.getsignal(signal.SIGTERM) != before


def test_cores_where_nobody_says_which_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    assert pool.usable_cores() == clips._cores() == 6
    assert (pool.default_workers("cpu"), pool.threads_each(None, "cpu")) == (3, 2)
    assert pool.threads_each(4, "cpu") == pool.default_workers("cuda:1") == 1
    said = {finding.about: finding.said for finding in checkup._machine()}
    assert said["cpu"].endswith("6 of 6 cores to use")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert pool.usable_cores() == clips._cores() == 1


def test_memory_where_there_is_no_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' figures, and a Linux that hides its own."""
    monkeypatch.setitem(sys.modules, "resource", None)
    windows = SimpleNamespace(memory_info=lambda: SimpleNamespace(peak_wset=3_000_000))
    monkeypatch.setattr(psutil, "Process", lambda: windows)
    assert machine.peak_memory_mb() == 3.0


def test_memory_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS counts in bytes what Linux counts in kilobytes."""
    pytest.importorskip("resource", reason="Windows has none")
    mac = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=1))
    monkeypatch.setattr(psutil, "Process", lambda: mac)
    monkeypatch.setattr(machine, "Path", lambda _: Path("/nowhere"))
    usage = SimpleNamespace(ru_maxrss=5_000_000)
    monkeypatch.setattr("resource.getrusage", lambda _: usage)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert machine.peak_memory_mb() == 5.0


@pytest.mark.parametrize(
    "arguments", [["-h"], ["archive", "-h"], ["track", "-h"], ["bench", "-h"], ["weights", "list"]]
)
def test_a_console_with_few_letters(arguments: list[str]) -> None:
    """Windows' cp1252 has no "→": the text is shown all the same."""
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "balltrack", *arguments],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("cp1252")
    assert done.stdout.decode("cp1252").strip()


@pytest.mark.parametrize(
    "path", [r"C:\season\day 1\a.mp4", "C:/season/a.mp4", r"\\host\share\a.mp4"]
)
def test_a_drive_letter_is_no_protocol(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    class WindowsPath(PureWindowsPath):
        def absolute(self) -> PureWindowsPath:
            return self

    monkeypatch.setattr(store, "Path", WindowsPath)
    fs, found = store._open(path)
    assert isinstance(fs, store.LocalFileSystem)
    assert found == path.replace("\\", "/")
    assert ntpath.splitdrive(found)[0]


def test_a_list_that_windows_wrote(tmp_path: Path) -> None:
    """A byte order mark and CRLF."""
    (tmp_path / "list.txt").write_bytes("\ufeffa é.mp4\r\n# no\r\n\r\nday1/b.mp4\r\n".encode())
    listed = plan.read_list(tmp_path / "list.txt")
    assert listed == [tmp_path / "a é.mp4", tmp_path / "day1" / "b.mp4"]


@pytest.mark.parametrize("folded", [True, False])
def test_names_that_differ_in_capitals_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folded: bool
) -> None:
    """One file of labels on Windows and macOS: refused before hours of work, not overwritten."""
    sources = [tmp_path / "in" / name for name in ("Final.mp4", "final.mov")]
    monkeypatch.setattr(plan, "ignores_case", lambda _: folded)
    if folded:
        with pytest.raises(OptionError, match="rename one"):
            plan.plan_jobs(sources, tmp_path)
    else:
        assert len(plan.plan_jobs(sources, tmp_path)) == 2


def test_nothing_is_tried_in_the_folder_where_no_names_are_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A run that is killed while it tries leaves a file there."""
    monkeypatch.setattr(plan, "ignores_case", lambda _: pytest.fail("it was tried"))
    sources = [tmp_path / "in" / name for name in ("first.mp4", "final.mov")]
    assert len(plan.plan_jobs(sources, tmp_path)) == 2


def test_a_folder_says_whether_it_minds_capitals(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = Path.exists
    there = {path.name.casefold() for path in tmp_path.iterdir()}
    assert plan.ignores_case(tmp_path / "not" / "there") == plan.ignores_case(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda self: seen(self) or "BALLTRACK-" in self.name)
    assert plan.ignores_case(tmp_path)
    assert {path.name.casefold() for path in tmp_path.iterdir()} == there


def test_workers_are_spawned_where_fork_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They load, and end with their pool."""
    monkeypatch.delattr(os, "fork", raising=False)
    orders = Orders(TrackOptions("classical"), str(tmp_path), (), "trackcsv", 60.0, "key")
    with LocalPool(orders, 1) as workers:
        workers.grow(1)
        assert workers.idle == 0
        assert list(workers.wait()) == []
        assert workers.idle == 1
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()
    assert not Path(workers._scratch.name).exists()
