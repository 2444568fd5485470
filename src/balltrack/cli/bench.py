"""``balltrack bench``: the whole job, timed."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from balltrack.cli import asked, options
from balltrack.declaring import check_range
from balltrack.errors import OptionError
from balltrack.options import QUALITIES, TrackOptions

RENDERED_FRAMES = 390  # 13 s at 30 frames/s, the length that ORIGINAL_REPORTS are for


@click.command()
@options.quality
@click.option(
    "--video",
    cls=options.SharedOption,
    type=options.PATH,
    metavar="FILE",
    show_default="13 s of 1280x720 at 30 frames/s, rendered first",
    help="Track this one.",
)
@click.option(
    "--weights",
    cls=options.SharedOption,
    multiple=True,
    type=click.Path(),
    default=[TrackOptions.weights],
    show_default=True,
    metavar="NAME|PATH",
    help="Shipped weights by name, or a file; several to compare.",
)
@click.option(
    "--compare",
    "comparing",
    is_flag=True,
    help="Measure every runtime that is installed, with all --weights and --networks.",
)
@click.option(
    "--qualities",
    is_flag=True,
    help="Measure what --quality fast, balanced and best set, in turn.",
)
@click.option(
    "--networks",
    cls=options.SharedOption,
    multiple=True,
    metavar="NAME|all",
    help="With --compare, also networks with random weights, for their speed; all is those "
    "that no weights are of.",
)
@click.option(
    "--overlay", cls=options.SharedOption, is_flag=True, help="Also time drawing the track."
)
@click.option(
    "--lengths",
    cls=options.SharedOption,
    metavar="S,S,…",
    help="Track the video repeated to each of these lengths in seconds instead, once: 10,600,3600.",
)
@click.option(
    "--against",
    cls=options.SharedOption,
    metavar="COMMAND",
    help="Time another tool's command instead, in turn with ours, as whole processes; {video} and "
    "{out} in it are replaced.",
)
@click.option(
    "--rounds",
    cls=options.SharedOption,
    type=int,
    default=3,
    show_default=True,
    help="Of a comparison, of which the best of each counts, and with --against, the median.",
)
@options.of(TrackOptions, without={"weights", "balls"})
@options.as_json
@options.quiet
def bench(
    video: Path | None,
    weights: tuple[str, ...],
    comparing: bool,
    qualities: bool,
    networks: tuple[str, ...],
    overlay: bool,
    lengths: str | None,
    against: str | None,
    rounds: int,
    as_json: bool,
    quiet: bool,
    **how: Any,
) -> None:
    """Time the whole way from a video to labels, twice, stage by stage.

    The first run is that of a fresh process: interpreter, imports and weights count. The
    second follows in the same process. The last line of stdout is everything as JSON; with
    --json it is the only one.
    """
    from balltrack.benchmark.comparison import every_runtime  # noqa: PLC0415
    from balltrack.detection.registry import check_known  # noqa: PLC0415
    from balltrack.video.probe import check_start, probe  # noqa: PLC0415  # loads av

    check_range("rounds", rounds, 1)
    if not comparing and (len(weights) > 1 or networks):
        raise OptionError("several --weights and --networks are for --compare; give one")
    _check_one_kind(lengths, against, comparing=comparing, qualities=qualities, overlay=overlay)
    repeated = comparing or qualities or against is not None
    asked.refuse_idle(
        {
            "without --compare, --qualities or --against": [] if repeated else ["rounds"],
            "with --qualities, which measures all three": ["quality"] if qualities else [],
        }
    )
    chosen = TrackOptions(weights[0], **how)
    asked.refuse_idle_tracking([replace(chosen, weights=one) for one in weights])
    asked.refuse_reader([video] if video else [])
    for one in (*weights, *chosen.network_weights):
        check_known(one)  # rather refused now than after rendering
    seconds = _seconds(lengths) if lengths is not None else []
    with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
        if video is None:
            video = _render(Path(folder) / "rendered-13s.mp4", quiet=quiet)
        check_start(probe(video, chosen), chosen.start_s)
        say = _Announcer(video.name, quiet=quiet)
        if against is not None:
            facts = _against(video, against, chosen, rounds, say, as_json=as_json)
        elif seconds:
            facts = _lengths(video, seconds, chosen, say, as_json=as_json)
        elif comparing or qualities:
            if qualities:
                jobs = [replace(chosen, **fields) for fields in QUALITIES.values()]  # type: ignore[arg-type]
            else:
                files = _untrained(networks, weights, Path(folder))
                jobs = every_runtime([*weights, *files], chosen)
            facts = _compare(video, jobs, rounds, overlay, say, as_json=as_json)
        else:
            facts = _measure(video, chosen, overlay, say, as_json=as_json)
    click.echo(json.dumps(facts))


def _check_one_kind(
    lengths: str | None, against: str | None, *, comparing: bool, qualities: bool, overlay: bool
) -> None:
    """Of the options that say what is measured only those together that go together."""
    if qualities and comparing:
        raise OptionError("--qualities is a comparison of its own; leave --compare out")
    if lengths is not None and (comparing or qualities or overlay):
        raise OptionError(
            "--lengths goes without --compare, --qualities and --overlay; leave one out"
        )
    if against is not None and (comparing or qualities or overlay or lengths is not None):
        raise OptionError(
            "--against goes without --compare, --qualities, --lengths and --overlay; leave one out"
        )


class _Announcer:
    """Says on stderr what is measured next."""

    def __init__(self, video: str, *, quiet: bool) -> None:
        self._video = video
        self._quiet = quiet

    def job(self, job: TrackOptions) -> None:
        self._say(f"tracking {self._video} twice: {job.networks}, {job.ensemble}, {job.runtime} …")

    def tool(self, name: str) -> None:
        self._say(f"{name} on {self._video} …")

    def length(self, length_s: float) -> None:
        self._say(f"tracking {self._video}, repeated to {length_s:g} s …")

    def _say(self, text: str) -> None:
        if not self._quiet:
            click.echo(text, err=True)


def _measure(
    video: Path, chosen: TrackOptions, overlay: bool, say: _Announcer, *, as_json: bool
) -> dict[str, Any]:
    from balltrack.benchmark.measurement import measure  # noqa: PLC0415

    say.job(chosen)
    report = measure(video, chosen, overlay=overlay)
    if not as_json:
        from balltrack.cli.bench_tables import print_report  # noqa: PLC0415

        print_report(report)
    return report.to_json()


def _compare(
    video: Path,
    jobs: list[TrackOptions],
    rounds: int,
    overlay: bool,
    say: _Announcer,
    *,
    as_json: bool,
) -> dict[str, Any]:
    from balltrack.benchmark.comparison import compare  # noqa: PLC0415

    reports = compare(video, jobs, rounds=rounds, overlay=overlay, watch=say.job)
    if not as_json:
        from balltrack.cli.bench_tables import print_comparison  # noqa: PLC0415

        print_comparison(reports)
    return {"rounds": rounds, "reports": [report.to_json() for report in reports]}


def _lengths(
    video: Path, seconds: list[float], chosen: TrackOptions, say: _Announcer, *, as_json: bool
) -> dict[str, Any]:
    from balltrack.benchmark.lengths import measure_lengths  # noqa: PLC0415

    found = measure_lengths(video, seconds, chosen, watch=say.length)
    if not as_json:
        from balltrack.cli.bench_tables import print_lengths  # noqa: PLC0415

        print_lengths(video, found)
    return {"lengths": [length.to_json() for length in found]}


def _against(
    video: Path, command: str, chosen: TrackOptions, rounds: int, say: _Announcer, *, as_json: bool
) -> dict[str, Any]:
    from balltrack.benchmark.against import measure_against  # noqa: PLC0415

    found = measure_against(video, command, chosen, rounds=rounds, watch=say.tool)
    if not as_json:
        from balltrack.cli.bench_tables import print_against  # noqa: PLC0415

        print_against(found)
    return found.to_json()


def _seconds(lengths: str) -> list[float]:
    try:
        return [float(length) for length in lengths.split(",")]
    except ValueError:
        raise OptionError(f"lengths are seconds with commas between, got {lengths!r}") from None


def _untrained(networks: tuple[str, ...], weights: tuple[str, ...], folder: Path) -> list[str]:
    if not networks:
        return []
    from balltrack.benchmark.untrained import write_untrained  # noqa: PLC0415

    return [str(file) for file in write_untrained(networks, weights, folder)]


def _render(path: Path, *, quiet: bool) -> Path:
    from balltrack.cli.demo import write_clip  # noqa: PLC0415
    from balltrack.synthetic import render_clip  # noqa: PLC0415

    if not quiet:
        click.echo("rendering a clip of 13 s (not counted) …", err=True)
    write_clip(render_clip(frame_count=RENDERED_FRAMES), path)
    return path
