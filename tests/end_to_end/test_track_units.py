"""The path is chosen in seconds and in heights of the picture, whatever rate and size are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from balltrack import TrackOptions, track_video
from balltrack.structures import Source, Track
from seeing_network import save_seeing
from told_clips import Spot, tell

pytestmark = pytest.mark.usefixtures("tones_as_they_are")

Tracked = Callable[..., Track]


@pytest.fixture
def track(tmp_path: Path) -> Tracked:
    """The track of frames of spots, with what linking believes."""

    def tracked(
        frames: list[list[Spot]],
        size: tuple[int, int],
        rate: int,
        believed: dict[str, float],
        **options: object,
    ) -> Track:
        video = tell(tmp_path / "clip.mp4", frames, size, rate)
        weights = save_seeing(tmp_path / "seeing.safetensors", **believed)
        common = {"device": "cpu", "runtime": "torch", "verify": "none", "threads": 1}
        chosen = TrackOptions(str(weights), **(common | options))  # type: ignore[arg-type]
        return track_video(video, chosen)

    return tracked


@pytest.mark.parametrize(("rate", "bridged"), [(10, False), (40, True)])
def test_a_gap_is_bridged_by_the_seconds_it_lasts(track: Tracked, rate: int, bridged: bool) -> None:
    """Ten frames without a ball, then two that are no track by themselves."""
    frames = [[Spot(30 + 6 * i, 120, 0.9)] for i in range(28)]
    frames[14:24] = [[] for _ in range(10)]
    frames[26:] = [[], []]
    believed = {"start_cost": 14.0, "miss_cost": 0.1, "max_gap_s": 0.5}
    found = track(frames, (320, 240), rate, believed, rectify=False)
    seen = [*range(14), *([24, 25] if bridged else [])]
    assert np.flatnonzero(found.visible).tolist() == seen


@pytest.mark.parametrize(
    ("size", "aside", "linked"),
    [((640, 96), 12, False), ((640, 480), 12, True), ((640, 480), 40, False)],
)
def test_a_step_is_as_long_as_the_picture_is_high(
    track: Tracked, size: tuple[int, int], aside: int, linked: bool
) -> None:
    """A weaker blob beside the path is too far in a low picture and near enough in a high one."""
    frames = [[Spot(100 + 8 * i, 40, 0.9)] for i in range(20)]
    frames[10] = [Spot(180, 40 + aside, 0.4)]
    found = track(frames, size, 20, {"miss_cost": 3.0}, rectify=False)
    assert found.visible[10] == linked


@pytest.mark.parametrize(
    ("place", "filled"), [((285, 120), True), ((285, 34), True), ((285, 22), False)]
)
def test_gaps_are_filled_inside_the_picture_and_below_its_top(
    track: Tracked, place: tuple[int, int], filled: bool
) -> None:
    """The top is 30 of 288 shares of the height: 25 px of these 240."""
    x, y = place
    frames = [[Spot(x - 40 + 5 * i, y, 0.9)] for i in range(14)]
    frames[7:9] = [[Spot(x - 40 + 5 * i, y, 0.14)] for i in (7, 8)]
    found = track(frames, (320, 240), 20, {})
    assert (found.source[7:9] == (Source.INPAINTED if filled else Source.NONE)).all()
