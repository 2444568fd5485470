"""Whose rules a video is tracked by: the one place that knows what they differ in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from balltrack.detection.detector import Detector
from balltrack.detection.registry import load_detector
from balltrack.errors import OptionError
from balltrack.geometry import region_of
from balltrack.models.play.arrays import ArrayPlayNet
from balltrack.options import RulesName, TrackOptions
from balltrack.scene.panning.following import follow_camera
from balltrack.scene.shots import split_shots
from balltrack.scene.tones import in_good_light
from balltrack.structures import AnyFrame, FrameCandidates, Track
from balltrack.trajectory.inpainting import InpaintNetInpainter
from balltrack.trajectory.motion import LinkingParameters
from balltrack.trajectory.path import PathFinder
from balltrack.trajectory.rectification import Inpainter
from balltrack.video.filters.region import RegionReader
from balltrack.video.filters.repairs import repaired
from balltrack.video.probe import probe
from balltrack.video.reader import VideoReader, open_video, readers_of
from balltrack.weights.arrays import inpaintnet_coordinates, read_inpaintnet, read_playnet
from balltrack.weights.handle import open_weights


class Path(Protocol):
    """Candidates → rows."""

    def rows(
        self, candidates: Iterable[FrameCandidates], frame_rate: float, size: tuple[int, int]
    ) -> Iterator[Track]:
        """See `PathFinder.rows`."""
        ...


class Rules(Protocol):
    """What a `Tracker` chains, loaded; making one raises what `Tracker` does.

    Attributes:
        detector: finds candidates.
        sees_repeats: frames that show the picture before them again are looked at, too.
    """

    @property
    def detector(self) -> Detector: ...

    @property
    def sees_repeats(self) -> bool: ...

    def load_path(self, linking: LinkingParameters, lag: int | None) -> Path:
        """What chooses among them, with what it may believe of them; errors as `Tracker`.

        Args:
            linking: what to believe.
            lag: entries after its own with which a row leaves; None is when it is final.
        """
        ...

    def open(self, video: str | os.PathLike[str]) -> VideoReader:
        """A reader of the asked-for part of a video, with images of the detector's size."""
        ...

    def shots(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """The same frames, their shots numbered, ready to be looked at."""
        ...

    def load_play(self) -> ArrayPlayNet | None:
        """What tells shots of play from others; None where every shot counts."""
        ...


class OwnRules:
    """balltrack's: shots, linking, filled gaps."""

    def __init__(self, options: TrackOptions) -> None:
        self.options = options
        self.detector = load_detector(options)
        self.sees_repeats = options.lag is not None  # a lag counts frames, whatever they show

    def load_path(self, linking: LinkingParameters, lag: int | None) -> Path:
        """See `Rules`."""
        return PathFinder(
            threshold=self.options.threshold,
            link=self.options.link,
            rectify=self.options.rectify,
            max_gap=0 if self.options.strict else self.options.max_gap,
            inpaint=self._load_inpainter(),
            parameters=linking,
            point=self.options.point,
            lag=lag,
            balls=self.options.balls,
        )

    def open(self, video: str | os.PathLike[str]) -> VideoReader:
        """See `Rules`."""
        asked = self.options
        part: dict[str, Any] = {"start_s": asked.start_s, "end_s": asked.end_s}
        part |= {"size": self.detector.size, "fit": self.detector.fit}
        reader = open_video(video, reader=asked.reader, source=asked, **part)
        if asked.repair:
            reader = repaired(reader, at_once=asked.lag is not None, **part)
        if asked.region is None:
            return reader
        try:
            region = region_of(asked.region, (reader.info.width, reader.info.height))
        except OptionError as error:
            reader.close()
            raise OptionError(f"{video}: {error}") from error
        return RegionReader(reader, region, **part)

    def shots(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """See `Rules`."""
        shots = in_good_light(split_shots(frames))
        return follow_camera(shots, at_once=self.options.lag is not None)

    def load_play(self) -> ArrayPlayNet | None:
        """See `Rules`."""
        return read_playnet("play")

    def _load_inpainter(self) -> Inpainter | None:
        name = {"auto": "inpaintnet"}.get(self.options.inpaint, self.options.inpaint)
        if not self.options.rectify or self.options.strict or name == "none":
            return None
        return InpaintNetInpainter(*read_inpaintnet(name))


class TrackNetV3Rules:
    """Those of qaz812345/TrackNetV3's ``predict.py``: one shot, its own numbers, whole pixels."""

    sees_repeats = True

    def __init__(self, options: TrackOptions) -> None:
        from balltrack.detection.tracknetv3 import load  # noqa: PLC0415  # seldom needed

        self.options = options
        self.detector = load(options)

    def load_path(self, linking: LinkingParameters, lag: int | None) -> Path:
        """See `Rules`."""
        del linking, lag
        if self.options.inpaint in {"auto", "none"}:
            return PathFinder(link=False, rectify=False)
        weights = open_weights(self.options.inpaint)
        if inpaintnet_coordinates(weights) != "image":
            raise OptionError(
                f"{weights.name} fills gaps in windows of its own, rules tracknetv3 in shares of "
                "the picture; give --inpaint an InpaintNet_best.pt, or none"
            )
        from balltrack.trajectory.tracknetv3 import InpaintedPath  # noqa: PLC0415  # torch
        from balltrack.weights.checkpoints import load_inpaintnet  # noqa: PLC0415

        return InpaintedPath(load_inpaintnet(weights), self.options.ensemble)

    def open(self, video: str | os.PathLike[str]) -> VideoReader:
        """See `Rules`."""
        from balltrack.scene.tracknetv3 import WholeClipReader  # noqa: PLC0415  # seldom needed

        info = probe(video, self.options)
        return WholeClipReader(
            info,
            readers_of(info, self.options.reader),
            size=self.detector.size,
            background=self.detector.runtime.spec.background,
            start_s=self.options.start_s,
            end_s=self.options.end_s,
        )

    def shots(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """See `Rules`: all of them are of one."""
        return iter(frames)

    def load_play(self) -> None:
        """See `Rules`."""


class WasbRules(OwnRules):
    """Those of nttcom/WASB-SBDT: its regions and its online tracker, and no cuts."""

    sees_repeats = True

    def __init__(self, options: TrackOptions) -> None:
        from balltrack.detection.wasb import load  # noqa: PLC0415  # seldom needed

        self.options = options
        self.detector = load(options)

    def load_path(self, linking: LinkingParameters, lag: int | None) -> Path:
        """See `Rules`."""
        from balltrack.trajectory.wasb import OnlineTracker  # noqa: PLC0415

        del linking, lag
        return OnlineTracker()

    def shots(self, frames: Iterable[AnyFrame]) -> Iterator[AnyFrame]:
        """See `Rules`: all of them are of one."""
        return (replace(frame, shot=0) for frame in frames)

    def load_play(self) -> None:
        """See `Rules`."""


RULES: dict[RulesName, type[OwnRules] | type[TrackNetV3Rules]] = {
    "balltrack": OwnRules,
    "tracknetv3": TrackNetV3Rules,
    "wasb": WasbRules,
}
"""By ``--rules``."""
