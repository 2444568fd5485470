"""The verifier: what it takes, what it gives, and where it looks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from balltrack.models.verifier.network import Verifier, differences
from balltrack.models.verifier.patches import CELL, NOW, OFFSETS, SIDE
from balltrack.training.verifier.patch_batches import disc_targets


@pytest.fixture(scope="module")
def network() -> Verifier:
    torch.manual_seed(0)
    return Verifier().eval()


def patches(count: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    shape = (count, len(OFFSETS), SIDE, SIDE, 3)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


def test_an_untrained_one_expects_hardly_any_balls(network: Verifier) -> None:
    with torch.inference_mode():
        logits = network(patches())
    assert logits.shape == (2, 16, 16)
    assert torch.sigmoid(logits).mean() < 0.15


def test_evidence_is_the_highest_answer_near_the_middle(network: Verifier) -> None:
    logits = torch.full((3, 16, 16), -4.0)
    logits[0, 7, 8] = 2.0
    logits[1, 0, 0] = 9.0  # far out
    logits[2, 8, 10] = 1.0  # the cell whose middle is 10 px to the right
    assert network.verdicts(logits)[:, 0].tolist() == [2.0, -4.0, 1.0]
    assert int(network.reachable.sum()) == 24
    assert torch.equal(network.reachable, network.reachable.flip(0))
    assert torch.equal(network.reachable, network.reachable.T)


@pytest.mark.parametrize("ball", [(32.0, 32.0), (26.5, 39.0), (38.0, 25.0)])
def test_the_place_is_where_the_taught_disc_lies(
    network: Verifier, ball: tuple[float, float]
) -> None:
    disc = disc_targets(np.array([ball]))
    verdict = network.verdicts(disc * 24 - 12)[0]
    assert verdict[0] == 12
    where = verdict[1:] + SIDE // 2
    assert torch.dist(where, torch.tensor(ball)) < CELL / 2
    elsewhere = disc_targets(np.array([(3.0, 60.0)]))  # another ball, out of reach
    both = network.verdicts(torch.maximum(disc, elsewhere) * 24 - 12)[0]
    torch.testing.assert_close(both, verdict, atol=0.01, rtol=0)


def test_it_sees_every_frame_and_where_each_stands(network: Verifier) -> None:
    given = patches(1)
    with torch.inference_mode():
        answer = network(given)
        for number in range(len(OFFSETS)):
            changed = given.clone()
            changed[:, number] = 255 - changed[:, number]
            assert not torch.allclose(network(changed), answer)
        assert not torch.allclose(network(given.flip(1)), answer)


def test_where_nothing_changes_it_sees_the_middle_frame_alone() -> None:
    still = patches(1)[:, NOW : NOW + 1].expand(1, len(OFFSETS), SIDE, SIDE, 3)
    images = differences(still).unflatten(1, (len(OFFSETS), 3))
    now = still[:, NOW].permute(0, 3, 1, 2) / 255 - 0.5
    torch.testing.assert_close(images[:, NOW], now)
    images[:, NOW] = 0
    assert not images.any()


def test_bytes_and_numbers_are_the_same_to_it(network: Verifier) -> None:
    with torch.inference_mode():
        torch.testing.assert_close(network(patches()), network(patches().float()))
