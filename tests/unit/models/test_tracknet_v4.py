"""TrackNetV4's attention to motion, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from balltrack.models.build import build
from balltrack.models.specs import SPECS
from balltrack.models.tracknet_v4 import MotionPrompt, TrackNetV4

SPEC = replace(SPECS["tracknet-v4"], height=16, width=24, base_width=4)


def pixel(*frames: tuple[float, float, float]) -> torch.Tensor:
    """Frames of one pixel, RGB."""
    return torch.tensor(frames).flatten()[None, :, None, None]


def test_motion_is_the_change_of_grey() -> None:
    motion = MotionPrompt(3)
    with torch.no_grad():
        motion.slope.fill_(0.4)
        motion.shift.fill_(-0.2)
        found = motion(pixel((0.1, 0.2, 0.3), (0.9, 0.1, 0.4), (0.9, 0.1, 0.4))).flatten()
    moved = abs(0.8 * 0.299 - 0.1 * 0.587 + 0.1 * 0.114) * 0.225
    slope = 5 / (0.45 * math.tanh(0.4) + 0.1)
    expected = [1 / (1 + math.exp(-slope * (d + 0.6 * math.tanh(0.2)))) for d in (moved, 0.0)]
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-6, rtol=0)


def test_maps_but_the_first_are_multiplied_by_the_motion_that_led_to_them() -> None:
    torch.manual_seed(0)
    network = build(SPEC).eval()
    assert isinstance(network, TrackNetV4)
    without = build(replace(SPECS["tracknet-v2"], height=16, width=24, base_width=4)).eval()
    without.load_state_dict(network.state_dict(), strict=False)
    x = torch.rand(2, 9, 16, 24)
    with torch.inference_mode():
        plain, fused, motion = without(x), network(x), network.motion(x)
    torch.testing.assert_close(fused[:, 0], plain[:, 0])
    torch.testing.assert_close(fused[:, 1], plain[:, 1] * motion[:, 0])
    torch.testing.assert_close(fused[:, 2], plain[:, 2] * motion[:, 1])
    assert motion.std() > 0.05


def test_only_its_slope_and_its_shift_are_learnt() -> None:
    motion = MotionPrompt(3)
    assert {name: p.item() for name, p in motion.named_parameters()} == {
        "slope": torch.tensor(0.1).item(),
        "shift": 0.0,
    }
    assert set(motion.state_dict()) == {"slope", "shift"}
