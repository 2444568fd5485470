"""``balltrack review``: labels looked at and put right in a browser."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from balltrack.cli import asked, options
from balltrack.errors import OptionError
from balltrack.options import SourceOptions


@click.command()
@click.argument("video", metavar="VIDEO|DIR", type=options.PATH)
@click.argument("labels", required=False, type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    show_default="the labels' name with _corrected.csv, beside them",
    help="Corrected labels: a .csv with all columns; the journal of all changes lies beside it.",
)
@click.option(
    "--events",
    type=options.PATH,
    metavar="FILE",
    help="Hits and bounces that were found, as `balltrack events` writes them.",
)
@click.option(
    "--frames",
    type=options.PATH,
    metavar="FILE",
    help="Visit these frames instead of the doubtful ones: what `balltrack suggest` writes.",
)
@click.option("--blind", is_flag=True, help="Do not show the labels, to label without them.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="a free one",
    help="Of the address on this machine.",
)
@click.option("--open/--no-open", "browse", default=True, help="Open the browser.  [default: open]")
@options.of(SourceOptions)
@options.overwrite
@options.quiet
@options.verbose
def review(
    video: Path,
    labels: Path | None,
    output: Path | None,
    events: Path | None,
    frames: Path | None,
    blind: bool,
    port: int,
    browse: bool,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    **source: Any,
) -> None:
    """Look at LABELS over VIDEO in the browser, and put them right: docs/review.md.

    Without LABELS, those beside the video are taken, or none. Of a DIR all videos come in turn.
    Every change is on disk at once; Ctrl-C ends it. LABELS stay as they are.
    """
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise OptionError("review needs a web server: pip install 'balltrack[review]'")
    from balltrack.video.pictures.names import are_pictures  # noqa: PLC0415  # loads av

    chosen = SourceOptions(**source)
    several = video.is_dir() and not are_pictures(video)
    if several and (labels or output or events):
        raise click.UsageError("LABELS, --output and --events are for one video, not for a DIR")
    asked.refuse_idle({"on a DIR": ["video_stream", "fps", "overwrite"] if several else []})
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.review.journal import journal_of, read_journal  # noqa: PLC0415
    from balltrack.review.merging import in_words  # noqa: PLC0415
    from balltrack.review.queue import find_clips, one_clip, with_frames  # noqa: PLC0415
    from balltrack.review.running import serve  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    if several:
        clips = find_clips(video, blind=blind)
    else:
        clips = [one_clip(video, labels, output, events=events, blind=blind, source=chosen)]
        inputs = [path for path in (video, clips[0].labels) if path is not None]
        begun = bool(read_journal(journal_of(clips[0].output)).owner)
        claim_outputs([clips[0].output], overwrite=overwrite or begun, inputs=inputs)
    if frames is not None:
        clips = with_frames(clips, frames)
    for session in serve(clips, port, browse=browse, ready=click.echo):
        told = in_words(session.summary()) or "nothing changed"
        if not quiet:
            say(f"{session.clip.video}: {told} → {session.clip.output}")
