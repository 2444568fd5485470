"""Letters that a console does not know, and labels of more frames than there are."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from balltrack.pipeline import rendering
from numbered_clips import write_clip


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_a_console_gets_a_mark_for_what_it_does_not_know(tmp_path: Path, encoding: str) -> None:
    video = write_clip(tmp_path / "Ω→.mp4", 2)
    done = subprocess.run(
        [sys.executable, "-m", "balltrack", "info", video.name],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[0].split() == [b"file:", b"??.mp4"]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_one_label_too_many_is_said_before_anything_is_drawn(
    balltrack: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    video, labels = write_clip(tmp_path / f"clip.{suffix}", 20), tmp_path / "clip.csv"
    rows = "".join(f"{number},1,40,70\n" for number in range(21))
    labels.write_text(f"Frame,Visibility,X,Y\n{rows}")
    monkeypatch.setattr(rendering, "open_video", None)
    done = balltrack("render", video, labels, "-o", tmp_path / "o.mp4")
    assert (done.code, "ends with frame 19, but there are labels for 1 more" in done.err) == (
        1,
        True,
    )


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_the_last_label_is_drawn(
    balltrack: Callable[..., Any], tmp_path: Path, suffix: str
) -> None:
    video, labels = write_clip(tmp_path / f"clip.{suffix}", 20), tmp_path / "clip.csv"
    labels.write_text("Frame,Visibility,X,Y\n19,1,40,70\n")
    assert balltrack("render", video, labels, "-o", tmp_path / "o.mp4").code == 0


ODD = os.fsdecode(b"b\xe4d")
"""A name from a disk whose letters are Latin-1: no text in UTF-8."""


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 alone")
@pytest.mark.parametrize(
    "command",
    [
        "report {video} {labels} -o {out}.html",
        "convert {labels} {out}.xml --to cvat --video {video}",
        "convert {labels} {out}.kva --video {video}",
        "suggest {video} --count 3 -o {out}.csv",
    ],
)
def test_names_that_are_no_text_go_into_files_in_escapes(
    balltrack: Callable[..., Any], tmp_path: Path, command: str
) -> None:
    video = write_clip(tmp_path / f"{ODD}.mp4", 20)
    labels = video.with_suffix(".csv")
    rows = "".join(f"{n},{int(n % 5 > 0)},{40 + n},70\n" for n in range(20))
    labels.write_text(f"Frame,Visibility,X,Y\n{rows}")
    words = command.format(video=video, labels=labels, out=tmp_path / "out").split()
    done = balltrack(*words, "-q")
    assert (done.code, done.err) == (0, "")
    (made,) = tmp_path.glob("out.*")
    assert made.read_bytes().decode("utf-8")  # as whoever opens it does


def test_a_name_with_quotes_is_one_cell_of_a_table(
    balltrack: Callable[..., Any], tmp_path: Path
) -> None:
    video = write_clip(tmp_path / 'the "final".mp4', 20)
    rows = "".join(f"{n},{int(n % 5 > 0)},{40 + n},70\n" for n in range(20))
    video.with_suffix(".csv").write_text(f"Frame,Visibility,X,Y\n{rows}")
    assert balltrack("suggest", video, "--count", 3, "-o", tmp_path / "next.csv", "-q").code == 0
    with (tmp_path / "next.csv").open() as file:
        named = {row["Video"] for row in csv.DictReader(file)}
    assert named == {str(video)}
