"""Files of records that outlive the process that writes them.

    balltrack journal 1⏎
    length and CRC-32 of a record, 4 bytes each, little end first; then its bytes
    …

The process may be killed, and the disk be full, at any byte: what follows the last whole record is
cut off, never read. The first record says, as JSON, what the others are about; where that has
changed they are worth nothing, and the journal begins anew.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Self
from zlib import crc32

from balltrack.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two processes apart there
    fcntl = None  # type: ignore[assignment]

_log = logging.getLogger("balltrack")

SUFFIX = ".journal"
MAGIC = b"balltrack journal 1\n"
LONGEST = 1 << 20
"""Bytes of a record: what claims to be longer is damage, and not worth the memory."""

_HEAD = struct.Struct("<II")


class Journal:
    """A file of records, locked against other processes as long as it is open.

    Args:
        path: of the file; made where there is none.
        about: what the records are about, as JSON has it.
        take: is given each record that is there, in order; raises ``ValueError`` for what is no
            record of its kind, which is cut off like a damaged one.

    Raises:
        OutputError: it cannot be opened, is another process's, or is no journal.
    """

    def __init__(
        self, path: Path, about: Mapping[str, object], take: Callable[[bytes], None]
    ) -> None:
        self.path = path
        self._file = _open(path)
        try:
            self._begin(json.loads(json.dumps(about)), take)
        except OSError as error:
            self.close()
            raise self._failed(error) from error
        except BaseException:
            self.close()
            raise

    def _begin(self, about: dict[str, object], take: Callable[[bytes], None]) -> None:
        there = self._file.read(len(MAGIC))
        if not MAGIC.startswith(there or b""):
            raise OutputError(f"{self.path}: is in the way and no journal; move it elsewhere")
        self._end = len(MAGIC)
        records = read_records(self.path)
        changed = _change(next(records, None), about)
        if changed is None:
            self._skip(about)
            for record in records:
                try:
                    take(record)
                except ValueError:
                    break
                self._end += _HEAD.size + len(record)
            self._file.truncate(self._end)
            self._file.seek(self._end)
            return
        if changed:
            _log.warning("%s: %s; begins anew", self.path, changed)
        self._file.seek(0)
        self._file.truncate()
        self._write(MAGIC)
        self.append(_packed(about))

    def _skip(self, about: dict[str, object]) -> None:
        self._end += _HEAD.size + len(_packed(about))

    def records(self) -> Iterator[bytes]:
        """The records as they are in the file now, without the first."""
        records = read_records(self.path)
        next(records, None)
        return records

    def append(self, record: bytes) -> None:
        """Write a record of 1 to `LONGEST` bytes; it is the system's when this returns.

        Raises:
            OutputError: the disk is full, or the like. What was written before stays.
        """
        assert 1 <= len(record) <= LONGEST
        try:
            self._write(_HEAD.pack(len(record), crc32(record)) + record)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Let go of the file, which stays. Safe more than once."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]

    def _failed(self, error: OSError) -> OutputError:
        reason = error.strerror or error
        return OutputError(
            f"{self.path}: cannot be written ({reason}); what it holds is kept, make room and run "
            "the same again"
        )


def journal_of(output: Path) -> Path:
    """Where the journal of an output lies: beside it."""
    return output.with_name(output.name + SUFFIX)


def remove_journal(path: Path) -> None:
    """Nothing has to be gone on with any more; a file of another kind stays."""
    with suppress(OSError):  # a journal too many costs nobody anything
        with path.open("rb") as file:
            ours = file.read(len(MAGIC)) == MAGIC
        if ours:
            path.unlink()


def _open(path: Path) -> FileIO:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be opened ({error.strerror}); --no-resume does without"
        ) from error
    file = FileIO(descriptor, "r+b")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise OutputError(f"{path}: is in the way and no regular file; move it elsewhere")
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise OutputError(
                f"{path}: another balltrack is at work on this; let it end, or name another output"
            ) from error
        except OSError:  # a file system without locks
            _log.debug("%s: cannot be locked", path)
    return file


def read_records(path: Path) -> Iterator[bytes]:
    """The records up to the first that is torn or damaged."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            if not 1 <= length <= LONGEST:  # 0 is what a disk leaves that lost its power
                return
            record = file.read(length)
            if len(record) < length or crc32(record) != checksum:
                return
            yield record


def _packed(about: Mapping[str, object]) -> bytes:
    return json.dumps(about, sort_keys=True).encode()


def _change(record: bytes | None, about: dict[str, object]) -> str | None:
    """What has changed, in words; none where nothing has, "" where nothing was written."""
    if record is None:
        return ""
    if record == _packed(about):
        return None
    try:
        before = json.loads(record)
    except (ValueError, RecursionError):
        before = None
    if not isinstance(before, dict):
        return "is of another version"
    for name, value in about.items():
        if before.get(name) != value:
            return f"{name} was {before.get(name)}, is {value}"
    return "is of another version"
