"""The options that commands share, each by its name; their defaults are those of the library.

A command takes them as decorators and gets them under the names of `TrackOptions`:

    @click.command()
    @options.tracking
    @options.overwrite
    def track(overwrite: bool, **tracking: Any) -> None:
        chosen = TrackOptions(**tracking)

A value comes from the flag, else from ``BALLTRACK_<COMMAND>_<OPTION>``, else from
``BALLTRACK_<OPTION>``, else from the command's table in ``--config``, else from the library.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
from click.core import ParameterSource

from balltrack.options import (
    Columns,
    Ensemble,
    Locate,
    Precision,
    ReaderName,
    RuntimeName,
    TrackOptions,
)

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

ENVIRONMENT = "BALLTRACK"

PATH = click.Path(path_type=Path, readable=False)
"""Of a file; that it cannot be read is for the library to say, as an input that failed."""

_CLOCK = re.compile(r"(?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>\d{1,2}(?:\.\d*)?)")
_SECONDS = re.compile(r"(?P<n>\d+\.?\d*|\.\d+)(?P<unit>s|ms|us)?")
_UNITS = {None: 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}


class Time(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A time in ffmpeg's syntax, in seconds: ``90``, ``1500ms``, ``1:30``, ``00:01:30.5``.

    Source: ffmpeg-utils(1), "Time duration"; minutes may pass 59 where no hours are given.
    """

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        if text.startswith("-"):
            self.fail(f"{text!r} is negative; times count from the start of the video", param, ctx)
        if match := _SECONDS.fullmatch(text):
            return float(match["n"]) * _UNITS[match["unit"]]
        match = _CLOCK.fullmatch(text)
        if match and float(match["s"]) < 60 and (match["h"] is None or int(match["m"]) < 60):
            return int(match["h"] or 0) * 3600 + int(match["m"]) * 60 + float(match["s"])
        return self.fail(
            f"{text!r} is not a time; write 90, 1:30, 00:01:30.5 or 1500ms", param, ctx
        )


class SharedOption(click.Option):
    """An option that the environment may also set for every command at once."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        name = self._variable(ctx)
        return os.environ[name] if name else None

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        try:
            return super().process_value(ctx, value)
        except click.BadParameter as error:
            if not self.name or ctx.get_parameter_source(self.name) != ParameterSource.ENVIRONMENT:
                raise
            origin = f"{error.message.rstrip('.')} (from {self._variable(ctx)})"
            raise click.BadParameter(origin, ctx, self) from error

    def _variable(self, ctx: click.Context) -> str | None:
        """The environment variable that sets this option now; an empty one sets nothing."""
        key = option_key(self).upper().replace("-", "_")
        names = (f"{prefix}_{key}" for prefix in (ctx.auto_envvar_prefix, ENVIRONMENT))
        return next((name for name in names if os.environ.get(name)), None)


def option_key(option: click.Option) -> str:
    """What a config file or the environment calls an option: its long flag without dashes."""
    return next(flag for flag in option.opts if flag.startswith("--")).removeprefix("--")


def _shared(*flags: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    return click.option(*flags, cls=SharedOption, **settings)


def _tracking(field: str, *flags: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """An option that is a field of `TrackOptions`, with the default it has there."""
    default = getattr(TrackOptions, field)
    return _shared(*flags, field, default=default, show_default=default is not None, **settings)


weights = _tracking(
    "weights", "--weights", metavar="NAME|PATH", help="Shipped weights by name, or a file."
)
also = _tracking(
    "also",
    "--also",
    metavar="NAME|PATH|none",
    help="Weights of a second network that looks too: finds more, takes the time of both.",
)
device = _tracking(
    "device", "--device", metavar="auto|cpu|cuda[:N]|mps", help="Where the network runs."
)
precision = _tracking(
    "precision",
    "--precision",
    type=click.Choice(get_args(Precision)),
    help="Of the network; auto takes the fastest that the device does well.",
)
runtime = _tracking(
    "runtime",
    "--runtime",
    type=click.Choice(get_args(RuntimeName)),
    help="Library that runs the network; auto is OpenVINO on a CPU where it is installed.",
)
threads = _tracking(
    "threads", "--threads", type=int, help="CPU threads of the network.  [default: all cores]"
)
batch_size = _tracking(
    "batch_size", "--batch-size", type=int, help="Windows a network call.  [default: by device]"
)
ensemble = _tracking(
    "ensemble",
    "--ensemble",
    type=click.Choice(get_args(Ensemble)),
    help="Windows that overlap, averaged plainly or by place; or side by side, which is faster.",
)
stride = _tracking(
    "stride",
    "--stride",
    type=int,
    help="Frames from one overlapping window to the next.  [default: half the window]",
)
threshold = _tracking(
    "threshold", "--threshold", type=float, help="Score from which a blob counts as detected."
)
locate = _tracking(
    "locate", "--locate", type=click.Choice(get_args(Locate)), help="How a blob becomes a point."
)
link = _tracking(
    "link",
    "--link/--no-link",
    help="Take the best path through a shot's candidates, or each frame's best alone.",
)
rectify = _tracking(
    "rectify", "--rectify/--no-rectify", help="Put weak answers straight and fill short gaps."
)
inpaint = _tracking(
    "inpaint",
    "--inpaint",
    metavar="NAME|PATH|none",
    help="Weights that fill gaps; none interpolates.",
)
verify = _tracking(
    "verify",
    "--verify",
    metavar="NAME|PATH|none",
    help="Weights that look again at what was found, in full pixels; none does not look.",
)
max_gap = _tracking("max_gap", "--max-gap", type=int, help="Longest gap to fill, in frames.")
start = _tracking("start_s", "--start", type=Time(), help="Begin here: 90, 1:30 or 1500ms.")
end = _tracking("end_s", "--end", type=Time(), help="Stop here.")
reader = _tracking(
    "reader",
    "--reader",
    type=click.Choice(get_args(ReaderName)),
    help="What decodes; auto is PyAV, with OpenCV where PyAV fails; nvdec is an NVIDIA GPU.",
)
columns = _shared(
    "--columns",
    type=click.Choice(get_args(Columns)),
    default="trackcsv",
    show_default=True,
    help="Of the CSV: TrackNet's four, or all there are.",
)
overwrite = _shared(
    "--overwrite", "-y", "overwrite", is_flag=True, help="Replace existing outputs."
)
as_json = _shared("--json", "as_json", is_flag=True, help="Print one line of JSON on stdout.")
quiet = _shared("--quiet", "-q", "quiet", is_flag=True, help="Show nothing but errors.")
verbose = _shared("--verbose", "-v", "verbose", is_flag=True, help="Say what is being done.")

_HOW = (
    also,
    device,
    precision,
    runtime,
    threads,
    batch_size,
    ensemble,
    stride,
    threshold,
    locate,
    link,
    rectify,
    inpaint,
    verify,
    max_gap,
    start,
    end,
    reader,
)


def tracking(command: Decorated) -> Decorated:
    """Every field of `TrackOptions` as an option of the command."""
    return weights(how(command))


def how(command: Decorated) -> Decorated:
    """Every field of `TrackOptions` but the weights."""
    for decorate in reversed(_HOW):
        command = decorate(command)
    return command
