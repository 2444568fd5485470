"""The whole way from a video to a track."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import partial

from balltrack.geometry import Scaling
from balltrack.inference.runtime import Runtime
from balltrack.inference.runtimes import load_runtimes
from balltrack.inference.verifiers import load_verifier
from balltrack.options import TrackOptions
from balltrack.pipeline.detection import detect, detect_together
from balltrack.pipeline.path_choice import choose_path, load_inpainter
from balltrack.pipeline.progress import Report, empty_part, expected_frames, reporting
from balltrack.pipeline.second_look import second_look
from balltrack.structures import Track, VideoInfo
from balltrack.video.prefetch import prefetch
from balltrack.video.reader import open_video
from balltrack.video.shots import split_shots

_log = logging.getLogger("balltrack")

CUT_OFF_SHARE = 0.95
"""Of the frames that a container promises: with fewer than this something is missing."""


def track_video(
    path: str | os.PathLike[str],
    options: TrackOptions = TrackOptions(),  # noqa: B008  # frozen
    *,
    progress: Report | None = None,
    runtimes: Sequence[Runtime] | None = None,
) -> Track:
    """Where the ball is on every frame of a video.

    Memory grows with the length of the video only by its candidates, about a kilobyte a frame.

    Args:
        path: of the video.
        options: see `TrackOptions`.
        progress: called after every frame.
        runtimes: what `load_runtimes` gave for these options, where it is at hand.

    Returns:
        One row for each frame that decodes in the asked-for part, in source pixels.

    Raises:
        VideoError: the video cannot be opened or read.
        WeightsError, UnknownNameError: no such weights, or not weights.
        OptionError: the part asked for holds no frame, the runtime is not installed, or two
            networks look at pictures of different sizes.
        DeviceError: the device is not on this machine.
    """
    runtimes = runtimes or load_runtimes(options)
    verifier = load_verifier(options.verify, runtimes[0])
    if options.rectify and options.inpaint != "none":
        load_inpainter(options.inpaint)  # rather now than after the last frame
    spec = runtimes[0].spec
    video = open_video(
        path,
        reader=options.reader,
        size=(spec.width, spec.height),
        start_s=options.start_s,
        end_s=options.end_s,
    )
    with video, prefetch(video.frames()) as frames:
        info = video.info
        size = (info.width, info.height)
        scaling = Scaling(size, video.size)
        detector = partial(detect, options=options, scaling=scaling)
        found = detect_together(split_shots(frames), runtimes, detector, scaling)
        with second_look(found, verifier, info, options) as judged:
            if progress is None:
                track = choose_path(judged, options, info)
            else:
                total = expected_frames(info, options)
                track = choose_path(reporting(judged, progress, total, "track"), options, info)
    if not len(track):
        raise empty_part(path)
    _warn_if_cut_off(info, options, len(track))
    return track


def _warn_if_cut_off(info: VideoInfo, options: TrackOptions, found: int) -> None:
    """A download that broke off decodes without an error, up to where it ends."""
    promised = info.frame_count
    if promised is None and not info.variable_frame_rate:
        promised = expected_frames(info, options)
    whole = options.start_s is None and options.end_s is None
    if whole and promised is not None and found < CUT_OFF_SHARE * promised:
        _log.warning(
            "%s: ends after %d of the %d frames that it promises; is the file cut off?",
            info.path,
            found,
            promised,
        )
