"""What a weights file says of itself, read without torch and without its tensors."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from balltrack.errors import WeightsError

TORCH_SUFFIXES = frozenset({".pt", ".pth", ".tar"})
"""Of files that are no safetensors and need torch: see `upstream`."""


@dataclass(frozen=True)
class WeightsHeader:
    """The header of a safetensors file.

    Attributes:
        metadata: what the writer noted, text to text.
        tensors: number of tensors.
        parameters: number of values in all of them.
        dtypes: the number formats used, sorted.
    """

    metadata: dict[str, str]
    tensors: int
    parameters: int
    dtypes: tuple[str, ...]


def read_header(path: str | os.PathLike[str]) -> WeightsHeader:
    """The header of the safetensors file at ``path``.

    Raises:
        WeightsError: the file is missing or is not a safetensors file.
    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415  # loads numpy

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            slices = [file.get_slice(name) for name in file.keys()]  # noqa: SIM118  # not a dict
            return WeightsHeader(
                metadata=dict(file.metadata() or {}),
                tensors=len(slices),
                parameters=sum(math.prod(piece.get_shape()) for piece in slices),
                dtypes=tuple(sorted({str(piece.get_dtype()) for piece in slices})),
            )
    except OSError as error:
        if Path(path).exists() and not os.access(path, os.R_OK):  # safetensors finds no such file
            raise WeightsError(f"{path}: may not be read; change its permissions") from error
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except SafetensorError as error:
        raise WeightsError(
            f"{path}: not a safetensors file ({error}); name weights that `balltrack train` wrote, "
            "or a .pt of TrackNetV3"
        ) from error
