"""Candidates → one position a frame: linked, rectified, filled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from balltrack.options import TrackOptions
from balltrack.structures import FrameCandidates, Track, VideoInfo
from balltrack.trajectory.fitted import fitted_parameters
from balltrack.trajectory.inpainting import InpaintNetInpainter
from balltrack.trajectory.leading import move_ahead
from balltrack.trajectory.linking import best_of_each, link
from balltrack.trajectory.motion import LinkingParameters
from balltrack.trajectory.rectification import Inpainter, rectify
from balltrack.trajectory.sightings import Sightings
from balltrack.weights.inpainting import read_inpaintnet
from balltrack.weights.verifiers import read_belief


def choose_path(
    candidates: Iterable[FrameCandidates], options: TrackOptions, info: VideoInfo
) -> Track:
    """One position a frame: linked and rectified as the options ask.

    What was linked is moved to where people see the ball, see `leading`.
    """
    size = (info.width, info.height)
    parameters = _parameters(options)
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
        inpaint = None if options.inpaint == "none" else load_inpainter(options.inpaint)
        track = rectify(
            track,
            inpaint=inpaint,
            max_gap=options.max_gap,
            size=size,
            sightings=sightings,
            parameters=parameters,
        )
    return move_ahead(track, parameters.lead) if options.link else track


def _parameters(options: TrackOptions) -> LinkingParameters:
    parameters = fitted_parameters(options.weights)
    if options.verify == "none":
        return parameters
    return replace(parameters, fill_score=read_belief(options.verify).fill_score)


@lru_cache(maxsize=1)
def load_inpainter(weights: str) -> Inpainter:
    """What fills gaps, in the coordinates that its weights were trained with."""
    network, coordinates = read_inpaintnet(weights)
    return InpaintNetInpainter(network, coordinates)
