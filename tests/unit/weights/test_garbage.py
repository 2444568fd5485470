"""A weights file is another's: whatever it holds, it is read, or refused in a line."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from balltrack.benchmark.machine import peak_memory_mb
from balltrack.detection.fitted import fitted_parameters
from balltrack.errors import WeightsError
from balltrack.verification.belief import read_belief
from balltrack.weights.checkpoints import load_any, load_network, read_spec
from balltrack.weights.handle import open_weights
from balltrack.weights.registry import REGISTRY_FILE, read_registry
from complaints import complaint

SPEC: dict[str, Any] = {
    "name": "tiny",
    "frames_in": 3,
    "frames_out": 3,
    "height": 48,
    "width": 80,
    "base_width": 4,
}


def described(path: Path, **metadata: str) -> Path:
    """A file with such a header, and hardly a tensor."""
    save_file({"a": np.zeros(3, np.float32)}, path, metadata=metadata)
    return path


@given(st.binary(max_size=200), st.integers(0, 2**64 - 1))
@example(b"", 2**63)
@example(b"{}", 2**64 - 1)
@example(b"{" * 100, 100)
def test_garbage_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, length: int
) -> None:
    """Also a header that is said to be longer than any memory."""
    path = tmp_path_factory.mktemp("garbage") / "a.safetensors"
    for data in (content, struct.pack("<Q", length) + content):
        path.write_bytes(data)
        said = complaint(lambda place: open_weights(place).tensors(), path)
        assert said is None or str(path) in said


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".tar"])
@given(content=st.binary(max_size=200))
@example(content=b"PK\x03\x04" + b"\0" * 60)
@example(content=b"\x80\x02cos\nsystem\nU\x04trueR.")
def test_garbage_for_torch_is_refused(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("garbage") / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"garbage\d+"):
        open_weights(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
READERS: tuple[Callable[[Path], object], ...] = (load_any, fitted_parameters, read_belief)


@pytest.mark.parametrize("architecture", ["tracknet", "verifier", "inpaintnet", "events", "x"])
@pytest.mark.parametrize("text", ["[" * 100_000, "{}", "null", "9" * 5000, '{"name": [[]]}'])
def test_a_header_of_nonsense_is_refused(tmp_path: Path, architecture: str, text: str) -> None:
    keys = dict.fromkeys(("spec", "linking", "belief", "coordinates"), text)
    path = described(tmp_path / "a.safetensors", architecture=architecture, **keys)
    for read in READERS:
        said = complaint(read, path)
        assert said is None or str(path) in said


@given(st.sampled_from(sorted(SPEC)), JSON)
@example("architecture", "x")
@example("locate", [])
@example("height", 48.0)
@example("base_width", True)
def test_a_spec_of_nonsense_is_refused(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object
) -> None:
    path = tmp_path_factory.mktemp("spec") / "a.safetensors"
    described(path, architecture="tracknet", spec=json.dumps(SPEC | {key: value}))
    said = complaint(lambda place: read_spec(open_weights(place)), path)
    if said is None:
        assert type(getattr(read_spec(open_weights(path)), key)) is type(SPEC.get(key, ""))
    else:
        assert "no usable network spec" in said


@pytest.mark.parametrize(
    "large",
    [
        {"base_width": 2**20},
        {"base_width": 1024},
        {"height": 2**30},
        {"frames_in": 2**20, "frames_out": 1},
        {"height": 4096, "width": 4096, "frames_in": 64},
    ],
)
def test_a_network_is_no_larger_than_its_file(tmp_path: Path, large: dict[str, int]) -> None:
    path = tmp_path / "a.safetensors"
    described(path, architecture="tracknet", spec=json.dumps(SPEC | large))
    before = peak_memory_mb()
    with pytest.raises(WeightsError, match=r"no usable network spec|does not fit its network"):
        load_network(path)
    assert peak_memory_mb() - before < 200


@given(JSON | st.builds(lambda rows: {"weights": rows}, st.lists(JSON, max_size=3)))
@example({"weights": [{"name": "a", "file": 3, "sha256": "", "spec": ""}]})
@example({"weights": [{"name": "a", "file": "a", "sha256": "", "spec": "", "sports": 3}]})
@example({"weights": [{"name": "a", "file": "../../a", "sha256": "", "spec": ""}]})
def test_a_registry_of_nonsense_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    folder = tmp_path_factory.mktemp("registry")
    (folder / REGISTRY_FILE).write_text(json.dumps(content))
    said = complaint(read_registry, folder)
    if said is None:
        places = [entry.path.resolve() for entry in read_registry(folder)]
        assert all(place.is_relative_to(folder.resolve()) for place in places)
    else:
        assert str(folder) in said
