"""The kinds of weights there are, without torch. Another kind is one row in `KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from balltrack.weights.handle import Weights


@dataclass(frozen=True)
class Kind:
    """What a weights file may hold.

    Attributes:
        noun: what it is, for messages: "a heatmap network".
        purpose: what it does, and the option that takes it, for messages.
        builder: "module:function" that makes its torch network, without its tensors, from a
            `Weights`; loads torch.
    """

    noun: str
    purpose: str
    builder: str

    def build(self, weights: Weights) -> nn.Module:
        """The network of this kind that the header of ``weights`` describes, untrained."""
        module, _, name = self.builder.partition(":")
        make: Callable[[Weights], nn.Module] = getattr(import_module(module), name)
        return make(weights)


_HEATMAPS = Kind(
    "a heatmap network",
    "finds the ball; it is for --weights",
    "balltrack.weights.checkpoints:build_heatmap_network",
)

KINDS: Mapping[str, Kind] = {
    "tracknet": _HEATMAPS,
    "tracknet-v1": _HEATMAPS,
    "tracknet-v4": _HEATMAPS,
    "hrnet": _HEATMAPS,
    "hrnet-se": _HEATMAPS,
    "inpaintnet": Kind(
        "an inpaintnet",
        "fills gaps and finds no ball; it is for --inpaint",
        "balltrack.weights.checkpoints:build_inpaintnet",
    ),
    "verifier": Kind(
        "a verifier",
        "judges what another network found; it is for --verify",
        "balltrack.weights.checkpoints:build_verifier",
    ),
    "events": Kind(
        "an events network",
        "finds hits and bounces and no ball; it is for `balltrack events`",
        "balltrack.weights.checkpoints:build_eventnet",
    ),
    "events-live": Kind(
        "a live events network",
        "finds hits and bounces live and no ball; it is for `balltrack events --look-ahead`",
        "balltrack.weights.checkpoints:build_livenet",
    ),
    "play": Kind(
        "a play network",
        "tells pictures of play from others and finds no ball; `balltrack track` uses it by itself",
        "balltrack.weights.checkpoints:build_playnet",
    ),
}
"""Architecture, as the header of a file names it → kind."""


def finds_ball(spec: str) -> bool:
    """Whether weights whose network the registry calls ``spec`` are for --weights."""
    return KINDS.get(spec, _HEATMAPS) is _HEATMAPS
