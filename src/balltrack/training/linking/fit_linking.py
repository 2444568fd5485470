"""Fit linking to a network: run it over the training clips, fit, write both as one file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from balltrack.detection.fitted import as_header
from balltrack.options import TrackOptions
from balltrack.training.data.candidate_clips import seen_clips
from balltrack.training.data.clips import find_clips
from balltrack.training.linking.costs import fit_linking
from balltrack.training.options import LinkingOptions
from balltrack.training.run.folder import make_folder
from balltrack.weights.checkpoints import load_network, save_checkpoint


@dataclass(frozen=True)
class LinkingReport:
    """A line on how far the fit is."""

    message: str


def train_linking(
    options: LinkingOptions, progress: Callable[[LinkingReport], None] | None = None
) -> Path:
    """Fit linking to ``options.initial``; returns the same weights with the fit in their header.

    Raises:
        DatasetError: no labelled clips, or no ball in them.
        OutputError: the output folder cannot be written.
    """

    def say(message: str) -> None:
        if progress:
            progress(LinkingReport(message))

    found = find_clips(options.data, "train", options.sports)
    make_folder(options.output)
    network, metadata = load_network(options.initial)
    clips = []
    tracking = TrackOptions(weights=options.initial, device=options.device, runtime="torch")
    for _, clip in seen_clips(found, tracking):
        clips.append(clip)
        say(f"candidates of clip {len(clips)} of {len(found)}")
    parameters = fit_linking(clips, report=say)
    (options.output / "linking.json").write_text(json.dumps(asdict(parameters), indent=2) + "\n")
    path = options.output / "last.safetensors"
    save_checkpoint(path, network, metadata | as_header(parameters))
    return path
