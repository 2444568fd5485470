"""The face of everything that finds candidates: a network, two together, a classical tracker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from balltrack.geometry import Fit, Scaling
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Frame, FrameCandidates
from balltrack.trajectory.motion import LinkingParameters


@dataclass(frozen=True)
class Description:
    """What computes a detector's answers, for people and reports.

    Attributes:
        weights: names, "tracknet-v3 + tracknet-v2".
        runtime: library that computes: "torch", "openvino", "opencv".
        device: "cpu", "cuda:1", …
        precision: numbers it computes in: "fp32", "bf16", "fp16", "int8", "uint8".
        threads: of the CPU.
        batch_size: windows a network call.
    """

    weights: str
    runtime: str
    device: str
    precision: str
    threads: int
    batch_size: int


class Detector(Protocol):
    """Says where the ball may be on each frame; loaded once, for any number of videos.

    Attributes:
        size: (width, height) of the pictures that it takes, pixels.
        fit: how a picture of another shape comes to that size.
        linking: what linking may believe of its candidates.
        verifier: weights of the second look that goes with it, where nothing else is asked for;
            "none" where it does without.
        description: what computes its answers.
        lag: frames that must have come after a frame before its candidates do, at most, where the
            options ask for rows at a fixed lag.
    """

    @property
    def size(self) -> tuple[int, int]: ...

    @property
    def fit(self) -> Fit: ...

    @property
    def linking(self) -> LinkingParameters: ...

    @property
    def verifier(self) -> str: ...

    @property
    def description(self) -> Description: ...

    @property
    def lag(self) -> int: ...

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        """What may be the ball: one entry a frame, in order, positions in source pixels.

        Args:
            frames: in order, images of ``size``, with their shots numbered.
            scaling: from source pixels to those of the images.
            observer: watches the stages "prepare" and "network".
        """
        ...
