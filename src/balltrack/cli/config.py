"""``--config run.toml``: a table a command, a key an option.

    [track]
    device = "cpu"
    max-gap = 4
    link = false

Relative paths in it are relative to the current folder, as on the command line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from balltrack.cli.options import PATH, SharedOption, Time, option_key
from balltrack.errors import OptionError

_KINDS: dict[type[Any], tuple[str, tuple[type, ...]]] = {
    type(click.BOOL): ("true or false", (bool,)),
    type(click.INT): ("a whole number", (int,)),
    click.IntRange: ("a whole number", (int,)),
    type(click.FLOAT): ("a number", (int, float)),
    Time: ("a time", (int, float, str)),
}
"""What a TOML file writes for an option of a type; text for all others."""


def read_config(context: click.Context, path: Path) -> dict[str, Any]:
    """The defaults that ``path`` holds for the command of ``context``, by parameter name.

    Raises:
        OptionError: the file cannot be read, names a command or an option that is not there, or
            has a value that the option does not take.
    """
    import tomllib  # noqa: PLC0415  # milliseconds that every start without a file would pay

    from balltrack.cli.main import COMMANDS  # noqa: PLC0415  # which needs this module

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise OptionError(f"{path}: cannot read the configuration: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{path}: not a TOML file: {error}") from error
    for name, table in tables.items():
        if name not in COMMANDS or not isinstance(table, dict):
            raise OptionError(
                f"{path}: {name!r} is not a command's table; write [track] above its options"
            )
    command = str(context.info_name)
    options = {
        option_key(param): param
        for param in context.command.params
        if isinstance(param, click.Option) and param is not config
    }
    defaults: dict[str, Any] = {}
    for key, value in tables.get(command, {}).items():
        option = options.get(key.replace("_", "-"))
        if option is None or option.name is None:
            raise OptionError(
                f"{path}: [{command}] has no option {key!r}; known: {', '.join(sorted(options))}"
            )
        values = value if option.multiple and isinstance(value, list) else [value]
        for single in values:
            _check(context, option, single, f"{path}: [{command}] {key}")
        defaults[option.name] = values if option.multiple else value
    return defaults


def _check(context: click.Context, option: click.Option, value: Any, where: str) -> None:
    """Raise `OptionError` unless ``value`` is one for ``option``, and of its kind in TOML.

    click would take 2.7 for the number 2, and true for 1.
    """
    name, kinds = _KINDS.get(type(option.type), ("text", (str,)))
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise OptionError(f"{where}: must be {name}, got {value!r}")
    try:
        option.type_cast_value(context, [value] if option.multiple else value)
    except click.BadParameter as error:
        raise OptionError(f"{where}: {error.message.rstrip('.')}") from error


def _refuse_unknown_variables(context: click.Context) -> None:
    """Raise `OptionError` for a variable of this command that sets none of its options."""
    prefix = f"{context.auto_envvar_prefix}_"
    options = {
        option_key(param).upper().replace("-", "_")
        for param in context.command.params
        if isinstance(param, click.Option)
    }
    for name in os.environ:
        if name.startswith(prefix) and name.removeprefix(prefix) not in options:
            raise OptionError(
                f"{name}: {context.info_name} has no such option; "
                f"`balltrack {context.info_name} --help` lists them"
            )


def _apply(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    _refuse_unknown_variables(context)
    if path is not None:
        context.default_map = read_config(context, path)


config = SharedOption(
    ["--config"],
    type=PATH,
    metavar="FILE",
    is_eager=True,  # before the options whose defaults it sets
    expose_value=False,
    callback=_apply,
    help="Read options from the command's table in a TOML file.",
)
"""Given to every command by the group."""
