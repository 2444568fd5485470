"""What the shipped networks answer, kept: positions, heights of peaks, and the README's table.

The pictures are rendered and stored without loss, so that nothing but the networks, and the way to
and from them, can move an answer. Everything is computed in fp32 with torch; what is left to differ
between machines is its rounding.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from balltrack import TrackOptions, track_video
from balltrack.cli.main import run
from balltrack.structures import Source
from balltrack.synthetic import SyntheticClip, render_clip
from told_clips import write_pictures

README = Path(__file__).resolve().parents[2] / "README.md"
NETWORKS = ("tracknet-v3-small", "tracknet-v3", "tracknet-v2")
EXACTLY = {"device": "cpu", "runtime": "torch", "precision": "fp32"}
POSITION, PEAK = 0.05, 0.005
"""Pixels and shares by which an answer may move: rounding does a hundredth of it."""


def written(clip: SyntheticClip, path: Path) -> Path:
    images = [frame.image for frame in clip.frames()]
    return write_pictures(path, images, int(clip.frame_rate), {"crf": "0"})


@pytest.fixture(scope="module")
def one_window(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyntheticClip]:
    """Eight frames at the networks' own size."""
    clip = render_clip(size=(512, 288), frame_count=8, seed=3, hidden=False)
    return written(clip, tmp_path_factory.mktemp("clip") / "window.mp4"), clip


ANSWERS = {
    "tracknet-v3-small": [
        (250.35, 56.36, 0.766), (250.86, 56.95, 0.803), (251.05, 57.33, 0.804),
        (251.31, 58.38, 0.791), (251.93, 59.00, 0.869), (251.94, 60.18, 0.849),
        (252.05, 61.91, 0.794), (252.63, 63.69, 0.809),
    ],
    "tracknet-v3": [
        (250.60, 56.54, 0.843), (250.88, 56.86, 0.886), (251.13, 57.19, 0.863),
        (251.40, 57.96, 0.885), (251.84, 59.06, 0.872), (252.04, 60.07, 0.830),
        (252.14, 61.76, 0.826), (252.61, 63.66, 0.843),
    ],
    "tracknet-v2": [(250.46, 56.32, 0.591), (250.76, 56.59, 0.579), (251.16, 57.26, 0.599)],
}  # fmt: skip
"""x, y and height of the peak on each frame; of three for tracknet-v2, whose window it is."""


@pytest.mark.usefixtures("tones_as_they_are")
@pytest.mark.parametrize("name", NETWORKS)
def test_one_window(one_window: tuple[Path, SyntheticClip], name: str) -> None:
    """The heatmaps' own peaks: no second look, no linking, nothing filled."""
    video, clip = one_window
    options = TrackOptions(
        name, verify="none", ensemble="nonoverlap", link=False, rectify=False, threshold=0.05,
        end_s=(len(ANSWERS[name]) - 0.5) / 30, **EXACTLY,
    )  # fmt: skip
    found = track_video(video, options)
    expected = np.array(ANSWERS[name])
    np.testing.assert_allclose(found.xy, expected[:, :2], atol=POSITION)
    np.testing.assert_allclose(found.score, expected[:, 2], atol=PEAK)
    assert np.hypot(*(found.xy - clip.truth.xy[: len(found)]).T).max() < 1


@pytest.fixture(scope="module")
def rally(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyntheticClip]:
    """A clip with a cut and a hidden ball, larger than what the networks see."""
    clip = render_clip(size=(640, 360), frame_count=40, seed=7, cut_at=30)
    return written(clip, tmp_path_factory.mktemp("clip") / "rally.mp4"), clip


SOURCES = "d" * 17 + "nn" + "d" * 21
RALLIES = {
    "tracknet-v3-small": [
        (266.34, 62.91), (306.47, 24.09), (340.23, 18.19), (368.79, 37.52), (402.50, 38.18),
    ],
    "tracknet-v3": [
        (266.47, 62.73), (306.20, 24.23), (340.23, 18.19), (368.59, 37.31), (402.61, 38.10),
    ],
    "tracknet-v2": [
        (266.44, 62.72), (306.24, 24.19), (340.23, 18.19), (368.61, 37.31), (402.58, 38.18),
    ],
}  # fmt: skip
"""Sources of all frames by their first letters (hidden on two), positions on every eighth."""


@pytest.mark.usefixtures("tones_as_they_are")
@pytest.mark.parametrize(
    "name", [NETWORKS[0], *(pytest.param(n, marks=pytest.mark.slow) for n in NETWORKS[1:])]
)
def test_a_rally_with_the_defaults(rally: tuple[Path, SyntheticClip], name: str) -> None:
    video, clip = rally
    found = track_video(video, TrackOptions(name, **EXACTLY))
    assert "".join(Source(source).label[0] for source in found.source) == SOURCES
    assert found.shot.tolist() == [0] * 30 + [1] * 10
    np.testing.assert_allclose(found.xy[::8], RALLIES[name], atol=2 * POSITION)
    shown = clip.truth.visibility > 0
    assert np.hypot(*(found.xy - clip.truth.xy)[shown].T).max() < 1.5


def told(sport: str) -> list[float]:
    """The figures of a sport in the README's table "What to expect", strict F1 the last."""
    (row,) = re.findall(rf"^\| {sport}, [^|]*((?:\| [\d.]+ ){{5}})\|$", README.read_text(), re.M)
    return [float(cell) for cell in row.split("|")[1:]]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(
    ("sport", "within"),
    [("badminton", 0.003), ("tennis", 0.003), ("padel", 0.003), ("volleyball", 0.03)],
)
def test_the_readme_tells_what_the_small_network_scores(
    shared: Path, sport: str, within: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """On clips that it was not trained on; a few frames may fall otherwise elsewhere.

    Volleyball has 102 frames, each of which counts for more.
    """
    arguments = ["--weights", NETWORKS[0], "--truth", str(shared / "data" / sport / "dev")]
    exactly = [part for name, value in EXACTLY.items() for part in (f"--{name}", value)]
    assert run(["evaluate", *arguments, *exactly, "--json", "-q"]) == 0
    total = json.loads(capsys.readouterr().out)["runs"][0]["total"]
    found = [total[name] for name in ("precision", "recall", "f1", "strict_recall", "strict_f1")]
    assert found == pytest.approx(told(sport), abs=within)
