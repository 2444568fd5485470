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
from balltrack.detection.registry import DETECTORS
from balltrack.errors import DatasetError
from balltrack.options import TrackOptions
from balltrack.outputs import make_folder, whole_file
from balltrack.training.data.candidate_clips import seen_clips
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
    found = find_clips(options.data, "train", options.sports)
    unfitted = None if options.weights in DETECTORS else load_network(options.weights)
    make_folder(options.output)
    clips = []
    tracking = TrackOptions(weights=options.weights, device=options.device, runtime="torch")
    for _, clip in seen_clips(found, tracking):
        clips.append(clip)
        say(f"candidates of clip {len(clips)} of {len(found)}")
    parameters = fit_parameters(clips, report=say)
    written = options.output / "linking.json"
    _write_parameters(written, parameters)
    if unfitted is None:
        return written
    network, metadata = unfitted
    path = options.output / "last.safetensors"
    save_checkpoint(path, network, metadata | as_header(parameters))
    if unseen := _unseen(options):
        say(f"confidence from {len(unseen)} clips of dev")
        rows = said_rows(unseen, replace(tracking, weights=str(path)))
        parameters = fit_confidence(rows, parameters, report=say)
        save_checkpoint(path, network, metadata | as_header(parameters))
        _write_parameters(written, parameters)
    return path


def _write_parameters(path: Path, parameters: LinkingParameters) -> None:
    with whole_file(path) as partial:
        partial.write_text(json.dumps(asdict(parameters), indent=2) + "\n", encoding="utf-8")


def _unseen(options: LinkingOptions) -> list[ClipFiles]:
    """Labelled clips of ``dev``, where there are any."""
    try:
        return find_clips(options.data, "dev", options.sports)
    except DatasetError:
        return []
