"""Checkpoints of other projects → the header and tensors that a file of ours would have.

A layout is known by a tensor that no other has; another one is a row in `LAYOUTS`. Layer names
and the order inside a block were read in each project's model file. Nothing in a file is run.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from balltrack.errors import WeightsError
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.weights.header import WeightsHeader

Tensors = dict[str, torch.Tensor]
Content = tuple[dict[str, str], Tensors]

OUTER_KEYS = ("model", "model_state_dict", "state_dict")
"""Where training scripts (and Lightning) put the tensors beside the optimiser's; or nowhere."""

WRAPPERS = frozenset({"module", "model", "net", "network", "_orig_mod"})
"""First part of every name where the network was saved inside something: several GPUs,
Lightning's module, torch.compile."""


@dataclass(frozen=True)
class Layout:
    """How a project names its layers.

    Attributes:
        name: of the network and the repository, for messages.
        key: a tensor by which it is known.
        translate: tensors → header and tensors of ours; `ValueError` says what does not fit.
    """

    name: str
    key: str
    translate: Callable[[Tensors], Content]


def read_upstream(path: Path) -> Content:
    """Read a checkpoint of one of `LAYOUTS` without running any code it may carry.

    Returns:
        Metadata as `save_checkpoint` writes it, and the tensors by our names, float32.

    Raises:
        WeightsError: not a torch file, no known layout, or a variant that balltrack has no
            network for.
    """
    tensors = _load(path)
    for layout in LAYOUTS:
        if layout.key in tensors:
            try:
                return layout.translate(tensors)
            except (ValueError, KeyError) as error:
                detail = f"no {error}" if isinstance(error, KeyError) else error
                raise WeightsError(f"{path}: looks like {layout.name}, but {detail}") from error
    known = "; ".join(layout.name for layout in LAYOUTS)
    raise WeightsError(f"{path}: holds no network known here; known are {known}")


def header_of(metadata: dict[str, str], tensors: Mapping[str, torch.Tensor]) -> WeightsHeader:
    """The header that a file of ours with this content would have."""
    return WeightsHeader(
        metadata=metadata,
        tensors=len(tensors),
        parameters=sum(tensor.numel() for tensor in tensors.values()),
        dtypes=tuple(sorted({_short_name(tensor) for tensor in tensors.values()})),
    )


def _inpaintnet(tensors: Tensors) -> Content:
    """Upstream divides positions by the picture's width and height (dataset.py)."""
    return {"architecture": "inpaintnet", "coordinates": "image"}, tensors


def _tracknet_v3(tensors: Tensors) -> Content:
    frames = tensors["predictor.weight"].shape[0]
    channels = tensors["down_block_1.conv_1.conv.weight"].shape[1]
    if channels not in (3 * frames, 3 * frames + 3):
        raise ValueError(
            f"it takes {channels} channels for {frames} frames; only the background modes "
            "'' and 'concat' are supported"
        )
    background = channels == 3 * frames + 3
    spec = replace(SPECS["tracknet-v3"], background="concat" if background else "none")
    return _heatmaps(replace(spec, frames_in=frames, frames_out=frames), tensors)


def _tracknet_v2_shallow(tensors: Tensors) -> Content:
    """V3's names and order with a bias in every convolution, which its batch norm takes over, and
    two convolutions instead of three at a quarter of the resolution."""
    folded = {}
    for name, tensor in tensors.items():
        block = name.removesuffix(".bn.running_mean")
        if name.endswith(".conv.bias"):
            continue
        folded[name] = tensor - tensors[f"{block}.conv.bias"] if block != name else tensor
    shallow = "down_block_3.conv_3.conv.weight" not in tensors
    frames_in, frames_out = _frames(tensors, "down_block_1.conv_1.conv.weight", "predictor.weight")
    spec = NetworkSpec("tracknet-v2", frames_in, frames_out, quarter_depth=2 if shallow else 3)
    return _heatmaps(spec, folded)


def _tracknet_v2(tensors: Tensors) -> Content:
    """Convolutions counted through from 1 to 18, the last one plain."""
    if len(tensors["conv2d_1.bn.weight"]) != len(tensors["conv2d_1.conv.weight"]):
        raise ValueError(
            "its batch norm runs over the columns of the picture, as in weights converted from "
            "Keras, and not over channels; balltrack has no such network"
        )
    blocks = [f"{block}.conv_{i}" for block, depth in _BLOCKS for i in range(1, depth + 1)]
    ours = {f"conv2d_{number}.": f"{block}." for number, block in enumerate(blocks, start=1)}
    ours["conv2d_18."] = "predictor."
    frames_in, frames_out = _frames(tensors, "conv2d_1.conv.weight", "conv2d_18.weight")
    spec = replace(SPECS["tracknet-v2"], frames_in=frames_in, frames_out=frames_out)
    renamed = {}
    for name, tensor in tensors.items():
        layer, dot, part = name.partition(".")
        renamed[ours.get(layer + dot, layer + dot) + part] = tensor
    return _heatmaps(spec, renamed)


def _tracknet_v1(tensors: Tensors) -> Content:
    levels = len(tensors["conv18.block.0.weight"])
    if levels != 256:
        raise ValueError(f"it knows {levels} grey levels where TrackNet has 256")
    frames, over = divmod(tensors["conv1.block.0.weight"].shape[1], 3)
    if over or not frames:
        raise ValueError("its channels are not three a frame")
    return _heatmaps(replace(SPECS["tracknet-v1"], frames_in=frames), tensors)


def _hrnet(tensors: Tensors) -> Content:
    """WASB, or BlurBall, which squeezes; without the outputs of the last stage at lower
    resolutions, which nothing reads."""
    squeezed = any(".se.fc." in name for name in tensors)
    frames_in, frames_out = _frames(tensors, "conv1.weight", "final_layers.0.weight")
    spec = SPECS["blurball" if squeezed else "wasb"]
    unread = tuple(f"stage4.0.fuse_layers.{output}." for output in (1, 2, 3))
    read = {name: tensor for name, tensor in tensors.items() if not name.startswith(unread)}
    return _heatmaps(replace(spec, frames_in=frames_in, frames_out=frames_out), read)


def _frames(tensors: Tensors, first: str, last: str) -> tuple[int, int]:
    """Frames in and heatmaps out, by the shapes of the first and the last convolution."""
    channels, heatmaps = tensors[first].shape[1], tensors[last].shape[0]
    if channels % 3 or not 1 <= heatmaps <= channels // 3:
        raise ValueError(f"{channels} channels in and {heatmaps} heatmaps out are no frames of RGB")
    return channels // 3, heatmaps


def _heatmaps(spec: NetworkSpec, tensors: Tensors) -> Content:
    return {"architecture": spec.architecture, "spec": json.dumps(asdict(spec))}, tensors


_BLOCKS = (
    ("down_block_1", 2), ("down_block_2", 2), ("down_block_3", 3), ("bottleneck", 3),
    ("up_block_1", 3), ("up_block_2", 2), ("up_block_3", 2),
)  # fmt: skip

LAYOUTS = (
    Layout("InpaintNet (qaz812345/TrackNetV3)", "buttleneck.conv_1.conv.weight", _inpaintnet),
    Layout("TrackNetV2 (wolfyeva)", "down_block_1.conv_1.conv.bias", _tracknet_v2_shallow),
    Layout("TrackNetV3 (qaz812345)", "down_block_1.conv_1.conv.weight", _tracknet_v3),
    Layout("TrackNetV2 (ChgygLin)", "conv2d_1.conv.weight", _tracknet_v2),
    Layout("TrackNet (yastrebksv)", "conv1.block.0.weight", _tracknet_v1),
    Layout("WASB (nttcom), BlurBall", "stage4.0.fuse_layers.0.1.0.weight", _hrnet),
)
"""Asked in order: V3's key is in the shallow V2, too."""


def _load(path: Path) -> Tensors:
    try:
        with torch.serialization.safe_globals(_numbers()):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, ValueError) as error:
        if _holds_code(path):
            raise WeightsError(
                f"{path}: holds a whole network, which cannot be read without running its code; "
                "save its state_dict() where it came from"
            ) from error
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{path}: not a checkpoint that can be read safely ({reason})"
        ) from error
    for key in OUTER_KEYS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict):
        return {}
    tensors = {n: value for n, value in content.items() if isinstance(value, torch.Tensor)}
    return {n: t.float() if t.is_floating_point() else t for n, t in _bare(tensors).items()}


def _bare(tensors: Tensors) -> Tensors:
    """The same without the first part of every name, as long as that is one of `WRAPPERS`."""
    first = {name.partition(".")[0] for name in tensors}
    if len(first) != 1 or not first <= WRAPPERS:
        return tensors
    return _bare({name.partition(".")[2]: tensor for name, tensor in tensors.items()})


def _holds_code(path: Path) -> bool:
    """Whether the pickle names a module of torch, as a network saved whole does; runs nothing."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, ValueError):
        return False
    return any(name.startswith("torch.nn.") for name in names)


def _numbers() -> list[Any]:
    """What numpy's scalars and arrays unpickle through, by the names of numpy 2 and of numpy 1:
    checkpoints keep their best score and their losses as such."""
    scalar: Any = np.float64(0).__reduce__()
    array: Any = np.zeros(1).__reduce__()
    functions = [
        (function, f"numpy.{core}.multiarray.{name}")
        for core in ("core", "_core")
        for function, name in ((scalar[0], "scalar"), (array[0], "_reconstruct"))
    ]
    kinds = [type(np.dtype(kind)) for kind in ("f2", "f4", "f8", "i4", "i8", "b")]
    return [*functions, np.dtype, np.ndarray, *kinds]


def _short_name(tensor: torch.Tensor) -> str:
    """As safetensors spells it: F32, I64."""
    return f"{'F' if tensor.is_floating_point() else 'I'}{8 * tensor.itemsize}"
