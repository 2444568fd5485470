"""Every frame of every shot is answered for, and nothing is carried over a cut."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from balltrack import TrackOptions, track_video
from balltrack.options import Ensemble
from balltrack.structures import Image, Source, Track
from seeing_network import save_seeing
from told_clips import Spot, picture, write_pictures

pytestmark = pytest.mark.usefixtures("tones_as_they_are")

SIZE = (320, 240)
STARTS = (0, 11, 17)
"""First frames of shots: of 11 and 6 frames, which no window of 4 divides, and of one that is
shorter than a window."""
COUNT = 20
SHOT = np.repeat([0, 1, 2], np.diff([*STARTS, COUNT]))


def ball(index: int) -> tuple[float, float]:
    return 40 + 9 * index, 150 - 3 * index


def scene(index: int, spots: list[Spot]) -> Image:
    """Another stand for every shot, dark enough for the network to see nothing in it."""
    rng = np.random.default_rng(int(SHOT[index]))
    stand = rng.integers(0, 110, (6, 8, 3), dtype=np.uint8)
    image = np.asarray(cv2.resize(stand, SIZE, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    dark = picture(spots, SIZE)
    return np.where(dark > 120, dark, image)


def tracked(
    folder: Path, scores: list[float], linking: dict[str, float], **options: object
) -> Track:
    images = [scene(i, [Spot(*ball(i), score)] if score else []) for i, score in enumerate(scores)]
    video = write_pictures(folder / "clip.mp4", images)
    weights = save_seeing(folder / "seeing.safetensors", **linking)
    common: dict[str, object] = {
        "device": "cpu",
        "runtime": "torch",
        "verify": "none",
        "threads": 1,
    }
    found = track_video(video, TrackOptions(str(weights), **(common | options)))  # type: ignore[arg-type]
    assert found.shot.tolist() == SHOT.tolist()
    return found


@pytest.mark.parametrize(
    ("ensemble", "verify"),
    [*((mode, "none") for mode in get_args(Ensemble)), ("average", "verifier")],
)
def test_every_frame_up_to_the_ends_of_its_shot(
    tmp_path: Path, ensemble: Ensemble, verify: str
) -> None:
    plain = {"link": False, "rectify": False, "threshold": 0.2}
    found = tracked(tmp_path, [0.9] * COUNT, {}, ensemble=ensemble, verify=verify, **plain)
    off = np.hypot(*(found.xy - [ball(i) for i in range(COUNT)]).T)
    assert off.max() < (0.6 if verify == "none" else 4)
    if verify == "none":
        assert found.score == pytest.approx(np.full(COUNT, 0.9), abs=0.05)


def test_a_path_does_not_help_beyond_a_cut(tmp_path: Path) -> None:
    """Weak sightings that a path would carry on are none where another shot begins."""
    scores = [0.9] * 9 + [0.3] * 2 + [0.3] * 2 + [0.0] * 7
    found = tracked(tmp_path, scores, {"start_cost": 12.0})
    assert found.source[9:13].tolist() == [Source.LINKED] * 2 + [Source.NONE] * 2


def test_no_gap_is_filled_over_a_cut(tmp_path: Path) -> None:
    """The same trace in two gaps, one of which a cut lies in."""
    scores = [0.9] * COUNT
    scores[5:7] = scores[10:12] = [0.14] * 2
    found = tracked(tmp_path, scores, {})
    assert found.source[5:7].tolist() == [Source.INPAINTED] * 2
    assert found.source[10:12].tolist() == [Source.NONE] * 2


def test_a_weak_answer_is_not_put_straight_by_another_shot(tmp_path: Path) -> None:
    """It lies beside the path; but one side of that path is of another shot."""
    scores = [0.9] * COUNT
    scores[10] = 0.3
    linked = tracked(tmp_path, scores, {}, rectify=False)
    rectified = tracked(tmp_path, scores, {})
    assert linked.source[10] == Source.LINKED
    np.testing.assert_array_equal(rectified.xy, linked.xy)


def test_what_moves_ahead_does_not_look_over_a_cut(tmp_path: Path) -> None:
    """Inside a shot a flying ball is moved on by a part of its step, at its ends it is not."""
    behind = tracked(tmp_path, [0.9] * COUNT, {}, rectify=False)
    ahead = tracked(tmp_path, [0.9] * COUNT, {"lead": 0.5}, rectify=False)
    moved = (ahead.xy - behind.xy)[:, 0]
    ends = [0, 10, 11, 16, 17, 19]
    assert np.abs(moved[ends]).max() == 0
    assert np.delete(moved, ends) == pytest.approx(np.full(COUNT - len(ends), 4.5), abs=0.5)
