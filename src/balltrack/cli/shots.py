"""``balltrack shots``: a video → its shots, and which of them show play."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from balltrack.cli import asked, options
from balltrack.options import ReadOptions


@click.command()
@click.argument("video", type=options.PATH)
@options.of(ReadOptions)
@options.as_json
def shots(video: Path, as_json: bool, **reading: Any) -> None:
    """List the camera shots of VIDEO, and which of them show play.

    Writes Shot,First,Last,Time,Play,Probability: its first and last frame, seconds, 1 or 0, and
    how much its pictures look like play. A shot is taken to show none only where another one of
    the video surely shows it. One that leaves play, as after a fade, has a line for each part;
    --json prints an object instead.
    """
    from balltrack.pipeline.shots import list_shots  # noqa: PLC0415  # loads av, after --help

    asked.refuse_reader([video])
    for number, shot in enumerate(list_shots(video, ReadOptions(**reading))):
        if number == 0 and not as_json:  # not over the message of a video that cannot be read
            click.echo("Shot,First,Last,Time,Play,Probability")
        known = not math.isnan(shot.time_s)
        if as_json:
            values = asdict(shot) | {"time_s": round(shot.time_s, 6) if known else None}
            click.echo(json.dumps(values | {"probability": round(shot.probability, 4)}))
            continue
        time_s = f"{shot.time_s:.3f}" if known else ""
        play, probability = int(shot.play), f"{shot.probability:.3f}"
        click.echo(f"{shot.number},{shot.first},{shot.last},{time_s},{play},{probability}")
