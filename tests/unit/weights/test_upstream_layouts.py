"""Checkpoints as other projects name their layers, each against its own arithmetic."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from balltrack.errors import WeightsError
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.weights.checkpoints import load_network

Tensors = dict[str, torch.Tensor]
WIDTHS = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 256, 256, 256, 128, 128, 64, 64]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def layer(tensors: Tensors, names: tuple[str, str], taken: int, given: int) -> None:
    """A convolution with a bias and its batch norm, all of it at random."""
    conv, norm = names
    tensors[f"{conv}.weight"] = torch.randn(given, taken, 3, 3) * (2 / (9 * taken)) ** 0.5
    tensors[f"{conv}.bias"] = torch.randn(given) / 5
    tensors[f"{norm}.weight"] = torch.rand(given) + 0.5
    tensors[f"{norm}.bias"] = torch.randn(given) / 5
    tensors[f"{norm}.running_mean"] = torch.randn(given) / 5
    tensors[f"{norm}.running_var"] = torch.rand(given) + 0.5
    tensors[f"{norm}.num_batches_tracked"] = torch.tensor(9)


def normed(tensors: Tensors, name: str, x: torch.Tensor) -> torch.Tensor:
    parts = (tensors[f"{name}.{p}"] for p in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(x, *parts)


def convolved(tensors: Tensors, name: str, x: torch.Tensor) -> torch.Tensor:
    return functional.conv2d(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding=1)


def up(x: torch.Tensor, skipped: torch.Tensor) -> torch.Tensor:
    return torch.cat([functional.interpolate(x, scale_factor=2), skipped], dim=1)


@pytest.fixture(scope="module")
def port() -> Tensors:
    """yastrebksv/TrackNet, model.py."""
    torch.manual_seed(0)
    tensors: Tensors = {}
    for number, (taken, given) in enumerate(pairwise([9, *WIDTHS, 256]), start=1):
        layer(tensors, (f"conv{number}.block.0", f"conv{number}.block.2"), taken, given)
    return tensors


@pytest.fixture(scope="module")
def chgyglin() -> Tensors:
    """ChgygLin/TrackNetV2-pytorch, models/tracknet.py: convolution, ReLU, batch norm."""
    torch.manual_seed(0)
    tensors: Tensors = {}
    taken = [9, *WIDTHS[:-1]]
    taken[10], taken[13], taken[15] = 768, 384, 192
    for number, (into, given) in enumerate(zip(taken, WIDTHS, strict=True), start=1):
        layer(tensors, (f"conv2d_{number}.conv", f"conv2d_{number}.bn"), into, given)
    tensors["conv2d_18.weight"] = torch.randn(3, 64, 1, 1) / 8
    tensors["conv2d_18.bias"] = torch.randn(3)
    return tensors


def chgyglin_forward(tensors: Tensors, x: torch.Tensor) -> torch.Tensor:
    def through(first: int, last: int, x: torch.Tensor) -> torch.Tensor:
        for i in range(first, last + 1):
            x = convolved(tensors, f"conv2d_{i}.conv", x).relu()
            x = normed(tensors, f"conv2d_{i}.bn", x)
        return x

    x1 = through(1, 2, x)
    x2 = through(3, 4, functional.max_pool2d(x1, 2))
    x3 = through(5, 7, functional.max_pool2d(x2, 2))
    x = through(8, 10, functional.max_pool2d(x3, 2))
    x = through(11, 13, up(x, x3))
    x = through(14, 15, up(x, x2))
    x = through(16, 17, up(x, x1))
    return functional.conv2d(x, tensors["conv2d_18.weight"], tensors["conv2d_18.bias"])


@pytest.fixture(scope="module")
def wolfyeva() -> Tensors:
    """wolfyeva/TrackNetV2, model.py: convolution with bias, batch norm, ReLU; two layers less."""
    torch.manual_seed(0)
    tensors: Tensors = {}
    sizes = {
        "down_block_1": (9, 64, 64),
        "down_block_2": (64, 128, 128),
        "down_block_3": (128, 256, 256),
        "bottleneck": (256, 512, 512, 512),
        "up_block_1": (768, 256, 256),
        "up_block_2": (384, 128, 128),
        "up_block_3": (192, 64, 64),
    }
    for block, channels in sizes.items():
        for number, (taken, given) in enumerate(pairwise(channels), start=1):
            name = f"{block}.conv_{number}"
            layer(tensors, (f"{name}.conv", f"{name}.bn"), taken, given)
    tensors["predictor.weight"] = torch.randn(3, 64, 1, 1) / 8
    tensors["predictor.bias"] = torch.randn(3)
    return tensors


def wolfyeva_forward(tensors: Tensors, x: torch.Tensor) -> torch.Tensor:
    def through(block: str, depth: int, x: torch.Tensor) -> torch.Tensor:
        for i in range(1, depth + 1):
            x = convolved(tensors, f"{block}.conv_{i}.conv", x)
            x = normed(tensors, f"{block}.conv_{i}.bn", x).relu()
        return x

    x1 = through("down_block_1", 2, x)
    x2 = through("down_block_2", 2, functional.max_pool2d(x1, 2))
    x3 = through("down_block_3", 2, functional.max_pool2d(x2, 2))
    x = through("bottleneck", 3, functional.max_pool2d(x3, 2))
    x = through("up_block_1", 2, up(x, x3))
    x = through("up_block_2", 2, up(x, x2))
    x = through("up_block_3", 2, up(x, x1))
    return functional.conv2d(x, tensors["predictor.weight"], tensors["predictor.bias"])


def saved(tmp_path: Path, content: object) -> str:
    path = tmp_path / "theirs.pt"
    torch.save(content, path)
    return str(path)


def picture() -> torch.Tensor:
    return torch.rand(1, 9, 16, 24, generator=torch.Generator().manual_seed(1))


def test_the_port_of_tracknet(port: Tensors, tmp_path: Path) -> None:
    network, _ = load_network(saved(tmp_path, port))
    assert network.spec == SPECS["tracknet-v1"]
    loaded = network.state_dict()
    assert loaded.keys() == port.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in port.items())


@torch.inference_mode()
def test_chgyglins_tracknetv2(chgyglin: Tensors, tmp_path: Path) -> None:
    network, _ = load_network(saved(tmp_path, chgyglin))
    assert network.spec == SPECS["tracknet-v2"]
    expected = chgyglin_forward(chgyglin, picture())
    assert expected.std() > 0.1
    torch.testing.assert_close(network(picture()), expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_wolfyevas_tracknetv2(wolfyeva: Tensors, tmp_path: Path) -> None:
    content = {"epoch": 30, "model_state_dict": wolfyeva, "loss_list": [0.1], "param_dict": {}}
    network, _ = load_network(saved(tmp_path, content))
    assert (network.spec.frames_in, network.spec.frames_out) == (3, 3)
    expected = wolfyeva_forward(wolfyeva, picture())
    assert expected.std() > 0.1
    torch.testing.assert_close(network(picture()), expected, atol=1e-4, rtol=1e-4)


def wrapped(tensors: Tensors, prefix: str) -> Tensors:
    return {prefix + name: tensor for name, tensor in tensors.items()}


@pytest.fixture(scope="module")
def v3() -> Tensors:
    torch.manual_seed(0)
    return dict(TrackNet(NetworkSpec("tracknet-v3", 2, 2)).state_dict())


@pytest.mark.parametrize("prefix", ["module.", "model.", "module.model.", "_orig_mod."])
@pytest.mark.parametrize("outer", ["model", "model_state_dict", "state_dict", ""])
def test_what_is_around_the_tensors(v3: Tensors, prefix: str, outer: str, tmp_path: Path) -> None:
    """Several GPUs, Lightning, torch.compile."""
    inner = wrapped(v3, prefix)
    network, _ = load_network(saved(tmp_path, {outer: inner, "epoch": 1} if outer else inner))
    assert torch.equal(network.state_dict()["predictor.weight"], v3["predictor.weight"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(v3: Tensors, dtype: torch.dtype, tmp_path: Path) -> None:
    half = {n: t.to(dtype) if t.is_floating_point() else t for n, t in v3.items()}
    network, _ = load_network(saved(tmp_path, half))
    weight = network.state_dict()["predictor.weight"]
    assert weight.dtype == torch.float32
    torch.testing.assert_close(weight, v3["predictor.weight"], atol=1e-3, rtol=1e-2)


def test_a_file_written_with_numpy_1(v3: Tensors, tmp_path: Path) -> None:
    """Its scalars and arrays unpickle through a module that numpy 2 has renamed."""
    numbers = {"best": np.float64(0.9), "step": np.int64(7), "losses": np.linspace(0, 1, 3)}
    path = Path(saved(tmp_path, {"model": v3, "param_dict": numbers}))
    old = tmp_path / "numpy1.pt"
    with zipfile.ZipFile(path) as new, zipfile.ZipFile(old, "w") as file:
        for entry in new.namelist():
            data = new.read(entry)
            if entry.endswith("data.pkl"):
                assert b"numpy._core.multiarray" in data
                data = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            file.writestr(entry, data)
    network, _ = load_network(str(old))
    assert torch.equal(network.state_dict()["predictor.weight"], v3["predictor.weight"])


def test_a_whole_network_gets_a_sentence_of_its_own(tmp_path: Path) -> None:
    path = saved(tmp_path, nn.Sequential(nn.Conv2d(9, 64, 3), nn.ReLU()))
    with pytest.raises(WeightsError, match=r"holds a whole network.* state_dict\(\)") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_a_pickle_that_runs_code_is_refused_unrun(tmp_path: Path, chgyglin: Tensors) -> None:
    class Malicious:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "ran",))

    for content in ({"model": Malicious()}, {**chgyglin, "extra": Malicious()}, Malicious()):
        with pytest.raises(WeightsError, match="read safely"):
            load_network(saved(tmp_path, content))
        assert not (tmp_path / "ran").exists()


def test_norms_over_the_columns_are_refused(chgyglin: Tensors, tmp_path: Path) -> None:
    """Weights converted from Keras, which took the last axis for the channels."""
    columns = chgyglin | {"conv2d_1.bn.weight": torch.ones(512)}
    with pytest.raises(WeightsError, match="norm runs over the columns of the picture"):
        load_network(saved(tmp_path, columns))


def test_what_is_no_ball_tracker_is_refused(
    port: Tensors, chgyglin: Tensors, tmp_path: Path
) -> None:
    court = chgyglin | {"conv2d_18.weight": torch.zeros(33, 64, 1, 1)}
    with pytest.raises(WeightsError, match="9 channels in and 33 heatmaps out"):
        load_network(saved(tmp_path, court))
    fifteen = port | {"conv18.block.0.weight": torch.zeros(15, 64, 3, 3)}
    with pytest.raises(WeightsError, match=r"yastrebksv\), but it knows 15 grey levels"):
        load_network(saved(tmp_path, fifteen))
    torn = {name: tensor for name, tensor in chgyglin.items() if name != "conv2d_18.weight"}
    with pytest.raises(WeightsError, match=r"ChgygLin\), but no 'conv2d_18.weight'"):
        load_network(saved(tmp_path, torn))
