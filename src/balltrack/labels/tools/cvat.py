"""CVAT for video 1.1: a track of points (https://docs.cvat.ai, "CVAT for video").

"CVAT for images", with the shapes of each image, is read as well. Frames count from 0. CVAT's
canvas puts 0, 0 into the corner of the top-left pixel. A point goes on to the next frames until
one says ``outside``; so after a stretch of rows there is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

from balltrack.errors import LabelError
from balltrack.labels.rows import Place
from balltrack.labels.sheet import OCCLUDED, Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.tools.documents import BALL, CORNER, box_centre, read_xml, write_xml
from balltrack.structures import VideoInfo

SUFFIXES = (".xml",)
HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.OCCLUSION, Facet.UNSEEN})
SHAPES = ("points", "box")


def recognises(head: str) -> bool:
    """Whether a file that begins so is CVAT's."""
    return "<annotations" in head


def write(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """One track; every row is a key frame."""
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    if setting.video is not None:
        _write_task(root, setting.video, len(sheet))
    track = ElementTree.SubElement(root, "track", id="0", label=BALL, source="manual")
    after, last = -1, (0.0, 0.0)
    rows = zip(sheet.track.frame_index.tolist(), sheet.track.xy.tolist(), strict=True)
    for (frame, (x, y)), visibility in zip(rows, sheet.visibility.tolist(), strict=True):
        if 0 <= after < frame:
            _write_point(track, after, last, 0)
        last = (x + CORNER, y + CORNER) if visibility else last
        _write_point(track, frame, last, visibility)
        after = frame + 1 if visibility else -1
    write_xml(root, file)


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read the points, or the middles of the boxes, of the one thing that is labelled.

    Raises:
        LabelError: not CVAT's XML, nothing labelled or several labels of which none is ``ball``,
            or two positions on a frame.
    """
    root = read_xml(path, "CVAT for video 1.1")
    if root.find("image") is not None:
        return sheet_from_rows(_rows_of_images(path, root))
    tracks = list(root.iter("track"))
    label = _label_of_the_ball(path, tracks)
    tracks = [track for track in tracks if track.get("label") == label]
    rows = [row for number, track in enumerate(tracks) for row in _rows(path, number, track)]
    inside = {row.frame for _, row in rows if row.visibility}
    outside: dict[int, tuple[Place, Row]] = {}
    for place, row in rows:
        if not row.visibility and row.frame not in inside:
            outside.setdefault(row.frame, (place, row))  # of several tracks
    return sheet_from_rows([*(one for one in rows if one[1].visibility), *outside.values()])


def _label_of_the_ball(path: Path, labelled: list[ElementTree.Element]) -> str | None:
    names = sorted({str(one.get("label")) for one in labelled})
    if len(names) == 1:
        return labelled[0].get("label")
    if BALL not in names:
        raise LabelError(
            f"{path}: holds {', '.join(names) or 'nothing'}, expected one label, or one called "
            f"{BALL}, in CVAT for video 1.1"
        )
    return BALL


def _rows_of_images(path: Path, root: ElementTree.Element) -> Iterator[tuple[Place, Row]]:
    shapes = [shape for image in root.iter("image") for shape in image if shape.tag in SHAPES]
    label = _label_of_the_ball(path, shapes)
    for image in root.iter("image"):
        place = Place(path, f"image {image.get('id')}")
        frame = place.integer("id", image.get("id"))
        mine = [one for one in image if one.tag in SHAPES and one.get("label") == label]
        for shape in mine:
            yield place, _row(place, frame, shape)
        if not mine:
            yield place, Row(frame, math.nan, math.nan, visibility=0)


def _write_task(root: ElementTree.Element, video: VideoInfo, rows: int) -> None:
    meta = ElementTree.SubElement(root, "meta")
    task = ElementTree.SubElement(meta, "task")
    ElementTree.SubElement(task, "name").text = Path(video.path).stem
    ElementTree.SubElement(task, "size").text = str(video.frame_count or rows)
    ElementTree.SubElement(task, "mode").text = "interpolation"
    label = ElementTree.SubElement(ElementTree.SubElement(task, "labels"), "label")
    ElementTree.SubElement(label, "name").text = BALL
    size = ElementTree.SubElement(task, "original_size")
    ElementTree.SubElement(size, "width").text = str(video.width)
    ElementTree.SubElement(size, "height").text = str(video.height)


def _write_point(
    track: ElementTree.Element, frame: int, at: tuple[float, float], visibility: int
) -> None:
    ElementTree.SubElement(
        track,
        "points",
        frame=str(frame),
        outside=str(int(visibility == 0)),
        occluded=str(int(visibility == OCCLUDED)),
        keyframe="1",
        points=f"{at[0]:.2f},{at[1]:.2f}",
        z_order="0",
    )


def _rows(path: Path, number: int, track: ElementTree.Element) -> Iterator[tuple[Place, Row]]:
    for shape in track:
        if shape.tag in SHAPES:
            place = Place(path, f"track {number}, frame {shape.get('frame')}")
            yield place, _row(place, place.integer("frame", shape.get("frame")), shape)


def _row(place: Place, frame: int, shape: ElementTree.Element) -> Row:
    if shape.get("outside") == "1":
        return Row(frame, math.nan, math.nan, visibility=0)
    visibility = OCCLUDED if shape.get("occluded") == "1" else 1
    return Row(frame, *_position(place, shape), visibility=visibility)


def _position(place: Place, shape: ElementTree.Element) -> tuple[float, float]:
    if shape.tag == "box":
        left, top, right, bottom = (
            place.number(side, shape.get(side)) for side in ("xtl", "ytl", "xbr", "ybr")
        )
        return box_centre(left, top, right - left, bottom - top)
    first, *more = (shape.get("points") or "").split(";")
    cells = first.split(",")
    if more or len(cells) != 2:
        raise place.error(f"points must be one, as x,y; got {shape.get('points')!r}")
    x, y = (place.number("points", cell) for cell in cells)
    return x - CORNER, y - CORNER
