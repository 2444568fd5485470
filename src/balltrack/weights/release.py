"""A trained network, ours or another project's → a registered weights file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from balltrack.errors import OptionError
from balltrack.models.network import HeatmapNetwork
from balltrack.outputs import make_folder, whole_file
from balltrack.weights.checkpoints import load_any, save_checkpoint
from balltrack.weights.handle import open_weights
from balltrack.weights.registry import (
    REGISTRY_FILE,
    WeightsEntry,
    find_entry,
    read_registry,
)


def release(
    source: str, folder: Path, name: str, card: Mapping[str, Any], *, half: bool = True
) -> WeightsEntry:
    """Write ``folder/name.safetensors`` and its row in ``folder/registry.json``.

    A row of the same name is replaced in its place; the first weights of a network become its
    default.

    Args:
        source: a file made by training or by another project, which stays as it is, or a
            registered name.
        folder: the weights folder, made if missing.
        name: to register.
        card: sports, licence, provenance, scores, as in `WeightsEntry`.
        half: store float16, half the size.

    Raises:
        WeightsError, UnknownNameError: the source is not weights, or the folder's registry is
            damaged.
        OptionError: the name could not be a file's.
        OutputError: the folder cannot be written.
    """
    if not name or Path(name).name != name or name.startswith((".", "-")):
        raise OptionError(f"{name!r} cannot name weights; use letters, digits, - and _")
    weights = open_weights(source)
    network, metadata = load_any(weights)
    told = {key: str(card[key]) for key in ("licence", "provenance") if key in card}
    metadata |= told | {"source": f"{weights.path.name}, sha256 {weights.sha256}"}
    spec = network.spec.name if isinstance(network, HeatmapNetwork) else metadata["architecture"]
    file = folder / f"{name}.safetensors"
    make_folder(folder)
    registry = folder / REGISTRY_FILE
    rows = []
    if registry.is_file():
        read_registry(folder)  # says in one line what is wrong with it
        rows = json.loads(registry.read_text(encoding="utf-8"))["weights"]
    names = [row["name"] for row in rows]
    place = names.index(name) if name in names else len(rows)
    others = [row for row in rows if row["name"] != name]
    with whole_file(registry) as partial:
        save_checkpoint(file, network, metadata, half=half)
        file.chmod(0o644)
        row = {
            "name": name,
            "file": file.name,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "spec": spec,
            **card,
            "default": not any(row["spec"] == spec and row.get("default") for row in others),
        }
        rows = [*others[:place], row, *others[place:]]
        text = json.dumps({"weights": rows}, indent=2, ensure_ascii=False) + "\n"
        partial.write_text(text, encoding="utf-8")
    return find_entry(file)
