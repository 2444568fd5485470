"""Candidates → one position a frame: linked, rectified, filled."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from balltrack.options import TrackOptions
from balltrack.structures import FloatArray, FrameCandidates, Track, VideoInfo
from balltrack.trajectory.fitted import fitted_parameters
from balltrack.trajectory.linking import best_of_each, link
from balltrack.trajectory.rectification import Inpainter, rectify
from balltrack.trajectory.sightings import Sightings
from balltrack.weights.header import TORCH_SUFFIXES, check_inpaintnet, read_header
from balltrack.weights.registry import find_weights


def choose_path(
    candidates: Iterable[FrameCandidates], options: TrackOptions, info: VideoInfo
) -> Track:
    """One position a frame: linked and rectified as the options ask."""
    size = (info.width, info.height)
    parameters = fitted_parameters(options.weights)
    sightings = Sightings()
    if options.rectify:
        candidates = sightings.watch(candidates)
    if options.link:
        rate = float(info.frame_rate)
        track = link(
            candidates,
            threshold=options.threshold,
            frame_rate=rate,
            size=size,
            parameters=parameters,
        )
    else:
        track = best_of_each(candidates, threshold=options.threshold)
    if options.rectify:
        inpaint = None if options.inpaint == "none" else _inpainter(options.inpaint)
        track = rectify(
            track,
            inpaint=inpaint,
            max_gap=options.max_gap,
            size=size,
            sightings=sightings,
            parameters=parameters,
        )
    return track


def check_inpainter(weights: str) -> None:
    """Raise what loading them would, without torch where that can be."""
    path = find_weights(weights)
    if path.suffix.lower() in TORCH_SUFFIXES:
        load_inpainter(weights)
    else:
        check_inpaintnet(path, read_header(path).metadata)


def _inpainter(weights: str) -> Inpainter:
    """InpaintNet, loaded when there is a gap to fill: it needs torch, tracking may not."""

    def inpaint(positions: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        return load_inpainter(weights)(positions, mask)

    return inpaint


@lru_cache(maxsize=1)
def load_inpainter(weights: str) -> Inpainter:
    """What fills gaps, in the coordinates that its weights were trained with."""
    from balltrack.trajectory.inpainting import InpaintNetInpainter  # noqa: PLC0415
    from balltrack.weights.checkpoints import load_inpaintnet  # noqa: PLC0415

    network = load_inpaintnet(weights)
    return InpaintNetInpainter(network, network.coordinates)
