"""A finished video: H.264 that plays everywhere, with its source's times and sound."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Self

from av.error import FFmpegError
from av.video.frame import VideoFrame

from balltrack.errors import OptionError, OutputError
from balltrack.outputs import check_place, partial_path, replace_file
from balltrack.overlay.encoder import Encoder
from balltrack.overlay.sound import WHOLE, Part
from balltrack.structures import Image

# By suffix; FFmpeg by itself would take .m4v for a bare MPEG-4 stream.
FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}
TICKS_PER_SECOND = 90_000  # MPEG's own clock: fine enough for any source
LARGEST_NUMERATOR = 1_000_000
WAITING_FRAMES = 4


class VideoWriter:
    """Writes frames into an H.264 file (8-bit 4:2:0), encoding in a thread of its own.

    A context manager. The file appears under its name when the block ends well; until
    then, and when anything fails, what was there before stays as it was. 4:2:0 needs an
    even width and height: an odd one is padded by repeating the last column or row.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: tuple[int, int],
        frame_rate: Fraction,
        *,
        crf: int = 20,
        audio_from: str | os.PathLike[str] | None = None,
        part: Part = WHOLE,
    ) -> None:
        """Check the place and open a file beside it.

        Args:
            path: ends in .mp4, .m4v or .mov.
            size: width and height of the frames in pixels.
            frame_rate: nominal frames per second; the times need not keep to it.
            crf: x264 quality, 0 (lossless) to 51.
            audio_from: the video that the frames come from. Its sound is copied, or encoded
                as AAC where it cannot be; its colour matrix and pixel shape are kept.
            part: of that video, which becomes this one: its start is this file's 0.

        Raises:
            OptionError: the name ends in something else.
            OutputError: nothing can be written there.
        """
        self._path = Path(path)
        self._size = size
        self._part = part
        self._clock = _Clock(frame_rate)
        check_name(self._path)
        check_place(self._path)
        suffix = self._path.suffix.lower()
        self._partial = partial_path(self._path)
        self._failure: Exception | None = None
        self._discarded = False
        self._waiting: Queue[tuple[Image | VideoFrame, int] | None] = Queue(WAITING_FRAMES)
        try:
            self._encoder = Encoder(
                self._partial,
                FORMATS[suffix],
                size,
                frame_rate,
                self._clock.time_base,
                crf,
                None if audio_from is None else (audio_from, part),
            )
        except (FFmpegError, OSError) as error:
            self._partial.unlink(missing_ok=True)
            raise self._cannot_write(error) from error
        self._thread = Thread(target=self._encode_all, name="balltrack-encode", daemon=True)
        self._thread.start()

    def write(self, picture: Image | VideoFrame, time_s: float) -> None:
        """Append a frame; waits while the encoder is behind.

        Args:
            picture: (H, W, 3) uint8 BGR of the writer's size, or what `PlaneConverter` makes of
                one; not to be changed afterwards.
            time_s: when it is shown, in seconds of the video that it comes from. Where this is
                NaN or not later than the frame before, the frame comes one nominal period
                after that.

        Raises:
            OutputError: writing failed, at this frame or before.
        """
        self._check(picture)
        self._raise_failure()
        self._waiting.put((picture, self._clock.ticks(time_s - self._part.start_s)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._discarded = kind is not None
        try:
            self._waiting.put(None)
            self._thread.join()
            if not self._discarded:
                self._raise_failure()
                self._publish()
        finally:
            self._partial.unlink(missing_ok=True)

    def _check(self, picture: Image | VideoFrame) -> None:
        width, height = self._size
        if isinstance(picture, VideoFrame):
            given = f"{picture.format.name}, {picture.width}x{picture.height}"
            fits = given == f"yuv420p, {width + width % 2}x{height + height % 2}"
        else:
            given, fits = str(picture.shape), picture.shape == (height, width, 3)
        if not fits:
            raise ValueError(f"VideoWriter: frames must be {width}x{height}, got {given}")

    def _publish(self) -> None:
        try:
            replace_file(self._partial, self._path)
        except OSError as error:
            raise self._cannot_write(error) from error

    def _encode_all(self) -> None:
        """The thread: takes frames until None comes, after a failure too, or `write` would hang."""
        while (item := self._waiting.get()) is not None:
            self._attempt(self._encoder.encode, *item)
        self._attempt(self._encoder.finish)
        self._encoder.close()

    def _attempt(self, step: Callable[..., None], *arguments: object) -> None:
        if self._failure is None and not self._discarded:
            try:
                step(*arguments)
            except Exception as error:
                self._failure = error

    def _raise_failure(self) -> None:
        failure = self._failure
        if isinstance(failure, FFmpegError | OSError):
            raise self._cannot_write(failure) from failure
        if failure is not None:
            raise failure

    def _cannot_write(self, error: FFmpegError | OSError) -> OutputError:
        return OutputError(
            f"{self._path}: cannot write the video: {error.strerror or error}; "
            "is the folder writable, and is there room?"
        )


class _Clock:
    """Seconds → ticks that always go up, in a time base that the frame rate divides."""

    def __init__(self, frame_rate: Fraction) -> None:
        numerator = frame_rate.numerator
        ticks = numerator * math.ceil(TICKS_PER_SECOND / numerator)
        # A measured average rate can be a fraction of huge numbers, which MP4 cannot hold.
        self.time_base = Fraction(1, ticks if numerator <= LARGEST_NUMERATOR else TICKS_PER_SECOND)
        self._period = max(1, round(1 / (frame_rate * self.time_base)))
        self._next = 0  # where a frame without a usable time goes
        self._last: int | None = None

    def ticks(self, time_s: float) -> int:
        wanted = round(time_s / self.time_base) if math.isfinite(time_s) else self._next
        if self._last is not None and wanted <= self._last:
            wanted = self._next
        self._last, self._next = wanted, wanted + self._period
        return wanted


def check_name(path: Path) -> None:
    """Raise `OptionError` where the name of a video ends in something that is not written."""
    if path.suffix.lower() not in FORMATS:
        raise OptionError(f"{path}: the name of a video must end in {', '.join(FORMATS)}")
