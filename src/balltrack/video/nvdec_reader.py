"""Reading with the decoder of an NVIDIA GPU, through PyAV."""

from __future__ import annotations

from typing import ClassVar

from av.codec.hwaccel import HWAccel
from av.container import InputContainer

from balltrack.errors import VideoError
from balltrack.video.container import open_container, video_stream
from balltrack.video.pyav_reader import PyavReader, Threads


class NvdecReader(PyavReader):
    """Decodes on the GPU (FFmpeg's NVDEC) and refuses what the GPU cannot decode.

    Frames are brought back to main memory: from the resizer on, everything works there. That
    spares the processor the decoding, not the resizing, which costs it about half as much.
    Frames come as NV12; resized, they are the other readers' pixels to the last bit, at the
    source's size swscale spreads their colour differently (by one grey level on average).

    A packet that fails here need not be damaged, so nothing is skipped: it ends the pass with
    an error, and `FallbackReader` has a software decoder go on.
    """

    name = "NVDEC"
    # Decoding several frames at once would need more surfaces than the GPU has, for no gain.
    _passes: ClassVar[tuple[Threads, ...]] = ("SLICE",)

    def _open(self) -> InputContainer:
        """A container whose video is decoded by the GPU, or not at all."""
        path = self.info.path
        absent = f"{path}: no NVIDIA GPU here decodes its {self.info.codec}; use auto"
        try:
            container = open_container(path, HWAccel("cuda", allow_software_fallback=False))
        except (VideoError, RuntimeError) as error:  # no driver; no stream that it could take
            raise VideoError(absent) from error
        stream = video_stream(container, path, self.info.stream)
        if not stream.codec_context.is_hwaccel:  # but another one is
            container.close()
            raise VideoError(absent)
        return container

    def _skip(self, error: Exception) -> None:
        raise VideoError(f"{self.info.path}: NVDEC cannot decode it all; use auto") from error
