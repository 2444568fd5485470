"""``balltrack teach``: some hundred corrected frames → weights that know one's own sport."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.options import TrackOptions
from balltrack.training.options import TeachOptions

if TYPE_CHECKING:
    from balltrack.training.run.loop import EpochReport


@click.command()
@click.argument("data", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    required=True,
    type=options.PATH,
    metavar="DIR",
    help="Weights folder: the new weights, their card and registry.json; a run that was "
    "interrupted goes on.",
)
@click.option(
    "--name",
    cls=options.SharedOption,
    default=TeachOptions.name,
    show_default=True,
    help="Of the new weights.",
)
@options.of(TrackOptions, only={"weights"})
@click.option(
    "--replay",
    cls=options.SharedOption,
    multiple=True,
    type=options.PATH,
    metavar="DIR",
    help="Also train on these clips, DIR/<sport>/train/<match>/<clip>.mp4, so that they are not "
    "forgotten; without, rendered clips are rehearsed.  [repeatable]",
)
@click.option(
    "--keeps",
    cls=options.SharedOption,
    multiple=True,
    type=options.PATH,
    metavar="DIR",
    help="Labelled clips whose scores before and after are told as well.  [repeatable]",
)
@click.option(
    "--held-out",
    cls=options.SharedOption,
    multiple=True,
    metavar="CLIP",
    show_default="every fourth",
    help="Clip to hold back and judge by.  [repeatable]",
)
@click.option(
    "--frames",
    cls=options.SharedOption,
    type=int,
    metavar="N",
    show_default="all",
    help="Labelled frames to learn from, spread over the clips: to see what fewer would do.",
)
@click.option(
    "--steps",
    cls=options.SharedOption,
    type=int,
    default=TeachOptions.steps,
    show_default=True,
    help="Optimiser steps at most: what was best for held-back clips is taken, and it ends where "
    "they gain no more.",
)
@click.option(
    "--share",
    cls=options.SharedOption,
    type=float,
    show_default="the least that does for held-back clips what more does",
    help="Of what was learnt that is mixed with what was known, 0 to 1: more knows the new better, "
    "less forgets less.",
)
@click.option(
    "--licence",
    cls=options.SharedOption,
    default=TeachOptions.licence,
    show_default=True,
    help="What may be done with the new weights.",
)
@options.of(TrackOptions, only={"device"})
@options.as_json
@options.quiet
@options.verbose
def teach(
    data: tuple[Path, ...],
    output: Path,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **settings: Any,
) -> None:
    """Teach weights your own sport, court or camera.

    DATA are folders of videos with corrected labels beside them: X.mp4 and X_corrected.csv, or
    X_ball.csv. Clips that are held back are tracked before and after, and tell whether it was worth
    it. Then track with BALLTRACK_WEIGHTS_DIR=DIR and --weights NAME.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.train import sentence  # noqa: PLC0415
    from balltrack.training.teaching.teach import chosen_by_these  # noqa: PLC0415  # loads torch
    from balltrack.training.teaching.teach import teach as run  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)

    def report(line: EpochReport | str) -> None:
        if not quiet:
            say(line if isinstance(line, str) else sentence(line))

    chosen = TeachOptions(data, output, **settings)
    taught = run(chosen, report)
    if as_json:
        verdicts = {"held back": taught.verdict, **taught.others}
        facts = {
            name: {
                "before": verdict.before.strict_f1,
                "after": verdict.after.strict_f1,
                "gained": verdict.gained,
                "lost": verdict.lost,
                "frames": verdict.after.frames,
                "chance": verdict.chance,
                "better": verdict.better,
            }
            for name, verdict in verdicts.items()
        }
        click.echo(json.dumps({"weights": str(taught.weights), "strict_f1": facts}))
        return
    click.echo(f"{taught.verdict.sentence()}; {chosen_by_these(chosen)}")
    for name, verdict in taught.others.items():
        click.echo(f"{name}: {verdict.sentence()}")
    if not quiet:
        say(f"{taught.weights}, card {taught.card}")
