"""``balltrack fit-events``: label tables with events → weights that find events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.cli.train import sentence
from balltrack.training.events.options import EventOptions

if TYPE_CHECKING:
    from balltrack.training.run.loop import EpochReport


@click.command("fit-events")
@click.argument("data", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    required=True,
    type=options.PATH,
    metavar="DIR",
    help="Folder for last.safetensors, state.pt and log.jsonl; a run that is there goes on.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Train the network that is told rows as they come, for --lag.",
)
@click.option(
    "--held-out",
    multiple=True,
    default=EventOptions.held_out,
    show_default=True,
    help="Folder not to train on.  [repeatable]",
)
@click.option(
    "--fps",
    type=float,
    default=EventOptions.fps,
    show_default=True,
    help="Of tables without a video beside them.",
)
@click.option(
    "--steps",
    type=int,
    default=EventOptions.steps,
    show_default=True,
    help="Optimiser steps of the whole run.",
)
@click.option(
    "--simulated",
    type=float,
    default=EventOptions.simulated,
    show_default=True,
    help="Share of simulated rallies at the beginning.",
)
@click.option(
    "--seed",
    type=int,
    default=EventOptions.seed,
    show_default=True,
    help="Of weights, samples and noise.",
)
@options.quiet
@options.verbose
def fit_events(
    data: tuple[Path, ...], output: Path, quiet: bool, verbose: bool, **settings: Any
) -> None:
    """Train an events network on the label tables in DATA and on simulated rallies.

    DATA are folders of tables with a column Status or Event. An interrupted run goes on when it
    is started again.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.training.events.fit import train_events  # noqa: PLC0415  # loads torch

    listen(quiet=quiet, verbose=verbose)

    def report(line: EpochReport | str) -> None:
        if not quiet:
            say(line if isinstance(line, str) else sentence(line))

    weights = train_events(EventOptions(data, output, **settings), report)
    network = "events-live" if settings["live"] else "events"
    click.echo(json.dumps({"network": network, "weights": str(weights)}))
