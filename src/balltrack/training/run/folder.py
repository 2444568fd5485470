"""What a training run leaves in its folder, and goes on from.

``last.safetensors`` to use, ``state.pt`` to resume and ``log.jsonl`` to read.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from balltrack.errors import DatasetError, OutputError, WeightsError
from balltrack.outputs import whole_file
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.header import read_header

WEIGHTS, STATE, LOG = "last.safetensors", "state.pt", "log.jsonl"


class Stateful(Protocol):
    """A network or an optimiser."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> object: ...


TRAINING = "training"
"""Entry of the weights' header that says how they were trained, as JSON."""


def save_run(
    folder: Path, network: nn.Module, header: Mapping[str, str], state: Mapping[str, Any]
) -> None:
    """Write the weights and the state that belongs to them.

    Both are complete on disk before either gets its name, the state first; should the process
    be killed between the two namings, `weights_are_of` says so and resuming makes it good.

    Raises:
        OutputError: a file cannot be written.
    """
    with (
        whole_file(folder / WEIGHTS) as weights,
        whole_file(folder / STATE, RuntimeError) as kept,  # torch's own for a full disk
    ):
        save_checkpoint(weights, network, header)
        torch.save(state, kept)


def load_state(
    folder: Path, device: torch.device, parts: Mapping[str, Stateful]
) -> dict[str, Any] | None:
    """Fill networks and optimisers from ``state.pt``.

    Args:
        folder: of the run.
        device: where tensors go.
        parts: what to fill, by its key in the state.

    Returns:
        The rest of the state, or None where there is no ``state.pt``.

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
            part.load_state_dict(state.pop(name))
    except (KeyError, RuntimeError, ValueError) as error:
        raise DatasetError(
            f"{path}: belongs to another network; give another output folder"
        ) from error
    return state


def known_options(folder: Path) -> dict[str, str]:
    """The options that the weights in a run's folder were trained with, by name; none where there
    are no weights."""
    try:
        told = json.loads(read_header(folder / WEIGHTS).metadata[TRAINING])
    except (OSError, WeightsError, KeyError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def weights_are_of(folder: Path, step: int) -> bool:
    """Whether the weights' header says that they were saved at this step."""
    try:
        return read_header(folder / WEIGHTS).metadata.get("step") == str(step)
    except (OSError, WeightsError):
        return False


def append_log(folder: Path, facts: Mapping[str, float]) -> None:
    """Add a line to ``log.jsonl``.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / LOG
    try:
        with path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(facts) + "\n")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
