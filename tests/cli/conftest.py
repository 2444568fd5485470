"""The command line, run in this process: what it returned and what it said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from balltrack.cli.main import run


@dataclass(frozen=True)
class Outcome:
    """Exit code, stdout and stderr of one run."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that stderr must consist of."""
        assert self.err.count("\n") == 1, f"expected one line on stderr, got:\n{self.err}"
        return self.err.rstrip("\n")


@pytest.fixture
def balltrack(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run ``balltrack ARGUMENTS…`` as its entry point does, without a new process."""

    def invoke(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return invoke


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 20 frames, 160x96, with a cut at frame 11."""
    from balltrack.cli.demo import write_clip  # noqa: PLC0415
    from balltrack.synthetic import render_clip  # noqa: PLC0415

    path = tmp_path_factory.mktemp("rendered") / "clip.mp4"
    write_clip(render_clip(size=(160, 96), frame_count=20, cut_at=11), path)
    return path


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network, small enough to cost nothing."""
    import torch  # noqa: PLC0415

    from balltrack.models.specs import NetworkSpec  # noqa: PLC0415
    from balltrack.models.tracknet import TrackNet  # noqa: PLC0415
    from balltrack.weights.checkpoints import save_checkpoint  # noqa: PLC0415

    torch.manual_seed(0)
    spec = NetworkSpec("tiny", 3, 3, height=48, width=80, background="concat", base_width=4)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, TrackNet(spec), {})
    return path


@pytest.fixture(scope="session")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip of `told_flight`, in a folder of its own."""
    from told_flight import write_flight  # noqa: PLC0415

    return write_flight(tmp_path_factory.mktemp("flight") / "flight.mp4")


@pytest.fixture(scope="session")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of `seeing_network`."""
    from seeing_network import save_seeing  # noqa: PLC0415

    return save_seeing(tmp_path_factory.mktemp("weights") / "seeing.safetensors")


@pytest.fixture(scope="session")
def rally(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 s of a rendered rally that bounces; the brightest pixel is the ball, 30 frames/s."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from balltrack.overlay.writer import VideoWriter  # noqa: PLC0415
    from balltrack.synthetic import render_clip  # noqa: PLC0415

    path = tmp_path_factory.mktemp("rally") / "rally.mp4"
    size = (640, 360)
    clip = render_clip(size=size, frame_count=120, frame_rate=30, seed=2, bounces=True)
    with VideoWriter(path, size, 30) as writer:
        for number, (x, y) in enumerate(clip.truth.xy.tolist()):
            image = np.zeros((*size[::-1], 3), np.uint8)
            if np.isfinite(x):
                cv2.circle(image, (round(x), round(y)), 4, (255, 255, 255), cv2.FILLED)
            writer.write(image, number / 30)
    return path


@pytest.fixture
def brightest(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name under which `brightest_pixel` is a detector for the test."""
    from balltrack.detection.registry import DETECTORS  # noqa: PLC0415

    monkeypatch.setitem(DETECTORS, "brightest-pixel", "brightest_pixel:load")
    return "brightest-pixel"


@pytest.fixture(autouse=True)
def clean_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the developer's shell, and no logging left over."""
    import os  # noqa: PLC0415

    for name in [name for name in os.environ if name.startswith("BALLTRACK_")]:
        monkeypatch.delenv(name)
    yield
    logger = logging.getLogger("balltrack")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)
    logging.captureWarnings(False)
