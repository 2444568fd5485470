"""Every library that runs the verifier gives the verdicts that the module gives."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from balltrack.errors import WeightsError
from balltrack.models.verifier.network import Verifier
from balltrack.models.verifier.patches import OFFSETS, SIDE
from balltrack.options import TrackOptions
from balltrack.runtimes import load_verifier
from balltrack.runtimes.device import choose_precision
from balltrack.verification.belief import Belief, belief_header
from balltrack.verification.patches import Patches
from balltrack.verification.second_look import CandidateVerifier
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.handle import open_weights

BEST = choose_precision("cpu", "auto")

# runtime, device, precision → largest difference of the evidence, a logit of a few units, and of a
# place, pixels
CASES = {
    ("torch", "cpu", "fp32"): (1e-4, 1e-4),
    ("torch", "cpu", "bf16"): (0.4, 0.8),
    ("torch", "cuda", "fp32"): (0.02, 0.04),
    ("torch", "cuda", "bf16"): (0.4, 0.8),
    ("openvino", "cpu", "fp32"): (1e-3, 1e-3),
    # which is the best of the others
    ("openvino", "cpu", "int8"): (0.4, 0.8) if BEST == "bf16" else (1e-3, 1e-3),
}


@pytest.fixture(scope="module")
def network() -> Verifier:
    torch.manual_seed(3)
    network = Verifier().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.01, 0.1)
    nn.init.uniform_(network.predictor.weight, -0.006, 0.006)
    return network


@pytest.fixture(scope="module")
def file(network: Verifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verifier") / "verifier.safetensors"
    save_checkpoint(path, network, belief_header(Belief(0.2, -1.0)))
    return path


@pytest.fixture(scope="module")
def patches() -> Patches:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (21, len(OFFSETS), SIDE, SIDE, 3), dtype=np.uint8)


def load(file: Path, case: tuple[str, str, str]) -> CandidateVerifier:
    name, device, precision = case
    if device == "cuda" and not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed: pip install 'balltrack[{name}]'")
    options = TrackOptions(runtime=name, device=device, precision=precision, threads=1)
    return load_verifier(open_weights(file), options)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id="-".join(case), marks=[pytest.mark.gpu] if "cuda" in case else [])
        for case in CASES
    ],
)
def test_the_verdicts_are_the_networks(
    case: tuple[str, str, str], file: Path, network: Verifier, patches: Patches
) -> None:
    verifier = load(file, case)
    assert verifier.belief == Belief(0.2, -1.0)
    with torch.inference_mode():
        expected = network.verdicts(network(torch.from_numpy(patches))).numpy()
    assert (np.ptp(expected, axis=0) > 0.5).all()
    for count in (21, 16, 1):
        found = verifier.judge(patches[:count])
        assert (found.dtype, found.shape) == (np.float32, (count, 3))
        evidence, place = CASES[case]
        np.testing.assert_allclose(found[:, 0], expected[:count, 0], atol=evidence)
        np.testing.assert_allclose(found[:, 1:], expected[:count, 1:], atol=place)


def test_once_converted_it_needs_no_torch(
    file: Path, patches: Patches, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = ("openvino", "cpu", "fp32")
    first = load(file, case).judge(patches)

    def fail(*_: object) -> None:
        raise AssertionError("converted again")

    monkeypatch.setattr("balltrack.runtimes.on_openvino.verifier._convert", fail)
    np.testing.assert_array_equal(load(file, case).judge(patches), first)


def test_weights_of_another_kind_are_refused(file: Path, tmp_path: Path, network: Verifier) -> None:
    options = TrackOptions(runtime="torch", device="cpu")
    with pytest.raises(WeightsError, match=r"is an inpaintnet, which fills gaps .* a verifier was"):
        load_verifier(open_weights("inpaintnet"), options)
    unfinished = tmp_path / "unfinished.safetensors"
    save_checkpoint(unfinished, network, {})
    with pytest.raises(WeightsError, match="does not say how far it is to be believed"):
        load_verifier(open_weights(unfinished), options)
