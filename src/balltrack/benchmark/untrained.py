"""Networks that nobody has trained: as fast as trained ones, and of no other use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from balltrack.models.specs import SPECS, get_spec
from balltrack.weights.registry import find_entry, list_weights

LABEL = "untrained, speed only"
"""In the names of such files, so that no figure can do without it."""


def write_untrained(names: Sequence[str], weights: Sequence[str], folder: Path) -> list[Path]:
    """A file of random weights for each of some networks, the same at every call.

    Args:
        names: of `SPECS`; "all" stands for those that no registered weights and none of
            ``weights`` are of.
        weights: names or files of trained ones.
        folder: where to write; there is one.

    Raises:
        UnknownNameError: no such network, or no such weights.
    """
    import torch  # noqa: PLC0415  # a second, for whoever has all networks trained

    from balltrack.models.build import build  # noqa: PLC0415
    from balltrack.weights.checkpoints import save_checkpoint  # noqa: PLC0415

    trained = {entry.spec for entry in (*list_weights(), *map(find_entry, weights))}
    rest = [name for name in SPECS if name not in trained]
    chosen = dict.fromkeys(
        one for name in names for one in (rest if name == "all" else [get_spec(name).name])
    )
    files = []
    for name in chosen:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = build(SPECS[name])
        files.append(folder / f"{name} ({LABEL}).safetensors")
        save_checkpoint(files[-1], network, {"provenance": LABEL})
        _settle(files[-1])
    return files


def _settle(file: Path) -> None:
    """Bring a safetensors header into order, which differs from one writing to the next.

    What a runtime keeps goes by the content of the file, and is not to pile up.
    """
    content = file.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    file.write_bytes(len(header).to_bytes(8, "little") + header + content[end:])
