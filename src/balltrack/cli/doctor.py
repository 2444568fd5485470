"""``balltrack doctor``: what this machine has, what is broken on it, what makes it slow."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from balltrack.cli import options
from balltrack.options import TrackOptions

MARKS = {"fine": " ", "slow": "~", "broken": "!"}


@click.command()
@options.of(TrackOptions, only={"weights", "device", "runtime", "precision"})
@options.as_json
@options.quiet
@options.verbose
def doctor(as_json: bool, quiet: bool, verbose: bool, **tracking: str) -> int:
    """Look over this machine: versions, devices, codecs, weights, a check of the network.

    Put what it prints into a report of a fault. "!" is broken and "~" slower than it could be;
    the exit code is 1 where something is broken.
    """
    from balltrack.benchmark.checkup import check_up  # noqa: PLC0415  # after --help
    from balltrack.cli.console import listen  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    found = []
    for finding in check_up(TrackOptions(**tracking)):  # type: ignore[arg-type]
        found.append(finding)
        if not as_json and not (quiet and finding.state == "fine"):
            click.echo(f"{MARKS[finding.state]} {finding.about + ':':<21}{finding.said}")
    if as_json:
        click.echo(json.dumps({"findings": [asdict(finding) for finding in found]}))
    return int(any(finding.state == "broken" for finding in found))
