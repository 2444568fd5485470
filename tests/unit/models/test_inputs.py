"""A network takes bytes as it takes what it was trained with."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from balltrack.models.build import build
from balltrack.models.inputs import TakesBytes, arrange
from balltrack.models.specs import NetworkSpec

TINY = NetworkSpec("tiny", 2, 2, 24, 40, base_width=8)


@pytest.mark.parametrize("colour", ["rgb", "bgr"])
@pytest.mark.parametrize("normalise", ["unit", "imagenet"])
@pytest.mark.parametrize(
    ("background", "order"),
    [("none", "oldest-first"), ("none", "newest-first"), ("concat", "oldest-first")],
)
def test_bytes_are_colours_in_the_networks_own_order_and_range(
    background: str, colour: str, normalise: str, order: str
) -> None:
    spec = replace(TINY, background=background, colour=colour, normalise=normalise, order=order)
    torch.manual_seed(0)
    network = build(spec).eval()
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.3)
    images = torch.randint(0, 256, (1, spec.in_channels // 3, 3, spec.height, spec.width))  # BGR
    rgb = images.flip(2).flatten(1, 2) / 255
    with torch.inference_mode():
        expected = network.heatmaps(network(arrange(rgb, spec)))
        found = TakesBytes(deepcopy(network))(images.flatten(1, 2).float())
    assert expected.std() > 0.005
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_imagenets_colours_by_hand() -> None:
    """Grey of half the range in RGB, after torchvision's mean and deviation."""
    spec = replace(TINY, normalise="imagenet")
    half = torch.full((1, 6, 1, 1), 0.5)
    by_hand = [(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225] * 2
    found = arrange(half, spec).flatten()
    torch.testing.assert_close(found, torch.tensor(by_hand), atol=1e-6, rtol=0)
    swapped = arrange(half, replace(spec, colour="bgr")).flatten()
    torch.testing.assert_close(swapped, torch.tensor(by_hand[2::-1] * 2), atol=1e-6, rtol=0)
