"""Candidates → candidates that the verifier has looked at, in the source's own pixels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from balltrack.geometry import Scaling
from balltrack.inference.verification import CandidateVerifier, picture_size, verify
from balltrack.options import TrackOptions
from balltrack.structures import FrameCandidates, VideoInfo
from balltrack.video.prefetch import prefetch
from balltrack.video.reader import open_video

DEPTH = 8
"""Decoded pictures that wait to be looked at, 2.8 MB each."""


@contextmanager
def second_look(
    found: Iterable[FrameCandidates],
    verifier: CandidateVerifier | None,
    info: VideoInfo,
    options: TrackOptions,
) -> Iterator[Iterable[FrameCandidates]]:
    """The candidates with the scores that a second look gives them; as they are without one.

    The video is decoded a second time beside the first, some frames behind: between the two
    the network waits for a shot's background, and hundreds of full pictures would not fit.

    Args:
        found: in order, from one pass over the video.
        verifier: None leaves everything as it is.
        info: of the video.
        options: the reader, and the part of the video that ``found`` is of.
    """
    if verifier is None:
        yield found
        return
    size = picture_size((info.width, info.height))
    video = open_video(
        os.fspath(info.path),
        reader=options.reader,
        size=size,
        start_s=options.start_s,
        end_s=options.end_s,
        quiet=True,  # the first pass says it
    )
    with video, prefetch(video.frames(), DEPTH) as frames:
        yield verify(found, frames, verifier, Scaling((info.width, info.height), size))
