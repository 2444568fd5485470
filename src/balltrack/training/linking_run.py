"""Fit linking to a network: run it over the training clips, fit, write both as one file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from balltrack.geometry import Scaling
from balltrack.inference.runtimes import load_runtime
from balltrack.labels import read_labels
from balltrack.options import TrackOptions
from balltrack.pipeline import detect
from balltrack.training.candidate_clips import CandidateClip
from balltrack.training.clips import ClipFiles, find_clips
from balltrack.training.linking_fit import fit_linking
from balltrack.training.options import LinkingOptions
from balltrack.training.run_files import make_folder
from balltrack.trajectory.fitted import as_header
from balltrack.video.reader import open_video
from balltrack.video.shots import split_shots
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
    for clip in _seen(found, options):
        clips.append(clip)
        say(f"candidates of clip {len(clips)} of {len(found)}")
    parameters = fit_linking(clips, report=say)
    (options.output / "linking.json").write_text(json.dumps(asdict(parameters), indent=2) + "\n")
    path = options.output / "last.safetensors"
    save_checkpoint(path, network, metadata | as_header(parameters))
    return path


def _seen(found: list[ClipFiles], options: LinkingOptions) -> Iterator[CandidateClip]:
    """What the network sees in each clip, as tracking would show it to the linker."""
    tracking = TrackOptions(weights=options.initial, device=options.device, runtime="torch")
    runtime = load_runtime(tracking)
    spec = runtime.spec
    for files in found:
        with open_video(files.video, size=(spec.width, spec.height), reader="pyav") as video:
            size = (video.info.width, video.info.height)
            frames = split_shots(video.frames())
            seen = list(detect(frames, runtime, spec, tracking, Scaling(size, video.size)))
        labels = read_labels(files.labels)
        yield CandidateClip(seen, labels, size, float(video.info.frame_rate), files.sport)
