"""``balltrack train``: labelled clips → weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.errors import OptionError, UnknownNameError
from balltrack.models.specs import SPECS

if TYPE_CHECKING:
    from balltrack.training.inpainting import InpaintingReport
    from balltrack.training.linking_run import LinkingReport
    from balltrack.training.loop import EpochReport
    from balltrack.training.pseudo_labels import PseudoLabelReport

    Report = EpochReport | InpaintingReport | LinkingReport | PseudoLabelReport

INPAINTNET = "inpaintnet"
LINKING = "linking"
PSEUDO_LABELS = "pseudo-labels"


def _setting(*flags: str, **settings: Any) -> Callable[..., Any]:
    """An option that is left to the library unless it is given."""
    return click.option(*flags, cls=options.SharedOption, default=None, **settings)


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for last.safetensors, state.pt and log.jsonl; a run that is there goes on.",
)
@click.option(
    "--network",
    cls=options.SharedOption,
    type=click.Choice([*SPECS, INPAINTNET, LINKING, PSEUDO_LABELS]),
    default="tracknet-v3-small",
    show_default=True,
    help="What to train; linking fits the choice of the path to the --initial weights, "
    "pseudo-labels has them label unlabelled clips to train on.",
)
@_setting("--sports", multiple=True, help="Train on these alone.  [repeatable]")
@_setting("--initial", metavar="NAME|PATH", help="Weights to start from.")
@_setting("--steps", type=int, help="Optimiser steps of the whole run.")
@_setting("--epochs", type=int, help="Length of the whole run (inpaintnet).")
@_setting("--epoch-steps", type=int, help="Steps between checkpoints and log lines.")
@_setting("--batch-size", type=int, help="Windows a step.")
@_setting("--crop", type=int, help="Side of the crops in network pixels; 0 takes whole frames.")
@_setting("--learning-rate", type=float, help="Of AdamW.")
@_setting("--weight-decay", type=float, help="Of AdamW.")
@_setting("--warmup", type=int, help="Steps over which the learning rate rises.")
@_setting("--ema", type=float, help="Decay of the averaged weights.")
@_setting("--mine-steps", type=int, help="Steps between searches for hard places; 0 never.")
@_setting("--mixup", type=float, help="Probability that a batch is mixed.")
@_setting("--paste", type=float, help="Probability that a crop without a ball gets a drawn one.")
@_setting("--threshold", type=float, help="Score that counts as seen (pseudo-labels).")
@_setting("--bf16/--no-bf16", help="Compute in bfloat16.")
@_setting("--device", metavar="auto|cpu|cuda[:N]|mps", help="Where it is trained.")
@_setting("--held-out", multiple=True, help="Folder not to train on (inpaintnet).  [repeatable]")
@_setting("--longest", type=int, help="Longest hidden stretch in rows (inpaintnet).")
@_setting("--jitter", type=float, help="Noise on seen positions in pixels (inpaintnet).")
@_setting("--seed", type=int, help="Of weights, samples and augmentation.")
@options.quiet
@options.verbose
def train(
    data: tuple[Path, ...], output: Path, network: str, quiet: bool, verbose: bool, **settings: Any
) -> None:
    """Train a network on the labelled clips in DATA.

    DATA are folders of <sport>/train/<match>/<clip>.mp4 beside <clip>_ball.csv; for inpaintnet
    they may hold label files alone, and for pseudo-labels <sport>/unlabelled/<match>/<clip>.
    An interrupted run goes on when it is started again.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help

    listen(quiet=quiet, verbose=verbose)

    def report(line: Report) -> None:
        if not quiet:
            facts = asdict(line)
            message = facts.pop("message", None)
            say(message or ", ".join(f"{key} {value:.5g}" for key, value in facts.items()))

    given = {key: value for key, value in settings.items() if value not in (None, ())}
    weights = _run(data, output, network, given, report)
    click.echo(json.dumps({"network": network, "weights": str(weights)}))


def _run(
    data: tuple[Path, ...],
    output: Path,
    network: str,
    given: dict[str, Any],
    report: Callable[[Report], None],
) -> Path:
    """Train one kind of network or another; returns the weights file."""
    from balltrack.training import (  # noqa: PLC0415  # load torch
        inpainting,
        linking_run,
        loop,
        pseudo_labels,
    )

    if network == INPAINTNET:
        _check_known(given, inpainting.InpaintingOptions, network)
        chosen = inpainting.InpaintingOptions(data, output, **given)
        return inpainting.train_inpainting(chosen, report)
    if network in SPECS:
        _check_known(given, loop.TrainOptions, network)
        return loop.train(loop.TrainOptions(data, output, network, **given), report)
    if len(data) > 1:
        raise OptionError(f"{network} takes one DATA folder, got {len(data)}")
    if network == PSEUDO_LABELS:
        _check_known(given, pseudo_labels.PseudoLabelOptions, network)
        return pseudo_labels.write_pseudo_labels(
            pseudo_labels.PseudoLabelOptions(data[0], output, **given), report
        )
    _check_known(given, linking_run.LinkingOptions, network)
    return linking_run.train_linking(linking_run.LinkingOptions(data[0], output, **given), report)


def _check_known(given: dict[str, Any], kind: type[Any], network: str) -> None:
    known = {field.name for field in fields(kind)}
    for name in given:
        if name not in known:
            flags = [f"--{field.replace('_', '-')}" for field in known - {"data"}]
            raise UnknownNameError(f"option of {network}", f"--{name.replace('_', '-')}", flags)
