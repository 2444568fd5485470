"""Every change of a review, on disk as it is made: nothing that a person said is lost.

A text of JSON lines that is only ever added to. The first says whose journal it is; then come
``{"do": [row, …]}``, ``{"corners": [[x, y], …]}``, ``{"undo": 1}`` and ``{"redo": 1}``, and
``{"done": true}`` where a clip is finished. What holds now, and what can be undone, follows from
reading it from the start.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from balltrack.court.corners import Corners
from balltrack.errors import LabelError, OptionError, OutputError
from balltrack.review.corrections import Correction, CourtSeen, parsed

JOURNAL = ".journal.jsonl"


Step = list[Correction] | CourtSeen
"""What one change says."""


UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
    OptionError,
)
"""What lines raise that are none of a journal."""


class Said:
    """What holds, and what can be undone, after the entries of a journal.

    Attributes:
        owner: what the journal is of; empty where nothing was said.
        done: whether the clip is finished.
        now: what holds, by frame.
        corners: of the court, None where nobody said them.
        knew_rows, knew_court: whether anybody ever said any, and be it that it was taken back.
    """

    def __init__(self) -> None:
        self.owner: dict[str, Any] = {}
        self._steps: list[Step] = []
        self._undone: list[Step] = []
        self.done = self.knew_rows = self.knew_court = False
        self._go_by_steps()

    @property
    def counts(self) -> tuple[int, int]:
        """Steps that can be undone, and done again."""
        return len(self._steps), len(self._undone)

    def read(self, content: bytes, path: Path) -> int:
        """Go by the whole lines of a journal; how many bytes they are.

        Raises:
            LabelError: a line is none of a journal.
        """
        whole = content[: content.rfind(b"\n") + 1]  # the process may have died while it wrote
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                entry = json.loads(line)
                if number == 1:
                    self.owner = dict(entry)
                else:
                    self._apply(self._within(parsed(entry)))
            except UNREADABLE as error:
                raise LabelError(
                    f"{path}:{number}: is not a line of a journal ({error}); "
                    "move the file away to begin again"
                ) from None
        self._go_by_steps()
        return len(whole)

    def _within(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The entry, if it speaks of frames that the video has."""
        last = max((one.frame for one in entry.get("do", ())), default=0)
        if last >= self.owner.get("frames", math.inf):
            raise ValueError(f"frame {last} is beyond the video's end")
        return entry

    def _apply(self, entry: dict[str, Any]) -> set[int]:
        if "done" in entry:
            self.done = bool(entry["done"])
            return set()
        step: Step
        if "do" in entry or "corners" in entry:
            step = list(entry["do"]) if "do" in entry else entry["corners"]
            self.knew_court |= isinstance(step, CourtSeen)
            self.knew_rows |= not isinstance(step, CourtSeen)
            self._steps.append(step)
            self._undone.clear()
        elif "undo" in entry:
            self._undone.append(step := self._steps.pop())
        elif "redo" in entry:
            self._steps.append(step := self._undone.pop())
        else:
            raise ValueError(f"unknown entry {entry}")
        return set() if isinstance(step, CourtSeen) else {one.frame for one in step}

    def _go_by_steps(self) -> None:
        self.now: dict[int, Correction] = {}
        self.corners: Corners | None = None
        for step in self._steps:
            if isinstance(step, CourtSeen):
                self.corners = step.corners
            else:
                self.now.update((one.frame, one) for one in step)


class Journal(Said):
    """The journal of one clip, open to be added to."""

    def __init__(self, path: Path, owner: dict[str, Any]) -> None:
        """Open a journal, or begin one.

        Args:
            path: of the file.
            owner: what it is of; it must say the same when it is opened again.

        Raises:
            LabelError: it is another clip's, or damaged in its middle.
            OutputError: it cannot be written.
        """
        super().__init__()
        self._path = path
        try:
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
        try:
            _claim(self._file, path)
            self._file.seek(0)
            content = self._file.read()
            if (whole := self.read(content, path)) < len(content):
                self._file.truncate(whole)
            self._check(owner)
        except BaseException:
            self._file.close()
            raise
        self.owner = owner

    @property
    def version(self) -> int:
        """Another number after every entry: how many bytes they are."""
        return os.fstat(self._file.fileno()).st_size

    def do(self, step: Sequence[Correction]) -> set[int]:
        """Make a change of one or several frames; the frames that are changed."""
        return self._both({"do": [asdict(one) for one in step]}, {"do": step})

    def see_court(self, seen: CourtSeen) -> None:
        """Say where the court is."""
        self._both({"corners": seen.corners}, {"corners": seen})

    def undo(self) -> set[int]:
        """Take the last change back; the frames that are changed, none where there is none."""
        return self._both({"undo": 1}) if self._steps else set()

    def redo(self) -> set[int]:
        """Make the change again that was taken back last."""
        return self._both({"redo": 1}) if self._undone else set()

    def finish(self, done: bool) -> None:
        """Say that the clip is finished, or that it is not."""
        self._add({"done": done})
        self.done = done

    def close(self) -> None:
        """Close the file; safe more than once."""
        self._file.close()
        with suppress(OSError):
            if not self._path.stat().st_size:  # nothing was said
                self._path.unlink()

    def _check(self, owner: dict[str, Any]) -> None:
        """Older journals say more of their owner: the labels, which may be others by now."""
        was = {name: self.owner.get(name) for name in owner}
        if self.owner and was != owner:
            raise LabelError(
                f"{self._path}: is the journal of another video ({was} instead of {owner}); "
                "move it away, or name another --output"
            )

    def _both(self, entry: dict[str, Any], parsed: dict[str, Any] | None = None) -> set[int]:
        """Keep an entry, then go by it."""
        self._add(entry)
        frames = self._apply(parsed or entry)
        self._go_by_steps()
        return frames

    def _add(self, entry: dict[str, Any]) -> None:
        """All of it or, where it cannot be written, nothing of it."""
        end = self._file.seek(0, os.SEEK_END)
        entries = [entry] if end else [self.owner, entry]
        lines = (json.dumps(one, separators=(",", ":")) + "\n" for one in entries)
        left = memoryview("".join(lines).encode())
        try:
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(end)
            raise OutputError(f"{self._path}: cannot be written ({error.strerror})") from error


def read_journal(path: Path) -> Said:
    """What a journal says, which another process may have open; nothing where there is none.

    Raises:
        LabelError: it cannot be read, or is damaged in its middle.
    """
    said = Said()
    try:
        said.read(path.read_bytes(), path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror})") from error
    return said


def _claim(file: IO[bytes], path: Path) -> None:
    """One process at a time, where the system has such locks: they end with the process.

    Raises:
        OutputError: another one has it.
    """
    try:
        import fcntl  # noqa: PLC0415  # Windows has none
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise OutputError(f"{path}: another review of this clip is running; end it first") from None


def journal_of(output: Path) -> Path:
    """Where the journal of a corrected file lies."""
    return output.with_name(f"{output.stem}{JOURNAL}")


def is_newer(path: Path, other: Path) -> bool:
    """Whether a file was written after another, or is there alone."""
    if not path.exists():
        return False
    return not other.exists() or path.stat().st_mtime_ns > other.stat().st_mtime_ns
