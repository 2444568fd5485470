"""Pictures in the order, the colours and the range that a network was trained with."""

from __future__ import annotations

import torch
from torch import nn

from balltrack.models.folding import fold_batch_norm
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import NetworkSpec


def network_input(frames: torch.Tensor, background: torch.Tensor | None) -> torch.Tensor:
    """Stack a window into channels and scale to [0, 1].

    Args:
        frames: (B, L, 3, h, w) uint8 RGB, oldest to newest.
        background: (B, 3, h, w) uint8 RGB median of the shot; None for networks without.

    Returns:
        (B, C, h, w) float32 on the same device, channels last in memory: the background's
        three channels first (TrackNetV3's "concat" mode), then the frames'.
    """
    stacked = frames.flatten(1, 2)
    if background is not None:
        stacked = torch.cat([background, stacked], dim=1)
    # Turned around while a value takes a byte, not four.
    stacked = stacked.contiguous(memory_format=torch.channels_last)
    return stacked.to(torch.float32).div_(255.0)


def arrange(x: torch.Tensor, spec: NetworkSpec) -> torch.Tensor:
    """Images as the project hands them round → a network's input.

    Args:
        x: (B, spec.in_channels, h, w) float in [0, 1], RGB, the background first where the
            network takes one, frames oldest to newest, each before its difference where the
            network takes that.
        spec: of the network.
    """
    if spec.order == "newest-first":
        x = _frames_reversed(x)
    if spec.colour == "bgr":
        x = _colours_reversed(x, spec)
    if spec.normalise != "unit":
        mean, deviation = (
            _every_image(values, spec, spec.colour).to(x) for values in COLOURS[spec.normalise]
        )
        x = (x - mean) / deviation
    return x


class TakesBytes(nn.Module):
    """A network that takes pictures as readers give them, whatever it was trained with.

    ``forward``: (B, spec.in_channels, h, w) float in 0 … 255, BGR, the background first where
    there is one, frames oldest to newest → (B, spec.frames_out, h, w) float32 in [0, 1].

    The order of channels and the division by 255 go into the weights of whatever takes the
    network's input: bytes are exact in bf16, their 255th parts are not. A mean that is subtracted
    from colours cannot go into a bias, since convolutions see 0 beyond the borders. Its whole
    number of 255ths is subtracted, which bf16 can do exactly, and the rest is a channel of ones.

    Args:
        network: in eval mode; changed, its batch norms folded.
    """

    whole: torch.Tensor

    def __init__(self, network: HeatmapNetwork) -> None:
        super().__init__()
        fold_batch_norm(network)
        self.network = network
        spec = network.spec
        mean, deviation = COLOURS[spec.normalise]
        self.shifts = any(mean)
        shift = 255.0 * _every_image(mean, spec, "bgr")
        self.register_buffer("whole", shift.round(), persistent=False)
        for entry in network.entries:
            kernels = entry.weight.detach() / (255.0 * _every_image(deviation, spec, spec.colour))
            if spec.order == "newest-first":
                kernels = _frames_reversed(kernels)
            if spec.colour == "rgb":
                kernels = _colours_reversed(kernels, spec)
            if self.shifts:
                rest = (kernels * (shift.round() - shift)).sum(dim=1, keepdim=True)
                kernels = torch.cat([kernels, rest], dim=1)
            entry.weight = nn.Parameter(kernels, requires_grad=False)
            entry.in_channels = kernels.shape[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.shifts:
            x = torch.cat([x - self.whole, torch.ones_like(x[:, :1])], dim=1)
        return self.network.heatmaps(self.network(x).float())


COLOURS = {
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""By `NetworkSpec.normalise`: what is subtracted from red, green and blue in [0, 1], and what the
rest is divided by. ImageNet's are those of torchvision's models (pytorch/vision, "Models and
pre-trained weights")."""


def _every_image(colours: tuple[float, ...], spec: NetworkSpec, order: str) -> torch.Tensor:
    """(1, spec.in_channels, 1, 1) of red, green and blue, "rgb" or "bgr"; a difference from the
    background, which only networks have that normalise nothing, counts as a colour does."""
    one = torch.tensor(colours if order == "rgb" else colours[::-1])
    one = torch.cat([one, one[:1]])[-spec.image_channels :] if spec.image_channels != 3 else one
    return one.repeat(spec.in_channels // spec.image_channels).view(1, -1, 1, 1)


def _frames_reversed(x: torch.Tensor) -> torch.Tensor:
    """(N, 3K, h, w): the last image first. Networks with a background know no other order."""
    return x.reshape(x.shape[0], -1, 3, *x.shape[2:]).flip(1).flatten(1, 2)


def _colours_reversed(x: torch.Tensor, spec: NetworkSpec) -> torch.Tensor:
    """(N, K * spec.image_channels, h, w): red and blue of every image swapped."""
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[spec.image_channels]
    images = x.reshape(x.shape[0], -1, spec.image_channels, *x.shape[2:])
    return images[:, :, order].flatten(1, 2)
