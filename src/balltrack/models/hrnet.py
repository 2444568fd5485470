"""WASB's network and BlurBall's: branches at four resolutions, the finest of which is never left.

Tarashima et al., "Widely Applicable Strong Baseline for Sports Ball Detection and Tracking"
(2023): a small HRNet (Wang et al., "Deep High-Resolution Representation Learning for Visual
Recognition", 2020) that enters at full resolution. Sizes and layer names are those of
nttcom/WASB-SBDT (`src/models/hrnet.py`, `src/configs/model/wasb.yaml`), so that its checkpoints
load without renaming. What upstream computes besides and never reads, the last stage's coarser
outputs, is left out.

BlurBall (Gossard et al., "BlurBall: Joint Ball and Motion Blur Estimation for Table Tennis Ball
Tracking", 2025) is the same with squeeze and excitation in the branches (`src/models/
blurball_se.py` of its repository): "hrnet-se". It paints the whole streak of a moving ball.

WASB scales a picture's longer side to 512 and keeps its shape (`get_transform` in `src/dataloaders/
dataset_loader.py`): of pictures narrower than 16:9 it loses a strip above and below, wider ones get
black bars. That is the spec's "letterbox".
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from balltrack.models.folding import Normed, NormedConv
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import OUTPUT_PRIOR_LOGIT

STEM = 64
"""Channels of the two convolutions at the entrance."""

BOTTLENECK = ((32, 1), (32, 3), (128, 1))
"""Channels and kernel of each convolution in the block between stem and branches."""

BRANCHES = (16, 32, 64, 128)
"""Channels of each branch, at full resolution, a half, a quarter and an eighth."""

HEAD_DEVIATION = 0.001
"""Of the head's weights before training."""

SQUEEZE = 16
"""Channels to one hidden number of a `SqueezeExcite`."""

BLOCKS = 2
"""Residual blocks of a branch in a stage, of two 3x3 convolutions each."""


class SqueezeExcite(nn.Module):
    """Each channel louder or quieter by what all of them show on average, same shape.

    Hu, Shen and Sun, "Squeeze-and-Excitation Networks" (2018).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // SQUEEZE, bias=False),
            nn.ReLU(),
            nn.Linear(channels // SQUEEZE, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        loudness: torch.Tensor = self.fc(x.mean(dim=(2, 3)))  # (B, C)
        return x * loudness[:, :, None, None]


class ResidualBlock(Normed):
    """Convolutions ``conv1``, ``bn1``, … and a way around them: (B, C, h, w) → (B, D, h, w).

    Args:
        in_channels: C.
        layers: channels and kernel of each convolution; the last has D channels.
        squeeze: end in a `SqueezeExcite`.
    """

    def __init__(
        self, in_channels: int, layers: Sequence[tuple[int, int]], squeeze: bool = False
    ) -> None:
        super().__init__()
        taken = in_channels
        for number, (given, kernel) in enumerate(layers, start=1):
            convolution = nn.Conv2d(taken, given, kernel, padding=kernel // 2, bias=False)
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(given))
            taken = given
        self.normed = tuple((f"conv{n}", f"bn{n}") for n in range(1, len(layers) + 1))
        self.se = SqueezeExcite(taken) if squeeze else nn.Identity()
        self.downsample = NormedConv(in_channels, taken, 1, 1) if taken != in_channels else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        around = x if self.downsample is None else self.downsample(x)
        for place, (convolution, norm) in enumerate(self.normed):
            if place:
                x = functional.relu(x)
            x = self.get_submodule(norm)(self.get_submodule(convolution)(x))
        return functional.relu(self.se(x) + around)


class Exchange(nn.Module):
    """Branches go on by themselves, then each output hears all of them.

    Takes and gives a list of (B, C_i, h / 2^i, w / 2^i).

    Args:
        channels: of the branches.
        outputs: how many to give, the finest first.
        squeeze: with `SqueezeExcite` in every block.
    """

    def __init__(self, channels: Sequence[int], outputs: int, squeeze: bool) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width, [(width, 3)] * 2, squeeze) for _ in range(BLOCKS)))
            for width in channels
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_bring(channels, start, end) for start in range(len(channels)))
            for end in range(outputs)
        )

    def forward(self, branches: list[torch.Tensor]) -> list[torch.Tensor]:
        on = [stage(x) for stage, x in zip(self.branches, branches, strict=True)]
        outputs = []
        for layers in self.fuse_layers:
            assert isinstance(layers, nn.ModuleList)
            heard = [layer(x) for layer, x in zip(layers, on, strict=True)]
            outputs.append(functional.relu(sum(heard[1:], heard[0])))
        return outputs


def _bring(channels: Sequence[int], start: int, end: int) -> nn.Module:
    """What a branch goes through to be added to another."""
    if start == end:
        return nn.Identity()
    if start > end:
        larger = nn.Upsample(scale_factor=float(2 ** (start - end)), mode="nearest")
        return NormedConv(channels[start], channels[end], 1, 1, larger)
    kept = [_halve(channels[start], channels[start]) for _ in range(end - start - 1)]
    return nn.Sequential(*kept, NormedConv(channels[start], channels[end], 3, 2))


def _halve(in_channels: int, out_channels: int) -> NormedConv:
    return NormedConv(in_channels, out_channels, 3, 2, nn.ReLU())


class HRNet(HeatmapNetwork, Normed):
    """Frames in, one heatmap logit map a frame out; h and w are multiples of 8."""

    normed = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec)
        squeeze = spec.architecture == "hrnet-se"
        self.conv1 = nn.Conv2d(spec.in_channels, STEM, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        self.conv2 = nn.Conv2d(STEM, STEM, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(STEM)
        self.layer1 = nn.Sequential(ResidualBlock(STEM, BOTTLENECK))
        width = BOTTLENECK[-1][0]
        finest = NormedConv(width, BRANCHES[0], 3, 1, nn.ReLU())
        self.transition1 = nn.ModuleList([finest, nn.Sequential(_halve(width, BRANCHES[1]))])
        self.stage2 = nn.Sequential(Exchange(BRANCHES[:2], 2, squeeze))
        self.transition2 = _transition(2)
        self.stage3 = nn.Sequential(Exchange(BRANCHES[:3], 3, squeeze))
        self.transition3 = _transition(3)
        self.stage4 = nn.Sequential(Exchange(BRANCHES, 1, squeeze))
        self.final_layers = nn.ModuleList([nn.Conv2d(BRANCHES[0], spec.frames_out, 1)])
        _begin(self)

    @property
    def first_convolution(self) -> nn.Conv2d:
        """See `HeatmapNetwork`."""
        return self.conv1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.conv2(x)))
        x = self.layer1(x)  # (B, 128, h, w)
        branches = self.stage2([enter(x) for enter in self.transition1])
        branches = self.stage3([*branches, self.transition2[2](branches[-1])])
        (finest,) = self.stage4([*branches, self.transition3[3](branches[-1])])
        logits: torch.Tensor = self.final_layers[0](finest)
        return logits


def _transition(branches: int) -> nn.ModuleList:
    """From so many branches to one more, which begins with the coarsest so far."""
    begun = nn.Sequential(_halve(BRANCHES[branches - 1], BRANCHES[branches]))
    return nn.ModuleList([*(nn.Identity() for _ in range(branches)), begun])


def _begin(network: HRNet) -> None:
    """As upstream's ``init_weights``, but for the head, which begins by expecting no ball."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    (head,) = network.final_layers
    assert isinstance(head, nn.Conv2d)
    assert head.bias is not None
    nn.init.normal_(head.weight, std=HEAD_DEVIATION)
    nn.init.constant_(head.bias, OUTPUT_PRIOR_LOGIT)
