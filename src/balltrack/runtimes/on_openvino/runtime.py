"""Windows → heatmaps with OpenVINO on the CPU, without torch once a network was converted."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.errors import NOTE, ConversionError
from balltrack.models.specs import NetworkSpec
from balltrack.runtimes.cache import folder_for, keep, undisturbed, workspace
from balltrack.runtimes.device import NumberFormat, choose_precision
from balltrack.runtimes.runtime import Answer, Runtime
from balltrack.scene.windows import Window, images_of
from balltrack.structures import Image
from balltrack.verification.belief import read_belief
from balltrack.verification.second_look import CandidateVerifier
from balltrack.weights.handle import Weights

_log = logging.getLogger("balltrack")

SPEC_KEY = "balltrack_spec"
"""Where a converted network carries its `NetworkSpec` as JSON."""

FORMAT = "4"
"""To be raised when the conversion changes, so that older files are not taken."""

MODEL_FILE = "network.xml"


def _import_openvino() -> Any:
    """OpenVINO without its converter, which reports its import to Intel and doubles its time."""
    blocked = "openvino.tools.ovc"
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    sys.modules[blocked] = None  # type: ignore[assignment]  # its import fails, and may
    try:
        import openvino  # noqa: PLC0415

        return openvino
    finally:
        del sys.modules[blocked]


ov = _import_openvino()


def version() -> str:
    """See `balltrack.runtimes.RuntimeModule`."""
    return f"{ov.__version__} format {FORMAT}"


def load(weights: Weights, device: str, precision: NumberFormat, threads: int | None) -> Runtime:
    """See `balltrack.runtimes.RuntimeModule`.

    The converted network is kept in the cache; torch is needed the first time only.
    """
    del device  # there is but the CPU
    core = ov.Core()
    facts = (version(), precision)
    model = kept_model(core, weights, facts, partial(_convert, core, precision))
    return OpenVINORuntime(core, model, precision, threads)


def load_verifier(
    weights: Weights, device: str, precision: NumberFormat, threads: int | None
) -> CandidateVerifier:
    """See `balltrack.runtimes.RuntimeModule`."""
    from balltrack.runtimes.on_openvino.verifier import (  # noqa: PLC0415  # a ring
        OpenVINOVerifier,
    )

    del device  # there is but the CPU
    return OpenVINOVerifier(weights, read_belief(weights), precision, threads)


def kept_model(
    core: Any, weights: Weights, facts: tuple[str, ...], convert: Callable[[Weights, Path], None]
) -> Any:
    """The model of weights, converted once and kept in the cache.

    Args:
        core: the `openvino.Core`.
        weights: open ones.
        facts: what else the model depends on.
        convert: writes the model of weights, a file's name and its .bin.
    """
    folder = folder_for(weights, "openvino", *facts)
    if (kept := folder / MODEL_FILE).is_file():
        try:
            return core.read_model(kept)
        except (RuntimeError, ValueError) as error:
            _log.info("%s: damaged, made again (%s)", kept, error)
    with workspace(folder) as place:
        with undisturbed():
            convert(weights, place / MODEL_FILE)
        # What the .xml refers to first, so that where it is, all is.
        keep(place / Path(MODEL_FILE).with_suffix(".bin"), folder)
        return core.read_model(keep(place / MODEL_FILE, folder))


def _convert(core: Any, precision: NumberFormat, weights: Weights, file: Path) -> None:
    """Write the model of weights, ``file`` and its .bin."""
    from balltrack.runtimes.on_openvino.model import convert  # noqa: PLC0415

    if precision != "int8":
        convert(weights, file, SPEC_KEY)
        return
    from balltrack.runtimes.on_openvino.int8 import quantise  # noqa: PLC0415

    _log.log(NOTE, "%s: made ready for this CPU in int8, once; up to a minute", weights.name)
    exact = file.with_name("exact.xml")  # stays in use until the other is written
    convert(weights, exact, SPEC_KEY)
    model = core.read_model(exact)
    ov.save_model(quantise(model, spec_of(model)), file, compress_to_fp16=False)


def spec_of(model: Any) -> NetworkSpec:
    """What a converted network says it is."""
    return NetworkSpec(**json.loads(model.get_rt_info(SPEC_KEY).astype(str)))


def window_image(window: Window) -> npt.NDArray[np.uint8]:
    """(h, w, C): BGR, interleaved, the background first."""
    return np.asarray(cv2.merge(images_of(window)), dtype=np.uint8)


BF16_OF_BYTE = (np.arange(256, dtype=np.float32).view(np.uint32) >> 16).astype(np.uint16)
"""(256,) the bits of each byte in bf16, in which it is exact: the upper half of float32."""


class BytesRequest:
    """A request to a model that `compile_model` has made ready, and the memory that it reads.

    A graph that took bytes would turn them around, make numbers of them and turn them back, which
    took a sixth of the small network's time; interleaved and in bf16 its convolutions begin at
    once.

    Args:
        compiled: takes (N, h, w, C) bf16.
    """

    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()
        count, height, width, channels = shape = list(compiled.inputs[0].shape)
        self._bytes = np.zeros((count, height, width, channels), np.uint8)
        self._values = np.zeros((count * height, width * channels), np.uint16)
        self._request.set_input_tensor(ov.Tensor(self._values, shape, ov.Type.bf16))

    def start(self, examples: Sequence[Sequence[Image]]) -> None:
        """Begin on N examples at most, each (h, w, c) images whose channels add up to C."""
        for place, images in zip(self._bytes, examples, strict=False):
            cv2.merge(images, place)
        cv2.LUT(self._bytes.reshape(self._values.shape), BF16_OF_BYTE, self._values)
        self._request.start_async()

    def answer(self) -> npt.NDArray[np.float32]:
        """What came of it, (N, …); the memory is used again by the next start."""
        self._request.wait()
        return np.asarray(self._request.get_output_tensor().data)


def compile_model(core: Any, model: Any, precision: NumberFormat, threads: int | None) -> Any:
    """A model of float32 in, ready for bf16 in and for one request at a time, on all threads; None
    is one a core.

    In "int8" what a model does not compute in whole numbers is in the best of the others.

    Raises:
        ConversionError: the CPU does not compute it so.
    """
    rest = choose_precision("cpu", "auto") if precision == "int8" else precision
    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[rest],
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        # The decoder needs a place on these cores, too.
        "ENABLE_CPU_PINNING": False,
    }
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    entrance = ov.preprocess.PrePostProcessor(model)
    entrance.input().tensor().set_element_type(ov.Type.bf16)
    try:
        return core.compile_model(entrance.build(), "CPU", settings)
    except RuntimeError as error:  # such as bf16 where ONEDNN_MAX_CPU_ISA is AVX2
        reason = str(error).strip().rpartition("\n")[2]
        raise ConversionError(
            f"OpenVINO cannot compute the network in {precision} on this CPU ({reason}); "
            "take --precision auto or --runtime torch"
        ) from error


class OpenVINORuntime:
    """A converted network, compiled; an `AsyncRuntime`: while a window is computed, the caller
    finds balls in the one before and puts the next together.

    Args:
        core: the `openvino.Core`.
        model: made by `model.convert`: (1, h, w, C) in, BGR, background first,
            (1, L, h, w) probabilities out.
        precision: "fp32" or "bf16"; "int8" for a model that `int8.quantise` made, whose
            other operations are in the better of the two.
        threads: None takes one a core.
    """

    name = "openvino"
    device = "cpu"
    batch_size = 1
    in_flight = 2

    def __init__(self, core: Any, model: Any, precision: NumberFormat, threads: int | None) -> None:
        self.spec = spec_of(model)
        self.precision = precision
        self._compiled = compile_model(core, model, precision, threads)
        self.threads = int(self._compiled.get_property("INFERENCE_NUM_THREADS"))
        self._idle: list[BytesRequest] = []

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        """See `Runtime`."""
        return self.submit(windows)()

    def submit(self, windows: Sequence[Window]) -> Answer:
        """See `AsyncRuntime`."""
        requests = []
        for window in windows:
            request = self._idle.pop() if self._idle else BytesRequest(self._compiled)
            request.start([images_of(window)])
            requests.append(request)

        def answer() -> npt.NDArray[np.float32]:
            heatmaps = np.concatenate([request.answer() for request in requests])
            self._idle += requests
            return heatmaps

        return answer
