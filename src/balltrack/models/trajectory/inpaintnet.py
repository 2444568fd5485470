"""InpaintNet: fills hidden stretches of a trajectory (TrackNetV3's second network).

Layer names and sizes are those of qaz812345/TrackNetV3 (`model.py`), its spelling of
"buttleneck" included, so that its checkpoints load without renaming.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.trajectory.inpaintnet_arrays import Coordinates


class Conv1dBlock(nn.Module):
    """Convolution over time and LeakyReLU: (B, C, L) → (B, D, L)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels, 3, padding="same")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.leaky_relu(self.conv(x), 0.01)


class _Buttleneck(nn.Module):
    """The two blocks at the bottom: (B, 128, L) → (B, 256, L)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_1 = Conv1dBlock(128, 256)
        self.conv_2 = Conv1dBlock(256, 256)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bottom: torch.Tensor = self.conv_2(self.conv_1(x))
        return bottom


class InpaintNet(nn.Module):
    """A U-Net over time without pooling.

    ``forward``: (B, L, 3) float, a row a frame of x and y in [0, 1] of what ``coordinates``
    says and the mask, 1 where the position is asked for. x and y are 0 where the mask is 1
    and where the ball was not seen → (B, L, 2) positions in (0, 1), meant to be used where
    the mask is 1.

    Attributes:
        coordinates: what it was trained with.
    """

    def __init__(self, coordinates: Coordinates = "window") -> None:
        super().__init__()
        self.coordinates: Coordinates = coordinates
        self.down_1 = Conv1dBlock(3, 32)
        self.down_2 = Conv1dBlock(32, 64)
        self.down_3 = Conv1dBlock(64, 128)
        self.buttleneck = _Buttleneck()
        self.up_1 = Conv1dBlock(384, 128)
        self.up_2 = Conv1dBlock(192, 64)
        self.up_3 = Conv1dBlock(96, 32)
        self.predictor = nn.Conv1d(32, 2, 3, padding="same")

    def header(self) -> dict[str, str]:
        """See `balltrack.weights.checkpoints.Described`."""
        return {"architecture": "inpaintnet", "coordinates": self.coordinates}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x1 = self.down_1(x.transpose(1, 2))  # (B, 32, L)
        x2 = self.down_2(x1)
        x3 = self.down_3(x2)
        x = self.buttleneck(x3)  # (B, 256, L)
        x = self.up_1(torch.cat([x, x3], dim=1))
        x = self.up_2(torch.cat([x, x2], dim=1))
        x = self.up_3(torch.cat([x, x1], dim=1))
        return torch.sigmoid(self.predictor(x)).transpose(1, 2)
