"""``balltrack events``: labels → hits and bounces."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from balltrack.cli import asked, event_options, options
from balltrack.errors import counted
from balltrack.options import TrackOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from balltrack.events import Finder
    from balltrack.structures import Track

TOLERANCE = 2


@click.command()
@click.argument("labels", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--output",
    "-o",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    help="A .csv, or a .json as E2E-Spot has it.  [default: the labels' name with _events.csv, in "
    "the current folder; none with --truth]",
)
@click.option(
    "--truth",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="PATH",
    help="Score against the events in this file, or in the file of the labels' name in this "
    "folder; LABELS may then be many, and folders.",
)
@click.option(
    "--tolerance",
    cls=options.SharedOption,
    type=click.IntRange(0),
    default=TOLERANCE,
    show_default=True,
    help="Of --truth: frames of 25 to 30 a second; twice as many of 50 to 60.",
)
@click.option(
    "--play/--all",
    "play_only",
    cls=options.SharedOption,
    default=False,
    help="Leave out what belongs to no rally, such as bouncing before a serve.  [default: all]",
)
@event_options.fps
@event_options.size
@event_options.weights
@event_options.no_bounce
@click.option(
    "--look-ahead",
    cls=options.SharedOption,
    type=click.IntRange(0, 8),
    show_default="all there are",
    help="Find events as `balltrack track --lag` does, with so many frames after each, of 25 to 30 "
    "a second, by the weights events-live or others of that kind.",
)
@event_options.detector
@event_options.tracking
@options.overwrite
@options.as_json
@options.quiet
@options.verbose
def events(
    labels: tuple[Path, ...],
    output: Path | None,
    truth: Path | None,
    tolerance: int,
    play_only: bool,
    fps: float | None,
    size: tuple[int, int] | None,
    weights: str,
    no_bounce: bool,
    look_ahead: int | None,
    detector: str,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **tracking: Any,
) -> None:
    """Find the hits and bounces in LABELS: positions of the ball, one row a frame.

    LABELS may also be a video, which is tracked first.

    Writes Frame,Time,Event,X,Y,Confidence, one row an event; with --truth it prints F1 and mAP.
    """
    if len(labels) > 1 and truth is None:
        raise click.UsageError("several LABELS are for --truth; give one")
    if truth is not None:
        event_options.refuse_tracking()
        if output is not None:
            raise click.UsageError("give either --output or --truth")
    asked.refuse_idle(
        {"with --truth": ["overwrite"]} if truth else {"without --truth": ["tolerance"]}
    )
    from balltrack.cli.console import listen  # noqa: PLC0415  # after --help
    from balltrack.events import VolleyFinder, load_finder, load_live_finder  # noqa: PLC0415

    listen(quiet=quiet, verbose=verbose)
    finder: Finder
    if look_ahead is None:
        finder = load_finder(weights)
    else:
        finder = load_live_finder(
            look_ahead, weights="events-live" if weights == "events" else weights
        )
    if no_bounce:
        finder = VolleyFinder(finder)
    settings: dict[str, Any] = {"fps": fps, "size": size, "play_only": play_only}
    if truth is not None:
        _score(labels, truth, tolerance, finder, as_json=as_json, **settings)
        return
    place = output or Path(f"{labels[0].stem.removesuffix('_ball')}_events.csv")
    read = partial(event_options.read_timed, chosen=TrackOptions(detector, **tracking), quiet=quiet)
    _find(
        labels[0],
        place,
        finder,
        read,
        overwrite=overwrite,
        as_json=as_json,
        quiet=quiet,
        **settings,
    )


def _find(
    labels: Path,
    place: Path,
    finder: Finder,
    read: Callable[..., tuple[Track, tuple[int, int]]],
    *,
    fps: float | None,
    size: tuple[int, int] | None,
    play_only: bool,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    from balltrack.cli.console import say  # noqa: PLC0415
    from balltrack.cli.outputs import claim_outputs  # noqa: PLC0415
    from balltrack.events import heeding  # noqa: PLC0415
    from balltrack.events.listing import list_events  # noqa: PLC0415
    from balltrack.events.times import event_times  # noqa: PLC0415
    from balltrack.labels.events import check_suffix, write_events  # noqa: PLC0415

    check_suffix(place)
    claim_outputs([place], overwrite=overwrite, inputs=[labels])
    track, shown = read(labels, fps, size)
    video = labels.stem.removesuffix("_ball")
    heedful = heeding(finder, labels)
    listed = list_events(track, shown, heedful, video=video, play_only=play_only, fps=fps)
    write_events(listed, event_times(track, listed.events).tolist(), place)
    counts = {kind: len(listed.of_kind(kind)) for kind in ("hit", "bounce")}
    if as_json:
        facts = {"labels": str(labels), "frames": len(track), "size": list(shown), **counts}
        click.echo(json.dumps({**facts, "fps": listed.fps, "output": str(place)}))
    elif not quiet:
        found = ", ".join(counted(count, kind) for kind, count in counts.items())
        say(f"{labels}: {found} in {counted(len(track), 'frame')} → {place}")


def _score(
    labels: tuple[Path, ...],
    truth: Path,
    tolerance: int,
    finder: Finder,
    *,
    as_json: bool,
    **settings: Any,
) -> None:
    from balltrack.evaluation.events.files import label_files, score_files  # noqa: PLC0415
    from balltrack.evaluation.events.matching import event_scores  # noqa: PLC0415

    pairs = list(score_files(label_files(labels), truth, finder, **settings))
    scores: dict[str, Any] = event_scores(pairs, tolerance)
    if as_json:
        click.echo(json.dumps(_finite(scores), allow_nan=False))
        return
    click.echo(f"{'kind':<8} {'true':>6} {'found':>6} {'precision':>9} {'recall':>7} {'F1':>6}")
    for kind, row in scores["kinds"].items():
        found = row["tp"] + row["fp"]
        ratios = f"{row['precision']:>9.3f} {row['recall']:>7.3f} {row['f1']:>6.3f}"
        click.echo(f"{kind:<8} {row['true']:>6} {found:>6} {ratios}")
    means = ", ".join(f"±{frames} {value:.3f}" for frames, value in scores["map"].items())
    of = f"F1 at ±{tolerance} frames of 25 to 30 a second; mAP {means}"
    click.echo(f"{counted(scores['videos'], 'video')}, {of}")


def _finite(value: Any) -> Any:
    """The same with None for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124
