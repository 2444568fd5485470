"""Kinovea's .kva: trajectories in an annotated video (Kinovea/Kinovea on GitHub,
``Tools/XML/Schema/kva.2.0.xsd`` and ``drawings.xsd``).

A point is ``x;y;t``, with t in units of the video's time base. ``FirstTimeStamp`` is t of the first
frame, ``AverageTimeStampsPerFrame`` the distance of two. Ours are 0 and 1: t is the number of
the frame, and Kinovea brings it to the times of the video that is open. Up to 0.8.16 t was
counted from the track's own ``TimePosition``. Whole coordinates are the centres of pixels: the
window that its tracker cuts out around one has that pixel in its middle. A track has no
gaps, so there is one, called ball, for every stretch of frames with a ball.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

import numpy as np

from balltrack.errors import LabelError
from balltrack.labels.rows import Place
from balltrack.labels.sheet import Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.tools.documents import BALL, read_xml, write_xml

SUFFIXES = (".kva",)
HOLDS = frozenset({Facet.POSITIONS, Facet.FRACTIONS, Facet.GAPS})
OLDEST = 1.3
FORM = "a .kva file of Kinovea"

Point = tuple[Place, float, float, int]
"""Where it is in the file, x and y, and t from the first frame."""


def recognises(head: str) -> bool:
    """Whether a file that begins so is Kinovea's."""
    return "<KinoveaVideoAnalysis" in head


def write(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """A track for every stretch of frames with a ball; needs the video's size."""
    width, height = setting.size("kinovea")
    root = ElementTree.Element("KinoveaVideoAnalysis")
    for name, text in {
        "FormatVersion": "2.0",
        "Producer": "balltrack",
        "OriginalFilename": Path(setting.video.path).stem if setting.video else "",
        "ImageSize": f"{width};{height}",
        "AverageTimeStampsPerFrame": "1",
        "FirstTimeStamp": "0",
        "SelectionStart": "0",
    }.items():
        ElementTree.SubElement(root, name).text = text
    rows = np.flatnonzero(sheet.visibility)
    frames = sheet.track.frame_index
    stretches = np.split(rows, np.flatnonzero(np.diff(frames[rows]) != 1) + 1) if len(rows) else []
    tracks = ElementTree.SubElement(root, "Tracks") if stretches else root
    for stretch in stretches:
        track = ElementTree.SubElement(tracks, "Track", name=BALL)
        ElementTree.SubElement(track, "TimePosition").text = str(frames[stretch[0]])
        points = ElementTree.SubElement(track, "TrackPointList", Count=str(len(stretch)))
        for row in stretch:
            x, y = sheet.track.xy[row]
            ElementTree.SubElement(points, "TrackPoint").text = f"{x:.4f};{y:.4f};{frames[row]}"
    write_xml(root, file)


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read the tracks called ball, or all where they have one name; there may be none.

    Raises:
        LabelError: not Kinovea's XML, or older than 1.3; several names of which none is ``ball``;
            a bad point, or two on a frame.
    """
    root = read_xml(path, FORM)
    place = Place(path, "KinoveaVideoAnalysis")
    if root.tag != "KinoveaVideoAnalysis":
        raise place.error(f"begins with <{root.tag}>, expected {FORM}")
    version = place.number("FormatVersion", root.findtext("FormatVersion"))
    if version < OLDEST:
        raise place.error(
            f"FormatVersion is {version}, expected {OLDEST} or later: save it anew in Kinovea"
        )
    first = place.integer("FirstTimeStamp", root.findtext("FirstTimeStamp", "0"))
    told = place.number("AverageTimeStampsPerFrame", root.findtext("AverageTimeStampsPerFrame"))
    if told < 1:
        raise place.error(f"AverageTimeStampsPerFrame must be at least 1, got {told}")
    tracks = [list(_points(path, track, first)) for track in _of_the_ball(path, root)]
    distance = _distance(told, tracks)
    return sheet_from_rows(
        (place, Row(place.integer("frame", round(t / distance)), x, y))
        for points in tracks
        for place, x, y, t in points
    )


def _of_the_ball(path: Path, root: ElementTree.Element) -> list[ElementTree.Element]:
    named = [(_name(track), track) for track in root.iter("Track")]
    names = sorted({name for name, _ in named})
    if len(names) > 1:
        named = [(name, track) for name, track in named if name.casefold() == BALL]
    if names and not named:
        raise LabelError(
            f"{path}: tracks {', '.join(names)}, expected one, or one called {BALL}, in {FORM}"
        )
    return [track for _, track in named]


def _name(track: ElementTree.Element) -> str:
    """As it is written today, in 2.0 of 2012, and in 1.5."""
    label = track.find("MainLabel")
    older = label.get("Text") if label is not None else None
    return (track.get("name") or older or track.findtext("Label/Text") or "").strip()


def _points(path: Path, track: ElementTree.Element, first: int) -> Iterator[Point]:
    start = Place(path, "Track").integer("TimePosition", track.findtext("TimePosition", "0"))
    points = [one for one in track.iter() if one.tag in ("TrackPoint", "TrackPosition")]
    shift = -first
    for number, point in enumerate(points, start=1):
        place = Place(path, f"point {number} of the track at {start}")
        cells = (point.text or "").split(";")
        if len(cells) < len(("x", "y", "t")):
            raise place.error(f"must be x;y;t, got {point.text!r}")
        x, y = (place.number(axis, cell) for axis, cell in zip("xy", cells, strict=False))
        t = place.integer("t", cells[2])
        if number == 1 and t == 0:
            shift += start
        yield place, x, y, t + shift


def _distance(told: float, tracks: list[list[Point]]) -> float:
    """Between two frames. Old versions rounded it, so that it is rather that of the points."""
    if not told.is_integer():
        return told
    steps = [after[3] - point[3] for points in tracks for point, after in pairwise(points)]
    single = [step for step in steps if round(step / told) == 1]
    return sum(single) / len(single) if single else told
