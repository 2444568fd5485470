"""How batches go through a network: one at a time, or with the next one under way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from balltrack.detection.network import NetworkDetector, run_network
from balltrack.geometry import Scaling
from balltrack.models.specs import NetworkSpec
from balltrack.options import TrackOptions
from balltrack.runtimes.device import NumberFormat
from balltrack.runtimes.runtime import Answer, AsyncRuntime, Runtime
from balltrack.scene.windows import Window, make_windows
from balltrack.structures import Frame

LENGTH = 2


class AtOnce:
    """Heatmaps that hold the number of their frame; notes what happens when."""

    name = "fake"
    spec = NetworkSpec("fake", LENGTH, LENGTH, 8, 8)
    device = "cpu"
    precision: NumberFormat = "fp32"
    threads = 1
    batch_size = 3

    def __init__(self) -> None:
        self.happened: list[str] = []

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        self.happened.append(f"computed {numbers(windows)}")
        indices = [[frame.index for frame in window.frames] for window in windows]
        return np.array(indices, dtype=np.float32)[:, :, None, None]


class Ahead(AtOnce):
    """Works as a GPU does: a batch is started now and finished when it is asked for."""

    def __init__(self, in_flight: int) -> None:
        super().__init__()
        self.in_flight = in_flight

    def submit(self, windows: Sequence[Window]) -> Answer:
        self.happened.append(f"started {numbers(windows)}")
        given = list(windows)
        return lambda: self.heatmaps(given)


def numbers(windows: Sequence[Window]) -> str:
    return " ".join(str(window.frames[0].index // LENGTH) for window in windows)


def windows(count: int) -> Iterator[Window]:
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    frames = (Frame(i, i / 25, image, 0) for i in range(count * LENGTH))
    return make_windows(((frame, None) for frame in frames), LENGTH, LENGTH)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 5])
@pytest.mark.parametrize("runtime", [AtOnce(), Ahead(1), Ahead(2), Ahead(3)])
def test_every_window_has_its_own_answer_in_order(
    runtime: Runtime, batch_size: int, count: int
) -> None:
    answered = list(run_network(windows(count), runtime, batch_size))
    assert [window.frames[0].index // LENGTH for window, _ in answered] == list(range(count))
    for window, heatmaps in answered:
        assert heatmaps[:, 0, 0].tolist() == [frame.index for frame in window.frames]


def test_the_next_batch_is_started_before_one_is_waited_for() -> None:
    runtime = Ahead(2)
    assert isinstance(runtime, AsyncRuntime)
    for window, _ in run_network(windows(5), runtime, 2):
        runtime.happened.append(f"used {numbers([window])}")
    assert runtime.happened == [
        *("started 0 1", "started 2 3", "computed 0 1", "used 0", "used 1"),
        *("started 4", "computed 2 3", "used 2", "used 3"),
        *("computed 4", "used 4"),
    ]


@pytest.mark.parametrize("runtime", [AtOnce(), Ahead(2)])
@pytest.mark.parametrize("known", [0, 1, LENGTH, 5 * LENGTH, 5 * LENGTH + 1, 7 * LENGTH])
def test_batches_of_known_frames_are_not_computed_and_the_others_as_ever(
    runtime: AtOnce, known: int
) -> None:
    runtime.happened.clear()
    shown = [
        replace(window, frames=tuple(replace(f, known=f.index < known) for f in window.frames))
        for window in windows(7)
    ]
    answered = list(run_network(shown, runtime, 2))
    skipped = known // LENGTH // 2 if known < 7 * LENGTH else 4
    batches = ["0 1", "2 3", "4 5", "6"][skipped:]
    assert [did for did in runtime.happened if "computed" in did] == [
        f"computed {batch}" for batch in batches
    ]
    for number, (window, heatmaps) in enumerate(answered):
        there = [frame.index for frame in window.frames]
        assert heatmaps[:, 0, 0].tolist() == ([0] * LENGTH if number < 2 * skipped else there)


@pytest.mark.parametrize("runtime", [AtOnce(), Ahead(1)])
def test_what_gains_nothing_waits_for_nothing(runtime: AtOnce) -> None:
    runtime.happened.clear()
    for window, _ in run_network(windows(2), runtime, 1):
        runtime.happened.append(f"used {numbers([window])}")
    assert runtime.happened == ["computed 0", "used 0", "computed 1", "used 1"]


def test_windows_under_way_are_no_more_than_asked_for() -> None:
    taken = 0

    def counted() -> Iterator[Window]:
        nonlocal taken
        for window in windows(20):
            taken += 1
            yield window

    for used, _ in enumerate(run_network(counted(), Ahead(2), 2)):
        assert taken - used <= 2 * 2


class Begins(AtOnce):
    """Heatmaps that hold the number of their window's first frame."""

    spec = NetworkSpec("fake", 4, 4, 8, 8)

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        first = [[window.frames[0].index] * 4 for window in windows]
        return np.array(first, dtype=np.float32)[:, :, None, None]


@pytest.mark.parametrize(("lag", "expected"), [(None, (0 + 2 + 3) / 3), (60, (0 + 2) / 2)])
def test_frames_wait_for_the_window_that_ends_a_shot_unless_they_may_not(
    lag: int | None, expected: float
) -> None:
    """Of seven frames windows begin at 0 and 2, and one more at 3 for the last of them."""
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    frames = [Frame(i, i / 25, image, 0) for i in range(7)]
    detector = NetworkDetector(Begins(), TrackOptions(lag=lag))
    found = [
        float(heatmap[0, 0]) for _, heatmap in detector.heatmaps(frames, Scaling((8, 8), (8, 8)))
    ]
    assert len(found) == 7
    assert found[3] == pytest.approx(expected)
    assert found[6] == 3
