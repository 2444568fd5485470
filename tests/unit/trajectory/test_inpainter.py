"""InpaintNet as an inpainter: what it is shown, and where its answers go."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.models.trajectory.inpaintnet_arrays import ArrayInpaintNet, Rows
from balltrack.structures import FloatArray
from balltrack.trajectory.inpainting import InpaintNetInpainter, frame_of


class Recorder:
    """Answers with the mean of the seen rows, and remembers what it was shown."""

    def __init__(self) -> None:
        self.asked: list[Rows] = []

    def __call__(self, rows: Rows) -> Rows:
        self.asked.append(rows.copy())
        seen = (rows[..., :2] != 0).all(-1, keepdims=True)
        mean = (rows[..., :2] * seen).sum(1, keepdims=True) / seen.sum(1, keepdims=True)
        return np.repeat(mean, rows.shape[1], axis=1)


def untrained() -> tuple[InpaintNet, ArrayInpaintNet]:
    torch.manual_seed(0)
    network = InpaintNet().eval()
    return network, ArrayInpaintNet({k: v.numpy() for k, v in network.state_dict().items()})


@torch.no_grad()
def test_on_arrays_it_is_the_network_that_was_trained() -> None:
    network, arrays = untrained()
    rows = np.random.default_rng(0).random((3, 21, 3), dtype=np.float32)
    expected = network(torch.from_numpy(rows)).numpy()
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(arrays(rows), expected, atol=1e-6)


def diagonal(count: int, *hidden: int) -> tuple[FloatArray, np.ndarray]:
    positions = np.linspace(0.2, 0.8, count)[:, None].repeat(2, axis=1)
    mask = np.isin(np.arange(count), hidden)
    return np.where(mask[:, None], np.nan, positions), mask


def test_only_the_gap_is_written() -> None:
    positions, mask = diagonal(40, 20, 21)
    filled = InpaintNetInpainter(untrained()[1])(positions, mask)
    np.testing.assert_array_equal(filled[~mask], positions[~mask])
    assert np.isfinite(filled[mask]).all()


def test_upstreams_network_sees_sixteen_rows_in_shares_of_the_picture() -> None:
    network = Recorder()
    positions, mask = diagonal(40, 20, 21)
    InpaintNetInpainter(network, "image")(positions, mask)
    (rows,) = network.asked[-1]
    shown = np.nan_to_num(positions[13:29])
    np.testing.assert_allclose(rows, np.c_[shown, mask[13:29]], rtol=1e-6)


def test_the_window_reaches_beyond_neither_end_of_the_shot() -> None:
    network = Recorder()
    positions, mask = diagonal(6, 2)
    filled = InpaintNetInpainter(network, "image")(positions, mask)
    (rows,) = network.asked[-1]
    assert rows.shape == (16, 3)
    assert np.count_nonzero(rows.any(axis=1)) == 6
    assert filled[2] == pytest.approx(positions[~mask].mean(axis=0))


def test_a_long_gap_gets_a_longer_window() -> None:
    network = Recorder()
    InpaintNetInpainter(network)(*diagonal(60, *range(20, 34)))
    assert network.asked[-1].shape == (1, 14 + 8, 3)


def test_each_gap_gets_its_own_window_and_sees_the_others_as_gaps() -> None:
    network = Recorder()
    InpaintNetInpainter(network, "image")(*diagonal(60, 20, 26))
    assert [rows.shape for rows in network.asked] == [(1, 16, 3)] * 2
    assert [rows[..., 2].sum() for rows in network.asked] == [2, 2]


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_in_window_coordinates_place_and_size_do_not_matter(scale: float) -> None:
    positions, mask = diagonal(40, 20, 21)
    inpaint = InpaintNetInpainter(untrained()[1])
    moved = inpaint((positions - 0.2) * scale + 0.05, mask)
    np.testing.assert_allclose(
        moved[mask], (inpaint(positions, mask)[mask] - 0.2) * scale + 0.05, atol=1e-6
    )


def test_the_window_is_square_on_the_grid_and_never_tiny() -> None:
    wide = np.array([[[0.1, 0.5], [0.6, 0.5], [np.nan, np.nan]]])
    centre, side = frame_of(wide, "window")
    assert centre.tolist() == [[[0.35, 0.5]]]
    assert side[0, 0, 0] * 512 == pytest.approx(0.5 * 512 * 1.5)
    assert side[0, 0, 1] * 288 == pytest.approx(side[0, 0, 0] * 512)
    still = np.full((1, 3, 2), 0.5)
    assert frame_of(still, "window")[1][0, 0, 0] * 512 == pytest.approx(8)


def test_without_a_gap_nothing_is_asked() -> None:
    positions, mask = diagonal(10)
    np.testing.assert_array_equal(InpaintNetInpainter(Recorder())(positions, mask), positions)
