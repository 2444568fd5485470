"""Spec → network."""

from __future__ import annotations

from collections.abc import Callable

from balltrack.models.hrnet import HRNet
from balltrack.models.network import HeatmapNetwork
from balltrack.models.specs import Architecture, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.models.tracknet_v1 import TrackNetV1
from balltrack.models.tracknet_v4 import TrackNetV4

ARCHITECTURES: dict[Architecture, Callable[[NetworkSpec], HeatmapNetwork]] = {
    "tracknet": TrackNet,
    "tracknet-v1": TrackNetV1,
    "tracknet-v4": TrackNetV4,
    "hrnet": HRNet,
    "hrnet-se": HRNet,
}


def build(spec: NetworkSpec) -> HeatmapNetwork:
    """The network of a spec, untrained."""
    return ARCHITECTURES[spec.architecture](spec)
