"""Predictions and truths read from files, as clips that can be evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from balltrack.errors import OptionError
from balltrack.evaluation.comparison import ON_PAPER_GRID, Criterion, Size
from balltrack.evaluation.pairing import ClipFile, clip_names, named, pair
from balltrack.evaluation.report import Clip
from balltrack.labels import read_corrections, read_track
from balltrack.options import SourceOptions
from balltrack.video.probe import probe


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
        shown = _size(truth, size, source)
        yield Clip(
            name=name,
            truth=read_corrections(truth.path, shown),
            prediction=read_track(prediction.path, shown),
            size=shown,
            video=truth.video,
        )


def _size(truth: ClipFile, fallback: Size | None, source: SourceOptions) -> Size | None:
    if truth.video is None:
        return fallback
    info = probe(truth.video, source)
    return info.width, info.height
