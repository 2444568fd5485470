"""Rallies out of files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from balltrack.clips.rallies import read_play
from balltrack.errors import LabelError
from balltrack.events.listing import write_rallies
from balltrack.events.rallies import Rally

TIMES = np.arange(200) / 25
SIZE = (1280, 720)


def test_what_the_command_rallies_writes_is_read(tmp_path: Path) -> None:
    rallies = [Rally(10, 60, 0.4, 2.4, 5, 2, 0), Rally(100, 150, 4.0, 6.0, 1, 1, 1)]
    path = tmp_path / "r.csv"
    write_rallies(rallies, path)
    play = read_play(path, None, TIMES, SIZE)
    assert list(play.rallies) == rallies
    assert play.strokes_known


def test_a_table_of_two_columns_will_do(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("FirstFrame,LastFrame\n25,50\n")
    play = read_play(path, None, TIMES, SIZE)
    assert play.rallies == (Rally(25, 50, 1.0, 2.0, 0, 0, 0),)
    assert not play.strokes_known


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        (("2", "5"), (2, 5)),
        (("3.0", "1"), (3, 1)),
        (("4", "4"), ()),
        (("0", "1"), ()),
        (("", "2"), ()),
        (("1.5", "2"), ()),
        (("A", "B"), ()),
    ],
)
def test_numbers_are_those_of_the_column_if_they_tell_the_rallies_apart(
    tmp_path: Path, column: tuple[str, str], numbers: tuple[int, ...]
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("Rally,FirstFrame,LastFrame\n{},5,9\n{},20,30\n".format(*column))
    assert read_play(path, None, TIMES, SIZE).numbers == numbers


def test_labels_with_events_have_rallies(tmp_path: Path) -> None:
    labels, events = tmp_path / "m.csv", tmp_path / "e.csv"
    rows = "".join(f"{i},1,{i},50\n" for i in range(200))
    labels.write_text("Frame,Visibility,X,Y\n" + rows)
    events.write_text("Frame,Time,Event,X,Y,Confidence\n20,0.8,hit,1,1,1\n45,1.8,hit,1,1,1\n")
    play = read_play(labels, events, TIMES, SIZE)
    (found,) = play.rallies
    assert (found.first_frame, found.last_frame, found.strokes) == (20, 45, 2)
    assert play.track is not None
    assert play.track.time_s[50] == 2.0


def test_of_events_of_several_videos_those_of_the_labels_are_taken(tmp_path: Path) -> None:
    labels, events = tmp_path / "m_ball.csv", tmp_path / "e.json"
    labels.write_text("Frame,Visibility,X,Y\n0,1,5,5\n50,1,5,5\n")
    hits = [{"frame": 0, "label": "hit"}, {"frame": 50, "label": "hit"}]
    entries = [{"video": "a", "events": []}, {"video": "m", "events": hits}]
    events.write_text(json.dumps(entries))
    (found,) = read_play(labels, events, TIMES, SIZE).rallies
    assert (found.first_frame, found.last_frame) == (0, 50)


def test_shares_of_the_picture_become_pixels(tmp_path: Path) -> None:
    labels = tmp_path / "m_ball"
    labels.mkdir()
    for number in range(1, 6):
        (labels / f"m_{number}.txt").write_text("0 0.5 0.25 0.01 0.01\n")
    track = read_play(labels, None, TIMES, SIZE).track
    assert track is not None
    assert track.xy[0].tolist() == [639.5, 179.5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FirstFrame,LastFrame\n9,5\n", "r.csv:2: LastFrame must not lie before FirstFrame"),
        ("FirstFrame,LastFrame\n9,12\n5,7\n", "r.csv:3: FirstFrame 5 comes too late"),
        ("FirstFrame,LastFrame\nx,5\n", "r.csv:2: FirstFrame must be a number, got 'x'"),
        ("FirstFrame,LastFrame\n5,200\n", "speaks of frame 200, but the video ends with frame 199"),
        ("Frame,Visibility,X,Y\n200,1,4,4\n", "speaks of frame 200"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(text)
    with pytest.raises(LabelError, match=words):
        read_play(path, None, TIMES, SIZE)
