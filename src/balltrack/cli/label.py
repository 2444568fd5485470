"""``balltrack label``: videos → what a network is sure of, as clips to train on."""

from __future__ import annotations

import json
from pathlib import Path

import click

from balltrack.cli import options
from balltrack.options import TrackOptions
from balltrack.training.options import PseudoLabelOptions


@click.command()
@click.argument("data", type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    required=True,
    type=options.PATH,
    metavar="DIR",
    help="Folder for the labelled clips, to give to train beside DATA.",
)
@options.of(TrackOptions, only={"weights"})
@click.option(
    "--sports", cls=options.SharedOption, multiple=True, help="Label these alone.  [repeatable]"
)
@options.of(TrackOptions, only={"threshold", "device"})
@options.quiet
@options.verbose
def label(
    data: Path,
    output: Path,
    weights: str,
    sports: tuple[str, ...],
    threshold: float,
    device: str,
    quiet: bool,
    verbose: bool,
) -> None:
    """Label videos by a network, to train on.

    Looks at DATA/<sport>/unlabelled/<match>/<clip> and writes DIR/<sport>/train/<match>/<clip>.mp4,
    a link to the video, and <clip>_ball.csv beside it. Frames in doubt get no row.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.training.data.pseudo_labels import write_pseudo_labels  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    chosen = PseudoLabelOptions(data, output, weights, sports or None, threshold, device)
    folder = write_pseudo_labels(chosen, (lambda _: None) if quiet else say)
    click.echo(json.dumps({"data": str(folder)}))
