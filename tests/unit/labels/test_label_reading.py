"""Annotations and predictions as other programs write them, and every way they can be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from balltrack.errors import LabelError
from balltrack.labels import read_corrections, read_labels, read_track
from balltrack.structures import Source

ALL = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n"
LINE = (
    '{"frame": %s, "time_s": null, "x": %s, "y": %s, "confidence": %s, "source": "%s", "shot": 0}'
)


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "match.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_upstream_annotation(write):
    labels = read_labels(write("Frame,Visibility,X,Y\n2,1,597.5,369\n3,0,0,0\n9,3,10,20\n"))
    assert labels.frame_index.tolist() == [2, 3, 9]
    assert labels.visibility.tolist() == [1, 0, 3]
    np.testing.assert_array_equal(labels.xy, [[597.5, 369], [np.nan, np.nan], [10, 20]])
    assert labels.status.tolist() == [-1, -1, -1]


def test_columns_are_found_by_name_whatever_their_case_and_order(write):
    labels = read_labels(write("y,STATUS,x,Note,frame,Visibility\n5,2,4,hello,0,2\n1,,2,,1,1\n"))
    np.testing.assert_array_equal(labels.xy, [[4, 5], [2, 1]])
    assert labels.status.tolist() == [2, -1]


def test_tracknet_label_csv_with_image_names_and_empty_positions(write):
    header = "file name,visibility,x-coordinate,y-coordinate,status\n"
    path = write(header + "0000.jpg,1,599,423,0\n0001.jpg,0,,,\n0003.jpg,2,601,406,1\n")
    labels = read_labels(path)
    assert labels.frame_index.tolist() == [0, 1, 3]
    assert labels.visibility.tolist() == [1, 0, 2]
    np.testing.assert_array_equal(labels.xy[[0, 2]], [[599, 423], [601, 406]])
    assert labels.status.tolist() == [0, -1, 1]


@pytest.mark.parametrize("read", [read_labels, read_track])
@pytest.mark.parametrize(
    "header", ["FrameName,Visibility Class,X,Y", "frame_name,VISIBILITY_CLASS,X-Coordinate,y"]
)
@pytest.mark.parametrize("frames", [("0000.jpg", "0003.PNG"), ("0", "3")])
def test_frame_names_and_visibility_classes(read, header, frames, write):
    found = read(write(f"{header}\n{frames[0]},0,0,0\n{frames[1]},2,601,406\n"))
    assert found.frame_index.tolist() == [0, 3]
    np.testing.assert_array_equal(found.xy, [[np.nan, np.nan], [601, 406]])


def test_another_programs_time_column_is_not_read(write):
    track = read_track(write("Frame,Visibility,X,Y,Time\n0,1,3,4,00:00:00\n"))
    assert track.source.tolist() == [Source.DETECTED]
    assert np.isnan(track.time_s).all()


def test_whole_numbers_written_as_floats_and_trailing_commas(write):
    track = read_track(write("Frame,Visibility,X,Y\n0.0,1.0,3,4,\n,,,\n2, 0 ,,\n"))
    assert track.frame_index.tolist() == [0, 2]
    assert track.visible.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: there is no header, expected Frame,Visibility,X,Y"),
        ("Frame;Visibility;X;Y\n0;1;2;3\n", ":1: the header lacks frame"),
        ("Frame,Visibility,X\n", ":1: the header lacks y"),
        ("Frame,Visibility,X,Y\n0,1,1,1\n1,1,abc,4\n", ":3: x must be a number, got 'abc'"),
        ("Frame,Visibility,X,Y\n0,1,1,nan\n", ":2: y must be a number, got 'nan'"),
        ("Frame,Visibility,X,Y\n0,1,,4\n", ":2: x must be a number, got ''"),
        ("Frame,Visibility,X,Y\n\n1.5,0,0,0\n", ":3: frame must be a whole number >= 0"),
        ("Frame,Visibility,X,Y\n-1,0,0,0\n", ":2: frame must be a whole number >= 0, got '-1'"),
        ("Frame,Visibility,X,Y\n1e300,0,0,0\n", ":2: frame is too large"),
        ("Frame,Visibility,X,Y\n0,1,1e308,0\n", ":2: x is too large, got '1e308'"),
        (f"Frame,Visibility,X,Y\n0,1,{'9' * 90},0\n", f":2: x is too large, got '{'9' * 39}…"),
        ("Frame,Visibility,X,Y,Ball\n0,1,1,1,0\n", ":2: balls are counted from 1"),
        ("Frame,Visibility,X,Y\n0,4,0,0\n", ":2: visibility must be a whole number from 0 to 3"),
        ("Frame,Visibility,X,Y\n0,1,5\n", ":2: the row has 3 columns, expected 4"),
        ("Frame,Visibility,X,Y\n0\n", ":2: the row has 1 column, expected 4"),
        ("Frame;Visibility;X;Y\n0;1;5;5\n", ":1: the header lacks frame, visibility, x, y, "),
        (
            "Frame;Visibility;X;Y\n0;1;5;5\n",
            "'Frame;Visibility;X;Y'; separate the columns by commas",
        ),
        ("Frame,Visibility,X,Y\n0,1,5,5,7,5\n", ":2: the row has 6 columns, expected 4"),
        ("Frame,Visibility,X,Y\n3,0,0,0\n2,0,0,0\n3,0,0,0\n", ":4: frame 3 is there twice"),
        (f"Frame,Visibility,X,Y\n{'9' * 200_000},0,0,0\n", "is not comma-separated text"),
    ],
)
@pytest.mark.parametrize("read", [read_labels, read_track])
def test_a_bad_row_says_file_line_what_and_what_was_expected(read, text, message, write):
    with pytest.raises(LabelError) as caught:
        read(write(text))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{write(text)}:")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_labels, read_track])
def test_rows_may_come_in_any_order(read, write):
    found = read(write("Frame,Visibility,X,Y\n7,1,70,7\n2,0,0,0\n4,1,40,4\n"))
    assert found.frame_index.tolist() == [2, 4, 7]
    np.testing.assert_array_equal(found.xy, [[np.nan, np.nan], [40, 4], [70, 7]])


@pytest.mark.parametrize("read", [read_labels, read_track])
@pytest.mark.parametrize("header", ["Frame,Ball,x,y", "frame_num,visible,x,y"])
def test_other_trackers_names_of_the_same_columns(read, header, write):
    found = read(write(f"{header}\n0,1,40,4\n1,0,0,0\n"))
    assert found.frame_index.tolist() == [0, 1]
    np.testing.assert_array_equal(found.xy, [[40, 4], [np.nan, np.nan]])


@pytest.mark.parametrize("read", [read_labels, read_track])
@pytest.mark.parametrize(("x", "warned"), [("0.51", True), ("1.00", True), ("51", False)])
def test_shares_of_the_picture_are_warned_of(read, x, warned, write, caplog):
    read(write(f"Frame,Visibility,X,Y\n0,1,{x},0.25\n1,0,0,0\n"))
    assert ("all positions lie between 0 and 1" in caplog.text) == warned


def test_a_status_there_is_not(write):
    with pytest.raises(LabelError, match=r":2: status must be a whole number from 0 to 2, got '3'"):
        read_labels(write("Frame,Visibility,X,Y,Status\n0,1,2,3,3\n"))


def test_of_a_file_that_says_no_ball_alone_the_rest_is_a_trackers(write):
    rows = "0,1,9,9,,0.9,detected,0\n1,0,0,0,,1,none,0\n2,0,0,0,,0,none,0\n3,1,9,9,,1,detected,0\n"
    said = read_corrections(write(ALL + rows))
    assert (said.frame_index.tolist(), said.visibility.tolist()) == ([1], [0])
    nothing_said = rows.replace("0,,1,none", "0,,0,none")
    assert len(read_corrections(write(ALL + nothing_said))) == 4


def test_a_tracker_that_is_fairly_sure_of_no_ball_is_not_a_person(write):
    rows = "0,0,0,0,,0.9,none,0\n1,0,0,0,,1,none,0\n2,1,9,9,,1,corrected,0\n"
    assert read_corrections(write(ALL + rows)).frame_index.tolist() == [1, 2]


def test_annotations_do_not_come_as_json_lines(write):
    with pytest.raises(LabelError, match=r"holds predictions, expected an annotation \(\.csv\)"):
        read_labels(write("", "match.jsonl"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0,1,2,3,0,0.5,guessed,0", "source must be one of none, detected, linked, inpainted"),
        ("0,1,2,3,0,1.5,detected,0", "confidence must lie between 0 and 1, got '1.5'"),
        ("0,1,2,3,soon,0.5,detected,0", "time must be a number, got 'soon'"),
        ("0,1,2,3,0,0.5,detected,-2", "shot must be a whole number >= 0"),
        ("0,1,2,3,0,0.5,none,0", "visibility 1 does not go with source none"),
        ("0,0,2,3,0,0.5,linked,0", "visibility 0 does not go with source linked"),
        ("0,0,0,0,0,0,none,3\n1,0,0,0,0,0,none,2", "shot must not decrease, got 2 after 3"),
    ],
)
def test_a_bad_value_in_all_columns(row, message, write):
    with pytest.raises(LabelError, match=message):
        read_track(write(ALL + row))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", ":1: must be one JSON object, got 'not json'"),
        ("[" * 100_000, ":1: must be one JSON object"),
        ('{"frame": 0}', ":1: lacks time_s, x, y, confidence, source, shot"),
        (LINE % (0, '"a"', 2, 1, "detected"), ":1: x must be a number, got 'a'"),
        (LINE % (0, "NaN", 2, 1, "detected"), ":1: x must be a number, got nan"),
        (LINE % (0, "true", 2, 1, "detected"), ":1: x must be a number, got True"),
        (LINE % (0, 1, "null", 1, "detected"), ":1: x and y must be numbers"),
        (LINE % (0, 1, 2, 1, "none"), ":1: x and y must be numbers, or null with source none"),
        (LINE % ("1" + "0" * 400, 1, 2, 1, "detected"), ":1: frame must be a number"),
        (LINE % (0, 1, 2, 7, "detected"), ":1: confidence must lie between 0 and 1, got 7"),
    ],
)
def test_a_bad_json_line(line, message, write):
    with pytest.raises(LabelError) as caught:
        read_track(write(line + "\n", "match.jsonl"))
    assert message in str(caught.value)


@pytest.mark.shared
def test_every_annotation_of_the_shared_clips_reads(shared):
    paths = sorted((shared / "data").rglob("*_ball.csv"))
    assert len(paths) > 150
    assert sum(len(read_labels(path)) for path in paths) > 30_000
