"""What TrackNetV3's modes with a subtraction show, in windows and in training alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from balltrack.models.inputs import TakesBytes, arrange, network_input
from balltrack.models.specs import SPECS, BackgroundMode, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.runtimes.on_torch.window_bytes import DeviceBytes, window_bytes
from balltrack.scene.differences import ShownFrame, difference
from balltrack.scene.windows import cut_windows, images_of
from balltrack.structures import Frame, Image
from balltrack.training.heatmaps.differencing import beside_background

MODES: tuple[BackgroundMode, ...] = ("subtract", "subtract_concat")


def spec_of(mode: BackgroundMode) -> NetworkSpec:
    small = {"width": 32, "height": 16, "base_width": 8, "frames_in": 4, "frames_out": 4}
    return replace(SPECS["tracknet-v3"], background=mode, **small)


def frames(count: int = 9) -> list[Frame]:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 16, 32, 3), dtype=np.uint8)
    return [Frame(i, i / 25, image, 0) for i, image in enumerate(images)]


def test_colours_are_added_up_and_a_byte_wraps_around() -> None:
    image = np.array([[[10, 20, 30], [255, 255, 0], [90, 90, 90]]], np.uint8)
    background = np.array([[[12, 20, 25], [0, 0, 255], [0, 0, 0]]], np.uint8)
    assert difference(image, background).tolist() == [[7, 3 * 255 - 512, 270 - 256]]


@pytest.mark.parametrize("mode", MODES)
def test_a_window_shows_every_frame_beside_its_background(mode: BackgroundMode) -> None:
    given = [replace(frame, known=frame.index > 6) for frame in frames()]
    background = np.sort([frame.image for frame in given], axis=0)[4]
    windows = list(cut_windows(given, spec_of(mode), 2))
    assert {frame.index for window in windows for frame in window.frames} == set(range(9))
    for window in windows:
        assert window.background is None
        for frame, shown in zip(window.frames, images_of(window), strict=True):
            assert isinstance(frame, ShownFrame)
            assert frame.known == given[frame.index].known
            apart = np.abs(frame.image.astype(int) - background).sum(axis=2) % 256
            np.testing.assert_array_equal(shown[..., -1], apart)
            if mode == "subtract_concat":
                np.testing.assert_array_equal(shown[..., :3], frame.image)


@pytest.mark.parametrize("mode", MODES)
def test_bytes_and_training_say_the_same_to_a_network(mode: BackgroundMode) -> None:
    """From BGR in 0 to 255 through `TakesBytes`, from RGB in 0 to 1 through `beside_background`."""
    torch.manual_seed(0)
    spec = spec_of(mode)
    network = TrackNet(spec).eval()
    given = frames()
    (window, *_) = cut_windows(given, spec, 4)
    background = np.sort([frame.image for frame in given], axis=0)[4]

    def rgb(images: list[Image]) -> torch.Tensor:
        return torch.from_numpy(np.stack(images)).flip(-1).permute(0, 3, 1, 2)[None]

    x = network_input(rgb([f.image for f in window.frames]), rgb([background])[:, 0])
    x = arrange(beside_background(x, mode), spec)
    assert x.shape == (1, spec.in_channels, 16, 32)
    with torch.inference_mode():
        expected = network.heatmaps(network(x))
        shown = window_bytes([window]).permute(0, 3, 1, 2).float()
        found = TakesBytes(network)(shown)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(DeviceBytes("cpu")([window]), window_bytes([window]))
