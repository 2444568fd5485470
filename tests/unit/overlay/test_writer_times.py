"""When the written file shows its pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from balltrack.overlay.writer import VideoWriter
from written_files import RATE, SIZE, ramp, times_of, write


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), RATE, Fraction(25), Fraction(50)])
def test_constant_rates_are_exact(tmp_path: Path, rate: Fraction) -> None:
    times = [i / rate for i in range(100)]
    with VideoWriter(tmp_path / "a.mp4", SIZE, rate) as writer:
        for number, time_s in enumerate(times):
            writer.write(ramp(number), float(time_s))
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = list(container.decode(video=0))
    assert [frame.pts * frame.time_base for frame in frames] == times


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".MP4"])
def test_variable_times_are_kept_to_a_tick(tmp_path: Path, suffix: str) -> None:
    steps = np.random.default_rng(0).choice([1 / 60, 1 / 30, 0.04, 0.25], 60)
    times = np.cumsum(steps) - steps[0]
    path = write(tmp_path / f"a{suffix}", times.tolist())
    np.testing.assert_allclose(times_of(path), times, atol=0.5 / 90_000)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_videos(tmp_path: Path, count: int) -> None:
    path = write(tmp_path / "a.mp4", [i / 25 for i in range(count)])
    assert times_of(path) == [i / 25 for i in range(count)]


def test_frames_without_a_usable_time_keep_the_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [0.0, float("nan"), 0.5, 0.2, 0.3])
    period = float(1 / RATE)
    expected = [0, period, 0.5, 0.5 + period, 0.5 + 2 * period]
    np.testing.assert_allclose(times_of(path), expected, atol=1e-5)
