"""Where writing fails in the middle, what was there before is still there, and nothing else is."""

from __future__ import annotations

import errno
import itertools
import os
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


def overlay(folder: Path, number: int) -> None:
    clip = folder / "clip.mp4"
    if not clip.exists():
        write_clip(clip, COUNT, size=SIZE)
    options = RenderOptions(crf=1, trail=number)
    render_overlay(clip, flying(COUNT), folder / "out.mp4", options)


def labels(folder: Path, number: int) -> None:
    write_track(flying(2000 + number), folder / "out.csv", columns="all")


def checkpoint(folder: Path, number: int) -> None:
    torch.manual_seed(number)
    save_checkpoint(folder / "out.safetensors", TrackNet(SPEC), {})


def run_of_training(folder: Path, number: int) -> None:
    torch.manual_seed(number)
    network = TrackNet(SPEC)
    state = {"step": number, "network": network.state_dict()}
    save_run(folder, network, {"step": str(number)}, state)


Write = Callable[[Path, int], None]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("write", [overlay, labels, checkpoint, run_of_training])
def test_a_full_disk(tmp_path: Path, write: Write) -> None:
    write(tmp_path, 1)
    before = contents(tmp_path)
    assert max(map(len, before.values())) > 20_000
    with little_room(20_000), pytest.raises(OutputError):
        write(tmp_path, 2)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("write", "nth"),
    [(overlay, 0), (labels, 0), (checkpoint, 0), (run_of_training, 0), (run_of_training, 1)],
)
def test_a_file_that_does_not_get_its_name(
    tmp_path: Path, write: Write, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written to the end under another name, and then it cannot be moved; of a run, any of them."""
    write(tmp_path, 1)
    before = contents(tmp_path)
    replace, calls = os.replace, itertools.count()

    def refuse(source: object, target: object, **more: object) -> None:
        if next(calls) == nth:
            raise OSError(errno.EIO, "Input/output error")
        replace(source, target, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError):
        write(tmp_path, 2)
    assert contents(tmp_path) == before


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


def test_a_run_leaves_its_weights_and_its_state(tmp_path: Path) -> None:
    run_of_training(tmp_path, 1)
    assert {path.name for path in tmp_path.iterdir()} == {"last.safetensors", "state.pt"}


def test_a_checkpoint_is_replaced_by_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "out.safetensors"
    path.write_text("before")
    checkpoint(tmp_path, 1)
    assert np.isfinite(load_network(str(path))[0].predictor.weight.detach().numpy()).all()
    assert [path] == list(tmp_path.iterdir())
