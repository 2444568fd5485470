"""What formats with boxes, in JSON or in XML share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, TextIO
from xml.etree import ElementTree

from balltrack.errors import LabelError
from balltrack.labels.rows import Place, open_labels
from balltrack.structures import FloatArray

BALL = "ball"

CORNER = 0.5
"""From a pixel's centre to its corner: formats whose 0, 0 is the corner of the top-left pixel have
ours at 0.5, 0.5."""

_LAST_NUMBER = re.compile(r"(\d+)\D*$")


def read_json(path: Path) -> Any:
    """The document in a JSON file.

    Raises:
        LabelError: not readable, or not JSON.
    """
    with open_labels(path) as file:
        text = file.read()
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabelError(f"{path}: is not JSON ({error}), expected a label file") from None


def read_xml(path: Path, form: str) -> ElementTree.Element:
    """The root of an XML file that declares no entities of its own: some grow without end.

    Raises:
        LabelError: not readable, not XML, or with a document type; ``form`` is what is expected.
    """
    with open_labels(path) as file:
        text = file.read()
    if "<!DOCTYPE" in text:
        raise LabelError(f"{path}: declares a document type, expected {form}, which has none")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        line = error.position[0]
        raise Place(path, line).error(f"is not XML ({error}), expected {form}") from None


def write_xml(root: ElementTree.Element, file: TextIO) -> None:
    """Write a document, indented."""
    ElementTree.indent(root)
    file.write('<?xml version="1.0" encoding="utf-8"?>\n')
    file.write(ElementTree.tostring(root, encoding="unicode") + "\n")


@contextmanager
def expecting(path: Path, form: str) -> Iterator[None]:
    """Turn what a document of another shape leads to into one message.

    Raises:
        LabelError: something is missing in the document, or of another kind than ``form`` says.
    """
    try:
        yield
    except LabelError:
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        detail = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise LabelError(f"{path}: {detail}, expected {form}") from None


def frame_of(place: Place, name: str) -> int:
    """The last number in the name of an image's file: 12 of ``clip/frame_000012.jpg``."""
    match = _LAST_NUMBER.search(PurePath(name.replace("\\", "/")).stem)
    if match is None:
        raise place.error(f"{name!r} has no frame number in it, expected such as img0012.png")
    return place.integer("frame", match[1])


def corner_box(xy: FloatArray, side: float) -> tuple[float, float]:
    """Left and top of the square around a ball at (2,) ``xy``, from the corner of all."""
    left, top = (xy + CORNER - side / 2).tolist()
    return left, top


def box_centre(left: float, top: float, width: float, height: float) -> tuple[float, float]:
    """Where the ball in such a box is, in our pixels."""
    return left + width / 2 - CORNER, top + height / 2 - CORNER
