"""What TrackNetV3's own script shows its network: the whole clip as one shot, Pillow's pictures.

After qaz812345/TrackNetV3, ``predict.py`` and ``dataset.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from balltrack.errors import OptionError
from balltrack.models.specs import BackgroundMode
from balltrack.scene.differences import ShownFrame, show
from balltrack.scene.windows import Window
from balltrack.structures import FloatArray, Frame, Image, VideoInfo
from balltrack.video.fallback_reader import FallbackReader
from balltrack.video.file_reader import FileReader, Picture

if TYPE_CHECKING:
    from types import ModuleType

SAMPLES = 1800
"""Of a clip of twice as many frames every second one counts for the background, of three times as
many every third (``--large_video``, ``--max_sample_num``)."""

BAND_BYTES = 512 << 20
"""Most of the sampled frames that is held at a time."""


@dataclass(frozen=True, kw_only=True)
class ClipFrame(ShownFrame):
    """A frame beside the background of its clip, a like image; None where none was asked for."""

    background: Image | None


class WholeClipReader(FallbackReader):
    """Decodes at the source's size and resizes with Pillow's bicubic; no cuts, `ClipFrame`s.

    Args:
        info, readers, size, start_s, end_s: see `FallbackReader`.
        background: what the frames want of one. Unless that is "none", opening decodes the clip
            several times, see `clip_median`.

    Raises:
        OptionError: Pillow is not installed; or as `FileReader`.
        VideoError: the file cannot be read.
    """

    def __init__(
        self,
        info: VideoInfo,
        readers: Sequence[type[FileReader]],
        *,
        size: tuple[int, int],
        background: BackgroundMode,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        super().__init__(info, readers, size=size, start_s=start_s, end_s=end_s)
        self._pillow = _pillow()
        self._mode = background
        self._median: FloatArray | None = None
        self._background: Image | None = None
        if background != "none":
            again = partial(FallbackReader, info, readers, start_s=start_s, end_s=end_s, quiet=True)
            self._median = clip_median(lambda: again().frames(), (info.width, info.height))
        if background == "concat" and self._median is not None:
            self._background = self._resized(self._median.astype(np.uint8))

    def frames(self) -> Iterator[Frame]:
        """See `FileReader`; all are of shot 0."""
        return self._each(self._clip_frame)

    def _clip_frame(self, index: int, shown: Picture) -> ClipFrame:
        whole = shown.convert((self.info.width, self.info.height))
        image, seen = self._resized(whole), None
        if self._mode in {"subtract", "subtract_concat"} and self._median is not None:
            apart = (
                np.abs(whole - self._median).sum(axis=2).astype(np.int64) & 255
            )  # as a byte does
            seen = show(image, self._resized(apart.astype(np.uint8)), self._mode)
        return ClipFrame(index, shown.time_s, image, 0, background=self._background, shown=seen)

    def _resized(self, image: Image) -> Image:
        """Each colour by itself, so that BGR is as good as RGB."""
        return np.array(self._pillow.fromarray(image).resize(self.size, self._pillow.BICUBIC))


def clip_median(frames: Callable[[], Iterable[Frame]], size: tuple[int, int]) -> FloatArray | None:
    """The median of a clip's frames, or of evenly spread ones where there are many.

    ``np.median`` over all of them without holding them: one pass counts the frames, and one more
    is made for each band of rows whose samples fill `BAND_BYTES`; that is 4 in all for 390 frames
    of 1280x720.

    Args:
        frames: gives the clip from its beginning, at the size of the source, each time.
        size: (width, height) of the source.

    Returns:
        (H, W, 3), with halves; None for a clip without a frame.
    """
    count = sum(1 for _ in frames())
    step = max(count // SAMPLES, 1)
    samples = len(range(0, count, step))
    if not samples:
        return None
    width, height = size
    rows = max(BAND_BYTES // (samples * width * 3), 1)
    median = np.empty((height, width, 3), dtype=np.float64)
    for top in range(0, height, rows):
        band = median[top : top + rows]
        images: Image = np.empty((samples, *band.shape), dtype=np.uint8)
        for image, frame in zip(images, islice(frames(), 0, None, step), strict=True):
            image[:] = frame.image[top : top + rows]
        band[:] = np.median(images, axis=0, overwrite_input=True)
    return median


def clip_windows(frames: Iterable[ClipFrame], length: int, stride: int) -> Iterator[Window]:
    """A window at every ``stride``-th frame; a last one is filled up with its last frame.

    With a stride of 1 that is so only where the clip is shorter than one window.

    Args:
        frames: of `WholeClipReader`.
        length: frames of a window.
        stride: 1, or ``length``.
    """
    recent: list[ClipFrame] = []
    begun = False
    for frame in frames:
        recent.append(frame)
        if len(recent) == length:
            yield Window(tuple(recent), recent[0].background, range(length))
            recent, begun = recent[stride:], True
    if recent and (stride == length or not begun):
        padding = [recent[-1]] * (length - len(recent))
        yield Window((*recent, *padding), recent[0].background, range(len(recent)))


def _pillow() -> ModuleType:
    try:
        from PIL import Image as pillow  # noqa: N813, PLC0415  # an extra
    except ImportError as error:
        raise OptionError(
            "rules tracknetv3 resize with Pillow, which is missing; pip install 'balltrack[rules]'"
        ) from error
    return pillow
