"""``balltrack track``: videos → labels, and an overlay of one."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from balltrack.archive.labelling import STDOUT, label_places
from balltrack.cli import asked, many, options
from balltrack.cli.labelling import Labeller, journal_for, sentence
from balltrack.cli.outputs import claim_outputs
from balltrack.errors import OptionError, OutputError
from balltrack.labels.formats import TRACKED
from balltrack.options import Columns, TrackOptions
from balltrack.outputs import refuse_folder


@click.command()
@click.argument("videos", metavar="VIDEO…", nargs=-1, type=options.SOURCE)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    show_default="the video's name with .csv, in the current folder",
    help="Labels, or the folder for those of many videos; - is stdout.",
)
@options.formats(TRACKED, "by the output's name")
@options.columns
@click.option(
    "--overlay",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    help="Also draw the track over the video, or over the part that is tracked.",
)
@click.option(
    "--batch-file",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    help="Also track what this list names, one a line.",
)
@click.option(
    "--skip-existing",
    cls=options.SharedOption,
    is_flag=True,
    help="Leave out videos whose labels are there.",
)
@click.option(
    "--shard",
    cls=options.SharedOption,
    metavar="I/N",
    help="Track the I-th of N parts of the videos, for job arrays.",
)
@click.option(
    "--resume/--no-resume",
    cls=options.SharedOption,
    default=True,
    show_default=True,
    help="Go on where this command was killed, by the journal beside its output.",
)
@options.quality
@options.of(TrackOptions)
@options.overwrite
@options.as_json
@options.quiet
@options.verbose
def track(
    videos: tuple[Path | str, ...],
    output: Path | None,
    formats: tuple[str, ...],
    columns: Columns,
    overlay: Path | None,
    batch_file: Path | None,
    skip_existing: bool,
    shard: str | None,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **tracking_options: Any,
) -> None:
    """Find the ball on every frame of each VIDEO, a file, a folder or a pattern.

    A folder of pictures without a video, and frames/%04d.jpg, are one video; --fps says its rate.

    VIDEO may also be what is happening now: - for standard input, rtsp:// and http:// addresses,
    a pipe, or the number of a camera. Rows then go to stdout at a fixed --lag, 50 frames where
    nothing else is asked for.

    Writes one row a frame. The labels say where a position comes from when --columns all is
    given: detected, linked (weaker, but on the path), inpainted (filled in) or none.
    """
    from balltrack.cli.console import listen, say  # noqa: PLC0415  # after --help
    from balltrack.cli.live import track_live  # noqa: PLC0415
    from balltrack.pipeline.recording import was_completed  # noqa: PLC0415  # loads numpy

    chosen = TrackOptions(**tracking_options)
    if not videos and batch_file is None:
        raise OptionError("no VIDEO is named; name a file or a folder, or a list by --batch-file")
    listen(quiet=quiet, verbose=verbose)
    asked.refuse_idle_tracking([chosen])
    if _are_live(videos, batch_file, skip_existing, shard, overlay):
        asked.refuse_idle({"on a live source": ["reader", "fps", "resume"]})
        track_live(str(videos[0]), output, formats, columns, chosen, overwrite, as_json, quiet)
        return
    files = [Path(video) for video in videos]
    one = output if not (batch_file or shard) and _is_one(files, output) else None
    places: dict[str, Path] = {}
    if one and skip_existing:
        places = _missing(files[0], one, formats, chosen, overlay, quiet=quiet)
        if not places:
            return
    labeller = Labeller(chosen, columns, quiet=quiet, resume=resume)
    if not one and (batch_file or skip_existing or shard or _are_many(files)):
        if overlay is not None or output == STDOUT:
            raise OptionError("--overlay and -o - are for one video; name it alone")
        asked.refuse_columns(formats)
        asked.refuse_idle({"with --skip-existing": ["overwrite"] if skip_existing else []})
        jobs = many.plan(files, batch_file, output or Path(), formats, shard)
        asked.refuse_reader(job.video for job in jobs)
        run = many.open_run(output or Path(), jobs, chosen, formats, columns) if resume else None
        jobs = [job for job in jobs if run is None or not run.is_done(job)]
        jobs = many.settle_existing(jobs, chosen, skip=skip_existing, overwrite=overwrite)
        many.track_many(jobs, labeller, run, as_json=as_json, quiet=quiet)
        return
    asked.refuse_reader(files)
    places = places or label_places(files[0], output, formats)
    asked.refuse_columns(places)
    if STDOUT in places.values() and as_json:
        raise OptionError("labels and --json cannot both go to stdout; give -o a file")
    journal = journal_for(places)
    overwrite |= resume and was_completed(journal, files[0], chosen)
    _settle(files[0], chosen, [*places.values()], overlay, overwrite=overwrite)
    facts = _track_file(labeller, files[0], places, overlay)
    if as_json:
        click.echo(json.dumps(facts))
    elif not quiet:
        say(sentence(facts))


def _are_live(videos: Sequence[Path | str], *beside: object) -> bool:
    """Whether a live source is named; raise `OptionError` where anything is asked beside it."""
    from balltrack.video.live.sources import is_live  # noqa: PLC0415

    live = any(is_live(str(video)) for video in videos)
    if live and (len(videos) > 1 or any(beside)):
        raise OptionError("a live source is tracked alone, and has no overlay")
    return live


def _are_many(videos: Sequence[Path]) -> bool:
    return len(videos) > 1 or many.stands_for_many(videos[0])


def _is_one(videos: Sequence[Path], output: Path | None) -> bool:
    """Whether one video is to be tracked into a file that is named."""
    if output is None or output == STDOUT or not output.suffix or output.is_dir():
        return False
    return not _are_many(videos)


def _missing(
    video: Path,
    output: Path,
    formats: tuple[str, ...],
    chosen: TrackOptions,
    overlay: Path | None,
    *,
    quiet: bool,
) -> dict[str, Path]:
    """Format → file of the labels that are not there yet; says so where there are none."""
    from balltrack.archive.plan import Job, without_existing  # noqa: PLC0415  # after --help
    from balltrack.cli.console import say  # noqa: PLC0415

    left = without_existing([Job(video, output, formats)], chosen)
    if not left and overlay is not None and not overlay.exists():
        raise OptionError(f"{output}: exists; balltrack render draws it over the video")
    if not left and not quiet:
        say(f"{output}: exists; left as it is")
    return left[0].places if left else {}


def _track_file(
    labeller: Labeller, video: Path, places: dict[str, Path], overlay: Path | None
) -> dict[str, Any]:
    with labeller.tracked(video, places, "tracking") as (found, facts):
        if overlay is not None:
            labeller.draw(video, found, overlay)
            facts["outputs"].append(str(overlay))
    return facts


def _settle(
    video: Path, chosen: TrackOptions, labels: list[Path], overlay: Path | None, *, overwrite: bool
) -> None:
    """Everything that can be known to fail before hours of work."""
    from balltrack.overlay.writer import FORMATS as VIDEO_SUFFIXES  # noqa: PLC0415
    from balltrack.video.pictures.names import source_name  # noqa: PLC0415  # loads av
    from balltrack.video.probe import check_start, probe  # noqa: PLC0415

    if STDOUT in labels and sys.stdout is None:
        raise OutputError("stdout is closed; give -o a file")
    check_start(probe(video, chosen), chosen.start_s)
    if overlay is not None:
        refuse_folder(overlay, f"{source_name(video)}_overlay.mp4")
        if overlay.suffix.lower() not in VIDEO_SUFFIXES:
            raise OptionError(f"{overlay}: an overlay's name ends in {', '.join(VIDEO_SUFFIXES)}")
    files = [place for place in labels if place != STDOUT]
    claim_outputs([*files, *([overlay] if overlay else [])], overwrite=overwrite, inputs=[video])
