"""What TrackNetV3's own script shows its network: the whole clip as one shot, Pillow's pictures.

After qaz812345/TrackNetV3, ``predict.py`` and ``dataset.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from balltrack.errors import OptionError
from balltrack.scene.windows import Window
from balltrack.structures import Frame, Image, VideoInfo
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
class ClipFrame(Frame):
    """A frame beside the background of its clip, a like image; None where none was asked for."""

    background: Image | None


class WholeClipReader(FallbackReader):
    """Decodes at the source's size and resizes with Pillow's bicubic; no cuts, `ClipFrame`s.

    Args:
        info, readers, size, start_s, end_s: see `FallbackReader`.
        background: whether the frames want one. Then opening decodes the clip several times,
            see `clip_median`.

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
        background: bool,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        super().__init__(info, readers, size=size, start_s=start_s, end_s=end_s)
        self._pillow = _pillow()
        self._background = None
        if background:
            again = partial(FallbackReader, info, readers, start_s=start_s, end_s=end_s, quiet=True)
            median = clip_median(lambda: again().frames(), (info.width, info.height))
            self._background = None if median is None else self._resized(median, size)

    def pictures(self) -> Generator[Picture]:
        """See `FileReader`."""
        with closing(super().pictures()) as pictures:
            for shown in pictures:
                yield shown._replace(convert=partial(self._small, shown.convert))

    def frames(self) -> Iterator[Frame]:
        """See `FileReader`; all are of shot 0."""
        for frame in super().frames():
            yield ClipFrame(frame.index, frame.time_s, frame.image, 0, background=self._background)

    def _small(self, convert: Callable[[tuple[int, int]], Image], size: tuple[int, int]) -> Image:
        return self._resized(convert((self.info.width, self.info.height)), size)

    def _resized(self, image: Image, size: tuple[int, int]) -> Image:
        """Each colour by itself, so that BGR is as good as RGB."""
        return np.array(self._pillow.fromarray(image).resize(size, self._pillow.BICUBIC))


def clip_median(frames: Callable[[], Iterable[Frame]], size: tuple[int, int]) -> Image | None:
    """The median of a clip's frames, or of evenly spread ones where there are many.

    ``np.median`` over all of them, its halves cut off, without holding them: one pass counts the
    frames, and one more is made for each band of rows whose samples fill `BAND_BYTES`; that is 4
    in all for 390 frames of 1280x720.

    Args:
        frames: gives the clip from its beginning, at the size of the source, each time.
        size: (width, height) of the source.

    Returns:
        (H, W, 3) uint8; None for a clip without a frame.
    """
    count = sum(1 for _ in frames())
    step = max(count // SAMPLES, 1)
    samples = len(range(0, count, step))
    if not samples:
        return None
    width, height = size
    rows = max(BAND_BYTES // (samples * width * 3), 1)
    median = np.empty((height, width, 3), dtype=np.uint8)
    for top in range(0, height, rows):
        band = median[top : top + rows]
        images = np.empty((samples, *band.shape), dtype=np.uint8)
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
