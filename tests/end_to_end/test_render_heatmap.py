"""``render --heatmap``: what a detector sees lies over the frame on which it sees it."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from balltrack.cli.main import run
from balltrack.labels import write_track
from balltrack.options import RenderOptions, TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.pipeline.rendering import render_overlay
from balltrack.structures import FloatArray
from balltrack.synthetic import SyntheticClip, render_clip
from balltrack.tracks import join_tracks
from seeing_network import save_seeing
from told_flight import BALL, write_flight

SIZE = (1280, 720)


@pytest.fixture(scope="module")
def rally(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyntheticClip]:
    """A rendered rally."""
    path = tmp_path_factory.mktemp("rally") / "rally.mp4"
    clip = render_clip(size=SIZE, frame_count=40, hidden=False)
    with VideoWriter(path, SIZE, clip.frame_rate, crf=8) as writer:
        for frame in clip.frames():
            writer.write(frame.image, frame.time_s)
    return path, clip


def hottest(overlay: Path, video: Path) -> FloatArray:
    """(N, 2) where the red of each decoded frame rises most over the source's; NaN for nowhere."""

    def reds(path: Path) -> list[np.ndarray]:
        with av.open(str(path)) as container:
            frames = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
        return [cv2.cvtColor(f, cv2.COLOR_BGR2YCrCb)[..., 1].astype(np.float32) for f in frames]

    found = []
    for drawn, plain in zip(reds(overlay), reds(video), strict=True):
        rise = cv2.GaussianBlur(drawn - plain, (0, 0), 1.5)
        y, x = np.unravel_index(rise.argmax(), rise.shape)
        found.append((x, y) if rise.max() > 10 else (np.nan, np.nan))
    return np.array(found, dtype=np.float64)


@pytest.mark.parametrize(
    ("weights", "least"),
    [("classical", 18), pytest.param("tracknet-v3-small", 12, marks=pytest.mark.slow)],
)
def test_the_hottest_pixel_is_the_ball_of_the_very_frame(
    rally: tuple[Path, SyntheticClip], tmp_path: Path, weights: str, least: int
) -> None:
    """Of the neighbouring frames the ball is too far away to pass for it."""
    video, clip = rally
    out = tmp_path / "out.mp4"
    given = ["render", video, "--heatmap", "--weights", weights, "--device", "cpu", "-o", out]
    assert run([str(word) for word in [*given, "--crf", 8, "-q"]]) == 0

    ball = clip.truth.xy
    moving = np.linalg.norm(np.diff(ball, axis=0, append=np.nan), axis=1) > 6
    drawn = hottest(out, video)
    asked = moving & np.isfinite(drawn[:, 0])
    assert asked.sum() >= least
    np.testing.assert_allclose(drawn[asked], ball[asked], atol=4)


def test_heat_and_marks_of_labels_are_drawn_together_on_a_part(tmp_path: Path) -> None:
    """A network whose heat goes with the brightness of each pixel: nowhere else is any."""
    video = write_flight(tmp_path / "flight.mp4")
    weights = save_seeing(tmp_path / "seeing.safetensors")
    plain, marked = tmp_path / "plain.mp4", tmp_path / "marked.mp4"
    options = TrackOptions(str(weights), runtime="torch", device="cpu", verify="none")
    track = Tracker(options).track(video)
    write_track(track, tmp_path / "flight.jsonl")
    common = f"--heatmap --weights {weights} --runtime torch --device cpu --crf 0 -q".split()
    part = ["--start", "0.2", "--end", "0.6"]  # frames 4 to 11, at 20 frames/s
    files = {plain: [], marked: [str(tmp_path / "flight.jsonl")]}
    for out, labels in files.items():
        assert run(["render", str(video), *labels, *common, *part, "-o", str(out)]) == 0
    bare = tmp_path / "bare.mp4"
    assert run(["render", str(video), str(tmp_path / "flight.jsonl"), "-q", "--crf", "0",
                "--trail", "0", *part, "-o", str(bare)]) == 0  # fmt: skip

    source = tmp_path / "source.mp4"
    drawing = RenderOptions(start_s=0.2, end_s=0.6, crf=0)
    render_overlay(video, join_tracks([]), source, drawing)
    drawn = hottest(plain, source)
    assert len(drawn) == 8
    seen = [i for i in range(4, 12) if i != 6]  # there the network hardly sees it
    np.testing.assert_allclose(drawn[[i - 4 for i in seen]], BALL[seen], atol=2)
    differs = [a != b for a, b in zip(frames_of(marked), frames_of(bare), strict=True)]
    assert all(differs)
    assert frames_of(marked) != frames_of(plain)


def frames_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]
