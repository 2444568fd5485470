"""OpenCV as long as it can be trusted, PyAV from the very next frame on."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator
from contextlib import closing
from itertools import islice

from balltrack.errors import VideoError
from balltrack.video.container import last_packet_s
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.opencv_reader import OpenCVReader
from balltrack.video.pyav_reader import PyavReader

_log = logging.getLogger("balltrack")


class TakeoverReader(FileReader):
    """One picture for each that can be decoded, whichever library can.

    PyAV takes over, with one warning that says why, where OpenCV cannot open or decode the
    file, stops before the container's last packet, or gives times that do not rise; and from
    the start where frames are interlaced or come at a varying rate. It reads forward to the
    same frame: both libraries number the pictures of a file alike, seeking does not.

    Where OpenCV does not give the number of frames that the container promises, finding out
    whether there is more takes a look at the container's last packets.
    """

    def pictures(self) -> Generator[Picture]:
        """OpenCV's pictures, then PyAV's, if there are more."""
        if self.info.interlaced:
            given, reason = 0, "its frames are interlaced"
        elif self.info.variable_frame_rate:
            given, reason = 0, "its frame rate varies"
        else:
            given, reason = yield from self._from_opencv()
        if not reason:
            return
        with closing(PyavReader(self.info, size=self.size).pictures()) as pictures:
            for picture in islice(pictures, given, None):
                if reason:
                    _log.warning(
                        "%s: %s; PyAV reads it from frame %d on", self.info.path, reason, given
                    )
                    reason = ""
                yield picture

    def _from_opencv(self) -> Generator[Picture, None, tuple[int, str]]:
        """Gives pictures; returns how many, and why there may be more ('' when there are not)."""
        reader = OpenCVReader(self.info, size=self.size)
        given = 0
        with closing(reader.pictures()) as pictures:
            try:
                for picture in pictures:
                    if math.isnan(picture.time_s):
                        return given, "OpenCV's times stop rising"
                    yield picture
                    given += 1
            except VideoError:
                return given, "OpenCV cannot read it"
        if not given:
            return given, f"OpenCV cannot decode {self.info.codec}"
        if given == self.info.frame_count:
            return given, ""
        packet_s = last_packet_s(self.info.path)
        half_frame_s = float(0.5 / self.info.frame_rate)
        if packet_s is None or packet_s <= reader.position_s + half_frame_s:
            return given, ""
        return given, "OpenCV stops before the last packet"
