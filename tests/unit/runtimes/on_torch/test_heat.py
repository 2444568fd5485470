"""Heatmaps that stay where they were made give the candidates that they give when brought back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from balltrack.detection.blobs import LOW_THRESHOLD, find_candidates
from balltrack.detection.network import NetworkDetector
from balltrack.detection.registry import load_detector
from balltrack.geometry import Scaling
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.options import Ensemble, TrackOptions
from balltrack.runtimes.on_torch import runtime as on_torch
from balltrack.runtimes.on_torch.heat import MOST_WARM, KeepingRuntime
from balltrack.runtimes.on_torch.runtime import TorchRuntime
from balltrack.runtimes.runtime import HeatKeeper, WarmHeatmap
from balltrack.scene.panning.following import follow_camera
from balltrack.scene.windows import Window
from balltrack.structures import Frame, FrameCandidates
from moving_camera import filmed, panning

SIZE = (96, 64)
SPEC = NetworkSpec("kept", 4, 4, 64, 96, "concat", base_width=4)


def warm(*heatmaps: npt.NDArray[np.float32], above: float = LOW_THRESHOLD) -> list[WarmHeatmap]:
    keeper = KeepingRuntime(TrackNet(SPEC), "cpu", "fp32")
    return keeper.warm([keeper.put(heatmap) for heatmap in heatmaps], above)()


def spotted(seed: int, size: tuple[int, int] = (288, 512)) -> npt.NDArray[np.float32]:
    """Bells of all heights, some plateaus with several highest pixels, and noise below."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]]
    heatmap = rng.uniform(0, 0.08, size)
    for x, y, peak in rng.uniform([0, 0, 0.11], [size[1], size[0], 1.2], (12, 3)):
        bell = peak * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 12)
        heatmap = np.maximum(heatmap, np.minimum(bell, 0.75))
    return heatmap.astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_warm_gives_the_same_blobs(seed: int) -> None:
    heatmap = spotted(seed)
    (found,) = warm(heatmap)
    assert found.places is not None
    assert len(found.places) == np.count_nonzero(heatmap > LOW_THRESHOLD) > 100
    assert not found.array[heatmap <= LOW_THRESHOLD].any()
    for locate in ("centroid", "hough"):
        for most in (8, 3):
            expected = find_candidates(heatmap, locate, top_k=most)
            given = find_candidates(found.array, locate, top_k=most, warm=found.places)
            assert given == expected
            assert len(expected) > 2


def test_the_hottest_come_first_and_of_equal_ones_the_first() -> None:
    heatmap = np.zeros((40, 60), np.float32)
    heatmap[[30, 10, 20], [5, 50, 7]] = 0.5
    heatmap[35, 3] = 0.9
    (found,) = warm(heatmap)
    assert found.places is not None
    assert found.places.tolist() == [35 * 60 + 3, 10 * 60 + 50, 20 * 60 + 7, 30 * 60 + 5]


def test_more_than_can_be_brought_back_comes_whole() -> None:
    just, more = np.zeros((2, 100, 100), np.float32)
    just.flat[:MOST_WARM], more.flat[: MOST_WARM + 1] = 0.5, 0.5
    just.flat[MOST_WARM - 1] = 0.1  # not above it
    cold = np.zeros((100, 100), np.float32)
    some, whole, none = warm(just, more, cold, above=0.1)
    assert some.places is not None
    assert len(some.places) == MOST_WARM - 1
    assert whole.places is None
    np.testing.assert_array_equal(whole.array, more)
    assert none.places is not None
    assert len(none.places) == 0
    assert find_candidates(none.array, warm=none.places) == []


def frames(count: int) -> Iterator[Frame]:
    """Of a camera that stands still, then of one that pans."""
    half = count // 2
    shown = filmed(lambda _: (120, 60), half, with_ball=True)
    shown += filmed(panning, half, shot=1, first=half, with_ball=True)
    return follow_camera(iter(shown))


def found(
    options: TrackOptions, monkeypatch: pytest.MonkeyPatch, *, kept: bool, known: int = 0
) -> list[FrameCandidates]:
    monkeypatch.setattr(on_torch, "STAYS_ON", {"cpu", "cuda"} if kept else set())
    detector = load_detector(options)
    assert isinstance(detector, NetworkDetector)
    assert isinstance(detector.runtime, HeatKeeper) is kept
    shown = (replace(frame, known=frame.index < known) for frame in frames(60))
    return list(detector.candidates(shown, Scaling((512, 288), detector.size)))


@pytest.mark.parametrize(
    ("ensemble", "lag", "known"),
    [
        ("average", None, 30),
        ("weight", 40, 0),
        pytest.param("average", None, 0, marks=pytest.mark.slow),
        pytest.param("nonoverlap", None, 60, marks=pytest.mark.slow),
    ],
)
def test_a_detector_finds_the_same(
    ensemble: Ensemble,
    lag: int | None,
    known: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also of a camera that pans, live, and where a run goes on that was killed."""
    options = TrackOptions(
        ensemble=ensemble, lag=lag, batch_size=3, device="cpu", runtime="torch",
        precision="fp32",
    )  # fmt: skip
    expected = found(options, monkeypatch, kept=False, known=known)
    assert found(options, monkeypatch, kept=True, known=known) == expected
    assert sum(len(entry.candidates) for entry in expected) >= (10 if known < 60 else 0)


class Watched(KeepingRuntime):
    """Notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__(TrackNet(SPEC), "cpu", "fp32")
        self.in_flight = 2
        self.happened: list[str] = []

    def keep(self, windows: Sequence[Window]) -> torch.Tensor:
        self.happened.append(f"{windows[0].frames[0].index}")
        return super().keep(windows)


@pytest.mark.parametrize(("lag", "ahead"), [(None, 4), (40, 1)])
def test_the_next_batches_are_started_before_one_is_waited_for(lag: int | None, ahead: int) -> None:
    runtime = Watched()
    options = TrackOptions(ensemble="nonoverlap", batch_size=2, lag=lag)
    detector = NetworkDetector(runtime, options)
    images = np.zeros((40, *SIZE[::-1], 3), np.uint8)
    shown = (Frame(i, i / 30, image, 0) for i, image in enumerate(images))
    entries = detector.candidates(shown, Scaling(SIZE, SIZE))
    assert runtime.happened == []
    assert next(entries).frame_index == 0
    assert len(runtime.happened) == ahead // 2 + (lag is not None)
    assert [entry.frame_index for entry in entries] == list(range(1, 40))
    assert runtime.happened == ["0", "8", "16", "24", "32"]


def test_who_needs_cold_pixels_too_has_whole_heatmaps() -> None:
    runtime = Watched()
    detector = NetworkDetector(runtime, TrackOptions(locate="one-circle"))
    shown = (Frame(i, i / 30, np.zeros((*SIZE[::-1], 3), np.uint8), 0) for i in range(9))
    assert len(list(detector.candidates(shown, Scaling(SIZE, SIZE)))) == 9
    assert runtime.happened == []


def test_what_was_kept_is_not_overwritten_by_the_batch_after_it() -> None:
    """As a recording of kernels does, which has one place for what it gives."""
    runtime = KeepingRuntime(TrackNet(SPEC), "cpu", "fp32")
    answer, place = runtime._answer, torch.zeros(1, 4, *SIZE[::-1])

    def recorded(x: torch.Tensor) -> torch.Tensor:
        return place.copy_(answer(x))

    runtime._answer = recorded
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (2, *SIZE[::-1], 3), dtype=np.uint8)
    windows = [
        Window(tuple(Frame(i, 0.0, image, 0) for i in range(4)), image, range(4))
        for image in images
    ]
    kept = [runtime.take(runtime.keep([window])) for window in windows]
    first = runtime.keep(windows[:1])
    runtime.keep(windows[1:])
    np.testing.assert_array_equal(runtime.take(first), kept[0])
    assert (kept[0] != kept[1]).any()


def test_heatmaps_stay_on_a_gpu_alone() -> None:
    assert {"cuda"} == on_torch.STAYS_ON
    assert not isinstance(TorchRuntime(TrackNet(SPEC), "cpu", "fp32"), HeatKeeper)


@pytest.mark.gpu
@pytest.mark.parametrize("ensemble", ["average", "weight", "nonoverlap"])
def test_a_gpu_finds_the_same_whether_heatmaps_stay_or_not(
    ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    options = TrackOptions(ensemble=ensemble, device="cuda", runtime="torch", precision="fp32")
    expected = found(options, monkeypatch, kept=False)
    given = found(options, monkeypatch, kept=True)
    assert sum(len(entry.candidates) for entry in expected) >= 10
    for one, other in zip(given, expected, strict=True):
        places = ([(c.x, c.y, c.score) for c in entry.candidates] for entry in (one, other))
        np.testing.assert_allclose(*places, atol=1e-3)
