"""What a training run leaves in its folder, and goes on from.

``last.safetensors`` to use, ``state.pt`` to resume and ``log.jsonl`` to read.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from balltrack.errors import DatasetError, OutputError, WeightsError
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.header import read_header

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WEIGHTS, STATE, LOG = "last.safetensors", "state.pt", "log.jsonl"


class Stateful(Protocol):
    """A network or an optimiser."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> object: ...


def make_folder(folder: Path) -> None:
    """Make the run's folder.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot make the output folder ({error})") from error


def save_run(
    folder: Path, network: nn.Module, header: Mapping[str, str], state: dict[str, Any]
) -> None:
    """Write the weights and the state that belongs to them.

    Both are complete on disk before either gets its name; should the process be killed
    between the two namings, `agree` says so and resuming makes it good.

    Raises:
        OutputError: a file cannot be written.
    """
    weights = folder / (WEIGHTS + ".next")
    partial = folder / (STATE + ".partial")
    try:
        save_checkpoint(weights, network, header)
        torch.save(state, partial)
        partial.replace(folder / STATE)
        weights.replace(folder / WEIGHTS)
    except (OSError, RuntimeError) as error:  # torch's own for a full disk
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{folder}: cannot write the state of the run ({error})") from error
    finally:
        weights.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)


def load_state(
    folder: Path, device: torch.device, parts: Mapping[str, Stateful]
) -> dict[str, Any] | None:
    """Fill networks and optimisers from ``state.pt``.

    Args:
        folder: of the run.
        device: where tensors go.
        parts: what to fill, by its key in the state.

    Returns:
        The whole state, or None where there is no ``state.pt``.

    Raises:
        DatasetError: it is damaged or belongs to another network.
    """
    path = folder / STATE
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise DatasetError(
            f"{path}: damaged; delete it to start afresh, or give another output folder"
        ) from error
    try:
        for name, part in parts.items():
            part.load_state_dict(state[name])
    except (KeyError, RuntimeError, ValueError) as error:
        raise DatasetError(
            f"{path}: belongs to another network; give another output folder"
        ) from error
    return state


def agree(folder: Path, key: str, value: int) -> bool:
    """Whether the weights' header says under ``key`` that they are as old as the state."""
    try:
        return read_header(folder / WEIGHTS).metadata.get(key) == str(value)
    except (OSError, WeightsError):
        return False


def append_log(folder: Path, report: DataclassInstance) -> None:
    """Add a line to ``log.jsonl``."""
    with (folder / LOG).open("a") as log:
        log.write(json.dumps(asdict(report)) + "\n")
