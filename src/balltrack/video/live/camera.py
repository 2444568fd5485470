"""Pictures that a camera of this machine takes now."""

from __future__ import annotations

import time
from collections.abc import Generator
from fractions import Fraction
from functools import partial
from threading import Event
from typing import Any

import cv2
import numpy as np

from balltrack.errors import VideoError
from balltrack.structures import VideoInfo
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.live.sources import USUAL_RATE
from balltrack.video.opencv_reader import resized


class CameraReader(FileReader):
    """Reads a camera of this machine, by its number or its device, with OpenCV."""

    name = "OpenCV"
    patient = False

    def __init__(self, source: str, **part: Any) -> None:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # we say what it is
        self._camera = cv2.VideoCapture(int(source) if source.isdecimal() else source)
        shown, image = self._camera.read()
        if not shown:
            self._camera.release()
            raise VideoError(f"{source}: no camera of this number or name gives a picture")
        self._stopped = Event()
        rate = self._camera.get(cv2.CAP_PROP_FPS)
        height, width = image.shape[:2]
        info = VideoInfo(
            path=source,
            width=width,
            height=height,
            frame_rate=Fraction(rate).limit_denominator(1001) if rate > 0 else USUAL_RATE,
            frame_count=None,
            duration_s=None,
            codec="raw",
            pixel_format="bgr24",
            rotation=0,
            variable_frame_rate=True,
            has_audio=False,
        )
        self._begun = False
        try:
            super().__init__(info, **part)
        except BaseException:
            self._camera.release()
            raise

    def pictures(self) -> Generator[Picture]:
        """What the camera shows, at the times at which it came."""
        self._begun = True
        began = time.monotonic()
        try:
            while not self._stopped.is_set():
                shown, image = self._camera.read()
                if not shown:
                    return
                picture = np.asarray(image, np.uint8)
                yield Picture(time.monotonic() - began, partial(resized, picture))
        finally:
            self._camera.release()

    def close(self) -> None:
        """See `FileReader`."""
        super().close()
        if not self._begun:
            self._camera.release()

    def interrupt(self) -> None:
        """See `FileReader`."""
        self._stopped.set()
