"""``balltrack fit-linking``: a network and labelled clips → the network with its linking."""

from __future__ import annotations

import json
from pathlib import Path

import click

from balltrack.cli import options
from balltrack.options import TrackOptions
from balltrack.training.options import LinkingOptions


@click.command()
@click.argument("data", type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    required=True,
    type=options.PATH,
    metavar="DIR",
    help="Folder for last.safetensors and linking.json.",
)
@options.of(TrackOptions, only={"weights"})
@click.option(
    "--sports",
    cls=options.SharedOption,
    multiple=True,
    help="Fit on these alone, each counting the same.  [repeatable]",
)
@options.of(TrackOptions, only={"device"})
@click.option(
    "--confidence-only",
    cls=options.SharedOption,
    is_flag=True,
    help="Keep how the path is chosen; fit how sure its rows are, on DATA/<sport>/dev.",
)
@options.quiet
@options.verbose
def fit_linking(
    data: Path,
    output: Path,
    weights: str,
    sports: tuple[str, ...],
    device: str,
    confidence_only: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Fit the choice of the path to a network.

    The network looks at the clips of DATA/<sport>/train/<match>/<clip>.mp4, and what it saw is
    compared with <clip>_ball.csv. last.safetensors in DIR is the network with what was learnt of
    it; for a detector without weights there is linking.json alone.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.training.linking.fit_linking import (  # noqa: PLC0415  # loads torch
        fit_linking as fit,
    )

    listen(quiet=quiet, verbose=verbose)
    chosen = LinkingOptions(data, output, weights, sports or None, device, confidence_only)
    path = fit(chosen, (lambda _: None) if quiet else say)
    kind = "linking" if path.suffix == ".json" else "weights"
    click.echo(json.dumps({kind: str(path)}))
