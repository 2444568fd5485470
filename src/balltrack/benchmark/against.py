"""Another tool's command over the same video, in turn with ours: whole processes, from a cold start
to the labels on disk."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from balltrack.benchmark.process import run_job
from balltrack.declaring import check_range
from balltrack.errors import BalltrackError, OptionError
from balltrack.options import TrackOptions

VIDEO, OUT = "{video}", "{out}"
"""In a command: where the path of the video goes, and that of the file to write."""


OUR_THREADS = ("OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS")
"""What our command line says to its own process; another tool's threads are its own affair."""


@dataclass
class Times:
    """Processes that did the job once each.

    Attributes:
        seconds: on the wall clock, of each.
        cpu_seconds: of all threads and of what they started; 0 on Windows, which does not say.
    """

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count what a process takes that is started and waited for inside."""
        began, before = time.monotonic(), os.times()
        yield
        spent, after = time.monotonic() - began, os.times()
        cpu = after.children_user - before.children_user
        cpu += after.children_system - before.children_system
        self.seconds.append(round(spent, 4))
        self.cpu_seconds.append(round(cpu, 4))


@dataclass(frozen=True)
class Against:
    """Ours and another tool's.

    Attributes:
        video, command: as they were given.
        ours, theirs: in turn, one for each round.
    """

    video: str
    command: str
    ours: Times
    theirs: Times

    @property
    def ratio(self) -> float:
        """How many times as long as ours theirs takes, by the medians."""
        return round(median(self.theirs.seconds) / median(self.ours.seconds), 3)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        medians = {
            name: {"seconds": median(times.seconds), "cpu_seconds": median(times.cpu_seconds)}
            for name, times in (("ours", self.ours), ("theirs", self.theirs))
        }
        return asdict(self) | {"medians": medians, "ratio": self.ratio}


def measure_against(
    video: str | os.PathLike[str],
    command: str,
    options: TrackOptions,
    *,
    rounds: int = 3,
    watch: Callable[[str], None] = lambda _: None,
) -> Against:
    """Time another tool's command and ours over one video, one after the other and then again.

    Args:
        video: path.
        command: a program and its arguments as a shell splits them, without a shell; `VIDEO` and
            `OUT` in them are replaced.
        options: how we track.
        rounds: processes of each.
        watch: told before each process what it is.

    Raises:
        OptionError: a command that cannot be split, names no video, or is of no program.
        BalltrackError: one that fails or writes nothing, or what tracking raised.
    """
    check_range("rounds", rounds, 1)
    words = _split(command)
    found = Against(os.fspath(video), command, Times(), Times())
    for _ in range(rounds):
        watch("balltrack")
        with found.ours.one():
            run_job(video, options, again=False)
        watch(words[0])
        with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
            out = Path(folder) / "out.csv"
            replaced = [word.replace(VIDEO, str(video)).replace(OUT, str(out)) for word in words]
            with found.theirs.one():
                _run(replaced)
            if OUT in command and not out.exists():
                raise BalltrackError(f"{words[0]} ended well and wrote nothing to {OUT}")
    return found


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise OptionError(f"--against {command!r} cannot be read ({error})") from error
    if not any(VIDEO in word for word in words[1:]):
        raise OptionError(
            f"--against {command!r} names no video; write {VIDEO} where its path goes, and "
            f"{OUT} where that of the labels goes"
        )
    return words


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(
            words,
            env={name: value for name, value in os.environ.items() if name not in OUR_THREADS},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise OptionError(f"--against: {words[0]} cannot be run ({error.strerror})") from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        last = f": {lines[-1]}" if lines else ""
        raise BalltrackError(f"{words[0]} ended with code {done.returncode}{last}")
