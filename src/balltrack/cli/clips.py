"""``balltrack clips``: rallies → cut out of their video."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import asked, event_options, options
from balltrack.clips.options import ClipOptions
from balltrack.errors import VideoError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from balltrack.clips.cutting import Beside, Cut
    from balltrack.clips.packets import FrameTable
    from balltrack.options import TrackOptions
    from balltrack.structures import VideoInfo


@click.command()
@click.argument("video", type=options.PATH)
@click.argument("rallies", required=False, type=options.PATH)
@click.option(
    "--output",
    "-o",
    "folder",
    type=options.NamedPath(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder for the clips; made if missing.",
)
@click.option(
    "--events",
    type=options.PATH,
    metavar="FILE",
    help="Hits and bounces, which tell rallies apart.  [default: found in the labels]",
)
@click.option(
    "--labels",
    type=options.PATH,
    metavar="FILE",
    help="Of the ball, for --vertical where a list of rallies is given.",
)
@options.of(ClipOptions)
@click.option(
    "--joined", type=options.PATH, metavar="FILE", help="Write all clips back to back too."
)
@click.option(
    "--subtitles",
    is_flag=True,
    help="Write each rally's number and strokes as .srt and .vtt: for the video into DIR, for "
    "the joined clips beside them.",
)
@click.option(
    "--timeline",
    type=options.PATH,
    metavar="FILE",
    help="Write the cuts for an editing program: .edl (CMX 3600), .xml (Final Cut Pro 7) or "
    ".otio; needs the extra `timeline`.",
)
@event_options.detector
@event_options.tracking
@options.overwrite
@options.quiet
@options.verbose
def clips(
    video: Path,
    rallies: Path | None,
    folder: Path,
    events: Path | None,
    labels: Path | None,
    joined: Path | None,
    subtitles: bool,
    timeline: Path | None,
    detector: str,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    **settings: Any,
) -> None:
    """Cut the rallies of VIDEO into a file each.

    RALLIES is what `balltrack rallies` writes, or any table with columns FirstFrame and
    LastFrame, both included; clips have the numbers of a column Rally, else they are counted. Or
    it is labels of the ball. Without it VIDEO is tracked first.

    Prints a line a clip: the file, its frames, and what it shows too early and too late.
    """
    tracking = event_options.take_tracking(detector, settings)
    chosen = ClipOptions(**settings)
    if rallies is not None:
        event_options.refuse_tracking(of_video=True)
    elif labels is not None:
        raise click.UsageError("--labels go with a list of rallies; name them as RALLIES instead")

    from balltrack.cli.console import listen, progress, say  # noqa: PLC0415  # after --help
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.clips.cutting import Beside, cut_clips  # noqa: PLC0415
    from balltrack.clips.packets import read_frame_table  # noqa: PLC0415
    from balltrack.clips.plan import clip_paths, plan_clips, total_s  # noqa: PLC0415
    from balltrack.clips.rallies import play_of, read_play, with_times  # noqa: PLC0415
    from balltrack.clips.timeline import check_timeline  # noqa: PLC0415
    from balltrack.labels import read_track  # noqa: PLC0415
    from balltrack.outputs import made_folder  # noqa: PLC0415
    from balltrack.overlay.writer import check_name  # noqa: PLC0415

    if timeline is not None:
        check_timeline(timeline)
    if joined is not None:
        check_name(joined)
    info = _probe(video, tracking)
    table = read_frame_table(video, info.stream)
    _refuse_idle(rallies, chosen, table)
    beside = Beside(joined, folder / video.stem if subtitles else None, timeline)
    given = [path for path in (video, rallies, events, labels) if path is not None]
    listen(quiet=quiet, verbose=verbose)
    size = (info.width, info.height)
    if rallies is None:
        claim_outputs(_known(folder, video, beside), overwrite=overwrite, inputs=given)
        overwrite = True  # settled, before hours of work
        found = event_options.track_first(video, tracking, events, quiet=quiet)
        timed = with_times(video, found, table.times_s)
        play = play_of(timed, events, size, len(table.times_s), video)
    else:
        play = read_play(rallies, events, table.times_s, size)
    track = play.track
    if labels is not None:
        track = with_times(labels, read_track(labels, size), table.times_s)
    planned = plan_clips(play, table.times_s, float(1 / info.frame_rate), chosen)
    paths = clip_paths(folder, video, planned)
    with made_folder(folder), progress("cutting", quiet=quiet) as report:
        claim_outputs([*paths, *beside.paths], overwrite=overwrite, inputs=given)
        cuts = cut_clips(
            info, table, planned, paths, chosen, beside=beside, track=track, progress=report
        )
    for cut in cuts:
        click.echo(_line(cut))
    if not quiet:
        rally_count = counted(len(play.rallies), "rally").replace("rallys", "rallies")
        say(f"{video}: {len(cuts)} of {rally_count}, {total_s(planned):.1f} s → {folder}")
        say(_unasked(cuts))


def _probe(video: Path, tracking: TrackOptions) -> VideoInfo:
    """What a video file says; `VideoError` of pictures."""
    from balltrack.video.probe import probe  # noqa: PLC0415  # after --help

    info = probe(video, tracking)
    if info.stream is None:
        raise VideoError(f"{video}: clips cannot be cut out of pictures; make a video of them")
    return info


def _refuse_idle(rallies: Path | None, chosen: ClipOptions, table: FrameTable) -> None:
    """Raise `click.UsageError` for options that would change no clip."""
    from balltrack.clips.rallies import is_rally_file  # noqa: PLC0415  # after --help

    listed = rallies is not None and is_rally_file(rallies)
    copied = table.copyable and not len(table.hidden_packets) and not chosen.encodes
    asked.refuse_idle(
        {
            "without --vertical": [] if chosen.vertical else ["labels"],
            "with a list of rallies": ["events"] if listed else [],
            "where nothing is encoded; add --exact": ["crf", "reader"] if copied else [],
        }
    )


def _known(folder: Path, video: Path, beside: Beside) -> list[Path]:
    """What will be written, as far as it is known without the rallies, and clips that are there."""
    earlier = sorted(folder.glob(f"{glob.escape(video.stem)}_rally_*.mp4"))
    return [*earlier, *(p for p in beside.paths if p.parent != folder or p.exists())]


def _line(cut: Cut) -> str:
    clip = cut.clip
    return (
        f"{cut.path}: {clip.title}, frames {clip.first_frame} to {clip.last_frame}, "
        f"{cut.early} too early, {cut.late} too late"
    )


def _unasked(cuts: Sequence[Cut]) -> str:
    """What the files show that nobody asked for."""
    early = [cut.early for cut in cuts]
    if not any(early):
        return "every clip begins at the very frame"
    return (
        f"the clips begin {counted(round(sum(early) / len(early)), 'frame')} too early on average, "
        f"{max(early)} at most, where the video's key frames are; --exact begins at the very frame"
    )
