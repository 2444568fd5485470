"""What a person said of hits and bounces, wherever a command finds them in labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.cli import render
from balltrack.clips.rallies import read_play
from balltrack.labels import read_told, read_track
from balltrack.structures import Event
from balltrack.video.probe import probe
from numbered_clips import write_clip

COUNT = 60
TOLD = {10: 1, 30: 2, 40: 1}
"""Frame → status; nothing else happens to a ball that flies straight on."""


@pytest.fixture
def match(tmp_path: Path) -> tuple[Path, Path]:
    labels = tmp_path / "match.csv"
    rows = (f"{i},1,{20 + i},{40 + i / 2},{TOLD.get(i, '')}" for i in range(COUNT))
    labels.write_text("Frame,Visibility,X,Y,Status\n" + "\n".join(rows) + "\n")
    return write_clip(tmp_path / "match.mp4", COUNT), labels


def shown(events: tuple[Event, ...]) -> list[tuple[int, str]]:
    return [(event.frame_index, event.kind) for event in events if event.score == 1]


def test_in_clips_and_reports(match: tuple[Path, Path]) -> None:
    play = read_play(match[1], None, np.arange(COUNT) / 25, (160, 96))
    assert shown(play.events) == [(10, "hit"), (30, "bounce"), (40, "hit")]
    assert [(rally.first_frame, rally.last_frame) for rally in play.rallies] == [(10, 40)]


def test_in_overlays(
    balltrack: Callable[..., Any],
    match: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[tuple[Event, ...]] = []

    def record(*_: object, events: tuple[Event, ...], **__: Any) -> range:
        drawn.append(events)
        return range(COUNT)

    monkeypatch.setattr("balltrack.pipeline.rendering.render_overlay", record)
    assert balltrack("render", *match, "-o", tmp_path / "o.mp4", "--events", "-q").code == 0
    assert shown(drawn[0]) == [(10, "hit"), (30, "bounce"), (40, "hit")]
    found = render._events(render.FOUND, read_track(match[1]), match[0], probe(match[0]))
    assert shown(found) == []  # of a video nobody said anything


def test_rows_one_after_another_that_say_the_same_are_one_event(tmp_path: Path) -> None:
    status = ["", "1", "1", "0", "", "1", "2", "2"]
    rows = "".join(f"{frame},1,5,5,{one}\n" for frame, one in enumerate(status))
    (tmp_path / "l.csv").write_text(f"Frame,Visibility,X,Y,Status\n{rows}")
    told = read_told(tmp_path / "l.csv")
    assert told == {1: "hit", 2: "", 3: "", 5: "hit", 6: "bounce", 7: ""}


def test_rows_that_say_the_same_with_frames_between_them_are_two_events(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("Frame,Visibility,X,Y,Status\n3,1,5,5,1\n9,1,6,5,1\n")
    assert read_told(tmp_path / "l.csv") == {3: "hit", 9: "hit"}


@pytest.mark.parametrize(("unseen", "told"), [("", {}), ("0", {}), ("1", {0: "", 1: "", 2: "hit"})])
def test_a_status_that_is_0_throughout_says_nothing(
    tmp_path: Path, unseen: str, told: dict[int, str]
) -> None:
    rows = f"0,1,5,5,0\n1,1,6,5,0\n2,0,0,0,{unseen}\n"
    (tmp_path / "l.csv").write_text(f"Frame,Visibility,X,Y,Status\n{rows}")
    assert read_told(tmp_path / "l.csv") == told
