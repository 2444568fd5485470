"""Options: made of fields, ffmpeg's times, and who wins among flag, environment, file, library."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click
import pytest

from balltrack.cli import options
from balltrack.cli.main import COMMANDS, cli
from balltrack.declaring import option
from balltrack.options import ReadOptions, RenderOptions, TrackOptions


@click.command()
@options.of(TrackOptions)
@click.option("--tag", cls=options.SharedOption, multiple=True)
def toy(tag: tuple[str, ...], **tracking: Any) -> None:
    """Prints what it was asked for."""
    click.echo(json.dumps({"tag": list(tag), **vars(TrackOptions(**tracking))}))


@dataclass(frozen=True, kw_only=True)
class JuggleOptions(ReadOptions):
    """Options of a command that the project does not have."""

    bounce_height: int = option(3, low=1, high=9, unit="balls", help="Balls in the air.")
    spin: bool = option(True, help="Turn them.")


@click.command()
@options.of(JuggleOptions)
def juggle(**juggling: Any) -> None:
    """Prints what it was asked for."""
    click.echo(json.dumps(vars(JuggleOptions(**juggling))))


@pytest.fixture
def ask(
    balltrack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    monkeypatch.setitem(COMMANDS, "toy", (f"{__name__}:toy", ""))

    def asked(*arguments: object) -> dict[str, Any]:
        outcome = balltrack("toy", *arguments)
        assert outcome.code == 0, outcome.err
        answer: dict[str, Any] = json.loads(outcome.out)
        return answer

    return asked


def test_a_field_is_all_that_an_option_needs(
    balltrack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(COMMANDS, "juggle", (f"{__name__}:juggle", ""))
    said = " ".join(balltrack("juggle", "-h").out.split())
    assert "--bounce-height BALLS Balls in the air. [default: 3; 1<=x<=9]" in said
    assert "--spin / --no-spin Turn them. [default: spin]" in said
    assert "--start TIME" in said

    def asked(*arguments: str) -> dict[str, Any]:
        outcome = balltrack("juggle", *arguments)
        assert outcome.code == 0, outcome.err
        answer: dict[str, Any] = json.loads(outcome.out)
        return answer

    assert asked() == vars(JuggleOptions())
    answer = asked("--bounce-height", "9", "--no-spin", "--start", "1:30")
    assert answer == vars(JuggleOptions(bounce_height=9, spin=False, start_s=90.0))
    monkeypatch.setenv("BALLTRACK_BOUNCE_HEIGHT", "4")
    assert asked()["bounce_height"] == 4

    outcome = balltrack("juggle", "--bounce-height", "10")
    assert outcome.code == 2
    assert outcome.complaint == (
        "balltrack: Invalid value for '--bounce-height': bounce_height must be between 1 and 9, "
        "got 10; see `balltrack juggle --help`"
    )
    file = tmp_path / "run.toml"
    file.write_text("[juggle]\nbounce-height = 0\n")
    assert (
        "[juggle] bounce-height: bounce_height must be"
        in balltrack("juggle", "--config", file).complaint
    )


@pytest.mark.parametrize(
    ("name", "owner", "without"),
    [
        ("track", TrackOptions, set()),
        ("render", RenderOptions, set()),
        ("evaluate", TrackOptions, {"start_s", "end_s", "balls"}),
        ("bench", TrackOptions, {"balls"}),
    ],
)
def test_a_command_has_every_field(name: str, owner: type[Any], without: set[str]) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    taken = {param.name for param in command.params}
    assert {field.name for field in fields(owner)} - taken == without


def test_an_option_that_no_field_declares_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="JuggleOptions has no option knife, sword"):
        options.of(JuggleOptions, only={"spin", "sword"}, without={"knife"})


def test_only_and_without_choose_among_the_fields() -> None:
    @click.command()
    @options.of(JuggleOptions, only={"spin", "start_s", "end_s"}, without={"end_s"})
    def some() -> None: ...

    assert [param.name for param in some.params] == ["start_s", "spin"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1:30", 90),
        ("00:01:30.5", 90.5),
        ("75:00", 4500),
        ("100:00:00", 360000),
        ("1500ms", 1.5),
        ("2us", 2e-6),
        ("0.25s", 0.25),
        (".5", 0.5),
        ("3.", 3),
        ("0", 0),
    ],
)
def test_times_are_written_as_for_ffmpeg(text: str, seconds: float) -> None:
    assert options.Time().convert(text, None, None) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "abc", "1:2:3:4", "1:75", "1:99:00", "5m", "1e3", "nan", "1,5"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a time; write 90, 1:30"):
        options.Time().convert(text, None, None)


@pytest.mark.parametrize("text", ["-5", "-1:30", "-0.1"])
def test_a_time_before_the_start_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is negative; a time is 0 or more"):
        options.Time().convert(text, None, None)


def test_a_bad_time_names_its_option(
    balltrack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "toy", (f"{__name__}:toy", ""))
    outcome = balltrack("toy", "--start", "-5")
    assert outcome.code == 2
    assert "'--start': '-5' is negative" in outcome.complaint


def test_the_defaults_are_those_of_the_library(ask: Callable[..., dict[str, Any]]) -> None:
    assert ask() == {"tag": [], **vars(TrackOptions())}


def test_flag_beats_environment_beats_file_beats_library(
    ask: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[toy]\nmax-gap = 1\ndevice = "cuda:1"\nlink = false\n')
    assert ask("--config", file)["max_gap"] == 1
    assert ask("--config", file)["link"] is False
    monkeypatch.setenv("BALLTRACK_MAX_GAP", "2")
    assert ask("--config", file)["max_gap"] == 2
    monkeypatch.setenv("BALLTRACK_TOY_MAX_GAP", "3")
    assert ask("--config", file)["max_gap"] == 3
    assert ask("--config", file, "--max-gap", 4)["max_gap"] == 4
    assert ask("--config", file, "--link")["link"] is True
    assert ask("--config", file)["device"] == "cuda:1"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())  # as Windows' Notepad writes it
    assert ask("--config", file)["device"] == "cuda:1"


def test_the_environment_sets_options_of_every_kind(
    ask: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("BALLTRACK_DEVICE", "cpu"),
        ("BALLTRACK_TOY_START", "1:30"),
        ("BALLTRACK_RECTIFY", "0"),
        ("BALLTRACK_THRESHOLD", "0.25"),
        ("BALLTRACK_TOY_TAG", "a b"),
    ):
        monkeypatch.setenv(name, value)
    answer = ask()
    assert (answer["device"], answer["start_s"], answer["rectify"]) == ("cpu", 90.0, False)
    assert (answer["threshold"], answer["tag"]) == (0.25, ["a", "b"])


def test_the_file_may_come_from_the_environment_and_write_underscores(
    ask: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[track]\n[toy]\nbatch_size = 3\nstart = "1:30"\ntag = "one"\n')
    monkeypatch.setenv("BALLTRACK_CONFIG", str(file))
    answer = ask()
    assert (answer["batch_size"], answer["start_s"], answer["tag"]) == (3, 90.0, ["one"])
    file.write_text('[toy]\ntag = ["one", "two"]\n')
    assert ask()["tag"] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[toy]\ndevise = 1",
            "[toy] has no option 'devise'; known: all-shots, also, balls, batch-size",
        ),
        ("[toys]\ndevice = 1", "'toys' is not a command's table"),
        ("device = 'cpu'", "'device' is not a command's table; write [track] above"),
        ("[toy]\nconfig = 'x'", "has no option 'config'"),
        ("[toy", "not a TOML file"),
        ("[toy]\nlink = 'no'", "run.toml: [toy] link: must be true or false, got 'no'"),
        ("[toy]\nmax-gap = 'many'", "run.toml: [toy] max-gap: must be a whole number, got 'many'"),
        ("[toy]\nmax_gap = 2.7", "run.toml: [toy] max_gap: must be a whole number, got 2.7"),
        ("[toy]\nmax-gap = true", "[toy] max-gap: must be a whole number, got True"),
        ("[toy]\nthreshold = true", "[toy] threshold: must be a number, got True"),
        ("[toy]\nstart = -1", "run.toml: [toy] start: '-1' is negative"),
        ("[toy]\nend = [1]", "[toy] end: must be a time, got [1]"),
        ("[toy]\ndevice = 5", "[toy] device: must be text, got 5"),
        ("[toy]\ntag = ['a', 1]", "[toy] tag: must be text, got 1"),
        ("[toy]\nreader = 'vlc'", "run.toml: [toy] reader: 'vlc' is not one of 'auto', 'opencv'"),
        (
            "[toy]\nthreshold = 7",
            "run.toml: [toy] threshold: threshold must be between 0.01 and 0.99, got 7",
        ),
        ("[toy]\nalso = 'tracknet-v3-small'", "also must be another network than weights"),
    ],
)
def test_a_bad_file_is_one_clear_line(
    balltrack: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    complaint: str,
) -> None:
    monkeypatch.setitem(COMMANDS, "toy", (f"{__name__}:toy", ""))
    file = tmp_path / "run.toml"
    file.write_text(text)
    outcome = balltrack("toy", "--config", file)
    assert outcome.code == 2
    assert complaint in outcome.complaint


def test_a_missing_file_is_one_clear_line(
    balltrack: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "toy", (f"{__name__}:toy", ""))
    outcome = balltrack("toy", "--config", tmp_path / "no.toml")
    assert outcome.code == 2
    assert "no.toml: cannot read the configuration: No such file" in outcome.complaint


@pytest.mark.parametrize("name", ["BALLTRACK_MAX_GAP", "BALLTRACK_TOY_MAX_GAP"])
def test_a_bad_value_of_the_environment_names_its_variable(
    balltrack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(COMMANDS, "toy", (f"{__name__}:toy", ""))
    monkeypatch.setenv(name, "many")
    outcome = balltrack("toy")
    assert outcome.code == 2
    assert f"'--max-gap': 'many' is not a valid integer (from {name})" in outcome.complaint
    monkeypatch.setenv(name, "-1")
    outcome = balltrack("toy")
    assert outcome.code == 2
    assert f"'--max-gap': max_gap must be at least 0, got -1 (from {name})" in outcome.complaint
    monkeypatch.setenv(name, "3")
    assert "(from" not in balltrack("toy", "--max-gap", "few").complaint


def test_weights_of_events_are_not_those_that_find_the_ball(
    balltrack: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flag is another thing there, so the variable for all commands is not for it."""
    labels = tmp_path / "clip.csv"
    labels.write_text("Frame,Visibility,X,Y\n" + "".join(f"{n},1,{n},{n}\n" for n in range(30)))
    asked = ("events", labels, "--fps", 25, "-o", tmp_path / "events.csv", "-y", "-q")
    monkeypatch.setenv("BALLTRACK_WEIGHTS", "tracknet-v3-small")
    assert balltrack(*asked).code == 0
    monkeypatch.setenv("BALLTRACK_EVENTS_WEIGHTS", "tracknet-v3-small")
    assert "is a heatmap network" in balltrack(*asked).complaint
