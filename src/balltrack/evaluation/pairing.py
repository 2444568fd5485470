"""Which prediction belongs to which truth, and to which video: by the names of files.

A prediction ``X.csv``, ``X.jsonl`` or ``X_ball.csv`` belongs to the truth ``X_ball.csv`` or
``X.csv``, ``X_corrected.csv``, or to a ``Label.csv`` in a folder ``X``; the video is ``X.mp4``
beside it, or in a folder ``video`` beside the truth's (the tree of the TrackNetV2 data set). Files
of other formats are called the same, with their own suffix.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from balltrack.errors import DatasetError
from balltrack.folders import all_below
from balltrack.labels.formats import READ, is_yolo
from balltrack.video.container import VIDEO_SUFFIXES

NAMED_AT_MOST = 5


@dataclass(frozen=True)
class ClipFile:
    """A label file; ``path`` as the user wrote it, ``given`` unless it was found in a folder."""

    path: Path
    given: bool = False

    @property
    def place(self) -> Path:
        """Absolute folder and name of the clip, without a suffix."""
        path = Path(os.path.abspath(self.path))  # noqa: PTH100  # resolve() would follow links
        if path.name.lower() == "label.csv":
            return path.parent
        return path.with_name(path.stem.removesuffix("_ball").removesuffix("_corrected"))

    @property
    def video(self) -> Path | None:
        """The video of the clip, where there is one."""
        clip = self.place
        for folder in (clip.parent, clip.parent.parent / "video"):
            for suffix in VIDEO_SUFFIXES:
                for ending in (suffix, suffix.upper()):
                    video = folder / f"{clip.name}{ending}"
                    if video.is_file():
                        return video
        return None


def find_truths(paths: Iterable[Path]) -> list[ClipFile]:
    """Annotation files, and all ``Label.csv`` and ``*_ball.csv``, or ``_ball`` with the suffix of
    another format, in and below folders.

    Raises:
        DatasetError: a path does not exist, or a folder holds none.
    """
    return _find(paths, _is_truth, "*_ball.csv or Label.csv")


def find_lessons(paths: Iterable[Path]) -> tuple[list[ClipFile], list[ClipFile]]:
    """What `find_truths` finds, and all ``*_corrected.csv``.

    Returns:
        One file a clip, the corrected one where there is one; and those that are left out for it.

    Raises:
        DatasetError: a path does not exist, or a folder holds none.
    """
    found = _find(
        paths,
        lambda path: _is_truth(path) or _is_correction(path),
        "*_corrected.csv, *_ball.csv or Label.csv",
    )
    corrected = {clip.place for clip in found if _is_correction(clip.path)}
    spare = [clip for clip in found if clip.place in corrected and not _is_correction(clip.path)]
    return [clip for clip in found if clip not in spare], spare


def find_predictions(paths: Iterable[Path]) -> list[ClipFile]:
    """Label files, and all ``*.csv`` and ``*.jsonl`` in and below folders.

    Raises:
        DatasetError: a path does not exist, or a folder holds none.
    """
    return _find(paths, _is_prediction, "*.csv or *.jsonl")


def pair(
    predictions: Sequence[ClipFile], truths: Sequence[ClipFile]
) -> list[tuple[ClipFile, ClipFile]]:
    """Every prediction with its truth; clips of one name are told apart by their folders.

    One file of each, both named by the user, belong together whatever they are called.

    Raises:
        DatasetError: a prediction or a truth has no partner, or more than one.
    """
    if len(predictions) == len(truths) == 1 and predictions[0].given and truths[0].given:
        return [(predictions[0], truths[0])]
    partners: dict[ClipFile, list[ClipFile]] = {truth: [] for truth in truths}
    problems: list[str] = []
    lonely: list[ClipFile] = []
    for prediction in predictions:
        found = _closest(prediction, truths)
        if len(found) == 1:
            partners[found[0]].append(prediction)
        elif found:
            problems.append(f"{prediction.path} may belong to {named(found)}")
        else:
            lonely.append(prediction)
    if lonely:
        problems.append(f"no truth for {named(lonely)}")
    if unanswered := [truth for truth, mine in partners.items() if not mine]:
        problems.append(f"no prediction for {named(unanswered)}")
    problems += [f"one clip for {named(mine)}" for mine in partners.values() if len(mine) > 1]
    if problems:
        raise DatasetError(
            f"{'; '.join(problems[:NAMED_AT_MOST])} "
            "(X.csv or X.jsonl goes with X_ball.csv, X.csv or X/Label.csv)"
        )
    return [(mine[0], truth) for truth, mine in partners.items()]


def clip_names(truths: Sequence[ClipFile]) -> list[str]:
    """``folder/clip`` for each, below the last folder that holds them all."""
    common = os.path.commonpath([truth.place.parent for truth in truths])
    return [truth.place.relative_to(common).as_posix() for truth in truths]


def named(files: Sequence[ClipFile]) -> str:
    """The first few paths, and how many more there are."""
    names = ", ".join(str(file.path) for file in files[:NAMED_AT_MOST])
    more = len(files) - NAMED_AT_MOST
    return f"{names} and {more} more" if more > 0 else names


def _find(paths: Iterable[Path], wanted: Callable[[Path], bool], pattern: str) -> list[ClipFile]:
    found: dict[Path, ClipFile] = {}  # a file and its folder may both be given: it counts once
    for path in paths:
        if not path.exists():
            raise DatasetError(f"{path}: there is no such file or folder")
        files = [*filter(wanted, all_below(path))] if path.is_dir() else [path]
        if not files and is_yolo(path):
            files = [path]
        if not files:
            raise DatasetError(f"{path}: holds no {pattern}")
        for file in files:
            found.setdefault(file.resolve(), ClipFile(file, given=file == path))
    return [*found.values()]


def _is_truth(path: Path) -> bool:
    named = path.stem.endswith("_ball") and (path.suffix.lower() in READ or path.is_dir())
    return named or path.name.lower() == "label.csv"


def _is_correction(path: Path) -> bool:
    return path.name.endswith("_corrected.csv")


def _is_prediction(path: Path) -> bool:
    return path.suffix.lower() in {".csv", ".jsonl"}


def _closest(prediction: ClipFile, truths: Sequence[ClipFile]) -> list[ClipFile]:
    """The truths of this name whose folders, from the last up, agree longest with its own."""
    depths = {truth: _agreement(prediction.place, truth.place) for truth in truths}
    best = max(depths.values(), default=0)
    return [truth for truth, depth in depths.items() if depth == best > 0]


def _agreement(a: Path, b: Path) -> int:
    """How many parts of the paths agree, counted from their ends."""
    depth = 0
    for mine, theirs in zip(reversed(a.parts), reversed(b.parts), strict=False):
        if mine != theirs:
            break
        depth += 1
    return depth
