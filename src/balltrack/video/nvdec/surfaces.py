"""Pictures that a GPU has decoded, made smaller and kept where they lie.

What comes of it is what swscale makes of the same picture in main memory, but for its rounding:
every pixel is the mean of the area that it covers, plane by plane, and where the width is even
a pair of pixels shares the colour of one (FFmpeg, libswscale/utils.c, ``initFilter`` with
SWS_AREA). At the source's size the planes are the same to the last bit, and BGR is within 1 of 255;
made smaller the planes are within 2, and BGR within 6, on average within 2.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import torch
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from torch.utils.dlpack import from_dlpack

from balltrack.errors import VideoError
from balltrack.structures import Image, VideoInfo
from balltrack.video.tone import PLAIN, Tone
from balltrack.video.yuv import PlanarPicture, matrix_of_frame, planes_of

SHARES = {
    Colorspace.ITU709: (0.2126, 0.0722),
    Colorspace.ITU601: (0.299, 0.114),
    Colorspace.BT2020: (0.2627, 0.0593),
}
"""Of red and blue in luma (ITU-R BT.709, BT.601, BT.2020)."""

RARE = (Colorspace.FCC, Colorspace.SMPTE240M)
"""Matrices in which nothing is kept; swscale converts them."""

COLOUR_LEFT = 0.25
"""Of a pixel of colour, by which it lies left of the middle of the pair of pixels that shares it
(ITU-T H.264, E.2.1, chroma_sample_loc_type 0)."""


class DevicePicture(PlanarPicture):
    """A kept picture on a device; it comes to main memory for who asks for its ``planes``.

    Args:
        tensors: (h, w) uint8 luma, and (h/2, w/2) blue and red, on one device.
        size, matrix, tone: see `PlanarPicture`.
    """

    tensors: list[torch.Tensor]

    def __init__(
        self,
        tensors: list[torch.Tensor],
        size: tuple[int, int],
        matrix: Colorspace,
        tone: Tone = PLAIN,
    ) -> None:
        # others may not set them
        self.__dict__.update(tensors=tensors, size=size, matrix=matrix, tone=tone)

    def toned(self, tone: Tone) -> DevicePicture:
        """See `PlanarPicture`."""
        return DevicePicture(self.tensors, self.size, self.matrix, tone)

    @cached_property
    def planes(self) -> VideoFrame:
        """A copy of an even size, as a `PlaneConverter` makes it."""
        width, height = (side + side % 2 for side in self.size)
        frame = VideoFrame(width, height, "yuv420p")
        frame.colorspace, frame.color_range = self.matrix, ColorRange.MPEG
        for target, tensor in zip(planes_of(frame), self.tensors, strict=True):
            rows, columns = tensor.shape
            target[:rows, :columns] = tensor.cpu().numpy()
            target[rows:, :columns] = target[rows - 1 : rows, :columns]
            target[:, columns:] = target[:, columns - 1 : columns]
        return frame


class Surface:
    """A decoded picture of 4:2:0 in two planes (NV12, P010 or P016) and of an even size.

    What it gives is upright, 8 bits deep and, in planes, of limited range.

    Args:
        frame: the decoder's own. What is made of it is made before the next one is decoded.
        info: how it becomes upright.

    Raises:
        VideoError: it has another format.
    """

    def __init__(self, frame: VideoFrame, info: VideoInfo) -> None:
        try:
            luma, colour = (from_dlpack(plane.__dlpack__()) for plane in frame.planes)
        except (NotImplementedError, TypeError, ValueError) as error:
            raise VideoError(f"{info.path}: NVDEC gives an unknown format; use auto") from error
        if frame.colorspace in RARE:
            raise VideoError(f"{info.path}: NVDEC's colours have a rare matrix; use auto")
        self._planes = (luma, colour[..., 0], colour[..., 1])
        self._full = frame.color_range == ColorRange.JPEG
        self._info = info
        self._matrix = matrix_of_frame(frame)

    def picture(self, size: tuple[int, int]) -> DevicePicture:
        """Of (width, height), in memory of its own."""
        width, height = self._lying(size)
        half = ((width + 1) // 2, (height + 1) // 2)
        luma, *colour = self._values
        right = COLOUR_LEFT * (1 - colour[0].shape[1] / half[0])
        planes = [resized(luma, (width, height)), *(resized(one, half, right) for one in colour)]
        return DevicePicture([self._upright(_bytes(one)) for one in planes], size, self._matrix)

    def image(self, size: tuple[int, int]) -> Image:
        """(height, width, 3) BGR, in main memory."""
        width, height = self._lying(size)
        luma, *colour = self._values
        shares = 1 if width % 2 else 2
        if (height, width) == luma.shape:
            colour = [one.repeat_interleave(2, dim=0) for one in colour]
        else:
            luma = resized(luma, (width, height))
            colour = [resized(one, (width // shares, height), COLOUR_LEFT) for one in colour]
        blue, red = (one.round().repeat_interleave(shares, dim=1) for one in colour)
        pixels = self._upright(to_bgr(luma.round(), blue, red, self._matrix))
        image: Image = pixels.contiguous().cpu().numpy()
        return image

    @cached_property
    def _values(self) -> list[torch.Tensor]:
        """Luma, blue and red as float32, of 255 and in limited range."""
        deep = 1.0 if self._planes[0].dtype == torch.uint8 else 1 / 256
        luma, *colour = (plane.float() * deep for plane in self._planes)
        if self._full:
            luma = luma * (219 / 255) + 16
            colour = [(one - 128) * (224 / 255) + 128 for one in colour]
        return [luma, *colour]

    def _lying(self, size: tuple[int, int]) -> tuple[int, int]:
        return size[::-1] if self._info.rotation in (90, 270) else size

    def _upright(self, plane: torch.Tensor) -> torch.Tensor:
        turned = plane.flip(0) if self._info.mirrored else plane
        return turned.rot90(self._info.rotation // 90)


def resized(plane: torch.Tensor, size: tuple[int, int], right: float = 0.0) -> torch.Tensor:
    """A float32 plane made (height, width); ``right`` as that of `spread`, of its columns."""
    width, height = size
    down, across = plane.shape
    if (down, across) == (height, width):
        return plane
    columns = spread(across, width, right, plane.device)
    return spread(down, height, 0.0, plane.device) @ plane @ columns.T


@lru_cache(maxsize=16)
def spread(source: int, target: int, right: float, device: torch.device) -> torch.Tensor:
    """(target, source) float32: how much of each pixel of a row is in each one of it resized.

    Made smaller, one takes what its area covers; made larger, it lies between two.

    Args:
        source, target: pixels of a row before and after.
        right: pixels of ``source`` by which all lie farther to the right than they would.
    """
    ratio = source / target
    middles = (torch.arange(target, dtype=torch.float64) + 0.5) * ratio - 0.5 + right
    places = torch.arange(-1, source + 1, dtype=torch.float64)
    weights = (0.5 + max(ratio, 1.0) / 2 - (places - middles[:, None]).abs()).clamp(0, 1)
    weights[:, 1] += weights[:, 0]  # beyond a border the border is repeated
    weights[:, -2] += weights[:, -1]
    inside = weights[:, 1:-1]
    return (inside / inside.sum(dim=1, keepdim=True)).float().to(device)


def to_bgr(
    luma: torch.Tensor, blue: torch.Tensor, red: torch.Tensor, matrix: Colorspace
) -> torch.Tensor:
    """Planes of one shape, whole numbers in limited range → (…, 3) uint8 BGR."""
    of_red, of_blue = SHARES[matrix]
    of_green = 1 - of_red - of_blue
    from_blue = (blue.float() - 128) * (255 / 112 * (1 - of_blue))
    from_red = (red.float() - 128) * (255 / 112 * (1 - of_red))
    # Each part is rounded down by itself, as swscale does it.
    y = ((luma.float() - 16) * (255 / 219)).floor_()
    to_green = (-of_blue / of_green * from_blue).floor_() + (-of_red / of_green * from_red).floor_()
    colours = torch.stack([y + from_blue.floor_(), y + to_green, y + from_red.floor_()], dim=-1)
    return colours.clamp_(0, 255).byte()


def _bytes(values: torch.Tensor) -> torch.Tensor:
    return values.round().clamp_(0, 255).byte()
