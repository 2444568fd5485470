"""A name or a path → one open weights file: resolved, hashed and parsed once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from balltrack.errors import WeightsError
from balltrack.weights.header import TORCH_SUFFIXES, WeightsHeader, read_header
from balltrack.weights.kinds import KINDS
from balltrack.weights.registry import WeightsEntry, find_entry

if TYPE_CHECKING:
    import torch

Arrays = dict[str, npt.NDArray[np.floating]]


@dataclass(frozen=True)
class Weights:
    """A weights file that was found, compared with its checksum and understood.

    Pass it on instead of its name: whoever has one need not look for the file again.

    Attributes:
        entry: what the registry says of it.
        sha256: of the file as it is, hexadecimal.
        header: what the file says of itself.
    """

    entry: WeightsEntry
    sha256: str
    header: WeightsHeader
    _foreign: Mapping[str, torch.Tensor] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """In the registry, or the file's stem."""
        return self.entry.name

    @property
    def path(self) -> Path:
        """The file."""
        return self.entry.path

    @property
    def metadata(self) -> dict[str, str]:
        """The header's entries, text to text."""
        return self.header.metadata

    @property
    def kind(self) -> str | None:
        """Its key in `KINDS`; None for a file that names no kind known here."""
        architecture = self.metadata.get("architecture", "")
        return architecture if architecture in KINDS else None

    def require(self, kind: str) -> None:
        """Raise `WeightsError` unless this is of a kind, a key of `KINDS`."""
        if self.kind is not None and KINDS[self.kind] is KINDS[kind]:
            return
        wanted = KINDS[kind].noun
        if self.kind is None:
            raise WeightsError(
                f"{self.path}: its header names no network known here, {wanted} was expected; "
                "give weights made by `balltrack train`"
            )
        found = KINDS[self.kind]
        raise WeightsError(
            f"{self.path}: is {found.noun}, which {found.purpose}; {wanted} was expected, "
            "`balltrack weights list` shows those that ship"
        )

    def arrays(self) -> Arrays:
        """Its tensors by name, as numpy has them; loads no torch for a file of ours.

        Raises:
            WeightsError: the file is damaged, of numbers that NumPy does not have, or not finite.
        """
        if self._foreign is not None:
            return {name: tensor.numpy() for name, tensor in self._foreign.items()}
        try:
            arrays = load_file(self.path)
        except (OSError, SafetensorError, TypeError, AttributeError) as error:  # such as bfloat16
            raise WeightsError(f"{self.path}: cannot be read ({error})") from error
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise self._not_finite()
        return arrays

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Its tensors by name, as torch has them; errors as `arrays`."""
        if self._foreign is not None:
            return self._foreign
        from safetensors.torch import load_file as load_tensors  # noqa: PLC0415  # loads torch

        try:
            tensors = load_tensors(self.path)
        except (OSError, SafetensorError) as error:
            raise WeightsError(f"{self.path}: cannot be read ({error})") from error
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise self._not_finite()
        return tensors

    def _not_finite(self) -> WeightsError:
        return WeightsError(f"{self.path}: holds NaN or infinity; did its training fail?")


def open_weights(name_or_path: str | os.PathLike[str] | Weights) -> Weights:
    """The weights of a registered name or of a file; what is open already is given back.

    A torch file of another project is read whole, without running any code in it (`upstream`).

    Raises:
        UnknownNameError: neither a registered name nor an existing file.
        WeightsError: the file is missing, damaged or not the one that was registered.
    """
    if isinstance(name_or_path, Weights):
        return name_or_path
    entry = find_entry(name_or_path)
    sha256 = entry.checked_sha256()
    if entry.path.suffix.lower() not in TORCH_SUFFIXES:
        return Weights(entry, sha256, read_header(entry.path))
    from balltrack.weights.upstream import header_of, read_upstream  # noqa: PLC0415  # loads torch

    metadata, tensors = read_upstream(entry.path)
    return Weights(entry, sha256, header_of(metadata, tensors), tensors)
