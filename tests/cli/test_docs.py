"""The documents under test: what README and docs/options.md name exists, and is all there is."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import balltrack as library
from balltrack.cli.config import read_config
from balltrack.cli.main import COMMANDS, cli
from balltrack.cli.options import option_key
from balltrack.cli.reference import commands, reference

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPTIONS = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
OTHER_VARIABLES = {"CONFIG", "WEIGHTS_DIR"}


def settings() -> str:
    """The TOML file that README shows."""
    return README.partition("```toml\n")[2].partition("```")[0]


def command_lines() -> Iterator[str]:
    """What follows ``balltrack`` or ``python -m balltrack`` on the lines of code blocks."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^    (.*)$", README, re.MULTILINE)
    for line in [*"\n".join(fenced).splitlines(), *indented]:
        if match := re.match(r"(?:\$ )?(?:\S*/|(?!#).* -m )?balltrack( .*)", line):
            yield match[1].partition(" | ")[0].partition(" #")[0].strip()


def mentions() -> Iterator[str]:
    """What follows ``balltrack`` in backquotes; often only the words that matter there."""
    yield from re.findall(r"`balltrack ([^`\n]+)`", README)


def resolve(words: list[str]) -> tuple[click.Context, list[str]]:
    """The command that ``words`` name, through subcommands, and the rest of the words."""
    context = click.Context(cli, info_name="balltrack", **cli.context_settings)
    while words and isinstance(context.command, click.Group):
        name, *words = words
        found = context.command.get_command(context, name)
        assert found is not None, f"no command {name!r}"
        context = click.Context(found, info_name=name, parent=context)
    return context, words


def every_command() -> list[click.Context]:
    return list(commands(resolve([])[0]))


def options_in(context: click.Context) -> list[click.Option]:
    return [param for param in context.command.params if isinstance(param, click.Option)]


def flags_of(context: click.Context) -> set[str]:
    own = (flag for param in options_in(context) for flag in (*param.opts, *param.secondary_opts))
    return {"-h", "--help", *own}


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_a_command_line_can_be_given(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run.toml").write_text(settings(), encoding="utf-8")  # for a --config that is shown
    context, words = resolve(shlex.split(line))
    if not {"-h", "--help"} & set(words):
        context.command.make_context(context.info_name, words, parent=context.parent)


@pytest.mark.parametrize("line", sorted(set(mentions())))
def test_a_command_that_is_mentioned_has_the_options_it_is_mentioned_with(line: str) -> None:
    context, words = resolve(shlex.split(line))
    assert {word for word in words if re.match(r"--?[a-z]", word)} <= flags_of(context)


def test_every_command_is_named() -> None:
    named = {line.split()[0] for line in (*command_lines(), *mentions())}
    assert named | set(re.findall(r"`([a-z]+)`", README)) >= set(COMMANDS)


def test_options_named_in_passing_exist() -> None:
    known = set().union(*map(flags_of, every_command()))
    named = {word for text in re.findall(r"`([^`\n]+)`", README) for word in text.split()}
    assert {word for word in named if re.fullmatch(r"--[a-z-]+", word)} <= known


def test_variables_named_are_read() -> None:
    keys = set()
    for context in every_command():
        name = context.command_path.removeprefix("balltrack ").replace(" ", "_").upper()
        for param in options_in(context):
            key = option_key(param).upper().replace("-", "_")
            keys |= {key, f"{name}_{key}"}
    named = set(re.findall(r"BALLTRACK_([A-Z_]*[A-Z])", README + OPTIONS))
    assert named <= keys | OTHER_VARIABLES


def test_the_settings_shown_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text(settings(), encoding="utf-8")
    tables = tomllib.loads(settings())
    assert tables
    for name in tables:
        assert read_config(resolve([name])[0], file)


def test_the_library_example_names_what_there_is() -> None:
    program = README.partition("```python\n")[2].partition("```")[0]
    imported = [
        alias.name
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert imported
    assert set(imported) <= set(library.__all__)


def test_the_exit_codes_are_those_of_the_help() -> None:
    assert cli.epilog is not None
    section = README.partition("| exit code |")[2].partition("\n\n")[0]
    codes = re.findall(r"^\| (\d+) \|", section, re.MULTILINE)
    assert codes == re.findall(r"\d+", cli.epilog) == ["0", "1", "2", "130", "143"]


def test_the_reference_is_what_the_commands_say() -> None:
    assert reference() == OPTIONS, "run: python -m balltrack.cli.reference > docs/options.md"


def test_the_reference_is_written_by_its_module() -> None:
    written = subprocess.run(
        [sys.executable, "-m", "balltrack.cli.reference"], capture_output=True, check=True
    )
    assert written.stdout.decode() == OPTIONS


@pytest.mark.parametrize("path", [context.command_path for context in every_command()])
def test_the_reference_has_what_the_help_has(balltrack: Callable[..., Any], path: str) -> None:
    """The help as it is printed, against the rows as they are read."""
    words = path.split()[1:]
    shown = balltrack(*words, "-h").out.partition("Options:\n")[2]
    left = " ".join(line[2:34] for line in shown.splitlines() if line.startswith("  -"))
    flags = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", left)) - {"-h", "--help"}
    section = OPTIONS.partition(f"\n## {' '.join(words)}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`-.*?) \| (.*?) \| (.*?) \| (.*) \|$", section, re.MULTILINE)
    assert {flag for row in rows for flag in re.findall(r"`(-[^`]*)`", row[0])} == flags
    said = "".join(shown.split())
    for _, _, default, meaning in rows:
        for text in (default, meaning):
            assert "".join(re.sub(r"\\(.)", r"\1", text).strip("`").split()) in said
