"""What TrackNetV3's rules show a network: pictures against Pillow, the background against numpy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.errors import OptionError
from balltrack.models.specs import BackgroundMode
from balltrack.scene import tracknetv3
from balltrack.scene.tracknetv3 import ClipFrame, WholeClipReader, clip_median, clip_windows
from balltrack.structures import Frame, Image
from balltrack.video.probe import probe
from balltrack.video.reader import READERS
from told_clips import write_pictures

pillow = pytest.importorskip("PIL.Image", reason="pip install 'balltrack[rules]'")

SIZE = (64, 48)


def random_images(count: int, size: tuple[int, int] = SIZE) -> Image:
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, size[1], size[0], 3), dtype=np.uint8)


def stream(images: Image) -> Iterator[Frame]:
    return (Frame(i, i / 30, image) for i, image in enumerate(images))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven frames with a cut, and what OpenCV reads of them differs from frame to frame."""
    images = np.concatenate([random_images(4) // 3, 255 - random_images(3) // 3])
    return write_pictures(tmp_path_factory.mktemp("clip") / "c.mp4", images, 30)


def opened(clip: Path, **part: float) -> WholeClipReader:
    return WholeClipReader(probe(clip), READERS["auto"], size=(32, 18), background="concat", **part)


def read_by_opencv(clip: Path) -> list[Image]:
    capture = cv2.VideoCapture(str(clip))
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    return images


def small(rgb: Image) -> Image:
    return np.asarray(pillow.fromarray(rgb).resize((32, 18), pillow.BICUBIC))


def test_pictures_are_pillows_of_what_opencv_reads(clip: Path) -> None:
    frames = list(opened(clip).frames())
    expected = read_by_opencv(clip)
    assert len(frames) == len(expected) == 7
    for frame, image in zip(frames, expected, strict=True):
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        np.testing.assert_array_equal(frame.image[:, :, ::-1], small(rgb))
    assert {frame.shot for frame in frames} == {0}


def test_the_background_is_that_of_the_whole_part(clip: Path) -> None:
    for first, part in ((0, {}), (3, {"start_s": 2.5 / 30})):
        frames = list(opened(clip, **part).frames())
        images = np.array(read_by_opencv(clip))[first:]
        median = np.median(images, axis=0).astype(np.uint8)
        for frame in frames:
            assert isinstance(frame, ClipFrame)
            np.testing.assert_array_equal(frame.background, small(median))
        assert [frame.index for frame in frames] == list(range(first, 7))


def test_a_network_may_want_no_background(clip: Path) -> None:
    reader = WholeClipReader(probe(clip), READERS["auto"], size=(32, 18), background="none")
    assert [frame.background for frame in reader.frames()] == [None] * 7


@pytest.mark.parametrize("mode", ["subtract", "subtract_concat"])
def test_a_difference_is_of_whole_pictures_and_wraps_around(
    clip: Path, mode: BackgroundMode
) -> None:
    """From a median with halves, before anything is resized."""
    six = {"end_s": 5.5 / 30}  # an even number has halves in its median
    reader = WholeClipReader(probe(clip), READERS["auto"], size=(32, 18), background=mode, **six)
    images = np.array(read_by_opencv(clip))[:6]
    apart = np.abs(images - np.median(images, axis=0)).sum(axis=3)
    assert apart.max() > 255
    assert (apart % 1).any()
    for frame, one in zip(reader.frames(), apart, strict=True):
        assert isinstance(frame, ClipFrame)
        assert frame.background is None
        expected = small((np.floor(one) % 256).astype(np.uint8))
        np.testing.assert_array_equal(frame.shown[..., -1], expected)
        if mode == "subtract_concat":
            np.testing.assert_array_equal(frame.shown[..., :3], frame.image)
        else:
            assert frame.shown.shape == (18, 32, 1)


@pytest.mark.parametrize("count", [1, 2, 7, 10])
@pytest.mark.parametrize("rows", [1, 5, 48, 1000])
def test_median_in_bands(monkeypatch: pytest.MonkeyPatch, count: int, rows: int) -> None:
    images = random_images(count)
    monkeypatch.setattr(tracknetv3, "BAND_BYTES", rows * count * SIZE[0] * 3)
    expected = np.median(images, axis=0)
    np.testing.assert_array_equal(clip_median(lambda: stream(images), SIZE), expected)


@pytest.mark.parametrize(("count", "step"), [(9, 1), (10, 2), (14, 2), (15, 3)])
def test_a_long_clip_is_sampled(monkeypatch: pytest.MonkeyPatch, count: int, step: int) -> None:
    """As dataset.py has it: length // most, so that up to twice the most are taken."""
    monkeypatch.setattr(tracknetv3, "SAMPLES", 5)
    images = random_images(count)
    expected = np.median(images[::step], axis=0)
    np.testing.assert_array_equal(clip_median(lambda: stream(images), SIZE), expected)


def test_no_more_is_held_than_a_band(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    monkeypatch.setattr(tracknetv3, "BAND_BYTES", 5 * 20 * SIZE[0] * 3)

    def median(images: Image, **more: object) -> Image:
        held.append(images.nbytes)
        return np.zeros(images.shape[1:])

    monkeypatch.setattr(tracknetv3.np, "median", median)
    clip_median(lambda: stream(random_images(20)), SIZE)
    assert max(held) <= tracknetv3.BAND_BYTES
    assert len(held) == -(-SIZE[1] // 5)


def test_a_clip_without_a_frame_has_no_median() -> None:
    assert clip_median(lambda: iter(()), SIZE) is None


def windows(count: int, length: int, stride: int) -> list[tuple[list[int], int]]:
    """Each window's frame numbers, and how many it answers for."""
    image = np.zeros((2, 2, 3), dtype=np.uint8)
    frames = [ClipFrame(i, i / 30, image, 0, background=image) for i in range(count)]
    cut = list(clip_windows(frames, length, stride))
    assert all(window.background is image for window in cut)
    return [([frame.index for frame in w.frames], len(w.keep)) for w in cut]


def test_the_last_window_side_by_side_repeats_the_last_frame() -> None:
    assert windows(5, 3, 3) == [([0, 1, 2], 3), ([3, 4, 4], 2)]
    assert windows(6, 3, 3) == [([0, 1, 2], 3), ([3, 4, 5], 3)]


def test_windows_that_overlap_begin_at_every_frame() -> None:
    assert windows(5, 3, 1) == [([0, 1, 2], 3), ([1, 2, 3], 3), ([2, 3, 4], 3)]
    assert windows(2, 3, 1) == [([0, 1, 1], 2)]
    assert windows(0, 3, 1) == []


def test_without_pillow_one_line_says_what_to_install(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(OptionError, match=r"Pillow, .* pip install 'balltrack\[rules\]'"):
        opened(clip)
