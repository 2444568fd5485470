"""``balltrack clips``: options arrive, outputs are guarded, errors are one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.labels import write_track
from cut_files import numbers
from numbered_clips import write_clip
from trajectories import track_of

RALLIES = "FirstFrame,LastFrame,Strokes\n12,17,2\n25,34,7\n"


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, Path]:
    rallies = tmp_path / "rallies.csv"
    rallies.write_text(RALLIES)
    return write_clip(tmp_path / "match.mp4", 50, options={"g": "10"}), rallies


def test_a_file_a_rally(
    balltrack: Callable[..., Any], given: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "clips"
    done = balltrack("clips", *given, "-o", out, "--before", "0", "--after", "0", "--subtitles")
    assert done.code == 0
    first, second = done.out.splitlines()
    assert first.startswith(f"{out}/match_rally_001.mp4: Rally 1, 2 strokes, frames 12 to 17, 2 ")
    assert "match_rally_002" in second
    assert "2 of 2 rallies, 0.6 s" in done.err
    assert "--exact begins at the very frame" in done.err
    assert {path.suffix for path in out.iterdir()} == {".mp4", ".srt", ".vtt"}
    assert numbers(out / "match_rally_002.mp4")[5] == 25


def test_highlights_exact_and_joined(
    balltrack: Callable[..., Any], given: tuple[Path, Path], tmp_path: Path
) -> None:
    out, joined = tmp_path / "clips", tmp_path / "best.mp4"
    arguments = ["--exact", "--min-strokes", "5", "--before", "80ms", "--after", "0"]
    done = balltrack("clips", *given, "-o", out, "--joined", joined, *arguments, "-q")
    assert (done.code, done.err) == (0, "")
    assert [path.name for path in out.iterdir()] == ["match_rally_002.mp4"]
    assert numbers(joined) == list(range(23, 35))


def test_rallies_keep_the_numbers_of_their_list(
    balltrack: Callable[..., Any], given: tuple[Path, Path], tmp_path: Path
) -> None:
    """As where a person deleted rows of it."""
    out = tmp_path / "clips"
    given[1].write_text("Rally,FirstFrame,LastFrame\n1000,11,17\n4,21,34\n")
    arguments = ("--before", "0", "--after", "0", "--subtitles")
    done = balltrack("clips", *given, "-o", out, *arguments)
    assert done.code == 0
    assert "begin 1 frame too early on average" in done.err
    assert [line.partition(": ")[2].partition(",")[0] for line in done.out.splitlines()] == [
        "Rally 1000",
        "Rally 4",
    ]
    names = sorted(path.name for path in out.glob("*.mp4"))
    assert names == ["match_rally_0004.mp4", "match_rally_1000.mp4"]
    assert "Rally 4\n" in (out / "match.srt").read_text()


def test_labels_that_do_not_know_of_cuts_are_said_to(
    balltrack: Callable[..., Any], given: tuple[Path, Path], tmp_path: Path
) -> None:
    events, out = tmp_path / "e.csv", tmp_path / "out"
    events.write_text("Frame,Time,Event,X,Y,Confidence\n9,0.4,hit,9,50,1\n30,1.2,hit,30,50,1\n")
    track = track_of(np.full((50, 2), 40.0), fps=25)
    for columns, told in (("trackcsv", True), ("all", False)):
        labels = tmp_path / f"{columns}.csv"
        write_track(track, labels, columns=columns)
        done = balltrack("clips", given[0], labels, "-o", out, "--events", events, "-y")
        assert (done.code, f"{labels}: says no camera shots" in done.err) == (0, told)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--min-strokes", "9"], 2, "no rally has 9 strokes, the longest 7"),
        (["--before", "-1"], 2, "'-1' is negative; a time is 0 or more"),
        (["--vertical"], 2, "vertical follows the ball: give --labels too"),
        (["--timeline", "cuts.aaf"], 2, "must end in .edl, .xml, .otio"),
        (["--joined", "missing/all.mp4"], 1, "there is no folder"),
        (["--start", "1:00"], 2, "--start has no effect on labels; give the video without them"),
        (["--joined", "all.avi"], 2, "must end in .mp4, .m4v, .mov"),
        (["--vertical", "--labels", "none.csv"], 1, "none.csv: there is no such file"),
        (["--labels", "none.csv"], 2, "--labels has no effect without --vertical"),
        (["--events", "none.csv"], 2, "--events has no effect with a list of rallies"),
        (["--crf", "9", "--reader", "opencv"], 2, "--crf, --reader has no effect where nothing"),
    ],
)
def test_wrong_requests_leave_nothing(
    balltrack: Callable[..., Any],
    given: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = balltrack("clips", *given, "-o", "clips", *arguments, "-q")
    assert done.code == code
    assert words in done.complaint
    assert not (tmp_path / "clips").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "match.mp4",
        "rallies.csv",
    ]


def test_clips_that_exist_are_kept_without_leave(
    balltrack: Callable[..., Any], given: tuple[Path, Path], tmp_path: Path
) -> None:
    old = tmp_path / "match_rally_002.mp4"
    old.write_text("old")
    done = balltrack("clips", *given, "-o", tmp_path)
    assert (done.code, old.read_text()) == (2, "old")
    assert "-y replaces it" in done.complaint


def test_a_video_without_labels_is_tracked_first(
    balltrack: Callable[..., Any], rally: Path, tmp_path: Path, brightest: str
) -> None:
    """The same files as from labels, which `balltrack track` writes."""
    direct, by_labels, labels = tmp_path / "direct", tmp_path / "by_labels", tmp_path / "r.csv"
    settings = ("--exact", "--before", "0", "--after", "0")
    done = balltrack("clips", rally, "-o", direct, "--detector", brightest, *settings)
    assert done.code == 0
    assert f"{rally}: 1 of 1 rally, " in done.err
    track = ("--weights", brightest, "--columns", "all", "-q")
    assert balltrack("track", rally, "-o", labels, *track).code == 0
    same = balltrack("clips", rally, labels, "-o", by_labels, *settings, "-q")
    assert same.out.replace("by_labels", "direct") == done.out
    assert [path.name for path in direct.iterdir()] == ["rally_rally_001.mp4"]
    upright = ("--vertical", "--detector", brightest, "--end", "2", "-y", "-q")
    (line,) = balltrack("clips", rally, "-o", direct, *upright).out.splitlines()
    assert int(line.partition(" to ")[2].partition(",")[0]) <= 90  # of what was tracked, and 1 s


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--labels", "l.csv"], 2, "--labels go with a list of rallies"),
        (["--detector", "x"], 2, "unknown weights 'x'"),
        (["--events", "none.csv"], 1, "none.csv: there is no such file"),
        (["--joined", "missing/all.mp4"], 1, "there is no folder"),
        (["--subtitles"], 2, "exists; -y replaces it"),
    ],
)
def test_without_labels_what_is_wrong_is_said_before_the_video_is_tracked(
    balltrack: Callable[..., Any],
    rally: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    def track(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("balltrack.pipeline.Tracker.track", track)
    for name in ("rally.srt", "mine.mp4"):
        (tmp_path / name).write_text("mine")
    done = balltrack("clips", rally, "-o", tmp_path, *arguments, "-q")
    assert (done.code, words in done.complaint) == (code, True), done.complaint
    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}


def test_without_labels_clips_that_are_there_are_kept(
    balltrack: Callable[..., Any], rally: Path, tmp_path: Path, brightest: str
) -> None:
    old = tmp_path / "rally_rally_007.mp4"
    old.write_text("old")
    done = balltrack("clips", rally, "-o", tmp_path, "--detector", brightest)
    assert (done.code, old.read_text()) == (2, "old")
    assert "-y replaces it" in done.complaint
