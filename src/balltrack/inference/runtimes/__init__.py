"""The runtimes there are, and the choice among them. Each lives in a file of its own."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from balltrack.errors import DeviceError, OptionError
from balltrack.inference.cache import folder_for
from balltrack.inference.device import (
    KINDS,
    NumberFormat,
    choose_device,
    choose_precision,
    device_kind,
)
from balltrack.inference.runtime import ConversionError, Runtime
from balltrack.inference.selfcheck import agrees
from balltrack.options import Precision, RuntimeName, TrackOptions
from balltrack.weights.registry import find_weights

_log = logging.getLogger("balltrack")


class RuntimeModule(Protocol):
    """What the file of a runtime holds."""

    def version(self) -> str:
        """Of the library that computes."""
        ...

    def load(
        self, weights: Path, device: str, precision: NumberFormat, threads: int | None
    ) -> Runtime:
        """The network of a weights file, ready; ``threads`` None takes all there are.

        Raises:
            WeightsError: not a heatmap network.
            ConversionError: not one for this runtime.
        """
        ...


@dataclass(frozen=True)
class RuntimeEntry:
    """Where a runtime is, the package it needs, and the kinds of device it runs on."""

    module: str
    package: str
    devices: Sequence[str]

    @property
    def installed(self) -> bool:
        """Whether its package is there; loads nothing."""
        return find_spec(self.package) is not None

    def open(self) -> RuntimeModule:
        """Its module.

        Raises:
            OptionError: the package is there but does not load.
        """
        try:
            return cast(RuntimeModule, importlib.import_module(f"{__name__}.{self.module}"))
        except ImportError as error:
            reason = " ".join(str(error).split())
            raise OptionError(f"{self.package} does not load; reinstall it ({reason})") from error


RUNTIMES: dict[RuntimeName, RuntimeEntry] = {
    "openvino": RuntimeEntry("openvino_runtime", "openvino", ("cpu",)),
    "torch": RuntimeEntry("torch_runtime", "torch", KINDS),
}
"""Name → runtime. "auto" takes the first that is installed, suits the device and passes
the self-check; the last one runs everywhere."""


def load_runtime(options: TrackOptions) -> Runtime:
    """The network of ``options.weights``, ready on its device.

    Raises:
        OptionError, DeviceError: a runtime or a device that is not there, or not for int8.
        WeightsError, UnknownNameError: no such weights, or not weights.
    """
    if options.precision == "int8":
        options = _for_int8(options)
    device, names = _choose(options)
    precision = choose_precision(device, options.precision)
    weights = find_weights(options.weights)
    *preferred, last = names
    for name in preferred:
        try:
            runtime, right = _load(name, weights, device, precision, options.threads)
        except (ConversionError, OptionError) as error:
            _log.warning("%s", error)
        else:
            if right:
                return runtime
        _log.warning("%s runs the network instead", last)
    return _load(last, weights, device, precision, options.threads)[0]


def load_runtimes(options: TrackOptions) -> tuple[Runtime, ...]:
    """Every network that ``options`` name, ready on its device.

    Raises:
        OptionError: they look at pictures of different sizes; or as `load_runtime`.
    """
    alone = [replace(options, weights=one, also="none") for one in options.network_weights]
    runtimes = tuple(load_runtime(one) for one in alone)
    first, *others = (f"{runtime.spec.width}x{runtime.spec.height}" for runtime in runtimes)
    for size in others:
        if size != first:
            raise OptionError(
                f"{options.also} looks at pictures of {size}, {options.weights} at {first}; "
                "two networks must look at the same"
            )
    return runtimes


def _load(
    name: RuntimeName, weights: Path, device: str, precision: NumberFormat, threads: int | None
) -> tuple[Runtime, bool]:
    """A runtime, and whether its answers are right."""
    module = RUNTIMES[name].open()
    runtime = module.load(weights, device, precision, threads)
    folder = folder_for(weights, name, module.version(), precision)
    return runtime, agrees(runtime, weights, folder)


def available_runtimes(device: str, precision: Precision = "auto") -> list[RuntimeName]:
    """Those that are installed, run on ``device`` and compute in ``precision``.

    The preferred one comes first.
    """
    kind = device_kind(device)
    return [
        name
        for name, entry in RUNTIMES.items()
        if entry.installed and kind in entry.devices and (name, precision) != ("torch", "int8")
    ]


def _for_int8(options: TrackOptions) -> TrackOptions:
    """The same with the only runtime that computes in int8."""
    if options.runtime == "torch":
        raise OptionError("runtime torch does not compute in int8; take --runtime openvino")
    if options.device not in {"auto", "cpu"}:
        raise DeviceError(f"int8 is for the CPU; on {options.device} take --precision auto")
    return replace(options, runtime="openvino")


def _choose(options: TrackOptions) -> tuple[str, list[RuntimeName]]:
    """The device, and the runtimes to try on it."""
    if options.runtime == "auto":
        device = choose_device(options.device)
        return device, available_runtimes(device)
    entry = RUNTIMES[options.runtime]
    if not entry.installed:
        raise OptionError(
            f"runtime {options.runtime} is not installed; "
            f"pip install 'balltrack[{options.runtime}]'"
        )
    only_cpu = options.device == "auto" and tuple(entry.devices) == ("cpu",)
    device = "cpu" if only_cpu else choose_device(options.device)
    if device_kind(device) not in entry.devices:
        raise DeviceError(
            f"runtime {options.runtime} runs on {', '.join(entry.devices)}, not on {device}; "
            "take --runtime torch"
        )
    return device, [options.runtime]
