"""Predictions and truths read from files, as clips that can be evaluated."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from balltrack.clips.rallies import check_early
from balltrack.errors import LabelError, OptionError
from balltrack.evaluation.comparison import ON_PAPER_GRID, Criterion, Size
from balltrack.evaluation.pairing import ClipFile, clip_names, named, pair
from balltrack.evaluation.report import Clip
from balltrack.labels import read_corrections, read_track
from balltrack.options import SourceOptions
from balltrack.structures import Track, VideoInfo
from balltrack.video.probe import probe

_log = logging.getLogger("balltrack")


def read_clips(
    predictions: Sequence[ClipFile],
    truths: Sequence[ClipFile],
    criterion: Criterion = ON_PAPER_GRID,
    size: Size | None = None,
    source: SourceOptions = SourceOptions(),  # noqa: B008  # frozen
) -> Iterator[Clip]:
    """Pair the files and read them, one clip at a time.

    Args:
        predictions, truths: see `pairing.pair`.
        criterion: whether sizes are needed.
        size: (width, height) of the videos that are not beside their truth.
        source: which pictures of those that are beside it were tracked.

    Raises:
        DatasetError: files without a partner.
        OptionError: clips without a size.
        LabelError: a file cannot be read; says ``file:line``.
        VideoError: a video beside a truth cannot be read.
    """
    pairs = pair(predictions, truths)
    paired = [truth for _, truth in pairs]
    sizeless = [truth for truth in paired if truth.video is None]
    if criterion.grid and size is None and sizeless:
        raise OptionError(
            f"no video beside {named(sizeless)} to take the size from; give --size WxH"
        )
    for (prediction, truth), name in zip(pairs, clip_names(paired), strict=True):
        info = probe(truth.video, source) if truth.video else None
        shown = (info.width, info.height) if info else size
        track = read_track(prediction.path, shown)
        if info is not None:
            _warn_beyond(prediction.path, track, info)
        yield Clip(
            name=name,
            truth=read_corrections(truth.path, shown),
            prediction=track,
            size=shown,
            video=truth.video,
        )


def _warn_beyond(path: Path, track: Track, info: VideoInfo) -> None:
    """Say that a prediction goes on after the video beside its truth, whose labels may end before:
    its rows are judged on labelled frames alone, whatever they were made of."""
    try:
        check_early(path, track.frame_index.tolist(), info)
    except LabelError as error:
        _log.warning("%s", error)
