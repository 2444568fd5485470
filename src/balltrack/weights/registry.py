"""Which weights there are: a name → file, checksum, network, licence, scores. Without torch.

A weights folder holds ``registry.json`` beside its files:

    {"weights": [{"name": "…", "file": "….safetensors", "sha256": "…", "spec": "tracknet-v3",
                  "sports": ["badminton"], "licence": "…", "provenance": "…",
                  "scores": {"…": {"f1": 0.9}}, "default": true}]}

Folders are read in this order and the first to hold a name wins: the one that the
environment variable ``BALLTRACK_WEIGHTS_DIR`` names, then the package's own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from balltrack.errors import UnknownNameError, WeightsError

REGISTRY_FILE = "registry.json"
FOLDER_VARIABLE = "BALLTRACK_WEIGHTS_DIR"
PACKAGED = Path(__file__).parent / "files"  # in a wheel, see force-include in pyproject.toml
CHECKOUT = Path(__file__).parents[3] / "weights"  # beside src/ in an editable install


@dataclass(frozen=True)
class WeightsEntry:
    """One weights file.

    Attributes:
        name: key in the registry; the file's stem for a file that is in none.
        path: the file.
        spec: name of its network, "" where only the file's header tells.
        sha256: checksum in hexadecimal; None for a file outside the registry.
        sports, licence, provenance: what it was trained on, and what may be done with it.
        scores: measured figures, {test set: {measure: value}}.
        default: whether it is the first choice for its kind of network.
    """

    name: str
    path: Path
    spec: str = ""
    sha256: str | None = None
    sports: tuple[str, ...] = ()
    licence: str = "unknown"
    provenance: str = "unknown"
    scores: Mapping[str, Any] = field(default_factory=dict)
    default: bool = False

    def checked_sha256(self) -> str:
        """The checksum of the file, compared with the registry's where it is in one.

        Raises:
            WeightsError: the file is missing or is not the one that was registered.
        """
        try:
            with self.path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError as error:
            raise WeightsError(
                f"{self.path}: weights file is missing; reinstall balltrack"
            ) from error
        except OSError as error:
            raise WeightsError(f"{self.path}: cannot be read ({error.strerror})") from error
        if self.sha256 is not None and found != self.sha256.lower():
            raise WeightsError(
                f"{self.path}: damaged or replaced: sha256 is {found[:12]}…, the registry says "
                f"{self.sha256[:12]}…; restore the file"
            )
        return found


def list_weights() -> list[WeightsEntry]:
    """Every registered file, those of ``BALLTRACK_WEIGHTS_DIR`` first.

    Raises:
        WeightsError: a folder has no registry, or one that cannot be read.
    """
    entries: dict[str, WeightsEntry] = {}
    for folder in _folders():
        for entry in read_registry(folder):
            entries.setdefault(entry.name, entry)
    return list(entries.values())


def find_entry(name_or_path: str | os.PathLike[str]) -> WeightsEntry:
    """What the registry says of a name, or as much as there is to say of a file outside it.

    A path is anything with a folder or a suffix in it, or the name of an existing file.

    Raises:
        UnknownNameError: neither; the message lists the known names.
        WeightsError: the path does not exist or is not a file.
    """
    asked = os.fspath(name_or_path)
    entries = {entry.name: entry for entry in list_weights()}
    if asked in entries:
        return entries[asked]
    path = Path(asked)
    if path.is_file():
        return WeightsEntry(path.stem, path)
    if path.name != asked or path.suffix or (asked and path.is_dir()):
        kind = "is a folder, not a weights file" if path.is_dir() else "no such weights file"
        raise WeightsError(f"{path}: {kind}; `balltrack weights list` shows those that ship")
    raise UnknownNameError("weights", asked, entries)


def _folders() -> list[Path]:
    own = [PACKAGED if (PACKAGED / REGISTRY_FILE).is_file() else CHECKOUT]
    extra = os.environ.get(FOLDER_VARIABLE)
    return [Path(extra), *own] if extra else own


def read_registry(folder: Path) -> list[WeightsEntry]:
    """What one weights folder lists.

    Raises:
        WeightsError: it has no registry, or one that cannot be read.
    """
    path = folder / REGISTRY_FILE
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["weights"]
        return [_entry(folder, row) for row in rows]
    except OSError as error:
        raise WeightsError(f"{path}: cannot read the weights registry: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        detail = f"{error} is missing" if isinstance(error, KeyError) else error
        raise WeightsError(f"{path}: not a weights registry: {detail}") from error


def _entry(folder: Path, row: dict[str, Any]) -> WeightsEntry:
    known = dict(row)
    file = Path(known.pop("file"))
    if "\0" in str(file):
        raise ValueError(f"{str(file)!r} is no name of a file")
    if file.is_absolute() or ".." in file.parts:
        raise ValueError(f"{file} must lie in the folder of the registry")
    path = folder / file
    sports = tuple(known.pop("sports", ()))
    known.pop("threshold", None)  # older registries have it; nothing went by it
    for required in ("name", "sha256", "spec"):
        known[required] = str(row[required])
    for told in ("licence", "provenance"):
        known[told] = str(row.get(told, "unknown"))
    return WeightsEntry(path=path, sports=sports, **known)
