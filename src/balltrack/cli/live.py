"""``balltrack track`` of what is happening now."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from balltrack.archive.labelling import (
    STDOUT,
    label_places,
    load_tracker,
    rows_with_play,
    shows_play,
    summary,
    write_pieces,
)
from balltrack.cli import asked
from balltrack.cli.console import progress, say
from balltrack.cli.labelling import sentence
from balltrack.cli.outputs import claim_outputs
from balltrack.errors import OptionError
from balltrack.options import Columns, TrackOptions
from balltrack.pipeline.arrivals import Arrivals

LAG = 50
"""Frames, where nothing else is asked for: two seconds at 25 frames/s."""


def track_live(
    source: str,
    output: Path | None,
    formats: tuple[str, ...],
    columns: Columns,
    chosen: TrackOptions,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Track a live source until it ends, Ctrl-C or SIGTERM; arguments as those of the command.

    Raises:
        BalltrackError: as `Tracker`, `Tracker.tracking` and `label_places`.
    """
    places = {"jsonl": STDOUT}
    if output is not None or formats:
        places = label_places(Path("live"), output or STDOUT, formats)
    asked.refuse_columns(places)
    if STDOUT in places.values() and as_json:
        raise OptionError("labels and --json cannot both go to stdout; give -o a file")
    claim_outputs([p for p in places.values() if p != STDOUT], overwrite=overwrite)
    chosen = replace(chosen, lag=chosen.lag or LAG)
    arrivals = Arrivals()
    play = shows_play(places, columns)
    with progress("tracking", quiet=quiet) as report:
        tracker = load_tracker(chosen, play, arrivals)
        started = time.monotonic()
        with tracker.tracking(source, progress=report) as tracking:
            rows = arrivals.leaving(rows_with_play(tracker, tracking, play))
            with _ended_by_signal(tracking.stop):
                found = write_pieces(rows, tracking.info, places, columns)
    seconds = time.monotonic() - started
    written = [str(path) for path in places.values()]
    detector = tracker.detector.description
    facts = summary(Path(source), found, detector, chosen, seconds, written)
    facts |= {"video": source, "lag": chosen.lag, **_timing(arrivals)}
    if as_json:
        click.echo(json.dumps(facts))
    elif not quiet:
        latency = f"{facts['latency_p50_s']:.2f} s from a frame to its row"
        slow = f"{facts['latency_p99_s']:.2f} s for one in a hundred"
        say(f"{sentence(facts)}; {latency}, {slow}; {facts['dropped']} frames dropped")


@contextmanager
def _ended_by_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C, or a service's SIGTERM, ends what has no end; a second one is meant otherwise."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def as_before() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    def end(*_: object) -> None:
        as_before()
        stop()

    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        as_before()


def _timing(arrivals: Arrivals) -> dict[str, Any]:
    return {
        "latency_p50_s": round(arrivals.latency_s(0.5), 3),
        "latency_p99_s": round(arrivals.latency_s(0.99), 3),
        "dropped": arrivals.dropped,
    }
