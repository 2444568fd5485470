"""What is on the command line itself, refused where it would change nothing.

What the environment and files set is for many commands and is not looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from balltrack.errors import OutputError
from balltrack.options import DECIDED, TrackOptions


def given() -> dict[str, str]:
    """Names of the options on the command line → their flags."""
    context = click.get_current_context()
    return {
        param.name: param.opts[0]
        for param in context.command.params
        if isinstance(param, click.Option)
        and param.name
        and context.get_parameter_source(param.name) == ParameterSource.COMMANDLINE
    }


def with_stdout(_: click.Context, __: click.Parameter, wanted: bool) -> bool:
    """A callback of options that print on stdout: raise `OutputError` where that is closed."""
    if wanted and sys.stdout is None:
        raise OutputError("stdout is closed, and --json goes there; open it")
    return wanted


def refuse_idle(idle: Mapping[str, Collection[str]]) -> None:
    """Raise `click.UsageError` for options on the command line that would change nothing.

    Args:
        idle: why that is, as what follows "--trail has no effect", and the names of the options.
    """
    for reason, names in idle.items():
        if flags := [flag for name, flag in given().items() if name in names]:
            raise click.UsageError(f"{', '.join(flags)} has no effect {reason}")


def refuse_idle_tracking(runs: Sequence[TrackOptions]) -> None:
    """`refuse_idle` of what no run heeds: they differ in their weights alone."""
    from balltrack.detection.registry import DETECTORS  # noqa: PLC0415  # loads numpy

    chosen = runs[0]
    networks = {name for run in runs for name in run.network_weights} - {*DETECTORS}
    filling, looking = ("max_gap", "inpaint"), ("batch_size", "ensemble", "stride", "locate")
    refuse_idle(
        {
            f"with --rules {chosen.rules}, which decide it": DECIDED.get(chosen.rules, ()),
            "with --strict, which fills nothing": filling if chosen.strict else (),
            "with --no-rectify, which fills nothing": () if chosen.rectify else filling,
            f"with --weights {chosen.weights}, which is no network": () if networks else looking,
        }
    )


def refuse_reader(videos: Iterable[Path]) -> None:
    """`refuse_idle` of what decodes videos, where all are pictures."""
    from balltrack.video.pictures.names import are_pictures  # noqa: PLC0415  # loads av

    if "reader" in given() and {are_pictures(video) for video in videos} == {True}:
        refuse_idle({"on pictures, which have a reader of their own": ["reader"]})


def refuse_columns(formats: Collection[str]) -> None:
    """`refuse_idle` of the CSV's columns where labels are in other formats; none stands for CSV."""
    refuse_idle({"without a CSV": ["columns"] if formats and "csv" not in formats else []})
