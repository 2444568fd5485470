from copy import deepcopy

import pytest
import torch

from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.training.heatmaps.differencing import (
    difference_input,
    fold_difference,
    unfold_difference,
)


@pytest.mark.parametrize("stem_stride", [1, 2])
def test_folding_moves_the_change_of_input_into_the_weights(stem_stride: int) -> None:
    torch.manual_seed(0)
    spec = NetworkSpec("t", 4, 4, 32, 48, "concat", base_width=8, stem_stride=stem_stride)
    network = TrackNet(spec).eval()
    x = torch.rand(2, spec.in_channels, 32, 48)
    folded = deepcopy(network)
    fold_difference(folded)
    before, after = network.first_convolution, folded.first_convolution
    with torch.inference_mode():
        assert torch.allclose(before(difference_input(x)), after(x), atol=1e-5)
        assert not torch.allclose(before(x), after(x), atol=1e-2)
        assert torch.allclose(network(difference_input(x)), folded(x), atol=1e-5)
    unfold_difference(folded)
    for name, tensor in network.state_dict().items():
        assert torch.allclose(tensor, folded.state_dict()[name], atol=1e-6), name
