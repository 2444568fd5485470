"""Checkpoints of qaz812345/TrackNetV3 → this project's spec and state dict.

That project saves ``{"model": state_dict, "param_dict": {"seq_len": 8, "bg_mode":
"concat", …}, …}`` with `torch.save`; layer names are the same here.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from balltrack.errors import WeightsError
from balltrack.models.specs import NetworkSpec

_FIRST = "down_block_1.conv_1.conv.weight"
_LAST = "predictor.weight"


def read_upstream(path: Path) -> tuple[NetworkSpec, dict[str, torch.Tensor]]:
    """Read a TrackNetV3 tracking checkpoint without running any code it may carry.

    Raises:
        WeightsError: not a torch file, not a TrackNetV3 tracking network, or one with a
            background mode that is not supported ("subtract", "subtract_concat").
    """
    try:
        with torch.serialization.safe_globals([np.dtype, np.dtypes.Float64DType, _numpy_scalar()]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"{path}: not a checkpoint that can be read safely ({reason})"
        ) from error
    tensors = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(tensors, dict) or _FIRST not in tensors or _LAST not in tensors:
        raise WeightsError(f"{path}: not a TrackNetV3 tracking checkpoint (no {_FIRST!r})")
    frames = tensors[_LAST].shape[0]
    channels = tensors[_FIRST].shape[1]
    if channels not in (3 * frames, 3 * frames + 3):
        raise WeightsError(
            f"{path}: takes {channels} channels for {frames} frames; only the background modes "
            "'' and 'concat' of TrackNetV3 are supported"
        )
    spec = NetworkSpec(
        "tracknet-v3",
        frames,
        frames,
        background="concat" if channels == 3 * frames + 3 else "none",
    )
    return spec, tensors


def _numpy_scalar() -> Callable[..., Any]:
    """The function numpy scalars unpickle through; checkpoints keep their best score as one."""
    reduced: Any = np.float64(0).__reduce__()
    function: Callable[..., Any] = reduced[0]
    return function
