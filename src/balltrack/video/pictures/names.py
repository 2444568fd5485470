"""A folder of pictures, or a pattern of their names → the files, in order."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path

from balltrack.errors import VideoError, counted
from balltrack.folders import all_below
from balltrack.video.container import is_video

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")

_log = logging.getLogger("balltrack")

_PLACE = re.compile(r"%(?:0\d+)?d")
"""Where a pattern has the number, as FFmpeg and C's printf write it."""

_DIGITS = re.compile(r"(\d+)")


def are_pictures(source: str | os.PathLike[str]) -> bool:
    """Whether a source is a folder with pictures and, in and below it, no video; or a pattern."""
    path = Path(source)
    if path.is_dir():
        if not any(map(_is_picture, path.iterdir())):
            return False
        return not any(is_video(file) and file.is_file() for file in all_below(path))
    is_pattern = len(_PLACE.findall(path.name)) == 1 and path.name.count("%") == 1
    return is_pattern and not path.exists()


def source_name(source: Path) -> str:
    """What files that are made of a source are called: of a pattern, its folder."""
    if are_pictures(source):
        folder = source if source.is_dir() else source.parent
        return folder.resolve().name or "pictures"
    return source.stem


def list_pictures(source: str | os.PathLike[str]) -> list[Path]:
    """The pictures of a source that `are_pictures`, one a frame.

    Those of a folder come in natural order, 2 before 10. Those of a pattern begin with the
    smallest number that is there; a number that is missing has its place in the list all the same.

    Raises:
        VideoError: there is none, or more numbers are missing than are there.
    """
    path = Path(source)
    if path.is_dir():
        found = sorted(filter(_is_picture, path.iterdir()), key=lambda file: _natural(file.name))
        if not found:
            raise VideoError(f"{path}: there is no picture in this folder")
        return found
    if not path.parent.is_dir():
        raise VideoError(f"{path}: there is no folder {path.parent}; check the path")
    names = {file.name for file in path.parent.iterdir()}
    numbers = sorted(_numbers(path.name, names))
    if not numbers:
        raise VideoError(f"{path}: no file matches this pattern")
    count = numbers[-1] - numbers[0] + 1
    if count > 2 * len(numbers):
        raise VideoError(
            f"{path}: {counted(len(numbers), 'picture')}, but numbers from {numbers[0]} to "
            f"{numbers[-1]}; are they of one video? Number them without holes"
        )
    return [path.with_name(path.name % number) for number in range(numbers[0], numbers[-1] + 1)]


def tell_jumps(source: str, files: Sequence[Path]) -> None:
    """Say so where the names of a folder's pictures differ in one number, and leave some out."""
    parts = [_DIGITS.split(file.name) for file in files]
    places = [
        place
        for place in range(1, min(map(len, parts)), 2)
        if len({part[place] for part in parts}) > 1
    ]
    if not Path(source).is_dir() or len(places) != 1 or len({len(part) for part in parts}) > 1:
        return
    numbers = [int(part[places[0]]) for part in parts]
    jumps = [which for which in range(1, len(numbers)) if numbers[which] > numbers[which - 1] + 1]
    if jumps:
        _log.warning(
            "%s: its numbers jump %s, first after %s; rows count the pictures that are there",
            source,
            counted(len(jumps), "time"),
            files[jumps[0] - 1].name,
        )


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_SUFFIXES and not file.name.startswith(".")


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers by their value, all else by its letters."""
    return [
        (int(part), part) if part.isdecimal() else (0, part) for part in _DIGITS.split(name) if part
    ]


def _numbers(pattern: str, names: set[str]) -> list[int]:
    before, after = _PLACE.split(pattern)
    digits = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    found = (int(match[1]) for name in names if (match := digits.fullmatch(name)))
    return [number for number in found if pattern % number in names]
