"""``balltrack convert``: from one program's labels to another's, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.labels import read_labels, read_track
from balltrack.labels.events import read_events
from balltrack.labels.files import read_sheet, write_sheet
from balltrack.labels.formats import BOXED, FORMATS
from balltrack.labels.sheet import Facet, Setting
from balltrack.video.probe import probe

ROWS = "Frame,Visibility,X,Y,Status\n0,1,40,30,\n1,2,41,31,1\n2,0,0,0,\n3,3,43,33,0\n"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "m.csv"
    path.write_text(ROWS)
    return path


@pytest.mark.parametrize(
    ("name", "output"), [("cvat", "m.xml"), ("coco", "m.json"), ("yolo", "m"), ("mot", "m.txt")]
)
def test_there_and_back(
    balltrack: Callable[..., Any],
    labels: Path,
    rendered: Path,
    tmp_path: Path,
    name: str,
    output: str,
) -> None:
    there, again = tmp_path / output, tmp_path / "again.csv"
    done = balltrack("convert", labels, there, "--to", name, "--video", rendered)
    assert done.code == 0
    warning, summary = done.err.splitlines()
    assert warning.startswith(f"balltrack: warning: {name} does not hold times")
    assert summary == f"{labels} (csv): 4 rows, 3 with a position → {there} ({name})"
    assert balltrack("convert", there, again, "--video", rendered, "-q").code == 0
    truth, found = read_labels(labels), read_labels(again)
    both = np.isin(truth.frame_index, found.frame_index)
    np.testing.assert_array_equal(found.xy[: both.sum()], truth.xy[both])


def test_times_come_from_the_video(
    balltrack: Callable[..., Any], labels: Path, rendered: Path, tmp_path: Path
) -> None:
    output = tmp_path / "all.csv"
    given = ["--columns", "all", "--video", rendered, "-q"]
    assert balltrack("convert", labels, output, *given).code == 0
    np.testing.assert_allclose(read_track(output).time_s, np.arange(4) / 30, atol=1e-3)


def test_events_become_events(balltrack: Callable[..., Any], labels: Path, tmp_path: Path) -> None:
    spot, table = tmp_path / "e.json", tmp_path / "e.csv"
    assert balltrack("convert", labels, spot, "--to", "spot", "-q").code == 0
    assert balltrack("convert", spot, table, "--to", "events", "-q").code == 0
    assert table.read_text().splitlines()[1:] == ["1,,hit,41.00,31.00,1.0000"]


def test_what_a_tracker_found_becomes_events(balltrack: Callable[..., Any], tmp_path: Path) -> None:
    labels, table = tmp_path / "m.csv", tmp_path / "e.csv"
    labels.write_text(
        "Frame,Visibility,X,Y,Mode\n0,1,4,3,flying\n1,1,4,9,bounce\n2,1,5,3,flying\n3,1,9,3,hit\n"
    )
    done = balltrack("convert", labels, table, "--to", "events")
    assert done.code == 0
    assert done.err.splitlines()[-1] == f"{labels} (csv): 2 events → {table} (events)"
    assert [row.split(",")[:3:2] for row in table.read_text().splitlines()[1:]] == [
        ["1", "bounce"],
        ["3", "hit"],
    ]


LISTED = (
    '[{"video": "my match", "num_frames": 500, "fps": 25.0, "events": ['
    '{"frame": 7, "label": "hit", "score": 0.3}, {"frame": 8, "label": "foo", "x": 4, "y": 5}]}]'
)


def test_a_list_of_events_keeps_what_it_says(balltrack: Callable[..., Any], tmp_path: Path) -> None:
    spot, again, table = (tmp_path / name for name in ("e.json", "again.json", "e.csv"))
    spot.write_text(LISTED)
    assert balltrack("convert", spot, again, "--to", "spot", "-q").err == ""
    assert read_events(again) == read_events(spot)
    assert '"num_frames": 500' in again.read_text()
    done = balltrack("convert", spot, table, "--to", "events")
    assert "does not hold the video's name, its number of frames, its rate; left out" in done.err
    rows = ["7,0.280000,hit,,,0.3000", "8,0.320000,foo,4.00,5.00,1.0000"]
    assert table.read_text().splitlines()[1:] == rows
    done = balltrack("convert", table, again, "--to", "spot", "-y")
    assert done.err.startswith("balltrack: warning: spot does not hold times; left out\n")
    listed = read_events(again)
    assert [event.score for event in listed.events] == [pytest.approx(0.3), 1]
    assert (listed.frame_count, listed.fps) == (None, None)


def test_a_list_of_events_takes_from_the_video_what_it_does_not_say(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path
) -> None:
    table, spot = tmp_path / "e.csv", tmp_path / "e.json"
    table.write_text("Frame,Event,X,Y\n3,net,,\n")
    assert balltrack("convert", table, spot, "--to", "spot", "--video", rendered).code == 0
    listed = read_events(spot)
    assert (listed.video, listed.frame_count, listed.fps) == ("clip", 20, 30)
    assert listed.events[0].kind == "net"
    again = tmp_path / "again.csv"
    assert balltrack("convert", spot, again, "--to", "events", "--video", rendered).code == 0
    assert again.read_text().splitlines()[1:] == ["3,0.100000,net,,,1.0000"]


def test_events_that_rows_cannot_say_are_told(
    balltrack: Callable[..., Any], tmp_path: Path
) -> None:
    labels, table = tmp_path / "m.csv", tmp_path / "e.csv"
    labels.write_text("Frame,Visibility,X,Y,Event\n0,1,4,3,hit\n1,1,4,9,Net\n")
    done = balltrack("convert", labels, table, "--to", "events")
    assert f"{labels}: net: neither hit nor bounce; left out" in done.err
    assert table.read_text().splitlines()[1:] == ["0,,hit,4.00,3.00,1.0000"]


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_no_list_of_events_is_made_of_labels_that_say_none(
    balltrack: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    (tmp_path / "four.csv").write_text("Frame,Visibility,X,Y\n0,1,4,3\n")
    assert balltrack("convert", tmp_path / "four.csv", tmp_path / name, "-y", "-q").code == 0
    done = balltrack("convert", tmp_path / name, tmp_path / "e.csv", "--to", "events")
    assert done.code == (1 if name == "m.csv" else 2)
    assert "`balltrack events` finds" in done.complaint
    assert not (tmp_path / "e.csv").exists()


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if not one.events])
def test_formats_of_boxes_are_those_that_the_box_changes(
    labels: Path, rendered: Path, tmp_path: Path, name: str
) -> None:
    sheet, info = read_sheet(labels), probe(rendered)
    timed = replace(sheet, track=replace(sheet.track, time_s=np.arange(len(sheet)) / 30))
    written = []
    for side in (6.0, 12.0):
        place = tmp_path / f"{side:g}"
        write_sheet(timed, place, name, Setting(info, "all", side))
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        written.append([file.read_bytes() for file in files])
    assert (written[0] != written[1]) == (name in BOXED)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["m.csv", "o.json"], 2, "give --to"),
        (["m.csv", "o.json", "--to", "coco"], 2, "coco needs the size of the video; give --video"),
        (["m.csv", "o.csv", "--box", "9"], 2, "--box has no effect on csv, which has no boxes"),
        (["m.csv", "o.jsonl", "--columns", "all"], 2, "--columns has no effect without a CSV"),
        (["m.csv", "o.xml", "--fps", "30"], 2, "--fps has no effect without --video on cvat"),
        (["m.csv", "o.srt", "--fps", "0"], 2, "fps must be between 0.1 and 1000"),
        (["m.csv", "o.srt"], 2, "need times; give --video or --fps"),
        (["m.csv", "m.csv"], 2, "is the input"),
        (["none.csv", "o.xml"], 1, "there is no such file"),
        (["m.csv", "missing/o.xml"], 1, "there is no folder"),
        (["m.csv", "o.xml", "--video", "m.csv"], 1, "cannot be read as a video"),
        (
            ["m.csv", ".", "--to", "yolo", "--video", "clip.mp4"],
            1,
            "holds other files as well; name a",
        ),
        (["m.csv", "long.csv", "--to", "yolo", "--video", "clip.mp4"], 1, "is no folder; name a"),
        (["head.csv", "o", "--to", "yolo", "--video", "clip.mp4"], 2, "no row to write"),
        (["long.csv", "o.xml", "--video", "clip.mp4"], 1, "speaks of frame 99"),
    ],
)
def test_what_cannot_be_done(
    balltrack: Callable[..., Any],
    labels: Path,
    rendered: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").symlink_to(rendered)
    Path("long.csv").write_text("Frame,Visibility,X,Y\n99,1,3,4\n")
    Path("head.csv").write_text("Frame,Visibility,X,Y\n")
    before = {path.name for path in tmp_path.iterdir()}
    done = balltrack("convert", *arguments, "-q")
    assert done.code == code
    assert words in done.complaint
    assert {path.name for path in tmp_path.iterdir()} == before


def test_that_a_person_saw_no_ball_is_kept_or_told(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path
) -> None:
    labels, again = tmp_path / "m.csv", tmp_path / "again.csv"
    labels.write_text(
        "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n3,0,0,0,,1,none,0\n4,0,0,0,,0,none,0\n"
    )
    for name, known in FORMATS.items():
        if known.events or Facet.UNSEEN not in known.holds:
            continue
        there = tmp_path / f"{name}{known.suffixes[0] if known.suffixes else ''}"
        columns = ("--columns", "all") if name == "csv" else ()
        done = balltrack("convert", labels, there, "--to", name, "--video", rendered, *columns)
        assert ("that a person saw no ball" in done.err) == (Facet.NO_BALL not in known.holds)
        given = ("--video", rendered, "--columns", "all", "-y", "-q")
        assert balltrack("convert", there, again, *given).code == 0
        track = read_track(again)
        kept = track.frame_index[track.score == 1].tolist()
        assert kept == ([3] if Facet.NO_BALL in known.holds else []), name


def test_a_folder_of_labels_is_replaced_where_that_is_asked_for(
    balltrack: Callable[..., Any], labels: Path, rendered: Path, tmp_path: Path
) -> None:
    folder, short = tmp_path / "yolo", tmp_path / "short.csv"
    short.write_text("Frame,Visibility,X,Y\n7,1,3,4\n")
    folder.mkdir()  # an empty one is as good as none
    given = ("--to", "yolo", "--video", rendered)
    assert balltrack("convert", labels, folder, *given, "-q").code == 0
    done = balltrack("convert", short, folder, *given, "-q")
    assert (done.code, done.complaint) == (2, f"balltrack: {folder}: exists; -y replaces it")
    assert len(list(folder.iterdir())) == 4
    assert balltrack("convert", short, folder, *given, "-q", "-y").code == 0
    assert [path.name for path in folder.iterdir()] == ["clip_8.txt"]
    assert {path.name for path in tmp_path.iterdir()} == {"m.csv", "short.csv", "yolo"}
    done = balltrack("convert", folder, folder, *given, "-q", "-y")
    assert (done.code, "is the input" in done.complaint) == (2, True)


@pytest.mark.parametrize("other", ["classes.txt", "clip_1.jpg", "notes_2024.txt", "sub_1.txt/x"])
def test_a_folder_with_anything_else_in_it_stays(
    balltrack: Callable[..., Any], labels: Path, rendered: Path, tmp_path: Path, other: str
) -> None:
    folder = tmp_path / "yolo"
    (folder / other).parent.mkdir(parents=True)
    (folder / other).write_text("dear diary\n")
    (folder / "clip_1.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    done = balltrack("convert", labels, folder, "--to", "yolo", "--video", rendered, "-y", "-q")
    assert (done.code, "holds other files as well; name a new" in done.complaint) == (1, True)
    assert (folder / other).read_text() == "dear diary\n"
    assert (folder / "clip_1.txt").is_file()


def test_evaluate_and_render_read_them(
    balltrack: Callable[..., Any], labels: Path, rendered: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "yolo"
    balltrack("convert", labels, folder, "--to", "yolo", "--video", rendered, "-q")
    overlay = tmp_path / "o.mp4"
    assert balltrack("render", rendered, folder, "-o", overlay, "-q").code == 0
    assert overlay.exists()
    (tmp_path / "clip.mp4").symlink_to(rendered)
    truth = tmp_path / "clip_ball.xml"
    balltrack("convert", labels, truth, "--video", rendered, "-q")
    done = balltrack("evaluate", folder, "--truth", truth, "--json")
    assert '"f1": 1.0' in done.out


def test_a_rate_gives_times_without_the_video(
    balltrack: Callable[..., Any], tmp_path: Path
) -> None:
    labels, timed, again = (tmp_path / name for name in ("m.csv", "timed.srt", "again.srt"))
    labels.write_text("Frame,Visibility,X,Y\n0,1,40,90\n3,1,70,90\n")
    assert balltrack("convert", labels, timed, "--fps", "50", "-q").code == 0
    assert "00:00:00,060 --> " in timed.read_text()
    done = balltrack("convert", timed, again, "--fps", "25")
    assert (done.code, "which says its own times" in done.complaint) == (2, True)
    events = tmp_path / "e.csv"
    events.write_text("Frame,Event,X,Y\n3,hit,70,90\n")
    done = balltrack("convert", events, tmp_path / "e.json", "--to", "spot", "--fps", "25")
    assert done.code == 2
    assert not again.exists()
