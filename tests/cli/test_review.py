"""``balltrack review`` and ``suggest``: options arrive, and what cannot be done is one line."""

from __future__ import annotations

import signal
import struct
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

pytest.importorskip("starlette", reason="balltrack[review] is not installed")

from balltrack.review import running
from balltrack.review.corrections import Correction
from balltrack.review.server import Review
from balltrack.review.session import Clip
from numbered_clips import write_clip
from review_page import served as served_process

ROWS = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n" + "".join(
    f"{i},1,{40 + i},30,{i / 30},{0.2 if i in (3, 8) else 0.95},detected,0\n" for i in range(20)
)

PADDING = 50_000_000
"""Bytes of an MP4 that nobody looks at; no socket holds as many."""


@pytest.fixture
def folder(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("m.mp4").write_bytes(rendered.read_bytes())
    Path("m.csv").write_text(ROWS)
    return tmp_path


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Clip]:
    """Clips that would be served; instead of a person, frame 3 is corrected in the first."""
    clips: list[Clip] = []

    def serve(given: list[Clip], port: int, *, browse: bool, ready: Callable[[str], None]) -> Any:
        clips.extend(given)
        ready(f"http://127.0.0.1:{port}/token/ {browse}")
        review = Review(given)
        review.clip(0).session.change([Correction(3, 44.0, 31.0, 1)])
        saved = review.save()
        review.close()
        return saved

    monkeypatch.setattr(running, "serve", serve)
    return clips


def test_what_was_changed_is_said(
    balltrack: Callable[..., Any], folder: Path, served: list[Clip]
) -> None:
    done = balltrack("review", "m.mp4", "--no-open", "--port", 8123)
    assert done.out == "http://127.0.0.1:8123/token/ False\n"
    assert done.complaint == "m.mp4: 1 moved → m_corrected.csv"
    assert "3,1,44.00,31.00,0.100000,1.0000,corrected,0" in Path("m_corrected.csv").read_text()
    assert balltrack("review", "m.mp4", "m.csv", "-q").code == 0, "it goes on with its journal"


def test_suggested_frames_are_visited(
    balltrack: Callable[..., Any], folder: Path, served: list[Clip]
) -> None:
    assert balltrack("suggest", "m.mp4", "-o", "next.csv", "--count", 2, "-q").code == 0
    lines = Path("next.csv").read_text().splitlines()
    assert lines[0] == "Video,Frame,Time,Doubt,Why"
    assert sorted(line.split(",")[1] for line in lines[1:]) == ["3", "8"]
    assert {line.split(",")[4] for line in lines[1:]} == {"weak"}
    assert balltrack("review", ".", "--frames", "next.csv", "--blind", "-q").code == 0
    assert [sorted(clip.frames) for clip in served] == [[3, 8]]
    assert served[0].blind


def test_what_was_corrected_is_not_suggested_again(
    balltrack: Callable[..., Any], folder: Path, served: list[Clip]
) -> None:
    assert balltrack("review", "m.mp4", "-q").code == 0  # frame 3
    done = balltrack("suggest", "m.mp4")
    assert [line.split(",")[1] for line in done.out.splitlines()[1:]] == ["8"]
    assert done.complaint == "1 of 1 frame worth labelling → stdout"


def test_where_no_ball_was_found_frames_are_suggested(
    balltrack: Callable[..., Any], folder: Path
) -> None:
    rows = "".join(f"{i},0,0,0\n" for i in range(20))
    Path("m.csv").write_text("Frame,Visibility,X,Y\n" + rows)
    done = balltrack("suggest", "m.mp4", "-q")
    assert sorted(line.split(",")[1] for line in done.out.splitlines()[1:]) == ["15", "5"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["m.mp4", "none.csv"], 1, "none.csv: there is no such file"),
        (["none.mp4"], 1, "none.mp4: no such file"),
        (["m.csv"], 1, "cannot be read as a video"),
        ([".", "m.csv"], 2, "are for one video, not for a DIR"),
        (["m.mp4", "-o", "x.json"], 2, "corrected labels are a .csv"),
        (["m.mp4", "-o", "m.csv"], 2, "is the input"),
        (["m.mp4", "-o", "other.csv"], 2, "other.csv: exists; -y replaces it"),
        (["m.mp4", "-o", "missing/x.csv"], 1, "there is no folder"),
        ([".", "--fps", "30", "-y"], 2, "--fps, --overwrite has no effect on a DIR"),
        (["m.mp4", "--port", "70000"], 2, "70000 is not in the range"),
        (["m.mp4", "--frames", "m.csv"], 1, "the header lacks video"),
        (["m.mp4", "--frames", "names.csv"], 1, "names none of the videos"),
        (["m.mp4", "--frames", "late.csv"], 1, "late.csv: speaks of frame 9999, but m.mp4 ends"),
        (["m.mp4", "--events", "m.csv"], 1, "no column Event, Status or Mode"),
    ],
)
def test_what_cannot_be_done(
    balltrack: Callable[..., Any],
    folder: Path,
    served: list[Clip],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    Path("other.csv").write_text("mine")
    Path("names.csv").write_text("Video,Frame\nx.mp4,3\n")
    Path("late.csv").write_text("Video,Frame\nm.mp4,9999\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = balltrack("review", *arguments, "-q", "--no-open")
    assert done.code == code
    assert words in done.complaint
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_without_the_extra_it_says_how_to_get_it(
    balltrack: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "balltrack.cli.review.find_spec",
        lambda name: None if name == "uvicorn" else find_spec(name),
    )
    done = balltrack("review", "m.mp4")
    assert done.code == 2
    assert "pip install 'balltrack[review]'" in done.complaint


def test_a_taken_port_is_one_line(balltrack: Callable[..., Any], folder: Path) -> None:
    import socket  # noqa: PLC0415

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = balltrack("review", "m.mp4", "--port", port, "--no-open")
    assert done.code == 1
    assert done.complaint.startswith(f"balltrack: port {port}: ")


def test_suggest_says_what_is_wrong(balltrack: Callable[..., Any], folder: Path) -> None:
    assert "no such file" in balltrack("suggest", "none.mp4", "-q").complaint
    assert ".: is a folder; name a video file in it" in balltrack("suggest", ".").complaint
    idle = balltrack("suggest", "m.mp4", "--device", "cpu", "-q")
    assert (idle.code, "--device has no effect where labels lie" in idle.complaint) == (2, True)
    done = balltrack("suggest", "m.mp4", "-o", "m.csv", "-q")
    assert (done.code, "exists; -y replaces it" in done.complaint) == (2, True)


@pytest.mark.usefixtures("answered_signals")
def test_a_request_that_is_open_when_it_ends_is_no_error(folder: Path) -> None:
    """As of a paused video, of which a browser has not read all."""
    with write_clip(folder / "large.mp4", 20).open("ab") as file:
        file.write(struct.pack(">I4s", PADDING, b"free") + bytes(PADDING - 8))
    with (
        served_process(folder / "large.mp4") as (address, process),
        urlopen(f"{address}clip/0/video") as answer,
    ):
        answer.read(400)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")
