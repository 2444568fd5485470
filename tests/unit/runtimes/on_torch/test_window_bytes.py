"""Both ways of putting a batch together give the same bytes; what is held is not moved again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from balltrack.runtimes.on_torch.window_bytes import DeviceBytes, images_of, window_bytes
from balltrack.scene.windows import Window, make_windows
from balltrack.structures import Frame, Image

SIZE = (6, 10, 3)


def windows(count: int, *, background: bool, stride: int = 3, seed: int = 0) -> list[Window]:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count + 1, *SIZE), dtype=np.uint8)
    behind: Image | None = images[-1] if background else None
    frames = [Frame(i, i / 25, images[i], 0) for i in range(count)]
    return list(make_windows(((frame, behind) for frame in frames), 3, stride))


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("count", [1, 3, 8])
def test_channels_are_the_images_one_after_another(
    background: bool, stride: int, count: int
) -> None:
    batch = windows(count, background=background, stride=stride)
    expected = np.stack([np.concatenate(images_of(window), axis=2) for window in batch])
    assert expected.shape == (len(batch), *SIZE[:2], 12 if background else 9)
    for way in (window_bytes, DeviceBytes("cpu")):
        given = way(batch)
        assert given.dtype == torch.uint8
        np.testing.assert_array_equal(given.numpy(), expected)


def test_the_background_comes_first() -> None:
    (window,) = windows(3, background=True)
    assert images_of(window)[0] is window.background
    assert [id(image) for image in images_of(window)[1:]] == [id(f.image) for f in window.frames]


def test_an_image_is_moved_once_while_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[int] = []
    stack = np.stack

    def counted(images: list[Image], **how: object) -> object:
        moved.append(len(images))
        return stack(images, **how)  # type: ignore[call-overload]

    monkeypatch.setattr("balltrack.runtimes.on_torch.window_bytes.np.stack", counted)
    put_together = DeviceBytes("cpu")
    overlapping = windows(5, background=True, stride=1)
    for window in overlapping:
        put_together([window])
    assert moved == [4, 1, 1], "the first window's frames and background, then a frame each"
    put_together(overlapping[:1])
    assert moved[3:] == [2], "what the call before did not use was let go"


def test_new_images_at_old_addresses_are_not_mistaken() -> None:
    put_together = DeviceBytes("cpu")
    for seed in range(8):
        batch = windows(3, background=True, seed=seed)
        expected = np.concatenate(images_of(batch[0]), axis=2)
        np.testing.assert_array_equal(put_together(batch)[0].numpy(), expected)
        del batch, expected
