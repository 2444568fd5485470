"""What is said on stderr while a command works: progress, warnings, and nothing when quiet."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from balltrack.errors import NOTE

LINE_EVERY_S = 5.0
"""Between two lines of progress where stderr is no terminal."""

stderr = Console(stderr=True, highlight=False, soft_wrap=True)


class Step(Protocol):
    """How far a stage has come: frames done, of how many (None where nobody knows)."""

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int | None: ...


OnStep = Callable[[Step], None]


def say(message: str) -> None:
    """One line on stderr, as it is."""
    stderr.print(message, markup=False)


class _Lines(logging.Handler):
    """Each record as one stderr line, above the progress bar if there is one.

    Once each: the second pass over a video, for its overlay, has nothing new to tell of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        line = f"balltrack: {record.levelname.lower()}: {' '.join(record.getMessage().split())}"
        if line not in self._said:
            self._said.add(line)
            say(line)


def listen(*, quiet: bool, verbose: bool) -> None:
    """Show the library's log: warnings and notes, all when verbose, errors alone when quiet."""
    logger = logging.getLogger("balltrack")
    logger.handlers = [_Lines()]
    logger.propagate = False
    logging.addLevelName(NOTE, "note")
    logger.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else NOTE)
    logging.captureWarnings(True)  # other libraries' Python warnings are for developers
    logging.getLogger("py.warnings").handlers = [_Lines() if verbose else logging.NullHandler()]
    logging.getLogger("py.warnings").propagate = False


@contextmanager
def progress(title: str, *, quiet: bool, noun: str = "frames") -> Iterator[OnStep]:
    """A bar on a terminal, a line every few seconds elsewhere, nothing when quiet.

    Args:
        title: what is being done.
        quiet: show nothing.
        noun: what the steps count.
    """
    if quiet:
        yield lambda _: None
    elif not stderr.is_terminal:
        yield _line_reporter(title, noun)
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
        )
        with Bar(*columns, console=stderr, transient=True) as bar:
            task = bar.add_task(title, total=None, state="")
            pace = _Pace()

            def report(step: Step) -> None:
                state = describe(step, pace.rate(step, time.monotonic()), noun)
                bar.update(task, completed=step.done, total=step.total, state=state)

            yield report


def _line_reporter(title: str, noun: str) -> OnStep:
    last = time.monotonic()
    pace = _Pace()

    def report(step: Step) -> None:
        nonlocal last
        now = time.monotonic()
        rate = pace.rate(step, now)
        if now - last >= LINE_EVERY_S:
            last = now
            say(f"{title}: {describe(step, rate, noun)}")

    return report


class _Pace:
    """Frames/s since the first that was reported: loading comes before it, and only once."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def rate(self, step: Step, now_s: float) -> float:
        """0 as long as it is not known."""
        done, since_s = self._first = self._first or (step.done, now_s)
        return (step.done - done) / (now_s - since_s) if now_s > since_s else 0.0


def describe(step: Step, rate: float, noun: str = "frames") -> str:
    """``120/390 frames, 45.1 frames/s, 0:06 left``, as far as it is known."""
    parts = [f"{step.done}/{step.total} {noun}" if step.total else f"{step.done} {noun}"]
    if rate > 0:
        parts.append(f"{rate:.1f} {noun}/s")
        if step.total and step.total > step.done:
            parts.append(f"{_clock((step.total - step.done) / rate)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
