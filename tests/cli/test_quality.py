"""``--quality``: one word sets several options, and each option given by itself still wins."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from balltrack.benchmark import measurement
from balltrack.cli import options
from balltrack.cli.config import config
from balltrack.cli.main import COMMANDS
from balltrack.options import QUALITIES, TrackOptions


@click.command()
@options.quality
@options.of(TrackOptions)
def toy(**tracking: Any) -> None:
    """Prints what it was asked for."""
    click.echo(json.dumps(vars(TrackOptions(**tracking))))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, balltrack: Callable[..., Any]) -> Callable[..., Any]:
    """What the command makes of its arguments."""
    monkeypatch.setitem(COMMANDS, "toy", (f"{__name__}:toy", "A toy."))
    monkeypatch.setattr("balltrack.cli.main.LazyGroup.get_command", lambda *_: toy)
    toy.params = [param for param in toy.params if param is not config] + [config]

    def ask(*arguments: object) -> dict[str, Any]:
        done = balltrack("toy", *arguments)
        assert done.code == 0, done.err
        return json.loads(done.out)  # type: ignore[no-any-return]

    return ask


def test_a_quality_sets_its_fields_and_no_other(asked: Callable[..., Any]) -> None:
    usual = vars(TrackOptions())
    assert asked() == asked("--quality", "balanced") == usual
    for name, fields in QUALITIES.items():
        assert asked("--quality", name) == usual | fields


def test_what_is_given_by_itself_wins_wherever_it_stands(
    asked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On the command line on either side, in the environment, in a file."""
    assert asked("--ensemble", "nonoverlap", "--quality", "fast")["ensemble"] == "nonoverlap"
    assert asked("--quality", "best", "--weights", "classical")["weights"] == "classical"
    monkeypatch.setenv("BALLTRACK_ENSEMBLE", "nonoverlap")
    assert asked("--quality", "fast")["ensemble"] == "nonoverlap"
    monkeypatch.delenv("BALLTRACK_ENSEMBLE")
    file = tmp_path / "run.toml"
    file.write_text('[toy]\nensemble = "nonoverlap"\n')
    for order in (("--config", file, "--quality", "fast"), ("--quality", "fast", "--config", file)):
        assert asked(*order)["ensemble"] == "nonoverlap"


def test_the_environment_and_a_file_may_name_it(
    asked: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BALLTRACK_QUALITY", "fast")
    assert asked()["ensemble"] == "weight"
    monkeypatch.delenv("BALLTRACK_QUALITY")
    file = tmp_path / "run.toml"
    file.write_text('[toy]\nquality = "best"\n')
    assert asked("--config", file)["weights"] == QUALITIES["best"]["weights"]


def test_bench_measures_all_three(
    balltrack: Callable[..., Any], rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[TrackOptions] = []

    def pretend(_: Path, job: TrackOptions, *, overlay: bool) -> measurement.Measurement:
        measured.append(job)
        run = measurement.Run(2.0, 4.0, {"network": 0.5}, 10.0, 0.5)
        machine = {"device_name": "CPU", "threads": 2, "versions": {}}
        facts = ("openvino", "fp32", 1, vars(job), machine)
        return measurement.Measurement("a.mp4", 20, run, run, 20.0, 100.0, None, *facts)

    monkeypatch.setattr("balltrack.benchmark.comparison.measure", pretend)
    done = balltrack("bench", "--video", rendered, "--qualities", "--rounds", 1, "--end", 0.5)
    assert done.code == 0, done.err
    assert measured == [TrackOptions(end_s=0.5, **fields) for fields in QUALITIES.values()]  # type: ignore[arg-type]
    assert "weight" in done.out
    refused = balltrack("bench", "--video", rendered, "--qualities", "--compare")
    assert (refused.code, "leave --compare out" in refused.complaint) == (2, True)


def test_evaluate_takes_the_weights_of_a_quality(
    balltrack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a_ball.csv").write_text("Frame,Visibility,X,Y\n0,1,10,10\n")
    chosen: list[TrackOptions] = []

    def pretend(runs: list[TrackOptions], *_: object, **__: object) -> Any:
        chosen.extend(runs)
        return iter(())

    monkeypatch.setattr("balltrack.cli.evaluate._from_weights", pretend)
    for name in ("fast", "best"):
        done = balltrack("evaluate", "--truth", tmp_path, "--quality", name)
        assert done.code == 0, done.err
    assert chosen == [TrackOptions(**QUALITIES[name]) for name in ("fast", "best")]  # type: ignore[arg-type]
    idle = balltrack("evaluate", tmp_path, "--truth", tmp_path, "--quality", "fast")
    assert (idle.code, "--quality has no effect with PRED" in idle.complaint) == (2, True)
