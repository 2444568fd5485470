"""Where a pixel is, and which frame is the first, in each format."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from balltrack.errors import LabelError
from balltrack.labels import read_labels, read_sheet, read_track
from balltrack.labels.files import write_sheet
from balltrack.labels.formats import recognise
from balltrack.labels.sheet import Setting, Sheet, sheet_of
from balltrack.structures import Source, Track, VideoInfo

GOLDEN = Path(__file__).parent / "golden"
VIDEO = VideoInfo("rally.mp4", 1280, 720, Fraction(25), 40, 1.6, "h264", "yuv420p", 0, False, False)


@pytest.fixture
def middle() -> Sheet:
    """A ball in the very middle of the picture, between its pixels, on frame 7."""
    return sheet_of(
        Track(
            frame_index=np.array([7]),
            time_s=np.array([0.28]),
            xy=np.array([[639.5, 359.5]]),
            score=np.ones(1, dtype=np.float32),
            source=np.array([Source.DETECTED], dtype=np.int8),
            shot=np.zeros(1, dtype=np.int64),
        )
    )


def written(sheet: Sheet, name: str, path: Path) -> Path:
    write_sheet(sheet, path, name, Setting(VIDEO, "all", 16.0))
    return path


def test_cvat_has_the_corner_at_0_and_frames_from_0(middle: Sheet, tmp_path: Path) -> None:
    root = ElementTree.parse(written(middle, "cvat", tmp_path / "x.xml")).getroot()
    point = root.find("track/points")
    assert point is not None
    assert (point.get("frame"), point.get("points")) == ("7", "640.00,360.00")


def test_coco_has_boxes_from_the_corner_and_keypoints_at_centres(
    middle: Sheet, tmp_path: Path
) -> None:
    document = json.loads(written(middle, "coco", tmp_path / "x.json").read_text())
    one = document["annotations"][0]
    assert one["bbox"] == [640 - 8, 360 - 8, 16, 16]
    assert one["keypoints"][:2] == [639.5, 359.5]
    assert document["images"][0]["file_name"] == "rally_000007.jpg"


def test_label_studio_has_shares_of_the_whole_and_frames_from_1(
    middle: Sheet, tmp_path: Path
) -> None:
    task = json.loads(written(middle, "label-studio", tmp_path / "x.json").read_text())[0]
    key = task["annotations"][0]["result"][0]["value"]["sequence"][0]
    assert key["frame"] == 8
    assert key["x"] + key["width"] / 2 == pytest.approx(50)
    assert key["y"] + key["height"] / 2 == pytest.approx(50)


def test_mot_counts_pixels_and_frames_from_1(middle: Sheet, tmp_path: Path) -> None:
    text = written(middle, "mot", tmp_path / "x.txt").read_text()
    assert text == "8,1,633.00,353.00,16.00,16.00,1.0000,-1,-1,-1\n"


def test_yolo_has_shares_of_the_whole_and_frames_from_1(middle: Sheet, tmp_path: Path) -> None:
    folder = written(middle, "yolo", tmp_path / "x")
    assert (folder / "rally_8.txt").read_text() == "0 0.50000000 0.50000000 0.01250000 0.02222222\n"
    (folder / "rally_8.txt").rename(folder / "frame_000007.txt")  # as CVAT calls it
    assert read_track(folder, (1280, 720)).frame_index.tolist() == [7]


def test_kinovea_is_as_ours(middle: Sheet, tmp_path: Path) -> None:
    text = written(middle, "kinovea", tmp_path / "x.kva").read_text()
    assert "<TrackPoint>639.5000;359.5000;7</TrackPoint>" in text
    assert "<ImageSize>1280;720</ImageSize>" in text


def test_sleap_and_deeplabcut_are_as_ours_and_dltdv_begins_at_1(
    middle: Sheet, tmp_path: Path
) -> None:
    sleap = written(middle, "sleap", tmp_path / "s.csv").read_text()
    assert sleap.splitlines()[1] == ",7,1.0,639.5,359.5,1.0"
    deeplabcut = written(middle, "deeplabcut", tmp_path / "d.csv").read_text()
    assert deeplabcut.splitlines()[3] == "7,639.5,359.5,1.0"
    lines = written(middle, "dltdv", tmp_path / "x.csv").read_text().splitlines()
    assert lines[8] == "640.5000,360.5000"  # the eighth frame, below the header


def test_labels_of_people_in_deeplabcut(tmp_path: Path) -> None:
    """Images in three columns of the index, no likelihood, another body part beside."""
    (tmp_path / "x.csv").write_text(
        "scorer,,,me,me,me,me\nbodyparts,,,ball,ball,racket,racket\ncoords,,,x,y,x,y\n"
        "labeled-data,clip,img0012.png,3.5,4,9,9\nlabeled-data,clip,img0020.png,,,9,9\n"
    )
    labels = read_labels(tmp_path / "x.csv")
    assert labels.frame_index.tolist() == [12, 20]
    assert labels.visibility.tolist() == [1, 0]
    assert labels.xy[0].tolist() == [3.5, 4]


def test_boxes_and_several_tracks_of_cvat(tmp_path: Path) -> None:
    """As a person draws them: the track of a player beside, and the ball in two pieces."""
    (tmp_path / "x.xml").write_text(
        '<annotations><track id="0" label="player"><box frame="0" outside="0" xtl="1" ytl="1" '
        'xbr="9" ybr="9"/></track><track id="1" label="ball"><box frame="0" outside="0" '
        'occluded="1" xtl="10" ytl="20" xbr="13" ybr="23"/><box frame="1" outside="1" xtl="0" '
        'ytl="0" xbr="1" ybr="1"/></track><track id="2" label="ball"><box frame="2" outside="0" '
        'xtl="0" ytl="0" xbr="1" ybr="1"/></track></annotations>'
    )
    labels = read_labels(tmp_path / "x.xml")
    assert labels.visibility.tolist() == [3, 0, 1]
    np.testing.assert_array_equal(labels.xy, [[11, 21], [np.nan, np.nan], [0, 0]])


def test_images_of_cvat(tmp_path: Path) -> None:
    """A picture with the ball and a player, one with the player alone."""
    player = '<box label="player" occluded="0" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    (tmp_path / "x.xml").write_text(
        f'<annotations><image id="4" name="a.png">{player}<points label="ball" occluded="1" '
        f'points="10.5,20.5"/><tag label="rally"/></image><image id="6" name="b.png">{player}'
        "</image></annotations>"
    )
    labels = read_labels(tmp_path / "x.xml")
    assert labels.frame_index.tolist() == [4, 6]
    assert labels.visibility.tolist() == [3, 0]
    assert labels.xy[0].tolist() == [10, 20]


def test_label_studio_goes_straight_between_key_frames(tmp_path: Path) -> None:
    document = json.loads((GOLDEN / "label-studio.json").read_text())
    value = document[0]["annotations"][0]["result"][0]["value"]
    value["sequence"] = [value["sequence"][0], value["sequence"][2] | {"frame": 5}]
    (tmp_path / "x.json").write_text(json.dumps(document))
    track = read_track(tmp_path / "x.json")
    assert track.frame_index.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(track.xy[2], [(10.25 + 640) / 2, (20 + 360) / 2])


def test_ground_truth_of_mot_and_coco_of_others(tmp_path: Path) -> None:
    (tmp_path / "gt.txt").write_text("1,3,10,20,11,21,0,1,0.86\n")
    assert read_track(tmp_path / "gt.txt").xy.tolist() == [[14, 29]]
    (tmp_path / "c.json").write_text(
        '{"images": [{"id": 9, "file_name": "a/frame_0004.png"}, {"id": 3, "file_name": '
        '"a/frame_0002.png"}], "annotations": [{"image_id": 9, "category_id": 37, '
        '"bbox": [10, 20, 11, 21]}], "categories": [{"id": 1, "name": "person"}, '
        '{"id": 37, "name": "sports ball"}]}'
    )
    labels = read_labels(tmp_path / "c.json")
    assert labels.frame_index.tolist() == [2, 4]
    assert labels.xy[1].tolist() == [15, 30]


def test_racketvisions_confidence_is_read(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("Frame,X,Y,Visibility,Confidence\n3,0,0,0,0.2\n4,10,20,1,0.75\n")
    track = read_track(path)
    assert track.score.tolist() == [0, 0.75]
    assert recognise(path) == "racketvision"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.json", '{"hello": 1}', "begins like none of"),
        ("x.json", '{"images": [{"id": 1}], "annotations": []}', "'categories' is missing"),
        ("x.xml", "<annotations><track label='a'/><track label='b'/></annotations>", "holds a, b"),
        ("x.xml", "<annotations><image id='0'/></annotations>", "x.xml: holds nothing"),
        ("x.xml", "<annotations>", "x.xml:1: is not XML"),
        ("x.txt", "1,2,3\n", "x.txt:1: has 3 columns"),
        ("x.txt", "0,1,2,3,4,5\n", "frame must be at least 1"),
        ("x.csv", "scorer,a\nbodyparts,a\ncoords,x\n0,1\n", "has no x and y of a"),
        ("x.csv", "scorer,a,a,b\nbodyparts,a,a,b\ncoords,x,y,x\n", "holds a, b, expected ball"),
        ("x.csv", "track,frame_idx,a.x,a.y,b.x,b.y\n,0,1,1,1,1\n", "holds a, b, expected ball"),
        ("x.csv", "pt1_cam1_X,pt1_cam1_Y,pt2_cam1_X\n1,2,3\n", "further points"),
        ("x.srt", "1\n00:00:00,000 --> 00:00:01,000\nHello\n", "tells no rows"),
        ("x.dat", "", "unknown suffix of label file"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=words) as caught:
        read_sheet(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_no_file_is_taken_for_another(tmp_path: Path) -> None:
    for golden in GOLDEN.iterdir():
        assert recognise(golden) == golden.stem
    with pytest.raises(LabelError, match="is a folder"):
        recognise(tmp_path)
