"""Label files, byte for byte, and what happens when they cannot be written."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.errors import LabelError, OptionError, OutputError, UnknownNameError
from balltrack.labels import formats, read_labels, read_track, write_track
from balltrack.labels.rows import Place
from balltrack.labels.sheet import Facet, Row, sheet_from_rows
from balltrack.structures import Source, Track


@pytest.fixture
def track() -> Track:
    return Track(
        frame_index=np.array([0, 1, 2, 7]),
        time_s=np.array([0, 1 / 30, np.nan, 7 / 30]),
        xy=np.array([[640.5, 101.49], [np.nan, np.nan], [-0.5, 2.126], [0.2, -0.6]]),
        score=np.array([0.93, 0, 0, 1 / 3], dtype=np.float32),
        source=np.array(
            [Source.DETECTED, Source.NONE, Source.INPAINTED, Source.LINKED], dtype=np.int8
        ),
        shot=np.array([0, 0, 0, 2]),
        blur=np.array([[14.26, 179.97], [np.nan] * 2, [np.nan] * 2, [6.0, np.nan]]),
        play=np.array([True, True, True, False]),
    )


def test_upstream_columns_to_the_byte(track, tmp_path):
    write_track(track, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (
        b"Frame,Visibility,X,Y\n0,1,641,101\n1,0,0,0\n2,1,0,2\n7,1,0,-1\n"
    )


def test_all_columns_to_the_byte(track, tmp_path):
    write_track(track, tmp_path / "out.csv", columns="all")
    assert (tmp_path / "out.csv").read_text() == (
        "Frame,Visibility,X,Y,Time,Confidence,Source,Shot,Speed,Direction,Mode,Gap,Doubt,"
        "BlurLength,BlurAngle,Play\n"
        "0,1,640.50,101.49,0.000000,0.9300,detected,0,,,,,,14.3,0.0,1\n"
        "1,0,0.00,0.00,0.033333,0.0000,none,0,,,,,,,,1\n"
        "2,1,-0.50,2.13,,0.0000,inpainted,0,,,,,,,,1\n"
        "7,1,0.20,-0.60,0.233333,0.3333,linked,2,,,,,,6.0,,0\n"
    )


@pytest.fixture
def several(track) -> Track:
    other = replace(track, xy=track.xy[::-1].copy(), source=track.source[::-1].copy())
    return replace(track, others=(other,))


def test_several_balls_have_a_row_each_to_the_byte(several, tmp_path):
    write_track(several, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == (
        "Frame,Visibility,X,Y,Ball\n"
        "0,1,641,101,1\n0,1,0,-1,2\n"
        "1,0,0,0,1\n1,1,0,2,2\n"
        "2,1,0,2,1\n2,0,0,0,2\n"
        "7,1,0,-1,1\n7,1,641,101,2\n"
    )


@pytest.mark.parametrize(("name", "columns"), [("out.csv", "all"), ("out.jsonl", "trackcsv")])
def test_several_balls_are_read_back_and_one_is_taken_where_one_is_wanted(
    several, tmp_path, caplog, name, columns
):
    write_track(several, tmp_path / name, columns=columns)
    back = read_track(tmp_path / name, balls=True)
    assert not caplog.records
    assert len(back.others) == 1
    np.testing.assert_allclose(back.others[0].xy, several.others[0].xy, atol=0.005)
    np.testing.assert_array_equal(back.others[0].source, several.others[0].source)
    alone = read_track(tmp_path / name)
    assert not alone.others
    np.testing.assert_array_equal(alone.xy, back.xy)
    assert "holds 2 balls a frame; Ball 1" in caplog.text


def test_an_annotation_of_several_balls_is_that_of_the_first(several, tmp_path):
    write_track(several, tmp_path / "out.csv")
    labels = read_labels(tmp_path / "out.csv")
    np.testing.assert_array_equal(labels.xy[:, 0], [641, np.nan, 0, 0])


def test_other_balls_are_on_the_same_frames(several, tmp_path):
    place = tmp_path / "out.csv"
    write_track(several, place)
    place.write_text(place.read_text().replace("2,0,0,0,2\n", ""))
    with pytest.raises(LabelError, match="ball 2 must have a row on the same frames as ball 1"):
        read_track(place)


def test_json_lines_hold_everything_at_full_precision(track, tmp_path):
    write_track(track, tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows[1] == {
        "frame": 1,
        "time_s": 1 / 30,
        "x": None,
        "y": None,
        "confidence": 0,
        "source": "none",
        "shot": 0,
        "speed": None,
        "direction": None,
        "mode": None,
        "gap": None,
        "doubt": None,
        "blur_length": None,
        "blur_angle": None,
        "play": True,
    }
    assert rows[2]["time_s"] is None
    assert rows[3]["play"] is False
    assert (rows[0]["blur_length"], rows[0]["blur_angle"]) == (14.26, 179.97)
    assert (rows[3]["blur_length"], rows[3]["blur_angle"]) == (6.0, None)
    assert rows[3]["confidence"] == float(np.float32(1 / 3))


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.srt"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": np.array([1, 0, 0, 1.5], np.float32)}, "score must lie .*; got 1.5 on frame 7"),
        ({"score": np.array([np.nan, 0, 0, 1], np.float32)}, "score must lie .* got nan on frame"),
        ({"source": np.array([1, 0, 9, 1], np.int8)}, "source must be from 0 to 4; got 9 on frame"),
        ({"shot": np.array([-2, 0, 0, 0])}, "shot must be at least -1; got -2 on frame 0"),
        ({"time_s": np.array([0, 1, 2, np.inf])}, "time_s must be a number"),
        ({"xy": np.array([[1e30, 1], [np.nan] * 2, [1, 1], [1, 1]])}, "xy must be a place"),
        ({"xy": np.array([[1, 1], [np.nan, 1], [1, 1], [1, 1]])}, "xy must be NaN where"),
        ({"blur": np.full((4, 2), np.inf)}, "blur must be a number"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(track, tmp_path, name, change, message):
    (tmp_path / name).write_text("old")
    wrong = replace(track, **change)
    for one in (wrong, replace(track, others=(wrong,))):
        with pytest.raises(OptionError, match=f"^Track: {message}"):
            write_track(one, tmp_path / name, columns="all")
    assert (tmp_path / name).read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("frames", "lost"), [([0, 1], []), ([0, 2], [Facet.GAPS]), ([5, 6], [Facet.GAPS])]
)
def test_frames_without_a_row_are_told_where_a_format_has_none(frames, lost):
    """Those before the first row too: the first line of DLTdv is frame 0."""
    rows = [(Place(Path("m"), frame), Row(frame, 4.0, 5.0)) for frame in frames]
    assert formats.left_out(sheet_from_rows(rows), "dltdv", "all") == lost


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_rows_before_cuts_were_looked_for(track, tmp_path, name):
    uncut = replace(track, shot=np.full(4, -1))
    write_track(uncut, tmp_path / name, columns="all")
    assert read_track(tmp_path / name).shot.tolist() == [-1] * 4


def test_a_file_is_replaced_and_nothing_else_is_left(track, tmp_path):
    (tmp_path / "out.csv").write_text("old")
    write_track(track, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("Frame,")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_write_that_fails_half_way_leaves_the_old_file(failure, track, tmp_path, monkeypatch):
    def half(file, *_):
        file.write("Frame,")
        file.flush()
        raise failure

    failing = replace(formats.FORMATS["csv"], rows=half)
    monkeypatch.setitem(formats.FORMATS, "csv", failing)
    (tmp_path / "out.csv").write_text("old")
    expected = OutputError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        write_track(track, tmp_path / "out.csv")
    if expected is OutputError:
        assert str(caught.value) == (
            f"{tmp_path / 'out.csv'}: cannot be written (No space left); nothing was kept"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "old"


def test_a_place_that_cannot_hold_a_file(track, tmp_path):
    with pytest.raises(OutputError, match=r"there is no folder .*missing; create it"):
        write_track(track, tmp_path / "missing" / "out.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError, match="is a folder; name a file in it"):
        write_track(track, tmp_path / "folder.csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="there is no folder"):
        write_track(track, tmp_path / "file" / "out.csv")
    with pytest.raises(OutputError, match="cannot be written"):
        write_track(track, tmp_path / f"{'n' * 300}.csv")


def test_unknown_names_list_the_known(track, tmp_path):
    with pytest.raises(
        UnknownNameError, match="unknown label format 'xml'; known: coco, csv, cvat"
    ):
        write_track(track, tmp_path / "out.csv", format="xml")
    for name in ("yolo", "events", "spot"):
        with pytest.raises(UnknownNameError, match=f"format of rows in a file '{name}'; known"):
            write_track(track, tmp_path / "out.json", format=name)
    with pytest.raises(UnknownNameError, match=r"'out.txt'; known: \.csv, \.jsonl"):
        write_track(track, tmp_path / "out.txt")
    with pytest.raises(OptionError, match="columns must be one of trackcsv, all"):
        write_track(track, tmp_path / "out.csv", columns="some")
    assert not list(tmp_path.iterdir())
