"""``balltrack fit-events`` trains the network that it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from balltrack.training.events import fit
from balltrack.training.events.options import EventOptions


@pytest.mark.parametrize(("more", "name"), [([], "events"), (["--live"], "events-live")])
def test_it_says_what_it_trained(
    balltrack: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    more: list[str],
    name: str,
) -> None:
    asked: list[EventOptions] = []

    def train(options: EventOptions, _: object) -> Path:
        asked.append(options)
        return options.output / "last.safetensors"

    monkeypatch.setattr(fit, "train_events", train)
    done = balltrack("fit-events", tmp_path, "-o", tmp_path / "run", "--steps", 400, *more)
    weights = str(tmp_path / "run" / "last.safetensors")
    assert json.loads(done.out) == {"network": name, "weights": weights}
    assert (asked[0].live, asked[0].steps) == (bool(more), 400)
