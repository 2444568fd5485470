"""The figures of weights: track the labelled clips, then evaluate the tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from balltrack.errors import DatasetError
from balltrack.evaluation.comparison import ON_PAPER_GRID, Criterion
from balltrack.evaluation.pairing import ClipFile, clip_names, named
from balltrack.evaluation.report import Clip, Report, evaluate_clips
from balltrack.labels import ReadLabels, read_corrections
from balltrack.options import TrackOptions
from balltrack.pipeline import OnProgress, Progress, Tracker
from balltrack.structures import VideoInfo
from balltrack.video.probe import probe


def evaluate_weights(
    truths: Sequence[ClipFile],
    options: TrackOptions,
    criterion: Criterion = ON_PAPER_GRID,
    *,
    progress: OnProgress | None = None,
    read: ReadLabels = read_corrections,
) -> Report:
    """Track the video of every truth and evaluate the tracks.

    Args:
        truths: label files, each with its video beside it.
        options: how to track; loaded once for all clips.
        criterion: when a position is right.
        progress: told of the frames done over all clips.
        read: a truth's file → its labels.

    Raises:
        DatasetError: a truth without a video beside it.
        BalltrackError: whatever reading the labels and tracking may raise.
    """
    videos = [video for truth in truths if (video := truth.video)]
    if len(videos) < len(truths):
        raise DatasetError(
            f"no video beside {named([truth for truth in truths if truth.video is None])} to track"
        )
    infos = [probe(video, options) for video in videos]
    clips = zip(truths, clip_names(truths), infos, strict=True)
    tracker = Tracker(options, streaks=False)
    tracked = _tracked([*clips], tracker, progress, read)
    report = evaluate_clips(tracked, criterion, options)
    return replace(report, used=_used(tracker, videos[0]))


def _used(tracker: Tracker, video: Path) -> dict[str, object]:
    """What the options came to, without what is the video's."""
    about = tracker.describe(video)
    told = ("balltrack", "sha256 of ", " used")
    return {key: value for key, value in about.items() if any(word in key for word in told)}


def _tracked(
    clips: Sequence[tuple[ClipFile, str, VideoInfo]],
    tracker: Tracker,
    progress: OnProgress | None,
    read: ReadLabels,
) -> Iterator[Clip]:
    counts = [info.frame_count for _, _, info in clips]
    total = None if None in counts else sum(count or 0 for count in counts)
    before = 0

    def watch(step: Progress) -> None:
        if progress is not None:
            progress(replace(step, done=before + step.done, total=total))

    for truth, name, info in clips:
        labels = read(truth.path, (info.width, info.height))
        video = Path(info.path)
        track = tracker.track(video, progress=watch)
        before += len(track)
        yield Clip(name, labels, track, (info.width, info.height), video)
