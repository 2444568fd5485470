"""Fit linking to a detector: run it over the training clips, fit, write what was learnt.

Of a network both become one file; a detector without weights has the numbers in its code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from balltrack.detection.fitted import as_header
from balltrack.detection.registry import DETECTORS
from balltrack.options import TrackOptions
from balltrack.outputs import make_folder, whole_file
from balltrack.training.data.candidate_clips import seen_clips
from balltrack.training.data.clips import find_clips
from balltrack.training.linking.costs import fit_parameters
from balltrack.training.options import LinkingOptions
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
    with whole_file(written) as partial:
        partial.write_text(json.dumps(asdict(parameters), indent=2) + "\n", encoding="utf-8")
    if unfitted is None:
        return written
    network, metadata = unfitted
    path = options.output / "last.safetensors"
    save_checkpoint(path, network, metadata | as_header(parameters))
    return path
