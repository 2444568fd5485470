"""Checkpoints of qaz812345/TrackNetV3 → the header and tensors that a file of ours would have.

That project saves ``{"model": state_dict, "param_dict": {"seq_len": 8, "bg_mode":
"concat", …}, …}`` with `torch.save`; layer names are the same here. Its tracker
(``TrackNet_best.pt``) and its InpaintNet (``InpaintNet_best.pt``) are told apart by them.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from balltrack.errors import WeightsError
from balltrack.models.specs import NetworkSpec
from balltrack.weights.header import WeightsHeader

_FIRST = "down_block_1.conv_1.conv.weight"
_LAST = "predictor.weight"
_INPAINTNET = "buttleneck.conv_1.conv.weight"


def read_upstream(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Read a TrackNetV3 checkpoint without running any code it may carry.

    Returns:
        Metadata as `save_checkpoint` writes it, and the tensors by name.

    Raises:
        WeightsError: not a torch file, not a network of TrackNetV3, or a tracker with a
            background mode that is not supported ("subtract", "subtract_concat").
    """
    tensors = _load(path)
    if _INPAINTNET in tensors:
        # Upstream divides positions by the picture's width and height (dataset.py).
        return {"architecture": "inpaintnet", "coordinates": "image"}, tensors
    if _FIRST not in tensors or _LAST not in tensors:
        raise WeightsError(
            f"{path}: holds neither a tracker nor an InpaintNet of TrackNetV3 (no {_FIRST!r}, "
            f"no {_INPAINTNET!r})"
        )
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
    return {"architecture": "tracknet", "spec": json.dumps(asdict(spec))}, tensors


def header_of(metadata: dict[str, str], tensors: Mapping[str, torch.Tensor]) -> WeightsHeader:
    """The header that a file of ours with this content would have."""
    return WeightsHeader(
        metadata=metadata,
        tensors=len(tensors),
        parameters=sum(tensor.numel() for tensor in tensors.values()),
        dtypes=tuple(sorted({_short_name(tensor) for tensor in tensors.values()})),
    )


def _load(path: Path) -> dict[str, torch.Tensor]:
    try:
        with torch.serialization.safe_globals([np.dtype, np.dtypes.Float64DType, _numpy_scalar()]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{path}: not a checkpoint that can be read safely ({reason})"
        ) from error
    tensors = content.get("model", content) if isinstance(content, dict) else {}
    if not isinstance(tensors, dict):
        return {}
    return {name: value for name, value in tensors.items() if isinstance(value, torch.Tensor)}


def _short_name(tensor: torch.Tensor) -> str:
    """As safetensors spells it: F32, I64."""
    return f"{'F' if tensor.is_floating_point() else 'I'}{8 * tensor.itemsize}"


def _numpy_scalar() -> Callable[..., Any]:
    """The function numpy scalars unpickle through; checkpoints keep their best score as one."""
    reduced: Any = np.float64(0).__reduce__()
    function: Callable[..., Any] = reduced[0]
    return function
