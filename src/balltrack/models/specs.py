"""What there is to know of a network without loading torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args, get_origin, get_type_hints

from balltrack.errors import UnknownNameError
from balltrack.geometry import PAPER_GRID, Fit

Architecture = Literal["tracknet", "tracknet-v1", "tracknet-v4", "hrnet", "hrnet-se"]
BackgroundMode = Literal["none", "concat", "subtract", "subtract_concat"]
Locator = Literal["centroid", "contour", "hough", "one-circle"]
Target = Literal["disc", "gaussian", "grey-levels"]
Loss = Literal["weighted-bce", "bce", "cross-entropy"]

LARGEST = {"frames_in": 64, "frames_out": 64, "height": 4096, "width": 8192, "base_width": 1024}
LARGEST_WINDOW = 1 << 27
"""Pixels of a window's frames; more than eight of 4K."""


@dataclass(frozen=True)
class NetworkSpec:
    """A heatmap network: its shape, what it is shown, what it learns and how it is read.

    Attributes:
        name: key in `SPECS`.
        frames_in, frames_out: length of the window, and how many of its frames, the newest,
            get a heatmap.
        height, width: input and heatmap size in pixels.
        background: TrackNetV3's ``bg_mode``: "concat" puts the shot's median image before the
            frames; "subtract" shows of each frame how far it is from it, "subtract_concat" that
            behind the frame's colours, see `scene.differences`.
        base_width: channels of the first block; doubled at each of three poolings.
        stem_stride: 1 works at full resolution; 2 enters through a strided 5x5
            convolution and leaves through a sub-pixel head, so that every block
            runs on a quarter of the pixels.
        block: order inside a convolution block, "conv-bn-relu" (V3) or
            "conv-relu-bn" with convolution bias (V2).
        quarter_depth: convolutions in each of the two stages at a quarter of the resolution.
        architecture: "tracknet", the U-Net of V2 and V3; "tracknet-v1", the network without
            skips, which has no stem, no background and one order inside its blocks;
            "tracknet-v4", the U-Net with attention to motion, without background and with an
            answer for every frame; "hrnet", WASB's, of one width and one order; or "hrnet-se",
            BlurBall's, the same with squeeze and excitation.
        order, colour: of the frames and of the colours in the input.
        normalise: of the colours: "unit" is their share of 255, "imagenet" takes from that the
            mean of ImageNet's pictures and divides by their deviation.
        fit: how a picture of another shape comes to width and height.
        target: "disc", 1 near the ball; "gaussian", a bell; or "grey-levels", a bell in 256 steps.
        sigma: radius of the disc, or standard deviation of the bell, in network pixels; None is
            the target's own, see `models.targets`.
        loss: that training minimises. "cross-entropy" chooses among grey levels, for one frame.
        skips: whether the decoder of the U-Net is handed the encoder's pictures.
        locate: how a blob becomes a point where nobody asks for another way.
    """

    name: str
    frames_in: int
    frames_out: int
    height: int = PAPER_GRID[1]
    width: int = PAPER_GRID[0]
    background: BackgroundMode = "none"
    base_width: int = 64
    stem_stride: Literal[1, 2] = 1
    block: Literal["conv-bn-relu", "conv-relu-bn"] = "conv-bn-relu"
    quarter_depth: Literal[2, 3] = 3
    architecture: Architecture = "tracknet"
    order: Literal["oldest-first", "newest-first"] = "oldest-first"
    colour: Literal["rgb", "bgr"] = "rgb"
    normalise: Literal["unit", "imagenet"] = "unit"
    fit: Fit = "stretch"
    target: Target = "disc"
    loss: Loss = "weighted-bce"
    locate: Locator = "centroid"
    sigma: float | None = None
    skips: bool = True

    def __post_init__(self) -> None:
        self._check_values()
        step = 8 * self.stem_stride
        if self.height % step or self.width % step:
            raise ValueError(
                f"NetworkSpec {self.name}: {self.width}x{self.height} must be multiples of {step}"
            )
        if not 1 <= self.frames_out <= self.frames_in:
            raise ValueError(
                f"NetworkSpec {self.name}: frames_out must be in [1, frames_in], "
                f"got {self.frames_out} of {self.frames_in}"
            )
        self._check_how_it_learns()

    def _check_values(self) -> None:
        """A spec may come from a file of anybody's."""
        for name, largest in LARGEST.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= largest:
                raise ValueError(f"{name} must be a whole number from 1 to {largest}")
        for name, hint in get_type_hints(type(self)).items():
            if get_origin(hint) is Literal and getattr(self, name) not in get_args(hint):
                raise ValueError(f"{name} must be one of {', '.join(map(str, get_args(hint)))}")
        if type(self.name) is not str or type(self.skips) is not bool:
            raise ValueError("name must be text, and skips true or false")
        if self.frames_in * self.height * self.width > LARGEST_WINDOW:
            raise ValueError(f"a window must be no larger than {LARGEST_WINDOW} pixels")

    def _check_how_it_learns(self) -> None:
        if self.sigma is not None and not self.sigma > 0:
            raise ValueError(f"{self.name}: sigma must be above 0, got {self.sigma}")
        if self.levels != (self.target == "grey-levels") or (self.levels and self.frames_out > 1):
            raise ValueError(
                f"{self.name}: the loss cross-entropy, the target grey-levels and frames_out 1 go "
                f"together; got {self.loss}, {self.target} and {self.frames_out}"
            )
        own = (True, "none", self.architecture == "tracknet-v1")
        if self.architecture != "tracknet" and (self.skips, self.background, self.levels) != own:
            raise ValueError(
                f"{self.name}: a {self.architecture} has skips, background and grey levels of its "
                "own; those of tracknet-v2 and tracknet-v3 can be changed"
            )
        if self.architecture == "tracknet-v4" and self.frames_out != self.frames_in:
            raise ValueError(f"{self.name}: a tracknet-v4 answers for every frame that it sees")

    @property
    def answered(self) -> range:
        """Places in the window of the frames that it answers for."""
        return range(self.frames_in - self.frames_out, self.frames_in)

    @property
    def paints_streaks(self) -> bool:
        """Whether a region of its heatmap is the whole streak of a ball, as BlurBall's is."""
        return self.architecture == "hrnet-se"

    @property
    def levels(self) -> bool:
        """Whether a pixel is one of 256 grey levels, not a probability."""
        return self.loss == "cross-entropy"

    @property
    def in_channels(self) -> int:
        """Those of every image: the frames, and a background before them."""
        return self.image_channels * (self.frames_in + (self.background == "concat"))

    @property
    def image_channels(self) -> int:
        """Of one image: its colours, its difference from the background, or both."""
        return {"subtract": 1, "subtract_concat": 4}.get(self.background, 3)


SPECS: dict[str, NetworkSpec] = {
    spec.name: spec
    for spec in (
        NetworkSpec(
            "tracknet-v1",
            frames_in=3,
            frames_out=1,
            height=360,
            width=640,
            block="conv-relu-bn",
            architecture="tracknet-v1",
            order="newest-first",
            colour="bgr",
            target="grey-levels",
            loss="cross-entropy",
            locate="hough",
        ),
        NetworkSpec("tracknet-v2", 3, 3, block="conv-relu-bn"),
        NetworkSpec("tracknet-v3", 8, 8, background="concat"),
        NetworkSpec("tracknet-v3-nano", 8, 8, background="concat", base_width=16, stem_stride=2),
        NetworkSpec("tracknet-v3-small", 8, 8, background="concat", base_width=32, stem_stride=2),
        NetworkSpec("tracknet-v3-medium", 8, 8, background="concat", stem_stride=2),
        NetworkSpec("tracknet-v4", 3, 3, block="conv-relu-bn", architecture="tracknet-v4"),
        NetworkSpec("wasb", 3, 3, architecture="hrnet", normalise="imagenet", fit="letterbox"),
        NetworkSpec(
            "blurball", 3, 3, architecture="hrnet-se", normalise="imagenet", fit="letterbox"
        ),
    )
}


def get_spec(name: str) -> NetworkSpec:
    """The spec called ``name``.

    Raises:
        UnknownNameError: no such network; the message lists those there are.
    """
    if name not in SPECS:
        raise UnknownNameError("network", name, SPECS)
    return SPECS[name]
