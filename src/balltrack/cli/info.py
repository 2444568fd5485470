"""``balltrack info``: what a video file holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from balltrack.cli import options

if TYPE_CHECKING:
    from balltrack.structures import VideoInfo


@click.command()
@click.argument("video", type=options.PATH)
@options.as_json
def info(video: Path, as_json: bool) -> None:
    """Show what the container of VIDEO says: size, frame rate, frames, codec.

    The number of frames is the container's promise; only decoding tells.
    """
    from balltrack.video.probe import probe  # noqa: PLC0415  # loads av, after --help

    found = probe(video)
    if as_json:
        values = {**asdict(found), "frame_rate": float(found.frame_rate)}
        click.echo(json.dumps(values, allow_nan=False))
        return
    for name, value in _lines(found):
        click.echo(f"{name + ':':<13}{value}")


def _lines(found: VideoInfo) -> list[tuple[str, str]]:
    rate = f"{float(found.frame_rate):.6g} frames/s ({found.frame_rate})"
    if found.variable_frame_rate:
        rate += ", variable"
    frames = "not known" if found.frame_count is None else str(found.frame_count)
    length = "not known" if found.duration_s is None else f"{found.duration_s:.3f} s"
    return [
        ("file", found.path),
        ("size", f"{found.width}x{found.height}"),
        ("frame rate", rate),
        ("frames", frames),
        ("duration", length),
        ("video", f"{found.codec}, {found.pixel_format}"),
        ("rotation", f"{found.rotation} degrees{', mirrored' if found.mirrored else ''}"),
        ("sound", "yes" if found.has_audio else "no"),
    ]
