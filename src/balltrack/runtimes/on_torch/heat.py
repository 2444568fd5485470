"""Heatmaps that stay on the GPU: only what is warm in them comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from balltrack.runtimes.on_torch.runtime import TorchRuntime, fetch
from balltrack.runtimes.runtime import WarmHeatmap
from balltrack.scene.windows import Window

MOST_WARM = 4096
"""Warm pixels of a heatmap that come back, of 147,456: of trained networks a few hundred are. A
heatmap that has more comes back whole."""


class KeepingRuntime(TorchRuntime):
    """A `HeatKeeper`: heatmaps are tensors on its device until somebody wants the warm pixels.

    Nothing waits for the device but what `warm` gives, when it is called.
    """

    def keep(self, windows: Sequence[Window]) -> torch.Tensor:
        """See `HeatKeeper`."""
        with self.computing(len(windows)):
            # What a recording gives is overwritten by the batch after it.
            return self._answer(self._bytes(windows)).clone()

    def put(self, heatmaps: npt.NDArray[np.float32]) -> torch.Tensor:
        """See `HeatKeeper`."""
        return torch.from_numpy(heatmaps).to(self.device)

    def take(self, heatmaps: torch.Tensor) -> npt.NDArray[np.float32]:
        """See `HeatKeeper`."""
        return heatmaps.cpu().numpy()

    def warm(
        self, heatmaps: Sequence[torch.Tensor], above: float
    ) -> Callable[[], list[WarmHeatmap]]:
        """See `HeatKeeper`."""
        with self.computing(len(heatmaps)):
            flat = torch.stack(list(heatmaps)).flatten(1)
            hottest, places = flat.topk(min(MOST_WARM, flat.shape[1]))
            fetched = (fetch(hottest), fetch(places))

        def answer() -> list[WarmHeatmap]:
            hottest, places = (array() for array in fetched)
            return [_warm(*row, above) for row in zip(heatmaps, hottest, places, strict=True)]

        return answer


def _warm(
    heatmap: torch.Tensor,
    hottest: npt.NDArray[np.float32],
    places: npt.NDArray[np.int64],
    above: float,
) -> WarmHeatmap:
    if hottest[-1] > above:
        return WarmHeatmap(heatmap.cpu().numpy())
    warm = hottest > above
    values, places = hottest[warm], places[warm]
    order = np.lexsort((places, -values))  # of pixels as hot as each other, the first one first
    array = np.zeros(heatmap.shape, np.float32)
    array.flat[places] = values
    return WarmHeatmap(array, places[order])
