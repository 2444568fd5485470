"""Where results may go, settled before the work begins."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from balltrack.errors import OptionError, OutputError
from balltrack.outputs import check_folder

INPUT = "is the input; choose another output"


def check_suffix(path: Path, told: str, *suffixes: str) -> None:
    """Raise `OptionError` for an output of another kind of name; ``told`` is what it has to be."""
    if path.suffix.lower() not in suffixes:
        raise OptionError(f"{path}: {told}")


def claim_outputs(outputs: Iterable[Path], *, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Make sure that every output can be written and may be; asks on a terminal.

    Raises:
        OptionError: an output is named twice, is an input, or exists and may not be replaced.
        OutputError: its folder is missing or cannot be written to, or it is a folder itself.
    """
    seen = {path.resolve(): INPUT for path in inputs}
    for path in outputs:
        if clash := seen.get(path.resolve()):
            raise OptionError(f"{path}: {clash}")
        seen[path.resolve()] = "is asked for twice; choose another output"
        _check_place(path)
        if (path.exists() or path.is_symlink()) and not overwrite:  # links to nothing, too
            _ask(path)


def claim_folder(
    path: Path,
    is_ours: Callable[[Path], bool],
    *,
    overwrite: bool,
    inputs: Iterable[Path] = (),
) -> None:
    """`claim_outputs` for a folder; ``is_ours`` as `whole_folder` has it.

    Raises:
        OptionError: it is an input, or there are files in it that may not be replaced.
        OutputError: something else is there, or it cannot be written there.
    """
    if path.resolve() in {one.resolve() for one in inputs}:
        raise OptionError(f"{path}: {INPUT}")
    check_folder(path, is_ours)
    _check_parent(path)
    if path.is_dir() and any(path.iterdir()) and not overwrite:
        _ask(path)


def _check_place(path: Path) -> None:
    if str(path) == "-":
        raise OptionError("-: stdout is not for this output; name a file")
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file in it")
    _check_parent(path)


def _check_parent(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: there is no folder {folder}; make it first")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise OutputError(f"{path}: cannot write to {folder}: {reason}") from error


def _ask(path: Path) -> None:
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise OptionError(f"{path}: exists; -y replaces it")
    if not click.confirm(f"{path} exists. Replace it?", err=True):
        raise OptionError(f"{path}: kept")
