"""Fit linking to a detector: run it over the training clips, fit, write what was learnt.

How sure its finished rows are is found out last, on the clips of ``dev``, where there are any.
Of a network both become one file; a detector without weights has the numbers in its code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from balltrack.detection.fitted import as_header
from balltrack.detection.registry import DETECTORS, load_detector
from balltrack.errors import DatasetError
from balltrack.models.network import HeatmapNetwork
from balltrack.options import TrackOptions
from balltrack.outputs import make_folder, whole_file
from balltrack.training.data.candidate_clips import CandidateClip, seen_clips
from balltrack.training.data.clips import ClipFiles, find_clips
from balltrack.training.linking.certainty import fit_confidence, said_rows
from balltrack.training.linking.costs import fit_parameters
from balltrack.training.options import LinkingOptions
from balltrack.trajectory.motion import LinkingParameters
from balltrack.weights.checkpoints import load_network, save_checkpoint


def fit_linking(options: LinkingOptions, say: Callable[[str], None] = lambda _: None) -> Path:
    """Fit linking to ``options.weights``.

    Args:
        options: of the fit.
        say: told how far it is.

    Returns:
        The path of ``last.safetensors``: the same weights with the fit in their header; of
        ``linking.json`` for a detector without weights.

    Raises:
        DatasetError: no labelled clips, or no ball in them.
        OutputError: the output folder cannot be written.
    """
    found = find_clips(options.data, "dev" if options.confidence_only else "train", options.sports)
    network = None if options.weights in DETECTORS else load_network(options.weights)
    make_folder(options.output)
    tracking = TrackOptions(weights=options.weights, device=options.device, runtime="torch")
    if options.confidence_only:
        unseen, parameters = found, load_detector(tracking).linking
    else:
        unseen = _unseen(options)
        parameters = fit_parameters(_seen(found, tracking, say), report=say)
    path = _write(options.output, network, parameters)
    if unseen and (network or options.confidence_only):
        say(f"confidence from {len(unseen)} clips of dev")
        rows = said_rows(unseen, replace(tracking, weights=str(path)) if network else tracking)
        path = _write(options.output, network, fit_confidence(rows, parameters, report=say))
    return path


def _seen(
    found: list[ClipFiles], tracking: TrackOptions, say: Callable[[str], None]
) -> list[CandidateClip]:
    """What the network sees in clips."""
    clips = []
    for _, clip in seen_clips(found, tracking):
        clips.append(clip)
        say(f"candidates of clip {len(clips)} of {len(found)}")
    return clips


def _write(
    folder: Path,
    network: tuple[HeatmapNetwork, dict[str, str]] | None,
    parameters: LinkingParameters,
) -> Path:
    """Write what was fitted; the path of the one file that matters."""
    path = folder / "linking.json"
    with whole_file(path) as partial:
        partial.write_text(json.dumps(asdict(parameters), indent=2) + "\n", encoding="utf-8")
    if network is not None:
        path = folder / "last.safetensors"
        save_checkpoint(path, network[0], network[1] | as_header(parameters))
    return path


def _unseen(options: LinkingOptions) -> list[ClipFiles]:
    """Labelled clips of ``dev``, where there are any."""
    try:
        return find_clips(options.data, "dev", options.sports)
    except DatasetError:
        return []
