"""OpenVINO's graph of a network → the same in int8, calibrated on rendered clips; needs NNCF."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from itertools import count, islice
from math import ceil
from typing import Any

import numpy as np

from balltrack.errors import OptionError
from balltrack.models.specs import NetworkSpec
from balltrack.runtimes.on_openvino.runtime import window_image
from balltrack.scene.shots import split_shots
from balltrack.scene.windows import Window, cut_windows
from balltrack.synthetic import render_clip

CALIBRATION_WINDOWS = 32
"""As good as three times as many."""

CLIP_FRAMES = 160

WINDOWS_A_CLIP = 8
"""At most: neighbours show much the same."""

UNSTEADY = ("hrnet", "hrnet-se")
"""Architectures of which the first answers in int8 differ from later ones to the same window, by up
to 0.007 (OpenVINO 2026.4, AVX-512 with VNNI)."""

_COUNTER = "openvino_telemetry"


def quantise(model: Any, spec: NetworkSpec) -> Any:
    """Convolutions in int8, but for those that take the images.

    They look for what differs between bright images by subtracting them; rounding their
    kernels costs several times more accuracy than all other layers together. An activation's
    range is all of what was seen: the usual mean of extremes cuts off what is rare and
    strong, and that is the ball.

    Args:
        model: made by `model.convert`.
        spec: of its network.

    Returns:
        Another model with the same inputs and outputs.

    Raises:
        OptionError: NNCF is not installed or does not load, or the network would not answer the
            same each time.
    """
    if spec.architecture in UNSTEADY:
        raise OptionError(
            f"in int8 OpenVINO's answers of a {spec.name} are not the same each time; "
            "take --precision auto"
        )
    with redirect_stdout(StringIO()):  # NNCF draws its progress where our data may go
        # NNCF loads this, which warns of a CUDA build of torch on a machine without a GPU.
        logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
        nncf = _import_nncf()
        logging.getLogger("nncf").setLevel(logging.ERROR)
        parameters = importlib.import_module("nncf.quantization.advanced_parameters")
        estimators = importlib.import_module("nncf.quantization.range_estimator")
        ranges = estimators.RangeEstimatorParametersSet.MINMAX
        windows = islice(calibration_windows(spec), CALIBRATION_WINDOWS)
        return nncf.quantize(
            model,
            nncf.Dataset([window_image(window)[None].astype(np.float32) for window in windows]),
            subset_size=CALIBRATION_WINDOWS,
            ignored_scope=nncf.IgnoredScope(names=_first_convolutions(model)),
            advanced_parameters=parameters.AdvancedQuantizationParameters(
                activations_range_estimator_params=ranges
            ),
        )


def calibration_windows(spec: NetworkSpec) -> Iterator[Window]:
    """Windows of rendered rallies, without end; the same ones every time."""
    for seed in count():
        size = (spec.width, spec.height)
        clip = render_clip(size=size, frame_count=CLIP_FRAMES, seed=seed, cut_at=CLIP_FRAMES // 2)
        frames = split_shots(clip.frames())
        windows = list(cut_windows(frames, spec, spec.frames_out))
        yield from islice(windows, 0, None, ceil(len(windows) / WINDOWS_A_CLIP))


def _first_convolutions(model: Any) -> list[str]:
    """Names of the convolutions that take the model's input."""
    found, nodes = [], [parameter.get_node() for parameter in model.inputs]
    while nodes:
        node = nodes.pop()
        if node.get_type_name() == "Convolution":
            found.append(str(node.get_friendly_name()))
            continue
        nodes += [reader.get_node() for out in node.outputs() for reader in out.get_target_inputs()]
    return found


def _import_nncf() -> Any:
    """NNCF, which reports its use to Google Analytics for Intel unless it cannot."""
    if find_spec("nncf") is None:
        raise OptionError("precision int8 needs NNCF the first time; pip install 'balltrack[int8]'")
    before = sys.modules.get(_COUNTER)
    sys.modules[_COUNTER] = None  # type: ignore[assignment]  # its import fails, and may
    try:
        return importlib.import_module("nncf")
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise OptionError(f"nncf does not load; reinstall it ({reason})") from error
    finally:
        del sys.modules[_COUNTER]
        if before is not None:
            sys.modules[_COUNTER] = before
