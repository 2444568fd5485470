"""Labels that cannot be the video's: of a larger picture, shorter, or without a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEADER = "Frame,Visibility,X,Y\n"


@pytest.fixture
def here(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A video of 20 frames, 160x96, and labels of one three times its size."""
    monkeypatch.chdir(tmp_path)
    for name in ("m.mp4", "m_ball.mp4"):
        Path(name).write_bytes(rendered.read_bytes())
    large = HEADER + "".join(f"{i},1,{3 * (40 + i)},{3 * (30 + i)}\n" for i in range(20))
    for name in ("m.csv", "m_ball.csv"):
        Path(name).write_text(large)
    Path("rallies.csv").write_text("FirstFrame,LastFrame\n2,8\n")


@pytest.mark.parametrize(
    "arguments",
    [
        "report m.mp4 m.csv",
        "render m.mp4 m.csv",
        "clips m.mp4 m.csv -o clips",
        "clips m.mp4 rallies.csv --labels m.csv --vertical -o clips",
        "convert m.csv yolo --to yolo --video m.mp4",
        "convert m.csv coco.json --to coco --video m.mp4",
        "review m.mp4 m.csv --no-open",
        "suggest m.mp4",
        "events m.csv --size 160x96",
        "evaluate m.csv --truth m_ball.csv",
        "compare m.mp4 --weights classical --weights tracknet-v3 --truth m.csv",
    ],
)
def test_labels_of_a_larger_picture_are_refused(
    balltrack: Callable[..., Any], here: None, arguments: str
) -> None:
    before = sorted(Path.cwd().iterdir())
    done = balltrack(*arguments.split())
    assert (done.code, done.out) == (1, "")
    assert done.complaint == (
        "balltrack: m.csv: positions reach far outside a picture of 160x96 (x or y is 1.53 times "
        "its size); is its video of another size?"
    )
    assert sorted(Path.cwd().iterdir()) == before


def test_a_prediction_that_goes_on_after_the_video_is_told_of(
    balltrack: Callable[..., Any], here: None
) -> None:
    """Only the video tells: labels may be of a part of it."""
    Path("m_ball.csv").write_text(HEADER + "3,1,43,33\n")
    for last, told in ((19, False), (20, True)):
        Path("m.csv").write_text(f"{HEADER}3,1,43,33\n{last},1,50,50\n")
        done = balltrack("evaluate", "m.csv", "--truth", "m_ball.csv")
        assert (done.code, bool(done.err)) == (0, told)
    assert "m.csv: speaks of frame 20, but the video ends with frame 19" in done.complaint


@pytest.mark.parametrize("command", ["render", "report"])
def test_labels_that_end_before_the_video_are_told_of(
    balltrack: Callable[..., Any], here: None, command: str
) -> None:
    rows = "".join(f"{i},1,40,30\n" for i in range(12)) + "{},0,0,0\n"
    for last, told in ((19, False), (12, True)):
        Path("short.csv").write_text(HEADER + rows.format(last))
        done = balltrack(command, "m.mp4", "short.csv", "-y")
        warning = (
            "balltrack: warning: short.csv: ends with frame 12, but what is shown goes on to frame "
            "19; the rest has no labels\n"
        )
        assert (done.code, warning in done.err) == (0, told)


@pytest.mark.parametrize(
    ("name", "text"), [("empty.csv", HEADER), ("empty.jsonl", ""), ("empty.vtt", "WEBVTT\n\n")]
)
@pytest.mark.parametrize("command", ["convert", "events", "rallies", "report"])
def test_labels_without_a_row_are_told_of(
    balltrack: Callable[..., Any], here: None, name: str, text: str, command: str
) -> None:
    Path(name).write_text(text)
    given = {"convert": [name, "out.csv"], "report": ["m.mp4", name]}
    done = balltrack(command, *given.get(command, [name, "--fps", "25"]))
    assert done.code == 0
    assert f"balltrack: warning: {name}: holds no rows; is it the right file?" in done.err


@pytest.mark.parametrize("name", ["x.srt", "x.vtt"])
def test_a_text_without_a_subtitle_is_refused(
    balltrack: Callable[..., Any], here: None, name: str
) -> None:
    Path(name).write_text("hi\n")
    done = balltrack("convert", name, "out.csv")
    assert (done.code, f"{name}: tells no rows, expected such as" in done.complaint) == (1, True)
