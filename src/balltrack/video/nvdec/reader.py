"""Reading with the decoder of an NVIDIA GPU, through PyAV."""

from __future__ import annotations

from typing import ClassVar

from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.frame import VideoFrame

from balltrack.errors import VideoError
from balltrack.video.container import open_container, video_stream
from balltrack.video.file_reader import Picture
from balltrack.video.pyav_reader import PyavReader, Threads

TORCHS_CONTEXT: dict[str, object] = {"primary_ctx": "0", "current_ctx": "1"}
"""FFmpeg decodes in the CUDA context that torch has made, not in one of its own."""


class NvdecReader(PyavReader):
    """Decodes on the GPU (FFmpeg's NVDEC) and refuses what the GPU cannot decode.

    Where torch can use the GPU, pictures stay there: what is made of them is made there, within a
    few of 255 levels of what the other readers make (`surfaces`), and only small ones come to main
    memory. Without, and where a side of the picture is odd, frames are brought back as NV12;
    resized, they are the other readers' pixels to the last bit, at the source's size swscale
    spreads their colour differently (by one grey level on average).

    A packet that fails here need not be damaged, so nothing is skipped: it ends the pass with
    an error, and `FallbackReader` has a software decoder go on.
    """

    name = "NVDEC"
    # Decoding several frames at once would need more surfaces than the GPU has, for no gain.
    _passes: ClassVar[tuple[Threads, ...]] = ("SLICE",)

    def _open(self) -> InputContainer:
        """A container whose video is decoded by the GPU, or not at all."""
        path = self.info.path
        if self.info.interlaced:  # what stays on the GPU is not put straight (`filters`)
            raise VideoError(f"{path}: NVDEC is for progressive video; use auto")
        absent = f"{path}: no NVIDIA GPU here decodes its {self.info.codec}; use auto"
        try:
            container = open_container(path, self._accelerator())
        except (VideoError, RuntimeError) as error:  # no driver; no stream that it could take
            raise VideoError(absent) from error
        stream = video_stream(container, path, self.info.stream)
        if not stream.codec_context.is_hwaccel:  # but another one is
            container.close()
            raise VideoError(absent)
        return container

    def _accelerator(self) -> HWAccel:
        import torch  # noqa: PLC0415  # takes a second, and only this reader needs it

        if not torch.cuda.is_available() or self.info.width % 2 or self.info.height % 2:
            return HWAccel("cuda", allow_software_fallback=False)
        torch.cuda.synchronize()  # its context is this thread's from here on
        return HWAccel(
            "cuda", allow_software_fallback=False, options=TORCHS_CONTEXT, is_hw_owned=True
        )

    def _picture(self, time_s: float, frame: VideoFrame, *, corrupt: bool) -> Picture:
        if not stays(frame):
            return super()._picture(time_s, frame, corrupt=corrupt)
        from balltrack.video.nvdec.surfaces import Surface  # noqa: PLC0415  # loads torch

        surface = Surface(frame, self.info)
        return Picture(time_s, surface.image, elsewhere=surface, corrupt=corrupt)

    def _skip(self, error: Exception) -> None:
        raise VideoError(f"{self.info.path}: NVDEC cannot decode it all; use auto") from error


def stays(frame: VideoFrame) -> bool:
    """Whether a picture is on the GPU."""
    return frame.format.name == "cuda"
