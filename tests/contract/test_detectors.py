"""What every detector keeps to, whatever it is: a network, two together, one without weights.

`brightest-pixel` shows what another one takes: a file, and a line in the registry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from balltrack.detection.detector import Detector
from balltrack.detection.heat import heatmaps_of
from balltrack.detection.registry import DETECTORS, load_detector
from balltrack.errors import OptionError, UnknownNameError
from balltrack.geometry import Scaling
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.options import TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.structures import Frame, FrameCandidates, Image
from balltrack.synthetic import render_clip
from balltrack.weights.checkpoints import save_checkpoint

TOY = "brightest-pixel"
SOURCE = (640, 360)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DETECTORS, TOY, "brightest_pixel:load")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these only wait for each other's threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Weights of networks that nobody trained; a low threshold makes them see things."""
    folder = tmp_path_factory.mktemp("weights")
    specs = {
        "background": NetworkSpec("a", 8, 8, 48, 64, "concat", base_width=8, stem_stride=2),
        "three": NetworkSpec("b", 3, 3, 48, 64, base_width=8, block="conv-relu-bn"),
        "last-of-three": NetworkSpec("c", 3, 1, 48, 64, base_width=8),
    }
    for name, spec in specs.items():
        torch.manual_seed(1)
        save_checkpoint(folder / f"{name}.safetensors", TrackNet(spec), {})
    return {name: str(folder / f"{name}.safetensors") for name in specs}


@pytest.fixture(params=["background", "three", "last-of-three", "union", *DETECTORS, TOY])
def options(request: pytest.FixtureRequest, files: dict[str, str]) -> TrackOptions:
    name = request.param
    chosen = TrackOptions(device="cpu", runtime="torch", precision="fp32", threshold=0.03)
    if name == "union":
        return replace(chosen, weights=files["background"], also=files["three"])
    return replace(chosen, weights=files.get(name, name))


@pytest.fixture
def detector(options: TrackOptions) -> Detector:
    return load_detector(options)


def picture(index: int, size: tuple[int, int]) -> Image:
    """A bright ball that flies over a field with stripes."""
    width, height = size
    image = np.full((height, width, 3), 60, np.uint8)
    image[:, :: max(width // 8, 1)] = 90
    place = (width // 5 + index * width // 60, height // 3 + (index - 12) ** 2 * height // 900)
    cv2.circle(image, place, max(2, round(width / 160)), (255, 255, 255), cv2.FILLED)
    return image


def frames(detector: Detector, lengths: list[int], first: int = 0) -> Iterator[Frame]:
    """Shots of these lengths; frame numbers go on."""
    index = first
    for shot, length in enumerate(lengths):
        for i in range(length):
            yield Frame(index, index / 25, picture(i, detector.size), shot)
            index += 1


def looked_at(detector: Detector, lengths: list[int], first: int = 0) -> list[FrameCandidates]:
    scaling = Scaling(SOURCE, detector.size)
    return list(detector.candidates(frames(detector, lengths, first), scaling))


@pytest.mark.parametrize(
    "lengths", [[], [1], [2], [3], [25], [7, 1, 12], pytest.param([300], marks=pytest.mark.slow)]
)
def test_every_frame_has_one_entry_in_order(detector: Detector, lengths: list[int]) -> None:
    first = 5
    found = looked_at(detector, lengths, first)
    wanted = list(frames(detector, lengths, first))
    assert [(f.frame_index, f.time_s, f.shot) for f in found] == [
        (f.index, f.time_s, f.shot) for f in wanted
    ]


def test_candidates_lie_in_the_picture_best_first(detector: Detector) -> None:
    found = looked_at(detector, [25, 9])
    assert any(entry.candidates for entry in found)
    for entry in found:
        scores = [candidate.score for candidate in entry.candidates]
        assert scores == sorted(scores, reverse=True)
        for candidate in entry.candidates:
            assert -0.5 <= candidate.x <= SOURCE[0] - 0.5
            assert -0.5 <= candidate.y <= SOURCE[1] - 0.5


def test_every_frame_has_a_heatmap_that_is_hot_where_the_best_candidate_is(
    detector: Detector,
) -> None:
    scaling = Scaling(SOURCE, detector.size)
    found = looked_at(detector, [25, 9])
    heatmaps = list(heatmaps_of(detector, frames(detector, [25, 9]), scaling))
    assert [index for index, _ in heatmaps] == list(range(34))
    for entry, (_, heatmap) in zip(found, heatmaps, strict=True):
        assert heatmap.shape == detector.size[::-1]
        assert heatmap.dtype == np.float32
        assert heatmap.min() >= 0
        assert heatmap.max() <= 1
        if entry.candidates:
            best = entry.candidates[0]
            x, y = np.rint(scaling.to_target(np.array([best.x, best.y]))).astype(int)
            near = heatmap[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
            assert near.max() >= 0.7 * best.score  # a pixel of a bell, or a network's centroid


def test_the_same_frames_give_the_same_answers(detector: Detector) -> None:
    """Whatever it was shown between."""
    before = looked_at(detector, [30])
    looked_at(detector, [12, 5])
    assert looked_at(detector, [30]) == before


def test_a_shot_does_not_see_its_neighbours(detector: Detector) -> None:
    together = looked_at(detector, [30, 20, 30])
    alone = looked_at(detector, [20])
    assert [entry.candidates for entry in together[30:50]] == [e.candidates for e in alone]


def test_answers_come_long_before_an_endless_shot_ends(detector: Detector) -> None:
    taken = 0

    def endless() -> Iterator[Frame]:
        nonlocal taken
        for frame in frames(detector, [100_000]):
            taken += 1
            yield frame

    answers = detector.candidates(endless(), Scaling(SOURCE, detector.size))
    for number, entry in zip(range(200), answers, strict=False):
        assert entry.frame_index == number
        assert taken - number <= 300


def test_it_says_what_it_is(detector: Detector, options: TrackOptions) -> None:
    said = detector.description
    assert said.device == "cpu"
    assert said.weights
    assert said.runtime
    assert said.precision
    assert said.threads >= 1
    assert said.batch_size >= 1
    assert detector.verifier in {"verifier", "none"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 frames of a rendered rally."""
    path = tmp_path_factory.mktemp("rally") / "clip.mp4"
    rally = render_clip(size=SOURCE, frame_count=24)
    with VideoWriter(path, SOURCE, rally.frame_rate) as writer:
        for frame in rally.frames():
            writer.write(frame.image, frame.time_s)
    return path


def test_a_tracker_takes_it(options: TrackOptions, clip: Path) -> None:
    tracker = Tracker(options)
    track = tracker.track(clip)
    assert track.frame_index.tolist() == list(range(24))
    assert (tracker.verifier is None) == (tracker.detector.verifier == "none")


def test_what_a_toy_sees_becomes_the_track(tmp_path: Path) -> None:
    size = (320, 180)
    with VideoWriter(tmp_path / "clip.mp4", size, 25) as writer:
        for i in range(25):
            writer.write(picture(i, size), i / 25)
    track = Tracker(TrackOptions(TOY)).track(tmp_path / "clip.mp4")
    assert track.visible.all()
    expected = [(64 + i * 320 // 60, 60 + (i - 12) ** 2 * 180 // 900) for i in range(25)]
    np.testing.assert_allclose(track.xy, expected, atol=2)


def test_two_that_look_at_different_sizes_are_refused(files: dict[str, str]) -> None:
    with pytest.raises(OptionError, match=r"looks at pictures of 320x180, .* at 64x48"):
        load_detector(TrackOptions(files["three"], also=TOY, runtime="torch", device="cpu"))


def test_names_of_detectors_are_listed() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown weights 'nothing'.*brightest-pixel"):
        load_detector(TrackOptions("nothing"))


def test_at_a_fixed_lag_no_entry_comes_later(options: TrackOptions) -> None:
    detector = load_detector(replace(options, lag=1000))
    taken = 0

    def counted() -> Iterator[Frame]:
        nonlocal taken
        for frame in frames(detector, [60, 5, 33, 1, 40]):
            taken += 1
            yield frame

    scaling = Scaling(SOURCE, detector.size)
    for number, entry in enumerate(detector.candidates(counted(), scaling)):
        assert entry.frame_index == number
        assert taken - 1 - number <= detector.lag
    assert number == 138
    assert detector.lag < 40


@pytest.mark.parametrize("weights", ["tracknet-v3-small", "classical"])
def test_a_device_that_is_none_is_refused(weights: str) -> None:
    with pytest.raises(OptionError, match="unknown device 'gpu'"):
        load_detector(TrackOptions(weights, device="gpu"))
