"""Lists of events in files: what is written is read again, others' files are understood."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from balltrack.errors import LabelError, OptionError
from balltrack.labels.event_rows import read_list
from balltrack.labels.events import EventList, found_events, kind_of, read_events, write_events
from balltrack.structures import Event

EVENTS = EventList(
    "match", (Event(3, "hit", 10.25, 20.5, 0.875), Event(9, "bounce", math.nan, math.nan, 0.5)),
    frame_count=40, fps=25.0,
)  # fmt: skip


def test_the_table(tmp_path: Path) -> None:
    file = tmp_path / "match.csv"
    write_events(EVENTS, [0.12, math.nan], file)
    assert file.read_text() == (
        "Frame,Time,Event,X,Y,Confidence\n3,0.120000,hit,10.25,20.50,0.8750\n9,,bounce,,,0.5000\n"
    )
    found = read_events(file)
    assert found.events[0] == EVENTS.events[0]
    assert (found.events[1].frame_index, found.events[1].score) == (9, 0.5)
    assert math.isnan(found.events[1].x)


def test_the_json_of_e2e_spot(tmp_path: Path) -> None:
    file = tmp_path / "match.json"
    write_events(EVENTS, [0.12, 0.36], file)
    (entry,) = json.loads(file.read_text())
    assert entry["video"] == "match"
    assert (entry["num_frames"], entry["fps"], entry["num_events"]) == (40, 25.0, 2)
    assert entry["events"][1] == {"frame": 9, "label": "bounce", "score": 0.5}
    found = read_events(file)
    assert (found.frame_count, found.fps, found.events[0]) == (40, 25.0, EVENTS.events[0])


def test_one_of_several_videos(tmp_path: Path) -> None:
    """An entry as F3Set and E2E-Spot have it: more keys, events out of order, no score."""
    file = tmp_path / "val.json"
    events = [
        {"frame": 30, "label": "bounce", "comment": ""},
        {"frame": 8, "label": "near_court_serve"},
    ]
    entries = [
        {"video": "a", "num_frames": 90, "fps": 25, "width": 1280, "events": events},
        {"video": "b", "num_frames": 9, "fps": 25, "events": []},
    ]
    file.write_text(json.dumps(entries))
    found = read_events(file, "a")
    assert [(e.frame_index, e.kind) for e in found.events] == [
        (8, "near_court_serve"),
        (30, "bounce"),
    ]
    assert read_events(file, "b").events == ()
    with pytest.raises(LabelError, match=r"val.json: holds a, b, not 'c'"):
        read_events(file, "c")


def test_a_file_of_one_video_is_meant_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "match.json"
    write_events(EVENTS, [0.12, 0.36], file)
    assert read_events(file, "match_labels").events == EVENTS.events
    with pytest.raises(LabelError, match="holds match, not 'other'"):
        read_events(file, "other", named=True)


def test_the_tennis_set_as_it_is_published(tmp_path: Path) -> None:
    """Names of pictures for frames, in any order."""
    file = tmp_path / "Label.csv"
    file.write_text(
        "file name,visibility,x-coordinate,y-coordinate,status\n"
        "0002.jpg,1,9,9,0\n0001.jpg,1,8,8,1\n0000.jpg,0,,,\n0003.jpg,1,7,30,2\n"
    )
    found = read_events(file)
    assert [(event.frame_index, event.kind) for event in found.events] == [
        (1, "hit"),
        (3, "bounce"),
    ]
    assert found.frame_count == 4


def test_of_several_balls_the_one_in_play(tmp_path: Path) -> None:
    file = tmp_path / "match.csv"
    file.write_text(
        "Frame,Visibility,X,Y,Event,Ball\n0,1,5,5,,1\n0,1,9,9,hit,2\n1,1,6,5,hit,1\n1,0,,,,2\n"
    )
    (event,) = read_events(file).events
    assert (event.frame_index, event.x) == (1, 6)
    file.write_text("Frame,Visibility,X,Y,Event\n0,1,5,5,\n0,1,9,9,hit\n")
    with pytest.raises(LabelError, match="frame 0 is there twice"):
        read_events(file)


def test_status_of_tennis_labels(tmp_path: Path) -> None:
    """Two rows one after another that say the same are one event."""
    file = tmp_path / "x_ball.csv"
    rows = ["0,1,5,5,0", "1,1,6,6,1", "2,1,7,7,1", "3,1,8,8,2", "4,0,0,0,", "5,0,0,0,1.0"]
    file.write_text("\n".join(["Frame,Visibility,X,Y,Status", *rows]))
    found = read_events(file)
    assert [(e.frame_index, e.kind) for e in found.events] == [
        (1, "hit"),
        (3, "bounce"),
        (5, "hit"),
    ]
    assert (found.events[0].x, found.frame_count) == (6.0, 6)
    assert math.isnan(found.events[2].x)


def test_events_of_a_tracker_are_those_of_labels_in_which_nobody_says_any(tmp_path: Path) -> None:
    file = tmp_path / "match.csv"
    file.write_text("Frame,Visibility,X,Y,Mode\n0,1,5,5,flying\n1,1,6,5,bounce\n")
    assert found_events(file) == {1: "bounce"}
    file.write_text("Frame,Visibility,X,Y,Mode,Status\n0,1,5,5,flying,1\n1,1,6,5,bounce,\n")
    assert found_events(file) == {}


def test_frames_without_a_row_count_among_those_of_the_video(tmp_path: Path) -> None:
    file = tmp_path / "match.csv"
    file.write_text("Frame,Visibility,X,Y,Event\n2,1,5,5,hit\n8,1,9,9,\n")
    assert read_events(file).frame_count == 9


def test_a_time_that_is_not_known(tmp_path: Path) -> None:
    """As R writes it."""
    file = tmp_path / "match.csv"
    file.write_text("Frame,Time,Event,X,Y,Confidence\n3,NA,hit,1,2,1\n9,0.36,hit,1,2,1\n")
    _, times = read_list(file)
    assert times == pytest.approx([math.nan, 0.36], nan_ok=True)


@pytest.mark.parametrize(("column", "bounce"), [("Mode", "bounce"), ("Status", "2")])
def test_the_confidence_of_a_position_is_not_that_of_an_event(
    tmp_path: Path, column: str, bounce: str
) -> None:
    file = tmp_path / "match.csv"
    file.write_text(
        f"Frame,Visibility,X,Y,Time,Confidence,Source,Shot,{column}\n"
        f"0,1,5,5,0,0.3,detected,0,{bounce}\n1,0,0,0,0.04,0,none,0,\n2,0,0,0,0.08,0,none,0,{bounce}\n"
    )
    assert [(e.frame_index, e.score) for e in read_events(file).events] == [(0, 1), (2, 1)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Paddle Hit", "hit"),
        ("Serve", "hit"),
        ("hit-backhand", "hit"),
        ("shot-start-Smash", "hit"),
        (" Bounce ", "bounce"),
        ("Net", "net"),
    ],
)
def test_the_names_people_use(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "Frame,Visibility,X,Y\n0,1,5,5\n", "a.csv:2: no column Event, Status or Mode"),
        ("a.csv", "Frame,Visibility,X,Y,Status\n0,1,5,5,7\n", "a.csv:2: status must be"),
        ("a.csv", "Frame,Time,Event,X,Y,Confidence\n0,0,hit,a,5,1\n", "a.csv:2: x must be a num"),
        ("a.csv", "Frame,Time,Event,X,Y,Confidence\n0,0,hit,1,5,7\n", "a.csv:2: confidence must"),
        ("a.json", "{", "a.json: is not E2E-Spot's JSON"),
        ("a.json", '[{"video": "a", "events": [{"label": "hit"}]}]', "'frame' is missing"),
        ("a.json", "[]", "a.json: holds"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LabelError, match=message) as error:
        read_events(tmp_path / name)
    assert "\n" not in str(error.value)


def test_other_suffixes_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"ends in .csv or .json"):
        write_events(EVENTS, [0, 0], tmp_path / "events.txt")
    with pytest.raises(LabelError, match="is a folder"):
        read_events(tmp_path)
