"""Where writing fails in the middle, what was there before is still there, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack import RenderOptions, render_overlay, write_track
from balltrack.errors import OutputError
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.training.run.folder import save_run
from balltrack.weights.checkpoints import load_network, save_checkpoint
from flying_ball import COUNT, SIZE, flying
from numbered_clips import write_clip

resource = pytest.importorskip("resource", reason="Windows has no limit to the size of files")

SPEC = NetworkSpec("tiny", 3, 3, 32, 32, base_width=8)


@contextmanager
def little_room(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: a full disk, to whoever writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def overlay(folder: Path) -> None:
    clip = folder / "clip.mp4"
    if not clip.exists():
        write_clip(clip, COUNT, size=SIZE)
    render_overlay(clip, flying(COUNT), folder / "out.mp4", RenderOptions(crf=1))


def labels(folder: Path) -> None:
    write_track(flying(2000), folder / "out.csv", columns="all")


def checkpoint(folder: Path) -> None:
    torch.manual_seed(0)
    save_checkpoint(folder / "out.safetensors", TrackNet(SPEC), {})


def run_of_training(folder: Path) -> None:
    torch.manual_seed(0)
    network = TrackNet(SPEC)
    save_run(folder, network, {"step": "1"}, {"step": 1, "network": network.state_dict()})


@pytest.mark.parametrize("write", [overlay, labels, checkpoint, run_of_training])
def test_a_full_disk(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with little_room(20_000), pytest.raises(OutputError):
        write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_overlay_that_is_interrupted(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", COUNT, size=SIZE)
    (tmp_path / "out.mp4").write_text("before")

    def stop(step: object) -> None:
        if step.done == COUNT // 2:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_overlay(clip, flying(COUNT), tmp_path / "out.mp4", progress=stop)
    assert (tmp_path / "out.mp4").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", "out.mp4"}


def test_a_checkpoint_is_replaced_by_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "out.safetensors"
    path.write_text("before")
    checkpoint(tmp_path)
    assert np.isfinite(load_network(str(path))[0].predictor.weight.detach().numpy()).all()
    assert [path] == list(tmp_path.iterdir())
