"""``balltrack fit-play``: clips of play → weights that tell shots of play from others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from balltrack.cli import options


@click.command("fit-play")
@click.argument("data", type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    required=True,
    type=options.PATH,
    metavar="FILE",
    help="The weights, a .safetensors file.",
)
@click.option(
    "--held-out",
    multiple=True,
    help="Part of the names of folders not to train on.  [repeatable]",
)
@click.option(
    "--steps", type=int, default=1400, show_default=True, help="Optimiser steps of the whole run."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of weights and pictures.")
@options.overwrite
@options.quiet
@options.verbose
def fit_play(
    data: Path, output: Path, overwrite: bool, quiet: bool, verbose: bool, **settings: Any
) -> None:
    """Train the play network on the clips of play in DATA/<sport>/<train or unlabelled>/<venue>.

    What is no play is cut out of them: close-ups of players and of the crowd.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.training.play.fit import PlayOptions, train_play  # noqa: PLC0415  # torch

    listen(quiet=quiet, verbose=verbose)
    claim_outputs([output], overwrite=overwrite)

    def report(step: int, loss: float) -> None:
        if not quiet:
            say(f"step {step}: loss {loss:.4f}")

    weights = train_play(PlayOptions(data, output, **settings), report)
    click.echo(json.dumps({"network": "play", "weights": str(weights)}))
