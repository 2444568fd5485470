"""Checkpoints of other projects → the header and tensors that a file of ours would have.

They are written by `torch.save`: a state dict, or a dict that holds one under a key of `KEYS`.
Whose they are is told by the names of the tensors, one row of `LAYOUTS` each.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from balltrack.errors import WeightsError
from balltrack.models.specs import SPECS, BackgroundMode, NetworkSpec
from balltrack.weights.header import WeightsHeader

Tensors = Mapping[str, torch.Tensor]

KEYS = ("model", "model_state_dict")
"""Where a checkpoint keeps its tensors: TrackNetV3 and WASB."""

PARALLEL = "module."
"""What `torch.nn.DataParallel` puts before every name."""


@dataclass(frozen=True)
class Layout:
    """How another project saves one of its networks.

    Attributes:
        name: for messages.
        marks: tensors that such a file has.
        describe: its tensors → metadata as `save_checkpoint` writes it; raises `ValueError` with
            what is not supported.
        unread: beginnings of the names of tensors that upstream computes with to no effect.
    """

    name: str
    marks: Sequence[str]
    describe: Callable[[Tensors], dict[str, str]]
    unread: tuple[str, ...] = ()


def _tracknetv3(tensors: Tensors) -> dict[str, str]:
    """Layer names are ours, since ours are theirs."""
    frames = len(tensors["predictor.weight"])
    channels = tensors["down_block_1.conv_1.conv.weight"].shape[1]
    if channels not in (3 * frames, 3 * frames + 3):
        raise ValueError(
            f"takes {channels} channels for {frames} frames; only the background modes "
            "'' and 'concat' of TrackNetV3 are supported"
        )
    background: BackgroundMode = "concat" if channels == 3 * frames + 3 else "none"
    return _header(NetworkSpec("tracknet-v3", frames, frames, background=background))


def _inpaintnet(_: Tensors) -> dict[str, str]:
    """Upstream divides positions by the picture's width and height (dataset.py)."""
    return {"architecture": "inpaintnet", "coordinates": "image"}


def _hrnet(tensors: Tensors) -> dict[str, str]:
    """WASB, or BlurBall, which squeezes."""
    squeezed = any(".se.fc." in name for name in tensors)
    frames_in, frames_out = tensors["conv1.weight"].shape[1] // 3, len(tensors[_WASB_HEAD])
    spec = SPECS["blurball" if squeezed else "wasb"]
    return _header(replace(spec, frames_in=frames_in, frames_out=frames_out))


_WASB_HEAD = "final_layers.0.weight"

LAYOUTS = (
    Layout(
        "an InpaintNet of TrackNetV3",
        ("buttleneck.conv_1.conv.weight", "predictor.weight"),
        _inpaintnet,
    ),
    Layout(
        "a tracker of TrackNetV3",
        ("down_block_1.conv_1.conv.weight", "predictor.weight"),
        _tracknetv3,
    ),
    Layout(
        "WASB or BlurBall",
        ("conv1.weight", "stage4.0.fuse_layers.0.1.0.weight", _WASB_HEAD),
        _hrnet,
        unread=tuple(f"stage4.0.fuse_layers.{output}." for output in (1, 2, 3)),
    ),
)
"""Layouts known here. A file is of the first whose marks it has."""


def read_upstream(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Read another project's checkpoint without running any code it may carry.

    Returns:
        Metadata as `save_checkpoint` writes it, and the tensors by name.

    Raises:
        WeightsError: not a torch file, none of `LAYOUTS`, or a variant that is not supported.
    """
    tensors = _load(path)
    layout = next((one for one in LAYOUTS if set(one.marks) <= set(tensors)), None)
    if layout is None:
        known = ", ".join(one.name for one in LAYOUTS)
        raise WeightsError(f"{path}: holds no network that is known here: {known}")
    try:
        metadata = layout.describe(tensors)
    except ValueError as error:
        raise WeightsError(f"{path}: {error}") from error
    read = {name: tensor for name, tensor in tensors.items() if not name.startswith(layout.unread)}
    return metadata, read


def _header(spec: NetworkSpec) -> dict[str, str]:
    return {"architecture": spec.architecture, "spec": json.dumps(asdict(spec))}


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
    tensors = content
    if isinstance(content, dict):
        tensors = next((content[key] for key in KEYS if key in content), content)
    if not isinstance(tensors, dict):
        return {}
    return {
        str(name).removeprefix(PARALLEL): value
        for name, value in tensors.items()
        if isinstance(value, torch.Tensor)
    }


def _short_name(tensor: torch.Tensor) -> str:
    """As safetensors spells it: F32, I64."""
    return f"{'F' if tensor.is_floating_point() else 'I'}{8 * tensor.itemsize}"


def _numpy_scalar() -> Callable[..., Any]:
    """The function numpy scalars unpickle through; checkpoints keep their best score as one."""
    reduced: Any = np.float64(0).__reduce__()
    function: Callable[..., Any] = reduced[0]
    return function
