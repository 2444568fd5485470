"""The command line's options: those that the library's dataclasses declare, and a few of its own.

A command takes them as decorators and gets them under the names of the fields:

    @click.command()
    @options.of(TrackOptions)
    @options.overwrite
    def track(overwrite: bool, **tracking: Any) -> None:
        chosen = TrackOptions(**tracking)

A value comes from the flag, else from ``BALLTRACK_<COMMAND>_<OPTION>``, else from
``BALLTRACK_<OPTION>``, else from the command's table in ``--config``, else from the library.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click
from click.core import ParameterSource

from balltrack.cli import asked
from balltrack.declaring import Option, options_of
from balltrack.errors import OptionError
from balltrack.options import QUALITIES, Columns, Quality

if TYPE_CHECKING:
    from click.types import OptionHelpExtra

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

ENVIRONMENT = "BALLTRACK"

EMPTY = "the name is empty; is a variable of the shell not set?"


class NamedPath(click.Path):
    """A path that is not the current folder because nothing was named."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail(EMPTY, param, ctx)
        if "\0" in str(value):
            self.fail(f"{str(value)!r} is no name of a file", param, ctx)
        return super().convert(value, param, ctx)


PATH = NamedPath(path_type=Path, readable=False)
"""Of a file; that it cannot be read is for the library to say, as an input that failed."""


class _Address(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A file, a folder, or a place in an object store (``s3://…``), as text."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value) or self.fail(EMPTY, param, ctx)


ADDRESS = _Address()


class _Source(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A file, or a live source, whose name a path would change (``rtsp://…``)."""

    name = "source"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | str:
        text = ADDRESS.convert(value, param, ctx)
        return text if text == "-" or "://" in text else Path(text)


SOURCE = _Source()

_CLOCK = re.compile(r"(?:(?P<h>\d{1,6}):)?(?P<m>\d{1,6}):(?P<s>\d{1,2}(?:\.\d*)?)")
_SECONDS = re.compile(r"(?P<n>\d{1,15}\.?\d*|\.\d+)(?P<unit>s|ms|us)?")
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
            self.fail(f"{text!r} is negative; a time is 0 or more", param, ctx)
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
        names = (f"{prefix}_{key}" for prefix in self._prefixes(ctx))
        return next((name for name in names if os.environ.get(name)), None)

    def _prefixes(self, ctx: click.Context) -> tuple[str | None, ...]:
        return ctx.auto_envvar_prefix, ENVIRONMENT


class CommandsOwnOption(SharedOption):
    """One whose flag means another thing in other commands: the environment names the command."""

    def _prefixes(self, ctx: click.Context) -> tuple[str | None, ...]:
        return (ctx.auto_envvar_prefix,)


def option_key(option: click.Option) -> str:
    """What a config file or the environment calls an option: its long flag without dashes."""
    return next(flag for flag in option.opts if flag.startswith("--")).removeprefix("--")


class FieldOption(SharedOption):
    """An option that a field of an options dataclass declares, checked as the field is."""

    def __init__(self, *arguments: Any, declared: Option, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.declared = declared

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        converted = super().type_cast_value(ctx, value)
        try:
            self.declared.taken(converted)
        except OptionError as error:
            raise click.BadParameter(str(error), ctx, self) from error
        return converted

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        extra = super().get_help_extra(ctx)
        if self.declared.low is not None and not isinstance(self.type, Time):
            low, high = f"{self.declared.low:g}", f"{self.declared.high:g}"
            extra["range"] = f"x>={low}" if high == "inf" else f"{low}<=x<={high}"
        return extra


def of(
    owner: type[Any], *, only: Collection[str] = (), without: Collection[str] = ()
) -> Callable[[Decorated], Decorated]:
    """The options that a dataclass declares, for a command, under the names of its fields.

    Args:
        owner: the dataclass.
        only: the fields to take; none stands for all.
        without: the fields to leave out.

    Raises:
        TypeError: the dataclass has no such option.
    """
    declared = {option.name: option for option in options_of(owner)}
    if unknown := {*only, *without} - declared.keys():
        raise TypeError(f"{owner.__name__} has no option {', '.join(sorted(unknown))}")

    def decorate(command: Decorated) -> Decorated:
        for name, option in reversed(declared.items()):  # a decorator puts its option first
            if name in (only or declared) and name not in without:
                command = _declared(option)(command)
        return command

    return decorate


def _declared(option: Option) -> Callable[[Decorated], Decorated]:
    default, timed = option.default, option.unit == "seconds"
    metavar = option.metavar or ("" if timed else option.unit.upper())
    settings: dict[str, Any] = {"type": _type(option)}
    if option.kind is bool:
        settings = {"is_flag": True}
    elif option.bare:
        settings |= {"is_flag": False, "flag_value": default}
        metavar = f"[{metavar}]"
    return click.option(
        *(option.flags or _flags(option)),
        option.name,
        cls=FieldOption,
        declared=option,
        default=default,
        show_default=option.unset or (default is not None and default is not False),
        metavar=metavar or None,
        help=option.help,
        **settings,
    )


def _flags(option: Option) -> tuple[str, ...]:
    name = option.name.replace("_", "-")
    return (f"--{name}/--no-{name}",) if option.default is True else (f"--{name}",)


def _type(option: Option) -> click.ParamType | type[Any]:  # type: ignore[type-arg]  # as Time
    if option.choices:
        return click.Choice(option.choices)
    return Time() if option.unit == "seconds" else option.kind


def _shared(*flags: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    return click.option(*flags, cls=SharedOption, **settings)


def _set_quality(context: click.Context, _: click.Parameter, name: Quality | None) -> None:
    """Make the fields of a quality defaults: whatever is given by itself still wins."""
    several = {
        param.name: param.multiple
        for param in context.command.params
        if isinstance(param, click.Option)
    }
    fields = {
        key: [value] if several[key] else value
        for key, value in QUALITIES[name or "balanced"].items()
    }
    context.default_map = {**fields, **(context.default_map or {})}


quality = _shared(
    "--quality",
    type=click.Choice(get_args(Quality)),
    default="balanced",
    show_default=True,
    expose_value=False,
    callback=_set_quality,
    help="Fewer windows (fast), the defaults, or the full-size network (best); options given "
    "beside it win.",
)
"""Stands above `of(TrackOptions)`, whose defaults it sets."""


def formats(names: Sequence[str], shown_default: str) -> Callable[[Decorated], Decorated]:
    """``--format``, which may be given more than once; a command says what it is by default.

    The names are an argument because what knows them loads NumPy, which the list of commands must
    not.
    """
    return _shared(
        "--format",
        "formats",
        multiple=True,
        type=click.Choice(names),
        show_default=shown_default,
        help="Of the labels.  [repeatable]",
    )


columns = _shared(
    "--columns",
    type=click.Choice(get_args(Columns)),
    default="trackcsv",
    show_default=True,
    help="Of the CSV: TrackNet's four, or all there are.",
)
overwrite = _shared(
    "--overwrite",
    "-y",
    "overwrite",
    is_flag=True,
    help="Replace existing outputs; without it a terminal is asked, a script refused.",
)
as_json = _shared(
    "--json",
    "as_json",
    is_flag=True,
    callback=asked.with_stdout,
    help="Print JSON on stdout, a line; where there are several videos, a line each.",
)
quiet = _shared("--quiet", "-q", "quiet", is_flag=True, help="Show nothing but errors.")
verbose = _shared("--verbose", "-v", "verbose", is_flag=True, help="Say what is being done.")
