"""What a run over many videos has done, so that the same command goes on after it was killed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Self

from balltrack.archive.plan import Job
from balltrack.journal import SUFFIX, Journal, remove_journal


class Run:
    """The jobs that are done, noted in a journal in the folder of their labels.

    Each list of jobs has a journal of its own, so that parts of an archive may run side by side.

    Args:
        folder: of all labels.
        jobs: all of this run.
        about: what decides how the labels look; where it has changed, nothing is done.

    Raises:
        OutputError: as `Journal`, if there is one.
    """

    def __init__(self, folder: Path, jobs: Sequence[Job], about: Mapping[str, object]) -> None:
        names = "\n".join(sorted(str(job.output) for job in jobs))
        tag = blake2b(names.encode(errors="surrogateescape"), digest_size=4).hexdigest()
        self._path = folder / f".balltrack-{tag}{SUFFIX}"
        self._about = about
        self._done: set[bytes] = set()
        self._journal = self._open() if self._path.exists() else None

    def is_done(self, job: Job) -> bool:
        """Whether this run has written its labels, and they are still there."""
        return _name(job) in self._done and all(place.exists() for place in job.places.values())

    def add(self, job: Job) -> None:
        """The labels of this job are there."""
        if self._journal is None:
            self._journal = self._open()
        self._journal.append(_name(job))

    def end(self) -> None:
        """All jobs have had their turn."""
        if self._journal is not None:
            self._journal.close()
            remove_journal(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._journal is not None:
            self._journal.close()

    def _open(self) -> Journal:
        return Journal(self._path, self._about, self._done.add)


def _name(job: Job) -> bytes:
    return str(job.output).encode(errors="surrogateescape")
