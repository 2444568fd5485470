"""What is done to one video of an archive, by whatever process has a tracker loaded."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balltrack.archive.labelling import (
    label_places,
    load_tracker,
    rows_with_play,
    shows_play,
    summary,
    write_pieces,
)
from balltrack.archive.leftovers import claimed, scratch_folder
from balltrack.archive.manifest import Manifest
from balltrack.archive.store import Film, Store, fetch
from balltrack.errors import BalltrackError
from balltrack.labels.formats import FORMATS
from balltrack.options import Columns, TrackOptions
from balltrack.outputs import clear_partials
from balltrack.structures import VideoInfo

if TYPE_CHECKING:
    from balltrack.pipeline import Tracking

PARTS = ".parts"
"""The folder in the destination for parts whose video is not done."""

CLAIM = "claim"
"""The file beside the parts that is locked by who writes the labels of the video."""

Range = tuple[int, int | None]
"""First frame, and the frame before which it ends; see `parts.cut_into_parts`."""


@dataclass(frozen=True)
class Orders:
    """How an archive is tracked, the same for all of its videos; goes from process to process.

    Attributes:
        options: of tracking, with the threads that one worker has.
        destination: path or address of the store for labels.
        formats: of the labels; none is CSV.
        columns: of the CSV.
        part_s: longest part of a video, in seconds.
        key: what the labels go by, in a few letters; see `manifest.key_of`.
    """

    options: TrackOptions
    destination: str
    formats: tuple[str, ...]
    columns: Columns
    part_s: float
    key: str

    def outputs(self, film: Film) -> dict[str, str]:
        """Format → name of its labels in the destination."""
        suffix = FORMATS[self.formats[0] if self.formats else "csv"].suffixes[0]
        name = Path(film.stem + suffix)
        places = label_places(Path(film.name), name, self.formats)
        return {each: place.as_posix() for each, place in places.items()}


@dataclass(frozen=True)
class Task:
    """One thing to do.

    A video without parts is tracked, where it is no longer than one, or else found to have them.
    With them, ``part`` says which is to be found, and -1 that all are to be joined.
    """

    film: Film
    info: VideoInfo | None = None
    parts: tuple[tuple[Range, str], ...] = ()
    part: int = -1


@dataclass(frozen=True)
class Cut:
    """The answer to a video that is longer than a part.

    Attributes:
        info: of the video.
        parts: all of them, with the names of their files.
        missing: numbers of those that nobody has found yet.
    """

    info: VideoInfo
    parts: tuple[tuple[Range, str], ...]
    missing: tuple[int, ...]


class Workbench:
    """A tracker, loaded once, and a folder for what has to be local for a while.

    Args:
        orders: of the archive.
        scratch: for copies of what is in object stores; the system's temporary folder by default.

    Raises:
        BalltrackError: as `Tracker`.
    """

    def __init__(self, orders: Orders, scratch: Path | None = None) -> None:
        self._orders = orders
        self._tracker = load_tracker(orders.options, shows_play(orders.formats, orders.columns))
        self._store = Store(orders.destination)
        self._manifest = Manifest(self._store, orders.key)
        self._folder = tempfile.TemporaryDirectory(dir=scratch) if scratch else scratch_folder()
        self._fetched: tuple[Film, Path] | None = None

    def do(self, task: Task) -> Cut | dict[str, Any] | None:
        """What a video was found to be, the facts of one that is done, or nothing for a part.

        Raises:
            BalltrackError: the video or the store cannot be read, or the store not be written.
        """
        if task.part >= 0:
            self._find(task)
            return None
        with self._claimed(task.film):
            facts = self._manifest.done(task.film)
            if facts is not None:  # another run has done it meanwhile
                return facts | {"video": task.film.url}
            return self._begin(task.film) if task.info is None else self._join(task)

    def close(self) -> None:
        """Remove local copies."""
        self._folder.cleanup()

    def _begin(self, film: Film) -> Cut | dict[str, Any]:
        from balltrack.pipeline.parts import cut_into_parts  # noqa: PLC0415  # torch
        from balltrack.pipeline.progress import expected_frames  # noqa: PLC0415
        from balltrack.video.probe import probe  # noqa: PLC0415

        video = self._local(film)
        options = self._orders.options
        info = probe(video, options)
        first = round((options.start_s or 0) * info.frame_rate)
        frames = first + (expected_frames(info, options) or 0)
        longest = max(1, round(self._orders.part_s * info.frame_rate))
        ranges = cut_into_parts(frames, longest) if options.rules == "balltrack" else []
        if len(ranges) < 2:
            with self._tracker.tracking(video) as tracking:
                return self._write(film, tracking)
        about = self._about(film, video)
        names = [_part_name(film, about, part) for part in ranges]
        missing = tuple(i for i, name in enumerate(names) if not self._store.has(name))
        return Cut(info, tuple(zip(ranges, names, strict=True)), missing)

    def _find(self, task: Task) -> None:
        from balltrack.pipeline.parts import record_part  # noqa: PLC0415  # torch

        video = self._local(task.film)
        part, name = task.parts[task.part]
        path = self._store.place(name, self._scratch)
        record_part(self._tracker, video, path, part, self._about(task.film, video))
        self._store.put(path, name)

    def _join(self, task: Task) -> dict[str, Any]:
        from balltrack.pipeline import Tracking  # noqa: PLC0415  # torch
        from balltrack.pipeline.parts import is_whole, join_parts  # noqa: PLC0415

        assert task.info is not None
        files = [self._store.get(name, self._scratch) for _, name in task.parts]
        damaged = [place for place, file in enumerate(files) if not is_whole(file)]
        for place in damaged:
            self._store.remove(task.parts[place][1])
        if damaged:
            raise BalltrackError(f"{task.film.url}: part {damaged[0]} is damaged; it is done again")
        pieces = join_parts(self._tracker, task.info, files)
        return self._write(task.film, Tracking(task.info, pieces, lambda: None))

    def _write(self, film: Film, tracking: Tracking) -> dict[str, Any]:
        """Labels, and then the entry of the manifest that says that they are there."""
        began = time.monotonic()
        orders, outputs = self._orders, self._orders.outputs(film)
        shown = shows_play(orders.formats, orders.columns)
        places = {each: self._store.place(n, self._scratch) for each, n in outputs.items()}
        self._manifest.write(film, {"video": film.url, "error": "was not finished"})
        for place in places.values():  # the video is claimed: whatever lies there is left over
            clear_partials(place)
        rows = rows_with_play(self._tracker, tracking, shown)
        found = write_pieces(rows, tracking.info, places, orders.columns)
        seconds = max(time.monotonic() - began, 1e-9)
        used = self._tracker.detector.description
        facts = summary(Path(film.url), found, used, orders.options, seconds, [*outputs.values()])
        facts |= {"video": film.url, "threads": used.threads}
        facts["sha256"] = {n: _sha256(places[each]) for each, n in outputs.items()}
        for each, name in outputs.items():
            self._store.put(places[each], name)
        self._manifest.write(film, facts)
        self._store.clear(part_folder(film))
        return facts

    def _claimed(self, film: Film) -> AbstractContextManager[None]:
        """No other run joins or writes this video; in object stores any may."""
        return claimed(self._store.place(f"{part_folder(film)}/{CLAIM}", self._scratch))

    def _about(self, film: Film, video: Path) -> dict[str, object]:
        about = self._tracker.describe(video)
        return about | {"name": film.name, "version": film.version}

    def _local(self, film: Film) -> Path:
        """The film as a local file; a copy stays until another one is asked for."""
        if self._fetched is None or self._fetched[0] != film:
            if self._fetched is not None and self._scratch in self._fetched[1].parents:
                self._fetched[1].unlink(missing_ok=True)
            self._fetched = film, fetch(film, self._scratch)
        return self._fetched[1]

    @property
    def _scratch(self) -> Path:
        return Path(self._folder.name)


def part_folder(film: Film) -> str:
    """Where the parts of a video lie in the destination until it is done."""
    return f"{PARTS}/{film.name}"


def with_part(task: Task, part: int) -> Task:
    """The same for another part, or for the join of all."""
    return replace(task, part=part)


def _part_name(film: Film, about: dict[str, object], part: Range) -> str:
    """A name that goes by all that decides what is in the file."""
    text = json.dumps({**about, "part": part}, sort_keys=True, default=str)
    return f"{part_folder(film)}/{part[0]}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_orders(
    options: TrackOptions, formats: tuple[str, ...], columns: str
) -> dict[str, object]:
    """What labels go by, as plain values: not how many threads and windows at once found them.

    Raises:
        UnknownNameError, WeightsError: there are no such weights.
    """
    from balltrack.detection.registry import DETECTORS  # noqa: PLC0415  # after --help
    from balltrack.weights.registry import find_entry  # noqa: PLC0415

    plain = asdict(replace(options, threads=None, batch_size=None))
    named = {*options.network_weights, options.verify, options.inpaint}
    names = sorted(named - {*DETECTORS, "auto", "none"})
    sums = {f"sha256 of {name}": find_entry(name).checked_sha256() for name in names}
    return plain | {"formats": list(formats), "columns": columns} | sums
