"""A detector in one file: the ball is where the picture is brightest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from balltrack.detection.detector import Description
from balltrack.geometry import Fit, Scaling
from balltrack.options import TrackOptions
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Candidate, Frame, FrameCandidates
from balltrack.trajectory.motion import DEFAULT


class BrightestPixel:
    """A `Detector`."""

    size = (320, 180)
    fit: Fit = "stretch"
    linking = DEFAULT
    verifier = "none"
    lag = 0
    description = Description("brightest-pixel", "opencv", "cpu", "uint8", 1, 1)

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        """See `Detector`."""
        for frame in observer.iterate("prepare", frames):
            grey = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
            _, brightest, _, place = cv2.minMaxLoc(cv2.blur(grey, (3, 3)))
            x, y = scaling.to_source(np.array(place)).tolist()
            found = (Candidate(x, y, brightest / 255),) if brightest > 128 else ()
            yield FrameCandidates(frame.index, frame.time_s, frame.shot, found)


def load(_: TrackOptions) -> BrightestPixel:
    """What `balltrack.detection.registry.DETECTORS` names."""
    return BrightestPixel()
