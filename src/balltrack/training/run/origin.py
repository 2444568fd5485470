"""What a run was made of, so that it goes on with nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from balltrack.errors import DatasetError
from balltrack.outputs import make_folder, whole_text
from balltrack.training.data.clips import ClipFiles
from balltrack.training.run.folder import STATE

ORIGIN = "origin.json"


def clips_digest(clips: Iterable[ClipFiles]) -> str:
    """What tells clips from others: their names, the videos' sizes, what the labels say."""
    digest = hashlib.sha256()
    for files in clips:
        place = f"{files.sport}/{files.match}/{files.video.name} {files.video.stat().st_size}"
        digest.update(place.encode())
        labels = sorted(files.labels.iterdir()) if files.labels.is_dir() else [files.labels]
        for path in labels:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def check_origin(made: str, before: Mapping[str, str], origin: Mapping[str, str]) -> None:
    """Refuse what was made of something else.

    Args:
        made: what is there, and how it was made, for the message.
        before: what it was made of, by what a user calls it.
        origin: what it would be made of now.

    Raises:
        DatasetError: these differ.
    """
    differing = sorted(name for name in origin if before.get(name) != origin[name])
    if differing:
        raise DatasetError(
            f"{made} with another {' and another '.join(differing)}; give another output folder, "
            "or delete it to begin anew"
        )


def keep_origin(folder: Path, origin: Mapping[str, str]) -> None:
    """Note in the folder of a run what it is made of, by what a user calls it.

    Raises:
        DatasetError: the run that is there was made of something else.
        OutputError: the folder cannot be written.
    """
    path = folder / ORIGIN
    if (folder / STATE).is_file():
        before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        check_origin(f"{folder}: its run was made", before, origin)
    make_folder(folder)
    with whole_text(path) as file:
        json.dump(dict(origin), file)
