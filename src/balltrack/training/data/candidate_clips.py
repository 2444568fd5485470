"""What a network saw in labelled clips, and how good tracks made of it are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from balltrack.evaluation.comparison import ON_PAPER_GRID, compare
from balltrack.evaluation.metrics import Counts, count
from balltrack.labels import read_labels
from balltrack.options import TrackOptions
from balltrack.pipeline import Tracker
from balltrack.scene.panning.following import follow_camera
from balltrack.scene.tones import with_known_tones
from balltrack.structures import FrameCandidates, Labels, Track
from balltrack.training.data.clips import ClipFiles
from balltrack.video.reader import VideoReader
from balltrack.video.yuv import PicturedFrame

THRESHOLD = TrackOptions().threshold


@dataclass(frozen=True)
class CandidateClip:
    """What a network saw in a labelled clip.

    Attributes:
        candidates: one entry a frame.
        labels: the truth.
        size: (width, height) of the source, pixels.
        frame_rate: frames per second.
        group: the sport or the venue, over which fitting balances.
    """

    candidates: Sequence[FrameCandidates]
    labels: Labels
    size: tuple[int, int]
    frame_rate: float
    group: str = ""


def balanced_f1(tracks: Iterable[tuple[CandidateClip, Track]]) -> float:
    """Strict F1 of tracks: a mean over groups, weighed by the root of their labelled frames, so
    that no group drowns the others and a small one's chance does not decide."""
    totals = counts_of_groups(tracks).values()
    weights = np.sqrt([total.frames for total in totals])
    scores = [total.strict_f1 for total in totals]
    return float(np.average(np.nan_to_num(scores), weights=weights))


def counts_of_groups(tracks: Iterable[tuple[CandidateClip, Track]]) -> dict[str, Counts]:
    """What became of the labelled frames of every group."""
    totals: dict[str, Counts] = {}
    for clip, track in tracks:
        counts = count(compare(clip.labels, track, clip.size, ON_PAPER_GRID))
        totals[clip.group] = totals.get(clip.group, Counts()) + counts
    return totals


def seen_clips(
    found: Iterable[ClipFiles], options: TrackOptions
) -> Iterator[tuple[ClipFiles, CandidateClip]]:
    """What a network sees in each clip, before any second look."""
    tracker = Tracker(replace(options, verify="none", rectify=False))
    for files in found:
        with tracker.candidates(files.video) as (info, candidates):
            seen = list(candidates)
        labels = read_labels(files.labels, (info.width, info.height))
        size = (info.width, info.height)
        yield files, CandidateClip(seen, labels, size, float(info.frame_rate), files.sport)


def frames_of(
    clip: CandidateClip, video: VideoReader, size: tuple[int, int]
) -> Iterator[PicturedFrame]:
    """The frames that there are candidates of, as a second look sees them when it tracks.

    Args:
        clip: with its candidates.
        video: of the clip, opened.
        size: (width, height) of the pictures.
    """
    shots = {entry.frame_index: entry.shot for entry in clip.candidates}
    numbered = (
        replace(frame, shot=shots[frame.index])
        for frame in video.pictured_frames(size)
        if frame.index in shots
    )
    return follow_camera(with_known_tones(numbered))
