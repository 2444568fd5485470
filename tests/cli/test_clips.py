"""``balltrack clips``: options arrive, outputs are guarded, errors are one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cut_files import numbers
from numbered_clips import write_clip

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


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--min-strokes", "9"], 2, "no rally has 9 strokes, the longest 7"),
        (["--before", "-1"], 2, "'-1' is negative"),
        (["--vertical"], 2, "vertical follows the ball: give its labels too"),
        (["--timeline", "cuts.aaf"], 2, "must end in .edl, .xml, .otio"),
        (["--joined", "missing/all.mp4"], 1, "there is no folder"),
        (["--joined", "all.avi"], 2, "must end in .mp4, .m4v, .mov"),
        (["--events", "none.csv", "--labels", "none.csv"], 1, "none.csv: there is no such file"),
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
    assert not list(tmp_path.glob("clips/*"))
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
