"""A run that was killed goes on where it was, and its files are those of a run in one go."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from balltrack.cli.labelling import Labeller, _kept
from balltrack.errors import VideoError
from balltrack.journal import Journal, journal_of, read_records
from balltrack.outputs import _partial_prefix
from balltrack.runtimes.on_torch.runtime import TorchRuntime
from balltrack.scene.windows import Window
from seeing_network import save_seeing
from shot_match import NETWORK, write_match

if sys.platform == "win32":
    pytest.skip("Windows has neither fork nor SIGKILL", allow_module_level=True)


@pytest.fixture(scope="session")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("match") / "match.mp4")


@pytest.fixture(scope="session")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_seeing(tmp_path_factory.mktemp("weights") / "seeing.safetensors", size=(128, 72))


@pytest.fixture
def track(balltrack: Callable[..., Any], match: Path, seeing: Path) -> Callable[..., Any]:
    def run(*arguments: object, video: Path = match) -> Any:
        quiet = () if "-q" not in NETWORK else NETWORK[:-1]
        return balltrack("track", video, "--weights", seeing, *quiet, *arguments)

    return run


class Killed(BaseException):
    """Nothing catches it."""


@pytest.fixture
def broken_off(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the n-th record of a run raise something; or the run is left alone."""
    append = Journal.append

    def arrange(nth: int | None, error: BaseException = Killed()) -> None:  # noqa: B008
        numbers = count()

        def refuse(self: Journal, record: bytes) -> None:
            if next(numbers) == nth:
                raise error
            append(self, record)

        monkeypatch.setattr(Journal, "append", append if nth is None else refuse)

    return arrange


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """First frames of the windows that the network was asked about."""
    first: list[int] = []
    heatmaps = TorchRuntime.heatmaps

    def watched(self: TorchRuntime, windows: Sequence[Window]) -> Any:
        first.extend(window.frames[0].index for window in windows)
        return heatmaps(self, windows)

    monkeypatch.setattr(TorchRuntime, "heatmaps", watched)
    return first


def test_no_network_looks_at_what_is_known(
    track: Callable[..., Any],
    broken_off: Callable[..., None],
    asked: list[int],
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.csv"
    broken_off(3)  # after what they are about, the first shot, and a stretch of the second
    with pytest.raises(Killed):
        track("-o", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv.journal"]
    whole = asked.copy()
    asked.clear()
    broken_off(None)
    done = track("-o", out)
    assert (done.code, done.out) == (0, "")
    assert "match.mp4: goes on from frame 80" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert 60 < min(asked) < 80
    again = asked.copy()
    asked.clear()
    assert track("-o", out, "-y").code == 0
    assert asked[-len(again) :] == again
    assert len(whole) < len(asked)


def test_what_has_changed_begins_anew(
    track: Callable[..., Any], broken_off: Callable[..., None], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    broken_off(3)
    with pytest.raises(Killed):
        track("-o", out)
    broken_off(None)
    done = track("-o", out, "-q", "--max-gap", "4", "--verbose")
    assert done.code == 0
    assert "goes on" not in done.err
    assert track("-o", tmp_path / "other.csv", "--max-gap", "4").code == 0
    assert out.read_bytes() == (tmp_path / "other.csv").read_bytes()
    assert not journal_of(out).exists()


def test_the_change_is_named(
    track: Callable[..., Any], broken_off: Callable[..., None], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    broken_off(3)
    with pytest.raises(Killed):
        track("-o", out)
    broken_off(None)
    done = track("-o", out, "--max-gap", "4")
    line = f"balltrack: warning: {out}.journal: max_gap was 8, is 4; begins anew"
    assert line in done.err.splitlines()


def test_without_a_journal(
    track: Callable[..., Any], broken_off: Callable[..., None], asked: list[int], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    broken_off(0)
    assert track("-o", out, "--no-resume").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    asked.clear()
    broken_off(3)
    with pytest.raises(Killed):
        track("-o", out, "-y")
    asked.clear()
    assert track("-o", out, "-y", "--no-resume").code == 0
    assert min(asked) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_ctrl_c_leaves_the_journal(
    track: Callable[..., Any], broken_off: Callable[..., None], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    broken_off(3, KeyboardInterrupt())
    done = track("-o", out, "-q")
    assert done.code == 130
    assert done.err.strip() == "balltrack: interrupted; the same command goes on from there"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.journal"]


def test_a_failure_leaves_the_journal(
    track: Callable[..., Any], broken_off: Callable[..., None], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    broken_off(3, VideoError("match.mp4: gone"))
    done = track("-o", out, "-q")
    assert (done.code, done.complaint) == (1, "balltrack: match.mp4: gone")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.journal"]


def test_a_video_that_cannot_be_opened_has_none(track: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_text("no video")
    assert track("-o", tmp_path / "out.csv", video=tmp_path / "no.mp4").code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["no.mp4"]


def test_a_full_disk(track: Callable[..., Any], tmp_path: Path) -> None:
    """The journal has no room: one line; with room again, it goes on."""
    import resource  # noqa: PLC0415

    out = tmp_path / "out.csv"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (14000, hard))
    try:
        done = track("-o", out, "-q")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.code == 1
    assert f"{out}.journal: cannot be written (File too large); what it holds is kept" in (
        done.complaint
    )
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.journal"]
    assert "goes on from frame" in track("-o", out).err


def test_an_output_folder_that_vanishes(
    track: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    append = Journal.append

    def remove(self: Journal, record: bytes) -> None:
        append(self, record)
        shutil.rmtree(folder, ignore_errors=True)

    monkeypatch.setattr(Journal, "append", remove)
    done = track("-o", folder / "out.csv", "-q")
    assert done.code == 1
    assert f"{folder / 'out.csv'}: " in done.complaint


@pytest.mark.parametrize(
    "missing", ["out.csv", *(pytest.param(m, marks=pytest.mark.slow) for m in ("out.jsonl", None))]
)
def test_killed_while_the_outputs_appear(
    track: Callable[..., Any], broken_off: Callable[..., None], tmp_path: Path, missing: str | None
) -> None:
    """Some are there, and the journal, so that nobody has to say that they may be replaced."""
    asked = ("-o", tmp_path / "out.csv", "--format", "csv", "--format", "jsonl", "-q")
    assert track(*asked).code == 0
    right = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert right.keys() == {"out.csv", "out.jsonl"}
    finished_journal(track, asked, tmp_path)
    for name, content in right.items():
        if name != missing:
            (tmp_path / name).write_bytes(content)
    other = track(*asked, "--max-gap", "4")
    assert (other.code, "exists; -y replaces it" in other.err) == (2, True)
    assert track(*asked).code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == right


def finished_journal(track: Callable[..., Any], asked: Sequence[object], folder: Path) -> None:
    """Leave the journal of a run that found all, and nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("balltrack.cli.labelling.remove_journal", lambda _: None)
        assert track(*asked, "-y").code == 0
    for path in folder.iterdir():
        if path.name != "out.csv.journal":
            path.unlink()


def test_the_second_is_refused_while_the_first_draws(
    track: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = ("-o", tmp_path / "out.csv", "--overlay", tmp_path / "overlay.mp4", "-q")
    draw, refused = Labeller.draw, []

    def twice(*arguments: Any) -> None:
        refused.append(track(*asked))
        draw(*arguments)

    monkeypatch.setattr(Labeller, "draw", twice)
    assert track(*asked).code == 0
    assert [one.code for one in refused] == [1]
    assert "another balltrack is at work on this" in refused[0].complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "overlay.mp4"]


@pytest.mark.parametrize("mode", ["--resume", "--no-resume"])
def test_what_the_killed_left_unfinished_goes_where_nobody_else_writes(
    track: Callable[..., Any], tmp_path: Path, mode: str
) -> None:
    outputs = [tmp_path / "out.csv", tmp_path / "overlay.mp4"]
    left = [tmp_path / f"{_partial_prefix(path)}left{path.suffix}" for path in outputs]
    for path in left:
        path.touch()
    assert track("-o", outputs[0], "--overlay", outputs[1], "-q", mode).code == 0
    expected = outputs if mode == "--resume" else [*outputs, *left]
    assert sorted(tmp_path.iterdir()) == sorted(expected)


def test_a_name_too_long_for_a_journal(track: Callable[..., Any], tmp_path: Path) -> None:
    done = track("-o", tmp_path / f"{'x' * 247}.csv")
    assert done.code == 1
    assert "cannot be opened (File name too long); --no-resume does without" in done.complaint


def test_many_say_what_is_left(
    balltrack: Callable[..., Any],
    seeing: Path,
    broken_off: Callable[..., None],
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    for name in "abc":
        write_match(tmp_path / "in" / f"{name}.mp4", (10,))
    out = tmp_path / "out"
    words = ("track", tmp_path / "in", "-o", out, "--weights", seeing, *NETWORK, "--json")
    # what it is about, frames and end of a; the run's own two; those of b but its end
    broken_off(7)
    with pytest.raises(Killed):
        balltrack(*words)
    left = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    assert left == {"a.csv", "b.csv.journal"}
    broken_off(None)
    changed = balltrack(*words, "--threshold", "0.4")
    assert (changed.code, changed.out) == (2, "")
    broken_off(5)  # the run begins anew; all of a, that it is done, and the end of b
    (out / "a.csv").unlink()
    with pytest.raises(Killed):
        balltrack(*words)
    broken_off(None)
    done = balltrack(*words)
    assert done.code == 0, done.err
    videos = [Path(json.loads(line)["video"]).name for line in done.out.splitlines()]
    assert videos == ["b.mp4", "c.mp4"]
    assert sorted(path.name for path in out.iterdir()) == ["a.csv", "b.csv", "c.csv"]
    assert balltrack(*words).code == 2  # all of it is there, and nothing was broken off


def test_ended_by_a_scheduler(match: Path, seeing: Path, tmp_path: Path) -> None:
    """SIGTERM ends it as ever: nothing is left but the journal."""
    command = [sys.executable, "-m", "balltrack", "track", match, "--weights", seeing, *NETWORK]
    out = tmp_path / "out.csv"
    with subprocess.Popen([*map(str, command), "-o", str(out)]) as process:
        while recorded(journal_of(out)) < 2 and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.journal"]


@pytest.mark.usefixtures("answered_signals")
def test_ended_by_ctrl_c(match: Path, seeing: Path, tmp_path: Path) -> None:
    """It says that what was found is kept."""
    command = [sys.executable, "-m", "balltrack", "track", match, "--weights", seeing, *NETWORK]
    out = tmp_path / "out.csv"
    asked = [*map(str, command), "-o", str(out), "-q"]
    with subprocess.Popen(asked, stderr=subprocess.PIPE, text=True) as process:
        while recorded(journal_of(out)) < 2 and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said.strip() == "balltrack: interrupted; the same command goes on from there"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.journal"]


def recorded(journal: Path) -> int:
    """Records in it, with the one that says what it is about."""
    return sum(1 for _ in read_records(journal)) if journal.exists() else 0


def test_ctrl_c_promises_nothing_without_a_journal(tmp_path: Path) -> None:
    for journal in (None, tmp_path / "gone.journal"):
        with pytest.raises(KeyboardInterrupt) as stopped, _kept(journal):
            raise KeyboardInterrupt
        assert not str(stopped.value)
