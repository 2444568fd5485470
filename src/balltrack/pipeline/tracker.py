"""A video → a track. Whoever needs the whole way from pictures to rows goes through here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import tee
from pathlib import Path

from balltrack.detection.ensemble import Heatmap
from balltrack.detection.heat import heatmaps_of
from balltrack.detection.registry import DETECTORS
from balltrack.geometry import Scaling, region_of
from balltrack.options import TrackOptions
from balltrack.pipeline.arrivals import NUMBERED_AHEAD, read_ahead
from balltrack.pipeline.lag import share_lag
from balltrack.pipeline.lost import Lost, lost_frames, without_balls, without_candidates
from balltrack.pipeline.play import PlayGate
from balltrack.pipeline.progress import OnProgress, checked, expected_frames, reporting, while_open
from balltrack.pipeline.recording import Recording, describe, with_known
from balltrack.pipeline.rules import RULES, Rules
from balltrack.pipeline.skipped import watch_play
from balltrack.runtimes import RUNTIMES, load_verifier
from balltrack.scene.play import PlayWatch
from balltrack.scene.repeats import Repeats
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import AnyFrame, Frame, FrameCandidates, Track, VideoInfo
from balltrack.tracks import join_tracks, shift_rows
from balltrack.verification.context import Grids
from balltrack.verification.second_look import CandidateVerifier, picture_size, verify
from balltrack.video.prefetch import prefetch
from balltrack.video.reader import VideoReader
from balltrack.weights.handle import open_weights
from balltrack.weights.registry import find_entry


@dataclass(frozen=True)
class Tracking:
    """One video being tracked.

    Attributes:
        info: what its container says.
        pieces: rows of the track, in order, as soon as they are final; see `PathFinder.rows`.
        stop: ends a live source as if nothing more came; may be called from a signal handler.
        known: frames before this one were found by a run before, and are not looked for again.
    """

    info: VideoInfo
    pieces: Iterator[Track]
    stop: Callable[[], None]
    known: int = 0


class Tracker:
    """Finds the ball in videos: loads everything once, then tracks as many as it is given.

    A video is decoded once. What is held of it is bounded, whatever its length: candidates and rows
    of a second or a shot, and, where the detector waits for a background, some 340 frames.

    Args:
        options: how to track; ``start_s`` and ``end_s`` hold for every video.
        observer: watches the stages.
        spare: frames of the lag to leave over, for whoever waits for later rows; see ``spared``.
        streaks: measure them in the second look, for `Track.blur`; without, nothing else differs.

    Attributes:
        spared: how many are: so many frames after a row leaves here its lag is over.

    Raises:
        UnknownNameError, WeightsError: no such weights, or weights of another kind.
        OptionError: a runtime that is not installed, two networks that look at pictures of
            different sizes, or a lag that is too short for them.
        DeviceError: the device is not on this machine.
    """

    def __init__(
        self,
        options: TrackOptions = TrackOptions(),  # noqa: B008  # frozen
        *,
        observer: Observer = UNOBSERVED,
        spare: int = 0,
        streaks: bool = True,
    ) -> None:
        self.options = options
        self._streaks = streaks or options.point != "auto"
        self._observer = observer
        with observer.stage("load"):
            self._rules: Rules = RULES[options.rules](options)
            self.detector = self._rules.detector
            asked = options.verify
            self._verifier_name = self.detector.verifier if asked == "auto" else asked
            self.verifier = self._load_verifier()
            verified = self.verifier is not None
            overlaps = options.ensemble != "nonoverlap" and options.weights not in DETECTORS
            self._lags = share_lag(
                options.lag, self.detector.lag, verified=verified, overlaps=overlaps, spare=spare
            )
            self.spared = self._lags.spared
            linking = self.detector.linking
            if self.verifier is not None:
                linking = replace(linking, fill_score=self.verifier.belief.fill_score)
            self._path = self._rules.load_path(linking, self._lags.path)
            self._playnet = self._rules.load_play()

    def track(self, video: str | os.PathLike[str], *, progress: OnProgress | None = None) -> Track:
        """Where the ball is on every frame of a video, in source pixels.

        Args:
            video: path.
            progress: called after every frame.

        Raises:
            VideoError: the video cannot be opened or read.
            OptionError: the part asked for holds no frame.
        """
        with self.tracking(video, progress=progress) as tracking:
            return join_tracks(tracking.pieces)

    @contextmanager
    def tracking(
        self,
        video: str | os.PathLike[str],
        *,
        progress: OnProgress | None = None,
        journal: Path | None = None,
    ) -> Iterator[Tracking]:
        """Track a video while its rows are being used; arguments and errors as `track`.

        Errors of the video are raised where its rows are asked for.

        Args:
            video, progress: as those of `track`.
            journal: where to note what is found, to go on from what is there already: the rows
                are those of a run without. It stays when all is done; `remove_journal` removes it.

        Raises:
            OutputError: the journal cannot be written.
        """
        with ExitStack() as stack:
            reader = stack.enter_context(self.open(video))
            info = reader.info
            recording, known = None, 0
            if journal is not None:
                recording = Recording(journal, self.describe(video))
                known = stack.enter_context(recording).known
            watch = self.watch(patient=reader.patient)
            judged = self.judged(reader, stack, watch, recording, known)
            if progress is not None:
                judged = reporting(judged, progress, expected_frames(info, self.options), "track")
            rows = self.rows(judged, info, watch, lost_frames(reader, self.options))
            with while_open(rows, info.path) as pieces:
                yield Tracking(info, pieces, reader.interrupt, known)

    @contextmanager
    def candidates(
        self, video: str | os.PathLike[str]
    ) -> Iterator[tuple[VideoInfo, Iterator[FrameCandidates]]]:
        """What the detector alone sees in a video, before any second look; errors as `track`."""
        with ExitStack() as stack:
            reader = stack.enter_context(self.open(video))
            yield reader.info, self._found(self._decoded(reader, reader.frames(), stack), reader)

    @contextmanager
    def heatmaps(self, video: str | os.PathLike[str]) -> Iterator[Iterator[tuple[int, Heatmap]]]:
        """Numbers of the frames, each with what the detector sees there, see `heatmaps_of`; they
        show what the video shows, without bars. Errors as `track`; those of the video are raised
        where the heatmaps are asked for."""
        with ExitStack() as stack:
            reader = stack.enter_context(self.open(video))
            frames = self._decoded(reader, reader.frames(), stack)
            heatmaps = heatmaps_of(self.detector, frames, reader.scaling)
            yield ((index, reader.scaling.unframed(heatmap)) for index, heatmap in heatmaps)

    def open(self, video: str | os.PathLike[str]) -> VideoReader:
        """A reader of the asked-for part of a video, with images of the detector's size."""
        with self._observer.stage("prepare"):  # some rules look at a whole clip first
            return self._rules.open(video)

    def watch(self, *, patient: bool = True) -> PlayWatch | None:
        """See `watch_play`; of one video, whose reader is ``patient`` or not."""
        return watch_play(self._playnet, self.options, patient=patient)

    def rows(
        self,
        judged: Iterable[FrameCandidates],
        info: VideoInfo,
        watch: PlayWatch | None,
        lost: Lost,
    ) -> Iterator[Track]:
        """Candidates as `judged` gives them → rows, as soon as they are final.

        Args:
            judged: of every frame.
            info: of the video.
            watch: has seen the frames go by.
            lost: frames that show nothing to be believed.

        Raises:
            OptionError: there is no frame.
        """
        region = region_of(self.options.region, (info.width, info.height))
        rows = self._path.rows(judged, float(info.frame_rate), region.size)
        if watch is not None:
            patient = self.options.lag is None
            rows = PlayGate(watch, keep=self.options.all_shots, patient=patient).rows(rows)
        found = without_balls(self._observer.iterate("link", rows), lost)
        placed = (shift_rows(piece, (region.left, region.top)) for piece in found)
        return checked(placed, info, self.options)

    def judged(
        self,
        reader: VideoReader,
        stack: ExitStack,
        watch: PlayWatch | None,
        recording: Recording | None = None,
        known: int = 0,
    ) -> Iterator[FrameCandidates]:
        """Candidates as the second look leaves them, or left them in a run before.

        Args:
            reader: of the video, just opened.
            stack: ends the threads that read.
            watch: sees the frames go by, but for those that repeat the one before.
            recording: what was found before.
            known: frames before this one are not looked at. Without a recording it has to be a
                multiple of `FRESH`, for the rest to be what it always is.
        """
        size = picture_size(source := reader.scaling.source)
        repeats = None if self._rules.sees_repeats else Repeats(lost_frames(reader, self.options))
        if self.verifier is None:
            frames = self._decoded(reader, reader.frames(), stack, watch, repeats)
            judged = self._found(with_known(frames, known), reader, watch, recording)
        else:
            decoded = self._decoded(reader, reader.pictured_frames(size), stack, watch, repeats)
            # What lies between the detector and the second look, which waits, is held by tee.
            pictured, again = tee(with_known(decoded, known))
            judged = verify(
                self._found(pictured, reader, watch, recording),
                again,
                self.verifier,
                Grids(Scaling(source, size), reader.scaling),
                wait=self._lags.patience,
                ahead=self._lags.ahead,
                known=known,
                streaks=self._streaks,
            )
            judged = self._observer.iterate("verify", judged)
        stack.callback(reader.interrupt)  # before the thread that reads is waited for
        judged = recording.keep(judged) if recording else judged
        return judged if repeats is None else repeats.put_back(judged)

    def _decoded(
        self,
        reader: VideoReader,
        frames: Iterable[AnyFrame],
        stack: ExitStack,
        watch: PlayWatch | None = None,
        repeats: Repeats | None = None,
    ) -> Iterator[AnyFrame]:
        """Frames, shots numbered, ahead of the network: one thread decodes, another looks at what
        they show, until ``stack`` ends. ``repeats`` leaves some out. Of a source that does not
        wait, what comes too fast is let go."""
        frames = read_ahead(self._observer.iterate("decode", frames), reader, stack)
        shots = self._rules.shots(frames if repeats is None else repeats.leave_out(frames))
        watched = shots if watch is None else watch.watch(shots)
        numbered = stack.enter_context(prefetch(watched, NUMBERED_AHEAD))
        return self._observer.iterate("wait", numbered)

    def _found(
        self,
        frames: Iterable[Frame],
        reader: VideoReader,
        watch: PlayWatch | None = None,
        recording: Recording | None = None,
    ) -> Iterator[FrameCandidates]:
        found = self.detector.candidates(frames, reader.scaling, self._observer)
        found = self._observer.iterate("locate", found)
        found = without_candidates(found, lost_frames(reader, self.options))
        found = found if watch is None else watch.without_skipped(found)
        return recording.restore(found) if recording else found

    def _load_verifier(self) -> CandidateVerifier | None:
        options, own = self.options, self.detector.description
        if self._verifier_name == "none":
            return None
        if own.runtime in RUNTIMES:  # else nothing says where the detector would run a network
            threads = options.threads or own.threads
            options = replace(options, runtime=own.runtime, device=own.device, threads=threads)
        return load_verifier(open_weights(self._verifier_name), options)

    def describe(self, video: str | os.PathLike[str]) -> dict[str, object]:
        """All that decides what is found in a video, see `recording.describe`."""
        names = {*self.options.network_weights, self._verifier_name} - {*DETECTORS, "none"}
        weights = {name: find_entry(name).checked_sha256() for name in sorted(names)}
        about = describe(video, self.options, self.detector.description, weights)
        return about | {"streaks": self._streaks}
