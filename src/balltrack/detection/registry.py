"""Which detectors there are: those that need no weights by name, and every heatmap network.

Another detector is one file and one row in `DETECTORS`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from balltrack.detection.detector import Detector
from balltrack.detection.network import load_network_detector
from balltrack.detection.union import UnionDetector
from balltrack.errors import UnknownNameError
from balltrack.options import TrackOptions
from balltrack.runtimes.device import choose_device
from balltrack.weights.handle import open_weights
from balltrack.weights.kinds import finds_ball
from balltrack.weights.registry import find_entry, list_weights

DETECTORS: dict[str, str] = {"classical": "balltrack.detection.classical:load"}
"""What ``--weights`` may name beside weights → "module:function" that makes the detector from
`TrackOptions`; the module loads when it is asked for."""


def load_detector(options: TrackOptions) -> Detector:
    """What ``options.weights`` and ``options.also`` name, ready.

    Raises:
        UnknownNameError, WeightsError: no such weights, or not those of a heatmap network.
        OptionError, DeviceError: a runtime or a device that is not there, or two detectors that
            look at pictures of different sizes.
    """
    detectors = [_load(name, options) for name in options.network_weights]
    return detectors[0] if len(detectors) == 1 else UnionDetector(detectors)


def check_known(name: str) -> None:
    """Raise `UnknownNameError` or `WeightsError` unless `load_detector` may take ``name``."""
    if name in DETECTORS:
        return
    try:
        find_entry(name)
    except UnknownNameError:
        trackers = (entry.name for entry in list_weights() if finds_ball(entry.spec))
        known = [*DETECTORS, *trackers]
        raise UnknownNameError("weights", name, known) from None


def _load(name: str, options: TrackOptions) -> Detector:
    check_known(name)
    if name not in DETECTORS:
        return load_network_detector(open_weights(name), options)
    if options.device != "auto":  # which would load torch where there may be a GPU
        choose_device(options.device)
    module, _, maker = DETECTORS[name].partition(":")
    make: Callable[[TrackOptions], Detector] = getattr(import_module(module), maker)
    return make(options)
