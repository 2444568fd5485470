"""Frames in a row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def runs(
    mask: npt.NDArray[np.bool_], frame_index: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.int64]]:
    """The longest stretches of true rows whose frames follow each other without a hole.

    Args:
        mask: (N,) rows to look at.
        frame_index: (N,) increasing frame of each row.

    Returns:
        Row numbers, (length,) for each stretch, in order.
    """
    rows = np.flatnonzero(mask)
    if not len(rows):
        return []
    # Between two frames that follow each other there is no other row.
    breaks = np.flatnonzero(np.diff(frame_index[rows]) != 1)
    return np.split(rows, breaks + 1)
