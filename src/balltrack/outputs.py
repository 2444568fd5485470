"""Files that appear whole or not at all, and the folders they go into."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TextIO

from balltrack.errors import BalltrackError, OutputError

MOVED_AFTER_S = (0.05, 0.1, 0.2, 0.3, 0.4)
"""Waits between two tries to move a file onto one that is open."""


@contextmanager
def whole_file(path: Path, *failures: type[Exception]) -> Iterator[Path]:
    """Write a file so that nobody ever sees half of it.

    What was at ``path`` before stays until the block has ended well. Of a symbolic link the file
    that it leads to is written, and a file that is replaced keeps its permissions.

    Args:
        path: of the file; an existing one is replaced.
        failures: exceptions beside ``OSError`` by which a library says that it cannot write.

    Yields:
        A path beside the file, of its suffix, to write to. It becomes the file when the block
        ends, and is removed when the block fails.

    Raises:
        OutputError: the file cannot be written there. Other errors of ours pass unchanged.
    """
    file = _led_to(path)
    partial = partial_path(file)
    expected: tuple[type[Exception], ...] = (OSError, *failures)
    try:
        check_place(file)
        yield partial
        if file.exists():
            partial.chmod(stat.S_IMODE(file.stat().st_mode))
        replace_file(partial, file)
    except OutputError as error:  # of whoever was given the partial file
        raise OutputError(str(error).replace(str(partial), str(path))) from error
    except BalltrackError:
        raise
    except expected as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise OutputError(f"{path}: cannot be written ({reason}); nothing was kept") from error
    finally:
        with suppress(OSError):
            partial.unlink()


@contextmanager
def whole_text(path: Path) -> Iterator[TextIO]:
    """`whole_file`, open to write text in UTF-8; lines end as they are written.

    Bytes of a file's name that are no text are written as ``\\udce4``, as stderr shows them.
    """
    odd = "backslashreplace"
    with (
        whole_file(path) as partial,
        partial.open("w", encoding="utf-8", errors=odd, newline="") as file,
    ):
        yield file


@contextmanager
def whole_folder(path: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """`whole_file` for a folder.

    Args:
        path: of the folder; one that is there is replaced.
        is_ours: whether all that is in a folder may go; nothing else is ever removed.

    Raises:
        OutputError: something else is at ``path``, or it cannot be written there.
    """
    partial = partial_path(path.absolute())
    try:
        check_folder(path, is_ours)
        partial.mkdir()
        yield partial
        check_folder(path, is_ours)
        _replace_folder(partial, path)
    except BalltrackError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: cannot be written ({reason}); nothing was kept") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_folder(path: Path, is_ours: Callable[[Path], bool]) -> None:
    """Raise `OutputError` where there is something at ``path`` that `whole_folder` leaves alone."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise OutputError(f"{path}: exists and is no folder; name a new folder")
    if path.is_dir() and not is_ours(path):
        raise OutputError(f"{path}: holds other files as well; name a new folder")


def _replace_folder(partial: Path, path: Path) -> None:
    """``partial`` becomes ``path``; what was there goes when that is done, and else comes back."""
    old = partial_path(path.absolute())
    if path.exists():
        _patiently(path.rename, old)
    try:
        _patiently(partial.rename, path)
    except BaseException:
        if old.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def replace_file(partial: Path, path: Path) -> None:
    """``partial`` becomes ``path``, in one step.

    Windows refuses that while another program has ``path`` open, as virus scanners and indexers
    have for a moment: so it is tried for a second.

    Raises:
        OSError: it cannot be done; what is open for longer is said to be.
    """
    _patiently(partial.replace, path)


def _patiently(move: Callable[[Path], object], path: Path) -> None:
    for wait_s in (0.0, *MOVED_AFTER_S):
        time.sleep(wait_s)
        try:
            move(path)
        except PermissionError as error:
            refused = error
        else:
            return
    reason = f"{refused.strerror or refused}; is it open in another program?"
    raise PermissionError(refused.errno, reason)


def _led_to(path: Path) -> Path:
    """Where a symbolic link leads; any other path, also one that cannot be, is itself."""
    with suppress(OSError):
        if path.is_symlink():
            return path.resolve()
    return path


def partial_path(path: Path) -> Path:
    """A new name beside ``path`` for what is to become it; libraries go by the suffix."""
    return path.with_name(f"{_partial_prefix(path)}{secrets.token_hex(4)}{path.suffix}")


def clear_partials(path: Path) -> None:
    """Remove what is left of ``path`` by processes that were killed; nobody else may write it."""
    file = _led_to(path)
    with suppress(OSError):
        for left in file.parent.iterdir():
            if left.name.startswith(_partial_prefix(file)):
                left.unlink()


def _partial_prefix(path: Path) -> str:
    return f".balltrack-{blake2b(os.fsencode(path.name), digest_size=4).hexdigest()}-"


def check_place(path: Path) -> None:
    """Refuse a path that a file cannot have.

    Raises:
        OutputError: it is a folder, a device or a pipe, or its folder is missing.
    """
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; create it first")
    if path.exists() and not path.is_file():  # replacing a device or a pipe would destroy it
        raise OutputError(f"{path}: is not a regular file; give a file name")


def refuse_folder(path: Path, name: str) -> None:
    """Raise `OutputError` where ``path`` is a folder; ``name`` is a file that could be in it."""
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file in it, such as {path / name}")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot make the folder ({error.strerror})") from error


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """`make_folder` for what the block writes; a new one that stays empty is taken away again."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    make_folder(folder)
    try:
        yield
    finally:
        with suppress(OSError):  # there is something in it
            for one in new:
                one.rmdir()
