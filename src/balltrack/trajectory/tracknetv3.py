"""Gaps filled by TrackNetV3's own rules, in whole pixels; loads torch.

After qaz812345/TrackNetV3, ``predict.py`` and ``test.py``. That script rounds to whole pixels by
cutting off, so that the last bit of a sum decides about a pixel: sums are torch's here, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch

from balltrack.geometry import PAPER_GRID
from balltrack.models.trajectory.inpaintnet_arrays import SEQUENCE_LENGTH
from balltrack.options import Ensemble
from balltrack.structures import FloatArray, FrameCandidates, Source, Track
from balltrack.tracks import join_tracks
from balltrack.trajectory.path import PathFinder

Network = Callable[[torch.Tensor], torch.Tensor]
"""InpaintNet in shares of the picture: (B, L, 3) float32 → (B, L, 2)."""

TOP = 0.05
"""Share of the picture's height: a ball last seen higher has left through the top."""

CORNER = 50 / math.hypot(*PAPER_GRID)
"""Positions of which both shares are smaller count as no ball (``COOR_TH``)."""

BATCH = 16


@dataclass(frozen=True)
class InpaintedPath:
    """Each frame's one candidate, and InpaintNet where the rules ask it.

    The rules know no longest gap: all rows are held, some 100 bytes each, and leave together.

    Attributes:
        network: fills.
        ensemble: how its windows are put together.
    """

    network: Network
    ensemble: Ensemble

    def rows(
        self, candidates: Iterable[FrameCandidates], frame_rate: float, size: tuple[int, int]
    ) -> Iterator[Track]:
        """See `PathFinder.rows`; one piece."""
        seen = PathFinder(link=False, rectify=False).rows(candidates, frame_rate, size)
        track = join_tracks(seen)
        if len(track):
            yield inpaint(track, self.network, self.ensemble, size)


def inpaint(track: Track, network: Network, mode: Ensemble, size: tuple[int, int]) -> Track:
    """The track as ``predict.py`` writes it with an InpaintNet.

    Where windows overlap, and the track is shorter than one of them, it is given back as it is;
    upstream then writes nothing.

    Args:
        track: of one shot, in whole pixels.
        network: fills.
        mode: see `balltrack.options.Ensemble`.
        size: (width, height) of the source, pixels.

    Returns:
        The same rows. Each went through a sum of shares of the picture and back, which may
        take a pixel off what was seen; what lies near the top left corner is lost.
    """
    if mode != "nonoverlap" and len(track) < SEQUENCE_LENGTH:
        return track
    mask = hidden(track, TOP * size[1])
    shares = torch.from_numpy(np.nan_to_num(track.xy) / size).float()
    rows = torch.cat([shares, torch.from_numpy(mask)[:, None].float()], dim=1)  # (N, 3)
    if mode == "nonoverlap":
        rows = torch.cat([rows, rows[-1:].expand(-len(rows) % SEQUENCE_LENGTH, -1)])
        filled = torch.cat([*_filled(rows, SEQUENCE_LENGTH, network)])[: len(track)]
    else:
        windows = torch.stack([*_filled(rows, 1, network)])
        filled = without_corner(overlaid(windows, mode))
    xy = _whole_pixels(filled.numpy().astype(np.float64), size)
    seen = (xy != 0).any(axis=1)
    source = np.where(mask, Source.INPAINTED, track.source)
    return replace(
        track,
        xy=np.where(seen[:, None], xy, np.nan),
        score=np.where(mask | ~seen, 0, track.score).astype(np.float32),
        source=np.where(seen, source, Source.NONE).astype(np.int8),
    )


def hidden(track: Track, top: float) -> npt.NDArray[np.bool_]:
    """(N,) where InpaintNet is to fill (``generate_inpaint_mask``).

    A gap of any length between rows that are both lower than ``top`` pixels, or before a
    first one that is. Never one that begins at the second row, or lasts to the end.
    """
    mask = np.zeros(len(track), dtype=bool)
    for before, after in pairwise([-1, *np.flatnonzero(track.visible).tolist()]):
        starts_low = before == -1 or (before > 0 and track.xy[before, 1] > top)
        if starts_low and track.xy[after, 1] > top:
            mask[before + 1 : after] = True
    return mask


def _filled(rows: torch.Tensor, stride: int, network: Network) -> Iterator[torch.Tensor]:
    """The (L, 2) positions of every window, those of the mask filled.

    Args:
        rows: (N, 3) x, y and mask, at least L.
        stride: rows from one window to the next.
        network: fills.
    """
    windows = rows.unfold(0, SEQUENCE_LENGTH, stride).transpose(1, 2)  # (B, L, 3)
    with torch.inference_mode():
        for batch in torch.split(windows, BATCH):
            seen, mask = batch[..., :2], batch[..., 2:]
            yield from without_corner(network(batch) * mask + seen * (1 - mask))


def without_corner(shares: torch.Tensor) -> torch.Tensor:
    """(..., 2) with what lies near the top left corner moved into it."""
    return shares.masked_fill((shares < CORNER).all(dim=-1, keepdim=True), 0.0)


def overlaid(windows: torch.Tensor, mode: Ensemble) -> torch.Tensor:
    """(B, L, 2) windows at every row → (B + L - 1, 2), as `detection.tracknetv3.merge`.

    Row by row, as upstream has it: torch adds more numbers at a time up in another order.
    """
    count, length, _ = windows.shape
    place = torch.arange(length - 1, -1, -1)
    weights = torch.ones(length)
    if mode == "weight":
        weights = torch.minimum(place + 1, length - place).float()
    weights /= weights.sum()
    beyond = torch.zeros(length - 1, length, 2)
    padded = torch.cat([beyond, windows, beyond])
    filled = []
    for row in range(count + length - 1):
        answers = padded[row + length - 1 - place, place]  # the oldest window's first
        if row >= count:
            filled.append(answers.sum(0) / (count + length - 1 - row))
        elif row < length - 1:
            filled.append(answers.sum(0) / (row + 1))
        else:
            filled.append((answers * weights[:, None]).sum(0))
    return torch.stack(filled)


def _whole_pixels(shares: FloatArray, size: tuple[int, int]) -> FloatArray:
    """(N, 2) pixels, cut off. By way of the grid and in float64, as numpy before 2 has it."""
    grid = np.array(PAPER_GRID, dtype=np.float64)
    return np.trunc(shares * grid * (size / grid))
