"""``balltrack info``: what a video file holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import options
from balltrack.errors import counted
from balltrack.options import SourceOptions

if TYPE_CHECKING:
    from balltrack.structures import VideoInfo
    from balltrack.video.container import Stream


@click.command()
@click.argument("video", type=options.PATH)
@options.of(SourceOptions)
@options.as_json
def info(video: Path, as_json: bool, **source: Any) -> None:
    """Show what the container of VIDEO says: size, frame rate, frames, codec, and all streams.

    The number of frames is the container's promise; only decoding tells.
    """
    from balltrack.video.container import list_streams  # noqa: PLC0415  # loads av, after --help
    from balltrack.video.probe import probe  # noqa: PLC0415

    found = probe(video, SourceOptions(**source))
    streams = [] if found.stream is None else list_streams(found.path, found.stream)
    if as_json:
        values = {**asdict(found), "frame_rate": float(found.frame_rate)}
        values["streams"] = [asdict(stream) for stream in streams]
        click.echo(json.dumps(values, allow_nan=False))
        return
    for name, value in _lines(found):
        click.echo(f"{name + ':':<13}{value}")
    for stream in streams:
        click.echo(f"{f'stream {stream.index}:':<13}{_words(stream)}")


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
        ("video", f"{found.codec}, {found.pixel_format}{', encrypted' if found.encrypted else ''}"),
        ("rotation", f"{found.rotation} degrees{', mirrored' if found.mirrored else ''}"),
        ("sound", "yes" if found.has_audio else "no"),
    ]


def _words(stream: Stream) -> str:
    parts = [f"{stream.kind} {stream.codec}"]
    if stream.size is not None:
        parts.append("{}x{}".format(*stream.size))
    if stream.rate is not None:
        parts.append(f"{stream.rate:g} {'Hz' if stream.channels else 'frames/s'}")
    if stream.channels is not None:
        parts.append(counted(stream.channels, "channel"))
    parts += [text for text in (stream.language, stream.title and f'"{stream.title}"') if text]
    parts += ["default"] if stream.default else []
    parts += ["tracked"] if stream.tracked else []
    return ", ".join(parts)
