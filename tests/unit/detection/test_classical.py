"""The tracker without a network: balls that fly are found, players and what stands are not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.detection.classical import ClassicalDetector, ClassicalParameters, find_blobs
from balltrack.detection.flights import REACH, support
from balltrack.evaluation.comparison import CRITERIA, compare
from balltrack.evaluation.metrics import count
from balltrack.geometry import Scaling
from balltrack.options import TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.structures import Frame, FrameCandidates, Image
from balltrack.synthetic import render_clip

SIZE = ClassicalParameters.size
SAME = Scaling(SIZE, SIZE)


def court() -> Image:
    image = np.full((SIZE[1], SIZE[0], 3), (60, 110, 70), np.uint8)
    cv2.rectangle(image, (80, 60), (560, 320), (230, 230, 230), 2)
    return image


def draw(paint: Callable[[Image, int], None], numbers: list[int], shot: int = 0) -> list[Frame]:
    """Frames in a row; number i shows what ``paint`` does for ``numbers[i]``."""
    frames = []
    for index, number in enumerate(numbers):
        image = court()
        paint(image, number)
        frames.append(Frame(index, index / 25, image, shot))
    return frames


def place(number: int) -> tuple[int, int]:
    return 60 + 9 * number, 80 + (number - 25) ** 2 // 5


def ball(image: Image, number: int) -> None:
    cv2.circle(image, place(number), 3, (250, 250, 250), cv2.FILLED, cv2.LINE_AA)


def player(image: Image, number: int) -> None:
    x = 300 + 4 * number
    cv2.rectangle(image, (x, 180), (x + 40, 270), (20, 20, 160), cv2.FILLED)


def found(frames: list[Frame]) -> list[FrameCandidates]:
    return list(ClassicalDetector().candidates(iter(frames), SAME))


def best_distance(entry: FrameCandidates, number: int) -> float:
    if not entry.candidates:
        return np.inf
    best = entry.candidates[0]
    return float(np.hypot(*np.subtract((best.x, best.y), place(number))))


def test_a_flying_ball_is_found_though_the_camera_moves() -> None:
    """In a hall full of edges, which all move with it, and where it is known to half a pixel."""
    rng = np.random.default_rng(2)
    hall = rng.integers(40, 180, (30, 50, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    filmed, where = [], []
    for i in range(50):
        x, y = 40 + 1.7 * i + 4 * np.sin(1.3 * i), 40 + 3 * np.cos(1.1 * i)
        way = np.array([[1, 0, -x], [0, 1, -y]])
        flown = np.array(place(i)) + 60.0
        there = hall.copy()
        centre = (round(16 * flown[0]), round(16 * flown[1]))
        cv2.circle(there, centre, 16 * 3, (250, 250, 250), cv2.FILLED, cv2.LINE_AA, shift=4)
        image = np.asarray(cv2.warpAffine(there, way, SIZE), np.uint8)
        off = rng.uniform(-0.5, 0.5, 2)
        moved = np.array([[1, 0, x - 40 + off[0]], [0, 1, y - 43 + off[1]]])
        filmed.append(Frame(i, i / 25, image, 0, place=moved if i else None))
        where.append(flown - (x, y))

    def right(frames: list[Frame]) -> int:
        best = [entry.candidates[0] if entry.candidates else None for entry in found(frames)]
        pairs = [(one, at) for one, at in zip(best, where, strict=True) if one is not None]
        return sum(np.hypot(one.x - at[0], one.y - at[1]) < 3 for one, at in pairs)

    assert right(filmed) > 30
    clutter = [len(entry.candidates) for entry in found(filmed)]
    assert np.mean(clutter) < 3
    assert right([replace(frame, place=None) for frame in filmed]) < 10


def test_what_is_a_pixel_off_beside_a_moving_camera_is_nothing() -> None:
    rng = np.random.default_rng(3)
    wall = rng.integers(60, 120, (180, 320), dtype=np.uint8).repeat(2, 0).repeat(2, 1)
    image = wall.copy()
    cv2.circle(image, (300, 200), 3, (250,), cv2.FILLED)
    off = [np.roll(wall, (1, 1), (0, 1)), np.roll(wall, -1, 1)]
    (blob,) = find_blobs(image, np.roll(wall, 1, 0), off, ClassicalParameters(), panned=True)
    assert blob[:2] == pytest.approx((300, 200), abs=1)
    still = find_blobs(image, np.roll(wall, 1, 0), off, ClassicalParameters())
    assert len(still) != 1


def test_a_flying_ball_is_the_best_candidate() -> None:
    numbers = list(range(50))

    def paint(image: Image, number: int) -> None:
        player(image, number)
        ball(image, number)

    entries = found(draw(paint, numbers))
    near = [best_distance(entry, n) < 2 for entry, n in zip(entries, numbers, strict=True)]
    assert np.mean(near) > 0.9
    sure = [entry.candidates[0].score for entry, right in zip(entries, near, strict=True) if right]
    assert np.median(sure) > 0.9


def test_players_are_no_balls() -> None:
    entries = found(draw(player, list(range(50))))
    assert max((c.score for e in entries for c in e.candidates), default=0.0) < 0.5


def test_what_stands_is_no_ball() -> None:
    entries = found(draw(lambda image, _: ball(image, 20), list(range(40))))
    assert not any(entry.candidates for entry in entries)


def test_a_repeated_frame_has_the_ball_of_the_one_before() -> None:
    numbers = [n for n in range(40) for _ in range(2 if n % 5 == 0 else 1)]  # 25 to 30 frames/s
    entries = found(draw(ball, numbers))
    near = [best_distance(entry, n) < 2 for entry, n in zip(entries, numbers, strict=True)]
    assert np.mean(near) > 0.9
    for entry, after, n, m in zip(entries, entries[1:], numbers, numbers[1:], strict=False):
        if n == m:
            assert entry.candidates == after.candidates


def test_the_place_where_the_ball_was_is_no_blob() -> None:
    before, now, after = (frame.image for frame in draw(ball, [10, 11, 12]))
    grey = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in (court(), before, now, after)]
    background, *pictures = (np.asarray(image, np.uint8) for image in grey)
    (blob,) = find_blobs(pictures[1], background, [pictures[0], pictures[2]], ClassicalParameters())
    np.testing.assert_allclose(blob[:2], place(11), atol=0.5)


def test_a_picture_alone_shows_no_motion() -> None:
    """However much it differs from the background."""
    parameters = ClassicalParameters()
    background = np.full((360, 640), 90, np.uint8)
    picture = background.copy()
    picture[100:105, 200:205] = 255
    assert len(find_blobs(picture, background, [background], parameters)) == 1
    assert len(find_blobs(picture, background, [], parameters)) == 0


def test_a_flight_counts_the_pictures_that_agree() -> None:
    steps = np.arange(-REACH, REACH + 1)
    flight = np.stack([0.5 + 0.03 * steps, 0.4 + 0.01 * steps + 0.002 * steps**2], axis=1)
    around = [np.array([at, (0.9, 0.9)]) for at in flight]
    ball_, lamp = support(around)
    assert ball_ == 2 * REACH
    assert lamp == 0
    around[REACH + 2] = np.empty((0, 2))  # there the flight ends
    assert support(around)[0] == REACH + 1


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Callable[[], object]]:
    rendered = render_clip(size=(1280, 720), frame_count=90)
    path = tmp_path_factory.mktemp("classical") / "clip.mp4"
    with VideoWriter(path, rendered.size, rendered.frame_rate) as writer:
        for frame in rendered.frames():
            writer.write(frame.image, frame.time_s)
    return path, lambda: rendered


def test_a_rendered_rally_is_tracked(clip: tuple[Path, Callable[[], object]]) -> None:
    path, rendered = clip
    track = Tracker(TrackOptions("classical")).track(path)
    counts = count(compare(rendered().truth, track, (1280, 720), CRITERIA["512x288"]))  # type: ignore[attr-defined]
    assert counts.strict_f1 > 0.7


def test_torch_is_not_even_imported(clip: tuple[Path, Callable[[], object]]) -> None:
    program = (
        "import sys; from balltrack import Tracker, TrackOptions; "
        f"track = Tracker(TrackOptions('classical')).track({str(clip[0])!r}); "
        "assert track.visible.any(); "
        "print(sorted({'torch', 'openvino'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_frames_are_not_held_longer_than_a_background_needs() -> None:
    taken = 0

    def endless() -> Iterator[Frame]:
        nonlocal taken
        for frame in draw(ball, [n % 50 for n in range(400)]):
            taken += 1
            yield frame

    for number, _ in enumerate(ClassicalDetector().candidates(endless(), SAME)):
        assert taken - number < 300
