"""``balltrack weights``: what there is to choose from, and what one file says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from balltrack.cli import options


@click.group()
def weights() -> None:
    """List and describe the weights there are."""


@weights.command("list")
@options.as_json
def list_command(as_json: bool) -> None:
    """List the registered weights; * marks the default of a network."""
    from balltrack.weights.registry import WeightsEntry, list_weights  # noqa: PLC0415

    def row(entry: WeightsEntry) -> dict[str, Any]:
        return {
            "name": entry.name,
            "spec": entry.spec,
            "sports": list(entry.sports),
            "licence": entry.licence,
            "default": entry.default,
        }

    rows = [row(entry) for entry in list_weights()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for item in rows:
        mark = "*" if item["default"] else " "
        sports = ", ".join(item["sports"])
        click.echo(f"{mark} {item['name']:<24} {item['spec']:<20} {sports:<30} {item['licence']}")


@weights.command()
@click.argument("name", metavar="NAME|PATH")
@options.as_json
def info(name: str, as_json: bool) -> None:
    """Describe weights: compares the checksum and shows the header of the file."""
    from balltrack.weights.header import read_header  # noqa: PLC0415
    from balltrack.weights.registry import find_entry  # noqa: PLC0415

    entry = find_entry(name)
    entry.verify()
    header = read_header(entry.path)
    facts: dict[str, Any] = {
        "name": entry.name,
        "path": str(entry.path),
        "bytes": entry.path.stat().st_size,
        "sha256": entry.sha256,
        "spec": entry.spec,
        "sports": list(entry.sports),
        "licence": entry.licence,
        "provenance": entry.provenance,
        "threshold": entry.threshold,
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


def _print(facts: Mapping[str, Any], indent: str = "") -> None:
    for key, value in facts.items():
        if isinstance(value, Mapping):
            click.echo(f"{indent}{key}:")
            _print(value, indent + "  ")
        elif value not in (None, "", []):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            click.echo(f"{indent}{key + ':':<12} {shown}")
