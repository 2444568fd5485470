"""Patches cut where the network computes are those that are cut elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from av.video.reformatter import Colorspace

from balltrack.models.verifier.patches import SIDE
from balltrack.options import TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.runtimes.on_torch import pictures as on_device
from balltrack.runtimes.on_torch import runtime as on_torch
from balltrack.runtimes.on_torch.pictures import DevicePictures
from balltrack.runtimes.on_torch.to_device import stack_on
from balltrack.structures import Image
from balltrack.synthetic import render_clip
from balltrack.verification.patches import Spots, cut_patches
from balltrack.verification.second_look import CutsItself
from balltrack.video.nvdec.surfaces import SHARES, DevicePicture
from balltrack.video.tone import PLAIN, Tone
from balltrack.video.yuv import PlanarPicture, PlaneConverter

CPU = torch.device("cpu")


def pictures(size: tuple[int, int], matrix: Colorspace, count: int = 4) -> list[PlanarPicture]:
    """Of all colours, without hard edges: what the planes lose of these is another matter."""
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(count):
        coarse = torch.from_numpy(rng.integers(0, 256, (1, 3, 12, 20)).astype(np.float32))
        fine = torch.nn.functional.interpolate(coarse, size[::-1], mode="bilinear")
        image = fine[0].permute(1, 2, 0).byte().numpy()
        kept.append(PlanarPicture(PlaneConverter(size, matrix).from_bgr(image), size, matrix))
    return kept


def spots(size: tuple[int, int], candidates: int, frames: int) -> Spots:
    """Some beyond the borders, as those of a camera that pans may be."""
    rng = np.random.default_rng(1)
    return rng.integers(-40, np.array(size) + 40, (candidates, frames, 2))


@pytest.mark.parametrize("side", [SIDE, 31])
@pytest.mark.parametrize("size", [(320, 180), (201, 151)])
@pytest.mark.parametrize("matrix", sorted(SHARES, key=int), ids=str)
def test_the_colours_are_those_of_the_other_patches(
    matrix: Colorspace, size: tuple[int, int], side: int
) -> None:
    kept = pictures(size, matrix)
    asked = [(kept[:3], spots(size, 5, 3)), (kept[1:], spots(size, 4, 3))]
    expected = cut_patches(asked, side)
    found = DevicePictures(CPU).cut(asked, side)
    pixels = found.pixels.numpy()
    assert (pixels.shape, pixels.dtype) == (expected.shape, expected.dtype)
    apart = np.abs(pixels.astype(int) - expected)
    assert apart.max() <= 1
    assert apart.mean() < 0.05
    which = np.arange(len(found)) % 3 == 1
    np.testing.assert_array_equal(found[which], pixels[which])


def test_of_dark_and_flat_pictures_patches_have_other_tones() -> None:
    size = (96, 64)
    tones = (PLAIN, Tone(0.5), Tone(0.7, 1.5, -0.2), PLAIN)
    kept = [
        one.toned(tone) for one, tone in zip(pictures(size, Colorspace.ITU709), tones, strict=True)
    ]
    asked = [(kept[:3], spots(size, 5, 3)), (kept[1:], spots(size, 4, 3))]
    there = [
        DevicePicture([torch.from_numpy(p.copy()) for p in one.arrays], size, one.matrix).toned(
            one.tone
        )
        for one in kept
    ]
    pixels = DevicePictures(CPU).cut(asked).pixels
    assert np.abs(pixels.numpy().astype(int) - cut_patches(asked)).max() <= 8  # 1 in the dark
    asked = [(there[:3], asked[0][1]), (there[1:], asked[1][1])]
    assert torch.equal(DevicePictures(CPU).cut(asked).pixels, pixels)


def test_each_picture_is_moved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it is asked for; new ones may come to lie at the addresses of old ones."""
    moved: list[int] = []

    def watched(device: torch.device, images: Sequence[Image]) -> torch.Tensor:
        moved.append(len(images))
        return stack_on(device, images)

    monkeypatch.setattr(on_device, "stack_on", watched)
    there, size = DevicePictures(CPU), (64, 36)
    for _ in range(4):
        kept = pictures(size, Colorspace.ITU601, 8)
        for first in range(5):
            asked = [(kept[first : first + 3], spots(size, 2, 3))]
            np.testing.assert_array_equal(there.cut(asked).pixels, cut_patches(asked))
        assert moved == [3, 3, 3, *[1] * 12]  # three planes each: three pictures, then one by one
        moved.clear()


def test_pictures_that_are_there_are_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    size = (64, 36)
    here = pictures(size, Colorspace.ITU601, 4)
    there = [
        DevicePicture([torch.from_numpy(plane.copy()) for plane in one.arrays], size, one.matrix)
        for one in here
    ]
    where = spots(size, 2, 4)
    expected = DevicePictures(CPU).cut([(here, where)]).pixels
    mixed = DevicePictures(CPU).cut([([*here[:2], *there[2:]], where)]).pixels
    monkeypatch.setattr(on_device, "stack_on", None)
    assert torch.equal(DevicePictures(CPU).cut([(there, where)]).pixels, expected)
    assert torch.equal(mixed, expected)


@pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)], ids=["cpu", "cuda"]
)
def test_a_second_look_says_the_same(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    monkeypatch.setattr(on_torch, "STAYS_ON", {device})
    options = TrackOptions(runtime="torch", precision="fp32", ensemble="nonoverlap", device=device)
    clip = tmp_path / "clip.mp4"
    with VideoWriter(clip, (640, 360), Fraction(30)) as writer:
        for frame in render_clip(size=(640, 360), frame_count=40).frames():
            writer.write(frame.image, frame.time_s)
    tracker = Tracker(options)
    assert isinstance(tracker.verifier, CutsItself)
    there = tracker.track(clip)
    monkeypatch.setattr(on_torch, "STAYS_ON", set())
    tracker = Tracker(options)
    assert not isinstance(tracker.verifier, CutsItself)
    here = tracker.track(clip)
    assert here.visible.sum() > 20
    np.testing.assert_array_equal(there.visible, here.visible)
    np.testing.assert_allclose(there.xy, here.xy, atol=0.05)
    np.testing.assert_allclose(there.score, here.score, atol=0.01)
