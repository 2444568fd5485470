"""Filling gaps with InpaintNet: rows around each gap → network → positions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from balltrack.geometry import PAPER_GRID
from balltrack.models.trajectory.inpaintnet_arrays import SEQUENCE_LENGTH, Coordinates, Rows
from balltrack.structures import FloatArray

Network = Callable[[Rows], Rows]
"""InpaintNet: (B, L, 3) → (B, L, 2), see `network_rows`."""

CONTEXT = 4
"""Rows of the window that are left on either side of a long gap."""

MARGIN = 0.25
"""Of the square around what was seen, on every side: hidden turning points lie outside it."""

SMALLEST_SQUARE = 8.0
"""Side of the square at least, pixels of the 512x288 grid, so that jitter is not blown up."""


class InpaintNetInpainter:
    """An `Inpainter` that asks InpaintNet.

    Args:
        network: such as `balltrack.models.trajectory.inpaintnet_arrays.ArrayInpaintNet`.
        coordinates: what it was trained with.
    """

    def __init__(self, network: Network, coordinates: Coordinates = "window") -> None:
        self.network = network
        self.coordinates = coordinates

    def __call__(self, positions: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        edges = np.diff(mask.astype(np.int8), prepend=0, append=0)
        gaps = zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True)
        filled = positions.copy()
        for start, stop in gaps:  # each by itself: no answer depends on how many others there are
            filled[start:stop] = self._fill(positions, mask, int(start), int(stop))
        return filled

    def _fill(
        self, positions: FloatArray, mask: npt.NDArray[np.bool_], start: int, stop: int
    ) -> FloatArray:
        """(stop - start, 2) positions for one gap, which lies in the middle of its window."""
        length = max(SEQUENCE_LENGTH, stop - start + 2 * CONTEXT)
        first = (start + stop - length) // 2
        rows = first + np.arange(length)  # beyond the ends as well
        inside = (rows >= 0) & (rows < len(positions))
        rows = rows.clip(0, len(positions) - 1)
        seen = np.where((inside & ~mask[rows])[:, None], positions[rows], np.nan)
        wanted = mask[rows] & inside
        answer = fill_windows(self.network, seen[None], wanted[None], self.coordinates)
        return answer[0, start - first : stop - first]


def fill_windows(
    network: Network,
    windows: FloatArray,
    mask: npt.NDArray[np.bool_],
    coordinates: Coordinates,
) -> FloatArray:
    """(B, L, 2) shares of the picture, NaN where not seen, and where to fill → filled."""
    centre, side = frame_of(windows, coordinates)
    inputs = network_rows((windows - centre) / side + 0.5, mask)
    return np.asarray((network(inputs).astype(np.float64) - 0.5) * side + centre)


def network_rows(windows: FloatArray, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """(B, L, 3) rows for the network: x, y (0 where not seen) and the mask."""
    xy = np.nan_to_num(windows, nan=0.0)
    return np.concatenate([xy, mask[..., None]], axis=-1, dtype=np.float32)


def frame_of(windows: FloatArray, coordinates: Coordinates) -> tuple[FloatArray, FloatArray]:
    """Centre (B, 1, 2) and sides (B, 1, 2) of the network's unit square, shares of the picture.

    Args:
        windows: (B, L, 2) shares of the picture, NaN where not seen; something is seen in
            every window.
    """
    if coordinates == "image":
        return np.full((len(windows), 1, 2), 0.5), np.ones((len(windows), 1, 2))
    low = np.nanmin(windows, axis=1, keepdims=True)
    high = np.nanmax(windows, axis=1, keepdims=True)
    extent = ((high - low) * PAPER_GRID).max(axis=-1, keepdims=True)  # square on the grid
    side = np.maximum(extent * (1 + 2 * MARGIN), SMALLEST_SQUARE) / PAPER_GRID
    return (low + high) / 2, side
