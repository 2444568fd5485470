"""Checkpoints of other projects → the header and tensors that a file of ours would have.

Whose a file is, and what its names mean, is in `balltrack.weights.layouts`. Nothing in a file
is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from balltrack.errors import WeightsError
from balltrack.weights.header import WeightsHeader
from balltrack.weights.layouts import LAYOUTS, Content, Tensors

OUTER_KEYS = ("model", "model_state_dict", "state_dict")
"""Where training scripts (and Lightning) put the tensors beside the optimiser's; or nowhere."""

WRAPPERS = frozenset({"module", "model", "net", "network", "_orig_mod"})
"""First part of every name where the network was saved inside something: several GPUs,
Lightning's module, torch.compile."""


def read_upstream(path: Path) -> Content:
    """Read a checkpoint of one of `LAYOUTS` without running any code it may carry.

    Returns:
        Metadata as `save_checkpoint` writes it, and the tensors by our names, float32.

    Raises:
        WeightsError: not a torch file, no known layout, or a variant that balltrack has no
            network for.
    """
    tensors, beside = _load(path)
    for layout in LAYOUTS:
        if layout.key in tensors and layout.beside in {None, *beside}:
            try:
                return layout.translate(tensors, beside)
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


class _History:
    """Stands for MMEngine's class of past losses, which its checkpoints keep and nobody needs."""


def _load(path: Path) -> tuple[Tensors, dict[str, object]]:
    """The tensors by name, and all that lies beside them."""
    history: Any = (_History, "mmengine.logging.history_buffer.HistoryBuffer")
    try:
        with torch.serialization.safe_globals([*_numbers(), history]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's own unpickler stumbles over garbage in many ways
        if _holds_code(path):
            raise WeightsError(
                f"{path}: holds a whole network, which cannot be read without running its code; "
                "save its state_dict() where it came from"
            ) from error
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{path}: not a checkpoint that can be read safely ({reason})"
        ) from error
    beside: dict[str, object] = {}
    for key in OUTER_KEYS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            beside |= {name: value for name, value in content.items() if name != key}
            content = content[key]
    if not isinstance(content, dict):
        return {}, beside
    tensors = {
        name: value
        for name, value in content.items()
        if isinstance(name, str) and isinstance(value, torch.Tensor)
    }
    bare = _bare(tensors)
    return {n: t.float() if t.is_floating_point() else t for n, t in bare.items()}, beside


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
    except Exception:  # as above
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
