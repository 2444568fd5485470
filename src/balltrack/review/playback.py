"""A video as a browser plays it: as it is, or encoded once as H.264 in the cache."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path
from threading import Event, Thread

from balltrack.errors import BalltrackError
from balltrack.folders import cache_folder
from balltrack.outputs import make_folder
from balltrack.overlay.sound import Part, first_picture_s
from balltrack.overlay.writer import VideoWriter
from balltrack.structures import VideoInfo
from balltrack.video.probe import probe, source_of
from balltrack.video.reader import VideoReader, open_video
from balltrack.video.yuv import matrix_of_file

PLAYED = {
    ".mp4": {"h264", "vp9", "av1"},
    ".m4v": {"h264"},
    ".mov": {"h264"},
    ".webm": {"vp8", "vp9", "av1"},
}
"""Suffix → codecs that browsers play from such files, in eight bits and 4:2:0."""

LARGEST = 1280
"""Width of what is encoded for playing; single frames come at the video's size."""

CRF = 23

LATE = 0.25
"""Frames by which a picture that a browser shows may come late, and still be the one meant."""


class Playback:
    """The file to play, which may still be in the making.

    Attributes:
        total: frames to encode, as the container promises; None where it does not say.
        done: how many of them are.
        failure: what went wrong, in a line; empty where nothing did.
    """

    def __init__(self, info: VideoInfo) -> None:
        self._info = info
        self._stop = Event()
        self.total = info.frame_count
        self.done = 0
        self.failure = ""
        self._path: Path | None = Path(info.path) if is_played(info) else None
        self._thread: Thread | None = None
        if self._path is None:
            self._path = cached if (cached := _place(info)).is_file() else None
        if self._path is None:
            self._thread = Thread(target=self._make, name="balltrack-playback", daemon=True)
            self._thread.start()

    @property
    def path(self) -> Path | None:
        """The file; None until it is there."""
        return self._path

    def progress(self) -> dict[str, object]:
        """For the page."""
        ready = self._path is not None
        return {"ready": ready, "done": self.done, "total": self.total, "failure": self.failure}

    def close(self) -> None:
        """Give up what is being encoded; nothing is left of it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _make(self) -> None:
        place = _place(self._info)
        try:
            make_folder(place.parent)
            self._encode(place)
            self._path = place
        except _Stopped:
            return
        except (BalltrackError, OSError, ValueError) as error:
            self.failure = " ".join(str(error).split())

    def _encode(self, place: Path) -> None:
        info = self._info
        sound, part = None if info.stream is None else info.path, Part(stream=info.stream)
        share = min(1.0, LARGEST / info.width)
        size = (round(info.width * share), max(1, round(info.height * share)))
        with (
            _open(info, size) as reader,
            VideoWriter(
                place, size, info.frame_rate, crf=CRF, audio_from=sound, part=part
            ) as writer,
        ):
            for frame in reader.planar_frames(matrix_of_file(info.path, info.stream)):
                if self._stop.is_set():
                    raise _Stopped
                writer.write(frame.picture, frame.time_s)
                self.done += 1


class _Stopped(Exception):  # noqa: N818  # asked for, not a failure
    """Nobody waits for the video any more."""


def _open(info: VideoInfo, size: tuple[int, int]) -> VideoReader:
    return open_video(info.path, size=size, quiet=True, source=source_of(info))


def is_played(info: VideoInfo) -> bool:
    """Whether browsers play a file as it is, show the stream that is read, and count its time
    from the first picture, as the page does: their 0 is the container's, where sound may begin.
    """
    if probe(info.path).stream != info.stream:
        return False
    begins = Fraction(0) if info.stream is None else first_picture_s(info.path, info.stream)
    if abs(begins) * info.frame_rate >= LATE:
        return False
    codecs = PLAYED.get(Path(info.path).suffix.lower(), set())
    plain = info.pixel_format in ("yuv420p", "yuvj420p", "nv12") and not info.interlaced
    return info.codec.removeprefix("lib").replace("dav1d", "av1") in codecs and plain


def _place(info: VideoInfo) -> Path:
    """Where the encoded file of a video is kept: by its path, size, date and stream."""
    path = Path(info.path).resolve()
    stat = (path if path.exists() else path.parent).stat()  # of a pattern, its folder
    facts = f"{path} {stat.st_size} {stat.st_mtime_ns} {info.stream} {info.frame_rate}"
    key = hashlib.sha256(facts.encode(errors="surrogateescape")).hexdigest()[:24]
    return cache_folder() / "review" / f"{key}.mp4"
