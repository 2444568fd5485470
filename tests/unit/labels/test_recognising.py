"""Tables of other programs, as R and pandas write them again: known by names, not by bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.labels import read_track
from balltrack.labels.events import read_events
from balltrack.labels.formats import recognise

DEEPLABCUT = (
    '"scorer","me","me","me"\n"bodyparts","ball","ball","ball"\n"coords","x","y","likelihood"\n'
    '0,4.5,5.5,0.25\n1,"","",""\n2,NA,NA,NA\n'
)
SLEAP = '"track","frame_idx","ball.x","ball.y","ball.score"\n"",0,4.5,5.5,NA\n"",1,NA,NA,NA\n'
SLEAP_LAST = "ball.x,ball.y,ball.score,frame_idx\r\n4.5,5.5,0.25,0\r\n"
DLTDV = '"pt1_cam1_X","pt1_cam1_Y"\n5.5,6.5\nNA,NA\n'
RACKETVISION = '"Frame","X","Y","Visibility","Confidence"\n0,4.5,5.5,1,0.25\n'
TRACKNET_V1 = (
    '"file name","visibility","x-coordinate","y-coordinate","status"\n"0.jpg",1,4.5,5.5,0\n'
)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deeplabcut", DEEPLABCUT),
        ("sleap", SLEAP),
        ("sleap", SLEAP_LAST),
        ("dltdv", DLTDV),
        ("racketvision", RACKETVISION),
        ("tracknet-v1", TRACKNET_V1),
    ],
)
def test_a_table_with_quotes(name: str, text: str, line_end: str, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(text.replace("\r\n", "\n").replace("\n", line_end).encode())
    assert recognise(path) == name
    track = read_track(path)
    assert track.xy[0].tolist() == [4.5, 5.5]
    assert not track.visible[1:].any()


@pytest.mark.parametrize(
    "text",
    [
        '"Frame","Time","Event","X","Y","Confidence"\n7,0.28,"hit",4.5,5.5,0.25\n',
        "Event,Frame,X,Y\nhit,7,4.5,5.5\nnet,9,NA,NA\n",
        "frame_num,x,y,event\n7,4.5,5.5,hit\n",
    ],
)
def test_a_list_of_events_with_its_columns_in_any_order(text: str, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(text)
    assert recognise(path) == "events"
    first = read_events(path).events[0]
    assert (first.frame_index, first.kind, first.x, first.y) == (7, "hit", 4.5, 5.5)


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("e.csv", "Frame,Time,Event,X,Y,Confidence\n7,0.28,hit,4.5,5.5,0.25\n", "events"),
        ("e.json", '[{"video": "m", "events": [{"frame": 7, "label": "hit"}]}]', "spot"),
    ],
)
def test_a_list_of_events_with_a_byte_order_mark(
    name: str, text: str, form: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")
    assert recognise(path) == form
    assert read_events(path).events[0].frame_index == 7


@pytest.mark.parametrize(
    "header", ["Frame,Visibility,X,Y,Event", "Event,frame,Ball,x,y", '"Frame","visible","X","Y"']
)
def test_labels_that_also_say_events_are_labels(header: str, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"{header}\n")
    assert recognise(path) == "csv"
