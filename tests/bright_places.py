"""Videos of a few bright pixels, and what finds them in place of a network."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from balltrack.detection.detector import Detector
from balltrack.detection.network import NetworkDetector
from balltrack.detection.union import UnionDetector
from balltrack.models.specs import NetworkSpec
from balltrack.options import TrackOptions
from balltrack.pipeline import rules
from balltrack.runtimes.device import NumberFormat
from balltrack.runtimes.runtime import Runtime
from balltrack.scene.windows import Window
from balltrack.structures import Image

SIZE = (128, 96)  # of the source; the networks see half of it
SPEC = NetworkSpec("tiny", 8, 8, 48, 64, background="concat", base_width=8, stem_stride=2)
FRAME_RATE = 25


def ball(index: int) -> tuple[int, int]:
    """Where the ball is drawn: along a parabola, so that every frame tells its number."""
    return 12 + 4 * index, 20 + (index - 8) ** 2 // 3


def picture(index: int, background: int = 60) -> Image:
    image = np.full((SIZE[1], SIZE[0], 3), background, dtype=np.uint8)
    cv2.circle(image, ball(index), 5, (255, 255, 255), -1)
    return image


def write_video(path: Path, images: Sequence[Image]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for i, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, FRAME_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class BrightPlaces:
    """In place of a network: the heatmap of a frame is its own brightness."""

    name = "brightness"
    device = "cpu"
    precision: NumberFormat = "fp32"
    threads = 1
    spec = SPEC
    batch_size = 2

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        bright = [[frame.image.min(axis=2) > 180 for frame in w.frames] for w in windows]
        return np.array(bright, dtype=np.float32)


def look_with(monkeypatch: pytest.MonkeyPatch, *runtimes: Runtime) -> None:
    """Have these look in place of networks."""

    def load(options: TrackOptions) -> Detector:
        detectors = [NetworkDetector(runtime, options) for runtime in runtimes]
        return UnionDetector(detectors) if len(detectors) > 1 else detectors[0]

    monkeypatch.setattr(rules, "load_detector", load)
