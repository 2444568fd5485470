"""One video tracked for the command line, with its progress, and what there is to say of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balltrack.archive.labelling import (
    STDOUT,
    load_tracker,
    rows_with_play,
    shows_play,
    summary,
    write_pieces,
)
from balltrack.errors import counted
from balltrack.journal import journal_of, remove_journal
from balltrack.options import Columns, RenderOptions, TrackOptions
from balltrack.outputs import clear_partials
from balltrack.structures import Track

if TYPE_CHECKING:
    from balltrack.pipeline import Tracker


class Labeller:
    """Writes the labels of videos, found by one tracker, which loads with the first of them.

    Args:
        chosen: how to track.
        columns: of the CSV.
        quiet: show no progress.
        resume: go on from where a run that was killed had come to.
    """

    def __init__(
        self, chosen: TrackOptions, columns: Columns, *, quiet: bool, resume: bool = True
    ) -> None:
        self._chosen = chosen
        self._columns = columns
        self._quiet = quiet
        self._resume = resume
        self._is_locked = False
        self._tracker: Tracker | None = None

    @contextmanager
    def tracked(
        self, video: Path, places: dict[str, Path], title: str
    ) -> Iterator[tuple[Track, dict[str, Any]]]:
        """The track of a video, written to ``places``, and the facts of its summary.

        What was found lies in the journal beside the first of them, which goes when the block has
        ended well: what is done there may be killed too, and no other process is to do it.
        """
        from balltrack.cli.console import progress, say  # noqa: PLC0415  # after --help

        started = time.monotonic()
        journal = journal_for(places) if self._resume and {*places.values()} != {STDOUT} else None
        self._is_locked = journal is not None
        shown = shows_play(places, self._columns)
        with _kept(journal), ExitStack() as stack:
            with progress(title, quiet=self._quiet) as report:
                tracker = self._tracker = self._tracker or load_tracker(self._chosen, shown)
                tracking = stack.enter_context(
                    tracker.tracking(video, progress=report, journal=journal)
                )
                if self._is_locked:  # so whatever lies there was left by the killed
                    for place in places.values():
                        clear_partials(place)
                if tracking.known and not self._quiet:
                    say(f"{video}: goes on from frame {tracking.known}")
                rows = rows_with_play(tracker, tracking, shown)
                found = write_pieces(rows, tracking.info, places, self._columns)
            seconds = time.monotonic() - started
            written = [str(path) for path in places.values()]
            detector = tracker.detector.description
            yield found, summary(video, found, detector, self._chosen, seconds, written)
        remove_journal(journal_for(places))  # last: without it an output that exists is refused

    def draw(self, video: Path, found: Track, overlay: Path) -> None:
        """The track over its video, or over the part of it that was tracked, in `tracked`."""
        from balltrack.cli.console import progress  # noqa: PLC0415  # after --help
        from balltrack.pipeline.rendering import render_overlay  # noqa: PLC0415

        chosen = self._chosen
        if self._is_locked:
            clear_partials(overlay)
        drawing = RenderOptions(**chosen.read)
        with progress("drawing", quiet=self._quiet) as report:
            render_overlay(video, found, overlay, drawing, progress=report)


@contextmanager
def _kept(journal: Path | None) -> Iterator[None]:
    """Ctrl-C says that what was found is kept."""
    try:
        yield
    except KeyboardInterrupt as error:
        if journal is None or not journal.exists():
            raise
        raise KeyboardInterrupt("the same command goes on from there") from error


def journal_for(places: dict[str, Path]) -> Path:
    """Where the journal of a run lies that writes to ``places``."""
    return journal_of(next(iter(places.values())))


def sentence(facts: dict[str, Any]) -> str:
    """The summary for people."""
    outputs = ("stdout" if output == "-" else output for output in facts["outputs"])
    frames, shots = counted(facts["frames"], "frame"), counted(facts["shots"], "shot")
    if facts["without_play"]:
        shots += f" ({counted(facts['without_play'], 'frame')} without play)"
    return (
        f"{facts['video']}: {frames}, {shots}: "
        f"{facts['detected']} detected, {facts['linked']} linked, {facts['inpainted']} inpainted; "
        f"{facts['seconds']:.1f} s ({facts['frames_per_s']:.1f} frames/s, {facts['device']}, "
        f"{facts['runtime']} {facts['precision']}) → {', '.join(outputs)}"
    )
