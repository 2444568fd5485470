"""The README under test: every command, option, setting and name in it exists."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import balltrack
from balltrack.cli.config import read_config
from balltrack.cli.main import COMMANDS, cli
from balltrack.cli.options import option_key

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
OTHER_VARIABLES = {"CONFIG", "WEIGHTS_DIR"}


def command_lines() -> Iterator[str]:
    """Every ``balltrack …`` in an indented block, or alone in backquotes."""
    for line in re.findall(r"^    (?:\S*/)?(balltrack .*)$", README, re.MULTILINE):
        yield line.partition(" | ")[0].partition("#")[0]
    yield from re.findall(r"`(balltrack [^`\n]+)`", README)


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that ``words`` name, through subcommands, and the rest of the words."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]!r}"
        command, words = found, words[1:]
    return command, words


def flags_of(command: click.Command) -> set[str]:
    flags = {"-h", "--help"}
    for param in command.params:
        flags |= {*param.opts, *param.secondary_opts}
    return flags


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_a_command_line_can_be_given(line: str) -> None:
    command, words = resolve(shlex.split(line)[1:])
    flags = {word for word in words if re.match(r"--?[a-z]", word)}
    assert flags <= flags_of(command)


def test_there_are_command_lines_for_every_command() -> None:
    shown = {line.split()[1] for line in command_lines()}
    assert shown == set(COMMANDS)


def test_options_named_in_passing_exist() -> None:
    known = set().union(*(flags_of(resolve([name])[0]) for name in COMMANDS if name != "weights"))
    named = {word for text in re.findall(r"`([^`\n]+)`", README) for word in text.split()}
    assert {word for word in named if re.fullmatch(r"--[a-z-]+", word)} <= known


def test_the_table_of_track_is_complete() -> None:
    section = README.partition("### track")[2].partition("### render")[0]
    named = set(re.findall(r"--[a-z][a-z-]*", section))
    command, _ = resolve(["track"])
    options = {option_key(param) for param in command.params if isinstance(param, click.Option)}
    assert {f"--{key}" for key in options} <= named


def test_variables_named_are_read() -> None:
    keys = set()
    for name in COMMANDS:
        if name != "weights":
            for param in resolve([name])[0].params:
                if isinstance(param, click.Option):
                    key = option_key(param).upper().replace("-", "_")
                    keys |= {key, f"{name.upper()}_{key}"}
    named = set(re.findall(r"BALLTRACK_([A-Z_]*[A-Z])", README))
    assert named <= keys | OTHER_VARIABLES


def test_the_settings_shown_are_accepted(tmp_path: Path) -> None:
    text = README.partition("```toml\n")[2].partition("```")[0]
    file = tmp_path / "run.toml"
    file.write_text(text)
    for name in tomllib.loads(text):
        context = click.Context(resolve([name])[0], info_name=name)
        assert read_config(context, file)


def test_the_library_example_names_what_there_is() -> None:
    program = README.partition("```python\n")[2].partition("```")[0]
    imported = [
        alias.name
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert imported
    assert set(imported) <= set(balltrack.__all__)


def test_the_exit_codes_are_those_of_the_help() -> None:
    assert cli.epilog is not None
    section = README.partition("| exit code |")[2].partition("\n\n")[0]
    codes = re.findall(r"^\| (\d+) \|", section, re.MULTILINE)
    assert codes == re.findall(r"\d+", cli.epilog) == ["0", "1", "2", "130"]
