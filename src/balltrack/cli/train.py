"""``balltrack train``: labelled clips → weights."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from balltrack.cli import asked, options
from balltrack.errors import OptionError, UnknownNameError
from balltrack.models.specs import SPECS, BackgroundMode, Loss, Target
from balltrack.training.options import InpaintingOptions, TrainOptions, VerifierOptions

if TYPE_CHECKING:
    from balltrack.training.run.loop import EpochReport, Progress

INPAINTNET = "inpaintnet"
VERIFIER = "verifier"

OPTIONS: dict[str, type[Any]] = {
    **dict.fromkeys(SPECS, TrainOptions),
    INPAINTNET: InpaintingOptions,
    VERIFIER: VerifierOptions,
}
"""What can be trained, and what its settings are."""


def _setting(*flags: str, help: str, **settings: Any) -> Callable[..., Any]:  # noqa: A002  # click's
    """An option that is left to the library unless it is given; the help shows its default."""
    field = flags[0].partition("/")[0].removeprefix("--").replace("-", "_")
    shown = _defaults(field)
    text = f"{help}  [default: {shown}]" if shown else help
    return click.option(*flags, cls=options.SharedOption, default=None, help=text, **settings)


def _defaults(field: str) -> str:
    """``16; inpaintnet: 128``: the networks' default first, then those that differ from it."""
    found: dict[str, list[str]] = {}
    for name, kind in OPTIONS.items():
        for known in fields(kind):
            if known.name == field and known.default not in (MISSING, None, ()):
                found.setdefault(_shown(known.default), []).append(name)
    parts = [
        value if kinds[0] in SPECS else f"{', '.join(kinds)}: {value}"
        for value, kinds in found.items()
    ]
    return "; ".join(parts)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@click.command()
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
    "--network",
    cls=options.SharedOption,
    type=click.Choice(list(OPTIONS)),
    default="tracknet-v3-small",
    show_default=True,
    help="What to train.",
)
@_setting("--sports", multiple=True, help="Train on these alone.  [repeatable]")
@_setting("--initial", metavar="NAME|PATH", help="Weights to start from.")
@_setting("--teacher", metavar="NAME|PATH", help="Weights to learn from beside the labels.")
@_setting("--teacher-share", type=float, help="Of the teacher in what is learnt.")
@_setting(
    "--serves",
    metavar="NAME|PATH",
    multiple=True,
    help="Further weights that the verifier is to suit.  [repeatable]",
)
@_setting("--steps", type=int, help="Optimiser steps of the whole run.")
@_setting("--epoch-steps", type=int, help="Steps between checkpoints and log lines.")
@_setting("--batch-size", type=int, help="Windows a step, of all processes together.")
@_setting("--crop", type=int, help="Side of the crops in network pixels; 0 takes whole frames.")
@_setting("--learning-rate", type=float, help="Of AdamW.")
@_setting("--weight-decay", type=float, help="Of AdamW.")
@_setting("--warmup", type=int, help="Steps over which the learning rate rises.")
@_setting("--ema", type=float, help="Decay of the averaged weights.")
@_setting("--mine-steps", type=int, help="Steps between searches for hard places; 0 never.")
@_setting("--mixup", type=float, help="Probability that a batch is mixed.")
@_setting("--paste", type=float, help="Probability that a crop without a ball gets a drawn one.")
@_setting("--empty", type=float, help="Share of the crops that are not put around a ball.")
@_setting(
    "--target",
    type=click.Choice(get_args(Target)),
    help="Paint a ball as this.  [default: the network's own]",
)
@_setting(
    "--sigma",
    type=float,
    help="Radius of the disc or width of the bell, network pixels.  [default: the network's own]",
)
@_setting(
    "--loss",
    type=click.Choice(get_args(Loss)),
    help="What training lowers.  [default: the network's own]",
)
@_setting(
    "--frames-out",
    type=int,
    help="Frames of a window that get an answer.  [default: the network's own]",
)
@_setting(
    "--skips/--no-skips",
    help="Hand the encoder's pictures to the decoder.  [default: the network's own]",
)
@_setting(
    "--background",
    type=click.Choice(get_args(BackgroundMode)),
    help="The background before the frames (concat), each frame's difference from it (subtract), "
    "or that behind its colours (subtract_concat).  [default: the network's own]",
)
@_setting("--bf16/--no-bf16", help="Compute in bfloat16.")
@_setting("--compile/--no-compile", help="Compile the network with torch.compile.")
@_setting("--device", metavar="auto|cpu|cuda[:N]|mps", help="Where it is trained.")
@_setting(
    "--held-out",
    multiple=True,
    help="Of inpaintnet: folder not to train on; for the others leave it out of DATA.  "
    "[repeatable]",
)
@_setting("--longest", type=int, help="Longest hidden stretch in rows.")
@_setting("--jitter", type=float, help="Noise on seen positions in pixels.")
@_setting("--seed", type=int, help="Of weights, samples and augmentation.")
@options.quiet
@options.verbose
def train(
    data: tuple[Path, ...], output: Path, network: str, quiet: bool, verbose: bool, **settings: Any
) -> None:
    """Train a network on the labelled clips in DATA.

    DATA are folders of <sport>/train/<match>/<clip>.mp4 beside <clip>_ball.csv; for inpaintnet
    they may hold label files alone.
    An interrupted run goes on when it is started again. On several GPUs:
    torchrun --nproc-per-node N -m balltrack train DATA -o DIR --device cuda
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help

    listen(quiet=quiet, verbose=verbose)

    def report(line: EpochReport | str) -> None:
        if not quiet:
            say(line if isinstance(line, str) else sentence(line))

    given = {key: value for key, value in settings.items() if value not in (None, ())}
    _check_known(given, OPTIONS[network], network)
    asked.refuse_idle({"without --teacher": [] if "teacher" in given else ["teacher_share"]})
    weights = _run(data, output, network, given, report)
    if os.environ.get("RANK", "0") == "0":  # torchrun starts several of us
        click.echo(json.dumps({"network": network, "weights": str(weights)}))


def _run(
    data: tuple[Path, ...], output: Path, network: str, given: dict[str, Any], report: Progress
) -> Path:
    """Train one kind of network or another; returns the weights file. Every import loads torch."""
    if network in SPECS:
        from balltrack.training.heatmaps.train_heatmaps import train_heatmaps  # noqa: PLC0415

        return train_heatmaps(TrainOptions(data, output, network, **given), report)
    if network == INPAINTNET:
        from balltrack.training.inpainting.train_inpainting import (  # noqa: PLC0415
            train_inpainting,
        )

        return train_inpainting(InpaintingOptions(data, output, **given), report)
    from balltrack.training.verifier.train_verifier import train_verifier  # noqa: PLC0415

    if len(data) > 1:
        raise OptionError(f"{network} takes one DATA folder, got {len(data)}")
    return train_verifier(VerifierOptions(data[0], output, **given), report)


def sentence(report: EpochReport) -> str:
    """``step 250, loss 0.0031, …``."""
    return ", ".join(f"{name} {value:.5g}" for name, value in report.facts().items())


def _check_known(given: dict[str, Any], kind: type[Any], network: str) -> None:
    known = {field.name for field in fields(kind)}
    for name in given:
        if name not in known:
            flags = [f"--{field.replace('_', '-')}" for field in known - {"data"}]
            raise UnknownNameError(f"option of {network}", f"--{name.replace('_', '-')}", flags)
