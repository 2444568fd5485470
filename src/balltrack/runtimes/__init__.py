"""The runtimes there are, and the choice among them. Each lives in a file of its own."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Protocol, cast

from balltrack.errors import ConversionError, DeviceError, OptionError
from balltrack.options import Precision, RuntimeName, TrackOptions
from balltrack.runtimes.cache import folder_for
from balltrack.runtimes.device import (
    KINDS,
    NumberFormat,
    choose_device,
    choose_precision,
    device_kind,
    int8_may_pay,
)
from balltrack.runtimes.runtime import Runtime
from balltrack.runtimes.selfcheck import agrees, best_threads, int8_pays, known_times
from balltrack.verification.second_look import CandidateVerifier
from balltrack.weights.handle import Weights

_log = logging.getLogger("balltrack")


class RuntimeModule(Protocol):
    """What the file of a runtime holds."""

    def version(self) -> str:
        """Of the library that computes."""
        ...

    def load(
        self, weights: Weights, device: str, precision: NumberFormat, threads: int | None
    ) -> Runtime:
        """A heatmap network, ready; ``threads`` None takes all there are.

        Raises:
            WeightsError: not a heatmap network.
            ConversionError: not one for this runtime.
        """
        ...

    def load_verifier(
        self, weights: Weights, device: str, precision: NumberFormat, threads: int | None
    ) -> CandidateVerifier:
        """A verifier, ready; whole numbers count as the best precision that loses nothing.

        Raises:
            WeightsError: not a verifier.
            ConversionError: not one for this runtime.
        """
        ...


@dataclass(frozen=True)
class RuntimeEntry:
    """Where a runtime is, the package it needs, and the kinds of device it runs on.

    ``own_threads``: each of its networks has threads of its own, whose number may be tried; torch's
    are those of the process.
    """

    module: str
    package: str
    devices: Sequence[str]
    own_threads: bool = False

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
    "openvino": RuntimeEntry("on_openvino.runtime", "openvino", ("cpu",), own_threads=True),
    "torch": RuntimeEntry("on_torch.runtime", "torch", KINDS),
}
"""Name → runtime. "auto" takes the first that is installed, suits the device and passes
the self-check; the last one runs everywhere."""


def load_runtime(weights: Weights, options: TrackOptions) -> Runtime:
    """The network of ``weights``, ready on its device.

    Raises:
        OptionError, DeviceError: a runtime or a device that is not there, or not for int8.
        WeightsError: not a heatmap network.
    """
    weights.require("tracknet")
    if options.precision == "int8":
        options = _for_int8(options)
    device, names = _choose(options)
    precision = choose_precision(device, options.precision)
    *preferred, last = names
    for name in preferred:
        try:
            runtime, right = _load_fastest(name, weights, device, precision, options)
        except (ConversionError, OptionError) as error:
            _log.warning("%s", error)
        else:
            if right:
                return runtime
        _log.warning("%s runs the network instead", last)
    return _load_fastest(last, weights, device, precision, options)[0]


def load_verifier(weights: Weights, options: TrackOptions) -> CandidateVerifier:
    """The verifier of ``weights``, on the device and with the runtime that ``options`` name.

    Raises:
        OptionError, DeviceError: as `load_runtime`.
        WeightsError: not a verifier.
    """
    weights.require("verifier")
    if options.precision == "int8":
        options = _for_int8(options)
    device, names = _choose(options)
    precision = choose_precision(device, options.precision)
    return RUNTIMES[names[0]].open().load_verifier(weights, device, precision, options.threads)


def _load_fastest(
    name: RuntimeName,
    weights: Weights,
    device: str,
    precision: NumberFormat,
    options: TrackOptions,
) -> tuple[Runtime, bool]:
    """As `_load`; where nothing says otherwise in int8, if a CPU gains much by it."""
    load = partial(_load, name, weights, device, threads=options.threads)
    undecided = (options.precision, name, device) == ("auto", "openvino", "cpu")
    if undecided and int8_may_pay() and find_spec("nncf") is not None:
        folder = folder_for(weights, name, RUNTIMES[name].open().version(), precision)
        try:
            if int8_pays(load, precision, folder, options.threads):
                return load("int8")
        except (ConversionError, OptionError) as error:
            _log.info("%s", error)
    return load(precision)


def _load(
    name: RuntimeName, weights: Weights, device: str, precision: NumberFormat, threads: int | None
) -> tuple[Runtime, bool]:
    """A runtime, and whether its answers are right."""
    module = RUNTIMES[name].open()
    folder = folder_for(weights, name, module.version(), precision)
    load = partial(module.load, weights, device, precision)
    if threads is None and RUNTIMES[name].own_threads:
        threads = best_threads(load, folder)
    runtime = load(threads)
    return runtime, agrees(runtime, weights, folder)


def window_times(runtime: Runtime, weights: Weights) -> dict[int, float]:
    """Threads → ms a window, by which a runtime of these weights was given its threads; empty where
    nothing was timed."""
    version = RUNTIMES[runtime.name].open().version()  # type: ignore[index]  # of this registry
    return known_times(folder_for(weights, runtime.name, version, runtime.precision))


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
        extra = "int8" if options.precision == "int8" else options.runtime
        raise OptionError(
            f"runtime {options.runtime} is not installed; pip install 'balltrack[{extra}]'"
        )
    only_cpu = options.device == "auto" and tuple(entry.devices) == ("cpu",)
    device = "cpu" if only_cpu else choose_device(options.device)
    if device_kind(device) not in entry.devices:
        raise DeviceError(
            f"runtime {options.runtime} runs on {', '.join(entry.devices)}, not on {device}; "
            "take --runtime torch"
        )
    return device, [options.runtime]
