"""``balltrack weights``: what there is to choose from, and what one file says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from balltrack.cli import options
from balltrack.cli.outputs import claim_outputs
from balltrack.errors import OptionError
from balltrack.options import TrackOptions
from balltrack.weights.registry import WeightsEntry

TAKEN = {
    TrackOptions.weights: "default of --weights and --detector",
    "inpaintnet": "default of --inpaint",
    "verifier": "default of --verify",
    "events": "default of --weights in events and rallies",
    "events-live": "used with --lag and --look-ahead",
    "play": "used by track and shots",
}
"""Name → what takes these weights where no others are asked for."""


@click.group()
def weights() -> None:
    """List and describe the weights there are."""


@weights.command("list")
@options.as_json
def list_command(as_json: bool) -> None:
    """List the registered weights, and what takes which of them by default.

    A sport is listed with the strict F1 that was measured on clips that were not trained on, and
    only where it was; what they were trained on is in `balltrack weights info`.
    """
    from balltrack.weights.registry import list_weights  # noqa: PLC0415

    def row(entry: WeightsEntry) -> dict[str, Any]:
        return {
            "name": entry.name,
            "spec": entry.spec,
            "sports": list(entry.sports),
            "strict_f1": _measured(entry),
            "licence": entry.licence,
            "default": entry.name in TAKEN,
        }

    rows = [row(entry) for entry in list_weights()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for item in rows:
        sports = ", ".join(f"{sport} {score:.2f}" for sport, score in item["strict_f1"].items())
        said = "; ".join(filter(None, [sports, TAKEN.get(item["name"])]))
        click.echo(f"{item['name']:<24} {item['spec']:<20} {item['licence']:<8} {said}".rstrip())


def _measured(entry: WeightsEntry) -> dict[str, float]:
    """Sport → strict F1 on the first test set whose name begins with it; none without one."""
    measured: dict[str, float] = {}
    for sport in entry.sports:
        for name, figures in entry.scores.items():
            if name.startswith(sport) and "strict_f1" in figures:
                measured.setdefault(sport, figures["strict_f1"])
    return measured


@weights.command()
@click.argument("name", metavar="NAME|PATH")
@options.as_json
def info(name: str, as_json: bool) -> None:
    """Describe weights: compares the checksum and shows the header of the file."""
    from balltrack.weights.handle import open_weights  # noqa: PLC0415

    opened = open_weights(name)
    entry, header = opened.entry, opened.header
    facts: dict[str, Any] = {
        "name": entry.name,
        "path": str(entry.path),
        "bytes": entry.path.stat().st_size,
        "sha256": entry.sha256,
        "spec": entry.spec,
        "sports": list(entry.sports),
        "licence": entry.licence,
        "provenance": entry.provenance,
        "scores": dict(entry.scores),
        "parameters": header.parameters,
        "tensors": header.tensors,
        "dtypes": list(header.dtypes),
        "header": header.metadata,
    }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        _print(facts)


@weights.command("import")
@click.argument("source", metavar="FILE")
@click.option("--name", required=True, help="To register it under.")
@click.option(
    "--folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Weights folder, such as the one BALLTRACK_WEIGHTS_DIR names; made if missing.",
)
@click.option("--sport", "sports", multiple=True, help="It was trained on.  [repeatable]")
@click.option("--licence", required=True, help="What may be done with it.")
@click.option("--provenance", required=True, help="Data and run it comes from.")
@click.option(
    "--scores",
    multiple=True,
    metavar="SET FILE",
    type=(str, click.Path(path_type=Path, dir_okay=False)),
    help="Test set and the file that `balltrack evaluate --json` printed for it.  [repeatable]",
)
@click.option("--half/--full", default=True, help="Store float16 or float32.")
def import_command(
    source: str,
    name: str,
    folder: Path,
    sports: tuple[str, ...],
    licence: str,
    provenance: str,
    scores: tuple[tuple[str, Path], ...],
    half: bool,
) -> None:
    """Register trained weights under a name.

    FILE is what `balltrack train` wrote, or a checkpoint of another project: TrackNet's port,
    TrackNetV2, TrackNetV3 and its InpaintNet, RacketVision, WASB or BlurBall. Whose it is, is told
    by its tensors; it is read without running any code in it, and stays as it is.
    """
    from balltrack.weights.release import release  # noqa: PLC0415  # loads torch

    card = {
        "sports": list(sports),
        "licence": licence,
        "provenance": provenance,
        "scores": {
            test_set: _read_scores(path, [source, str(folder / f"{name}.safetensors")])
            for test_set, path in scores
        },
    }
    entry = release(source, folder, name, card, half=half)
    click.echo(f"{entry.path}")


@weights.command()
@click.argument("name", metavar="NAME|PATH")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.",
)
@click.option(
    "--format",
    "file_format",
    required=True,
    type=click.Choice(["tracknetv3", "tracknetv2", "onnx"]),
    help="As the scripts of TrackNetV3 or TrackNetV2 load it, or ONNX for any other program.",
)
@options.overwrite
def export(name: str, output: Path, file_format: str, overwrite: bool) -> None:
    """Write weights for other programs.

    An ONNX file takes batches of any size and says in its metadata how to feed it and how to read
    it; its answers are compared with torch's before it is kept. It needs balltrack[onnx].
    """
    from balltrack.weights.handle import open_weights  # noqa: PLC0415

    opened = open_weights(name)
    claim_outputs([output], overwrite=overwrite, inputs=[opened.path])
    from balltrack.weights.export import export as write  # noqa: PLC0415  # loads torch

    write(opened, output, file_format)
    click.echo(f"{output}")


def _read_scores(path: Path, known: Sequence[str]) -> dict[str, Any]:
    """The total of a report that ``balltrack evaluate --json`` wrote of one of these weights."""
    from balltrack.weights.handle import open_weights  # noqa: PLC0415

    try:
        run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["runs"][0]
        total: dict[str, Any] = run["total"]
        used: dict[str, Any] = run.get("used") or {}
    except OSError as error:
        raise OptionError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, IndexError) as error:
        raise OptionError(f"{path}: not what `balltrack evaluate --json` prints") from error
    told = {value for key, value in used.items() if key.startswith("sha256 of ")}
    there = [one for one in known if one == known[0] or Path(one).is_file()]
    if told and told.isdisjoint(open_weights(one).sha256 for one in there):
        raise OptionError(f"{path}: is of other weights than {known[0]}; evaluate these")
    return total


def _print(facts: Mapping[str, Any], indent: str = "") -> None:
    for key, value in facts.items():
        if isinstance(value, Mapping):
            click.echo(f"{indent}{key}:")
            _print(value, indent + "  ")
        elif value not in (None, "", []):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            click.echo(f"{indent}{key + ':':<12} {shown}")
