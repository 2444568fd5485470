"""Files, folders, patterns and lists → one job a video."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from balltrack.archive.labelling import label_places
from balltrack.declaring import check_range
from balltrack.errors import LabelError, OptionError, VideoError
from balltrack.folders import all_below
from balltrack.journal import journal_of
from balltrack.labels.formats import FORMATS
from balltrack.labels.rows import open_labels
from balltrack.options import TrackOptions
from balltrack.pipeline.recording import was_completed
from balltrack.video.container import is_video
from balltrack.video.pictures.names import are_pictures, source_name


@dataclass(frozen=True)
class Job:
    """One video to be tracked.

    Attributes:
        video: as it was named, or found in a folder that was named.
        output: of its labels, with the suffix of the first format.
        formats: of its labels; none is that of the output.
        there: those whose labels are there already, and stay.
    """

    video: Path
    output: Path
    formats: tuple[str, ...] = ()
    there: frozenset[str] = frozenset()

    @property
    def places(self) -> dict[str, Path]:
        """Format → file that is to be written, in the order of the formats."""
        every = label_places(self.video, self.output, self.formats)
        return {name: place for name, place in every.items() if name not in self.there}


def plan_jobs(sources: Sequence[Path], folder: Path, formats: Sequence[str] = ()) -> list[Job]:
    """One job for each video, in the order of the sources and of names in a folder.

    A folder stands for all videos in and below it, and the labels lie in ``folder`` as the videos
    lie in theirs; of several folders each has one of its name there. A name that is no file may
    be a pattern (``*``, ``?``, ``[…]``, ``**``). A video named twice is tracked once.

    Args:
        sources: files, folders, patterns; a file that is missing is a job, and will fail as one.
        folder: of all labels.
        formats: of the labels; none is CSV.

    Raises:
        VideoError: a folder or a pattern without a video.
        OptionError: two videos would have the same labels.
    """
    folders = [one for one in sources if one.is_dir() and not are_pictures(one)]
    jobs: dict[Path, Job] = {}
    taken: dict[str, dict[Path, Path]] = {}  # in small letters → labels → video
    suffix = FORMATS[formats[0] if formats else "csv"].suffixes[0]
    for source in sources:
        named = Path(source.resolve().name) if len(folders) > 1 else Path()
        for video, below in _videos(source):
            if video.resolve() in jobs:
                continue
            output = folder / named / below.with_suffix(suffix)
            alike = taken.setdefault(str(output).casefold(), {})
            if output in alike or (alike and ignores_case(folder)):
                other = alike.get(output) or next(iter(alike.values()))
                raise OptionError(f"{output}: the labels of {other} and of {video}; rename one")
            alike[output] = video
            jobs[video.resolve()] = Job(video, output, tuple(formats))
    return list(jobs.values())


def ignores_case(folder: Path) -> bool:
    """Whether "A.csv" and "a.csv" are one file there, as on Windows and macOS.

    A folder that is not there yet is like the one that it will be made in.
    """
    while not folder.is_dir():
        folder = folder.absolute().parent
    try:
        with tempfile.NamedTemporaryFile(prefix="balltrack-", dir=folder) as file:
            path = Path(file.name)
            return path.with_name(path.name.swapcase()).exists()
    except OSError:  # whoever writes there will say so
        return False


def _videos(source: Path) -> Iterator[tuple[Path, Path]]:
    """Each video of a source, and its path below the source's folder."""
    if are_pictures(source):
        yield source, Path(source_name(source))
    elif source.is_dir():
        found = [path for path in all_below(source) if path.is_file() and is_video(path)]
        if not found:
            raise VideoError(f"{source}: there is no video in this folder")
        yield from ((video, video.relative_to(source)) for video in found)
    elif source.exists() or not glob.has_magic(str(source)):
        yield source, Path(source.name)
    else:
        matches = sorted(Path(match) for match in glob.glob(str(source), recursive=True))  # noqa: PTH207
        files = [match for match in matches if match.is_file()]
        if not files:
            raise VideoError(f"{source}: no file matches this pattern")
        yield from ((video, Path(video.name)) for video in files)


def read_list(path: Path) -> list[Path]:
    """The sources that a text file names, one a line; blank lines and ``#`` lines are passed over.

    Relative ones count from the folder of the list.

    Raises:
        LabelError: the list is missing, not text, or names nothing.
    """
    with open_labels(path, "a list of videos") as file:
        lines = [line.strip() for line in file]
    named = [path.parent / line for line in lines if line and not line.startswith("#")]
    if any("\0" in str(one) for one in named):
        raise LabelError(f"{path}: is not a list of names")
    if not named:
        raise LabelError(f"{path}: names no video, expected one a line")
    return named


def shard(text: str) -> slice:
    """Where the I-th of N nearly equal parts of all jobs is, for job arrays: every N-th one.

    Args:
        text: "I/N", I from 1 to N.

    Raises:
        OptionError: not such a text.
    """
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal()):
        raise OptionError(f"shard must look like 2/10, got {text!r}")
    check_range("the number of shards", int(parts), 1)
    check_range("the shard", int(part), 1, int(parts))
    return slice(int(part) - 1, None, int(parts))


def existing(job: Job, options: TrackOptions) -> dict[str, Path]:
    """Format → label file, of those that are there; none where a run that was killed wrote them."""
    places = job.places
    there = {name: place for name, place in places.items() if place.exists()}
    if there and was_completed(journal_of(next(iter(places.values()))), job.video, options):
        return {}
    return there


def without_existing(jobs: Iterable[Job], options: TrackOptions) -> list[Job]:
    """The jobs of which something is missing, for that alone."""
    left = []
    for job in jobs:
        missing = replace(job, there=frozenset(existing(job, options)))
        if missing.places:
            left.append(missing)
    return left
