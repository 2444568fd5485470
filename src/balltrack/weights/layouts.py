"""How other projects name their layers, and what that is here.

A layout is known by a tensor that no other has; another one is a row in `LAYOUTS`. Layer names
and the order inside a block were read in each project's model file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

import torch

from balltrack.models.specs import SPECS, BackgroundMode, NetworkSpec

Tensors = dict[str, torch.Tensor]
Content = tuple[dict[str, str], Tensors]

BACKGROUNDS: dict[str, BackgroundMode] = {
    "": "none",
    "concat": "concat",
    "subtract": "subtract",
    "subtract_concat": "subtract_concat",
}
"""``bg_mode`` of qaz812345/TrackNetV3, and what it is called here."""

_STAGES = {"down_block_1": 2, "down_block_2": 2, "down_block_3": 3, "bottleneck": 3,
           "up_block_1": 3, "up_block_2": 2, "up_block_3": 2, "predictor": 0}  # fmt: skip

CHGYGLIN = {
    f"conv2d_{number}.": f"{layer}."
    for number, layer in enumerate(
        (
            f"{stage}.conv_{i}" if depth else stage
            for stage, depth in _STAGES.items()
            for i in range(1, max(depth, 1) + 1)
        ),
        start=1,
    )
}
"""Beginnings of names in ChgygLin/TrackNetV2-pytorch, which counts its layers through, and ours."""


@dataclass(frozen=True)
class Layout:
    """How a project names its layers.

    Attributes:
        name: of the network and the repository, for messages.
        key: a tensor by which it is known.
        translate: tensors, and what lies beside them → header and tensors of ours; `ValueError`
            says what does not fit.
        beside: what its files have beside their tensors, where those do not tell.
    """

    name: str
    key: str
    translate: Callable[[Tensors, Mapping[str, object]], Content]
    beside: str | None = None


def _inpaintnet(tensors: Tensors, _: Mapping[str, object]) -> Content:
    """Upstream divides positions by the picture's width and height (dataset.py)."""
    return {"architecture": "inpaintnet", "coordinates": "image"}, tensors


def _tracknet_v3(tensors: Tensors, beside: Mapping[str, object]) -> Content:
    """The background mode is told by the channels, and of three frames, where two modes have
    twelve, by ``param_dict``."""
    frames = tensors["predictor.weight"].shape[0]
    channels = tensors["down_block_1.conv_1.conv.weight"].shape[1]
    spec = replace(SPECS["tracknet-v3"], frames_in=frames, frames_out=frames)
    fitting = {
        theirs: variant
        for theirs, ours in BACKGROUNDS.items()
        if (variant := replace(spec, background=ours)).in_channels == channels
    }
    parameters = beside.get("param_dict")
    said = parameters.get("bg_mode") if isinstance(parameters, dict) else None
    if said in fitting:
        return _heatmaps(fitting[said], tensors)
    if said is not None or not fitting:
        mode = "no background mode does" if said is None else f"bg_mode {said!r} does not"
        raise ValueError(f"it takes {channels} channels for {frames} frames, as {mode}")
    return _heatmaps(next(iter(fitting.values())), tensors)


def _racketvision(tensors: Tensors, _: Mapping[str, object]) -> Content:
    """BGR, as OpenCV reads it (`dataset/uball.py`); of the maps only the last is trained
    (``last_only``, `configs/tracknetv3_base.py`)."""
    frames = tensors["predictor.weight"].shape[0]
    channels = tensors["down_block_1.conv_1.conv.weight"].shape[1]
    if channels != 3 * frames + 3:
        raise ValueError(f"it takes {channels} channels for {frames} frames and a background")
    spec = replace(SPECS["tracknet-v3"], name="racketvision", colour="bgr")
    head = {name: tensors[name][-1:] for name in ("predictor.weight", "predictor.bias")}
    return _heatmaps(replace(spec, frames_in=frames, frames_out=1), tensors | head)


def _tracknet_v2_shallow(tensors: Tensors, _: Mapping[str, object]) -> Content:
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


def _tracknet_v2(tensors: Tensors, _: Mapping[str, object]) -> Content:
    """Convolutions counted through from 1 to 18, the last one plain."""
    if len(tensors["conv2d_1.bn.weight"]) != len(tensors["conv2d_1.conv.weight"]):
        raise ValueError(
            "its batch norm runs over the columns of the picture, as in weights converted from "
            "Keras, and not over channels; balltrack has no such network"
        )
    frames_in, frames_out = _frames(tensors, "conv2d_1.conv.weight", "conv2d_18.weight")
    spec = replace(SPECS["tracknet-v2"], frames_in=frames_in, frames_out=frames_out)
    renamed = {}
    for name, tensor in tensors.items():
        layer, dot, part = name.partition(".")
        renamed[CHGYGLIN.get(layer + dot, layer + dot) + part] = tensor
    return _heatmaps(spec, renamed)


def _tracknet_v1(tensors: Tensors, _: Mapping[str, object]) -> Content:
    levels = len(tensors["conv18.block.0.weight"])
    if levels != 256:
        raise ValueError(f"it knows {levels} grey levels where TrackNet has 256")
    frames, over = divmod(tensors["conv1.block.0.weight"].shape[1], 3)
    if over or not frames:
        raise ValueError("its channels are not three a frame")
    return _heatmaps(replace(SPECS["tracknet-v1"], frames_in=frames), tensors)


def _hrnet(tensors: Tensors, _: Mapping[str, object]) -> Content:
    """WASB, or BlurBall, which squeezes; without what the last stage computes to no effect."""
    squeezed = any(".se.fc." in name for name in tensors)
    spec = SPECS["blurball" if squeezed else "wasb"]
    frames_in, frames_out = _frames(tensors, "conv1.weight", "final_layers.0.weight")
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


LAYOUTS = (
    Layout("InpaintNet (qaz812345/TrackNetV3)", "buttleneck.conv_1.conv.weight", _inpaintnet),
    Layout("TrackNetV2 (wolfyeva)", "down_block_1.conv_1.conv.bias", _tracknet_v2_shallow),
    Layout(
        "TrackNetV3 (OrcustD/RacketVision)",
        "down_block_1.conv_1.conv.weight",
        _racketvision,
        beside="message_hub",  # MMEngine's
    ),
    Layout("TrackNetV3 (qaz812345)", "down_block_1.conv_1.conv.weight", _tracknet_v3),
    Layout("TrackNetV2 (ChgygLin)", "conv2d_1.conv.weight", _tracknet_v2),
    Layout("TrackNet (yastrebksv)", "conv1.block.0.weight", _tracknet_v1),
    Layout("WASB (nttcom) or BlurBall", "stage4.0.fuse_layers.0.1.0.weight", _hrnet),
)
"""Asked in order: V3's key is in the shallow V2, too."""
