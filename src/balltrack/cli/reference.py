"""``docs/options.md``: every option of every command, written from the commands themselves.

python -m balltrack.cli.reference > docs/options.md
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from balltrack.cli.main import cli

_HEAD = f"""# Options

Written by `python -m balltrack.cli.reference > docs/options.md` from what `-h` shows: do not edit.

A value comes from the option; else from the environment, `BALLTRACK_TRACK_MAX_GAP` for one command
or `BALLTRACK_MAX_GAP` for all that share the option; else from the command's table in the TOML file
that `--config` or `BALLTRACK_CONFIG` names; else it is the default.

{cli.epilog}
"""

_DEFAULT = re.compile(r"  \[default: ([^]]*)]")
_BRACKETS = re.compile(r"  \[(?:default: [^]]*|repeatable)]")
"""What a help text says by itself as click says the rest; the table has columns for it."""


def reference() -> str:
    """The whole text, in Markdown: a section a command, a row an option."""
    root = click.Context(cli, info_name="balltrack", **cli.context_settings)
    return "\n".join([_HEAD, *map(_section, commands(root))])


def commands(context: click.Context) -> Iterator[click.Context]:
    """Every command below ``context`` that can be run, subcommands too."""
    if not isinstance(context.command, click.Group):
        yield context
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        if command is not None:
            yield from commands(click.Context(command, info_name=name, parent=context))


def _section(context: click.Context) -> str:
    command = context.command
    name = context.command_path.removeprefix("balltrack ")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [
        _row(param, context)
        for param in command.params  # all but --help
        if isinstance(param, click.Option)
    ]
    table = ["| option | value | default | meaning |", "|---|---|---|---|", *rows]
    about = _escaped(inspect.cleandoc(command.help or ""))
    return "\n".join([f"## {name}", "", f"    {usage}", "", about, "", *table, ""])


def _row(option: click.Option, context: click.Context) -> str:
    flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    meaning = _escaped(_BRACKETS.sub("", option.help or ""))
    return f"| {flags} | {_value(option, context)} | {_default(option, context)} | {meaning} |"


def _value(option: click.Option, context: click.Context) -> str:
    """What to write after the flag: the choices, or what it is called and its range."""
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice) and option.metavar is None:
        names = [str(choice) for choice in option.type.choices]
    else:
        names = option.make_metavar(context).split("|")
    facts = [f"`{name}`" for name in names]
    if limits := option.get_help_extra(context).get("range"):
        facts.append(f"`{limits}`")
    return ", ".join([*facts, *(["repeatable"] if option.multiple else [])])


def _default(option: click.Option, context: click.Context) -> str:
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return _escaped(option.show_default)
    if written := _DEFAULT.search(option.help or ""):
        return _escaped(written[1])
    shown = option.get_help_extra(context).get("default")
    return f"`{shown}`" if shown else ""


def _escaped(text: str) -> str:
    """As Markdown, in a table too."""
    return re.sub(r"[*<|]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


if __name__ == "__main__":
    click.echo(reference().encode(), nl=False)  # UTF-8, whatever the terminal writes
