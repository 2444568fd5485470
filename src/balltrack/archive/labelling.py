"""Labels where they belong, as they become final, and what there is to say of them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balltrack.errors import OptionError
from balltrack.labels.formats import FORMATS, MEANT, find_format
from balltrack.options import Columns, TrackOptions
from balltrack.outputs import refuse_folder
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Play, Source, Track, VideoInfo
from balltrack.tracks import join_tracks

if TYPE_CHECKING:
    from balltrack.detection.detector import Description
    from balltrack.pipeline import Tracker, Tracking

STDOUT = Path("-")


def shows_play(places: Collection[str], columns: Columns) -> bool:
    """Whether one of these formats says what the ball does."""
    return "jsonl" in places or columns == "all"


def load_tracker(chosen: TrackOptions, play: bool, observer: Observer = UNOBSERVED) -> Tracker:
    """A tracker for labels.

    Where ``play`` is shown, so are streaks, and at a fixed lag frames of it are left for that.
    """
    from balltrack.events.live import LOOK_AHEAD  # noqa: PLC0415
    from balltrack.pipeline import Tracker  # noqa: PLC0415  # torch

    return Tracker(chosen, observer=observer, spare=LOOK_AHEAD if play else 0, streaks=play)


def rows_with_play(
    tracker: Tracker, tracking: Tracking, play: bool
) -> Iterator[tuple[Track, Play | None]]:
    """Rows as they become final, with what the ball does on them where ``play`` is shown."""
    if not play:
        return ((piece, None) for piece in tracking.pieces)
    from balltrack.events import (  # noqa: PLC0415
        load_finder,
        load_live_finder,
        with_play,
        with_play_live,
    )

    info = tracking.info
    size, rate = (info.width, info.height), float(info.frame_rate)
    if tracker.options.lag is None:
        return with_play(tracking.pieces, size, rate, load_finder())
    return with_play_live(tracking.pieces, size, rate, load_live_finder(tracker.spared, rate))


def label_places(video: Path, output: Path | None, formats: tuple[str, ...]) -> dict[str, Path]:
    """Format → file: what is asked for once keeps its name, other formats get their suffix.

    Raises:
        OptionError: several formats for stdout.
        OutputError: the output is a folder.
        UnknownNameError: an output whose suffix says no format, and no format given.
    """
    from balltrack.video.pictures.names import source_name  # noqa: PLC0415  # loads av

    names = list(dict.fromkeys(formats))
    if output is None:
        return {
            name: Path(source_name(video) + FORMATS[name].suffixes[0]) for name in names or ["csv"]
        }
    if output == STDOUT:
        if len(names) > 1:
            raise OptionError("only one --format can go to stdout; give -o a file")
        return dict.fromkeys(names or ["csv"], STDOUT)
    refuse_folder(output, source_name(video) + FORMATS[names[0] if names else "csv"].suffixes[0])
    if not names:
        meant = find_format(output)
        return {name: output for name, known in FORMATS.items() if known is meant}
    return {name: _place(output, name, alone=len(names) == 1) for name in names}


def _place(output: Path, name: str, *, alone: bool) -> Path:
    suffixes = FORMATS[name].suffixes
    if output.suffix.lower() in suffixes:
        return output
    if output.suffix.lower() in MEANT:
        return output.with_suffix(suffixes[0])
    return output if alone else output.with_name(output.name + suffixes[0])


def write_pieces(
    rows: Iterable[tuple[Track, Play | None]],
    info: VideoInfo,
    places: dict[str, Path],
    columns: Columns,
) -> Track:
    """Write rows where they belong as they become final, and give them all back.

    Args:
        rows: pieces of the track, with what the ball does on them where that is asked for.
        info: of the video.
        places: format → file, or `STDOUT`.
        columns: of the CSV.
    """
    from balltrack.labels.files import open_writer, write_rows  # noqa: PLC0415  # loads numpy

    def written() -> Iterator[Track]:
        for piece, play in rows:
            for writer in writers:
                writer.append(piece, play)
            if STDOUT in places.values():
                sys.stdout.flush()
            yield piece

    with ExitStack() as stack:
        writers = [
            write_rows(sys.stdout, name, columns, info)
            if place == STDOUT
            else stack.enter_context(open_writer(place, format=name, columns=columns, info=info))
            for name, place in places.items()
        ]
        found = join_tracks(written())
        for writer, place in zip(writers, places.values(), strict=True):
            if place == STDOUT:
                writer.close()
    return found


def summary(
    video: Path,
    found: Track,
    detector: Description,
    chosen: TrackOptions,
    seconds: float,
    outputs: list[str],
) -> dict[str, Any]:
    """What there is to say of a run; ``seconds`` are those of tracking, without an overlay."""
    counts = {source.label: int((found.source == source).sum()) for source in Source}
    return {
        "video": str(video),
        "frames": len(found),
        "detected": counts["detected"],
        "linked": counts["linked"],
        "inpainted": counts["inpainted"],
        "shots": len(set(found.shot.tolist())),
        "without_play": int((~found.play).sum()),
        "seconds": round(seconds, 3),
        "frames_per_s": round(len(found) / seconds, 2),
        "device": detector.device,
        "precision": detector.precision,
        "runtime": detector.runtime,
        "weights": chosen.weights,
        "also": chosen.also,
        "outputs": outputs,
    }
