"""What a run can be asked for, without torch: one field an option, see `declaring`."""

# ruff: noqa: RUF009  # what `option` returns is a field

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Literal

from balltrack.declaring import Checked, check_part, option, options_of
from balltrack.errors import OptionError

Breakdown = Literal["surface", "venue", "visibility", "speed", "confidence"]
Precision = Literal["auto", "fp32", "bf16", "fp16", "int8"]
RuntimeName = Literal["auto", "torch", "openvino"]
Ensemble = Literal["nonoverlap", "average", "weight"]
Locate = Literal["auto", "centroid", "contour", "hough", "one-circle"]
ReaderName = Literal["auto", "opencv", "pyav", "nvdec"]
Columns = Literal["trackcsv", "all"]
Point = Literal["auto", "centre", "leading"]
RulesName = Literal["balltrack", "tracknetv3", "wasb"]
Quality = Literal["fast", "balanced", "best"]

QUALITIES: dict[Quality, dict[str, str]] = {
    "fast": {"ensemble": "weight"},
    "balanced": {},
    "best": {"weights": "tracknet-v3"},
}
"""Fields of `TrackOptions` that a quality sets, the rest being as everywhere: ``balanced`` is the
defaults. What each costs and finds is in docs/performance.md."""

_REGION = re.compile(r"0*[1-9]\d{0,5}x0*[1-9]\d{0,5}\+\d{1,6}\+\d{1,6}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class SourceOptions(Checked):
    """Which pictures of a source are its video."""

    video_stream: int | None = option(
        None,
        low=0,
        unit="index",
        unset="the one that players show",
        help="Which stream of the file is the video, by its number in `balltrack info`.",
    )
    fps: float | None = option(
        None,
        low=0.1,
        high=1000,
        unit="frames/s",
        unset="no times",
        help="Rate of a video that is a folder of pictures or a pattern of their names "
        "(frames/%04d.jpg); other videos say their own.",
    )


@dataclass(frozen=True, kw_only=True)
class ReadOptions(SourceOptions):
    """Which part of a video is read, and by what."""

    start_s: float | None = option(
        None,
        low=0,
        unit="seconds",
        flags=("--start",),
        help="Begin here: 90, 1:30, 00:01:30.5 or 1500ms.",
    )
    end_s: float | None = option(None, low=0, unit="seconds", flags=("--end",), help="Stop here.")
    reader: ReaderName = option(
        "auto",
        help="What decodes; auto is PyAV, with OpenCV where PyAV fails; nvdec is an NVIDIA GPU's "
        "decoder, whose pictures stay there, with auto where there is none.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_part(self.start_s, self.end_s)

    @property
    def read(self) -> dict[str, Any]:
        """The values of what is declared here alone, for options that have more beside it."""
        return {each.name: getattr(self, each.name) for each in options_of(ReadOptions)}


@dataclass(frozen=True)
class DetectOptions(Checked):
    """Which networks look for the ball, how, and on what."""

    weights: str = option(
        "tracknet-v3-small",
        metavar="NAME|PATH",
        help="Weights by their name in `balltrack weights list`, or a file.",
    )
    _: KW_ONLY
    also: str = option(
        "none",
        metavar="NAME|PATH|none",
        help="Weights of a second network that looks too: finds more, but has taken a lamp in "
        "another hall for the ball (`weights/tracknet-v3.md`); takes the time of both.",
    )
    device: str = option("auto", metavar="auto|cpu|cuda[:N]|mps", help="Where the network runs.")
    precision: Precision = option(
        "auto",
        help="Of the network; auto takes the fastest that the device does well and that loses "
        "next to nothing; on a CPU without AMX int8, OpenVINO's, where that is much faster and "
        "NNCF is installed.",
    )
    runtime: RuntimeName = option(
        "auto",
        help="Library that runs the network; auto is OpenVINO on a CPU where it is installed and "
        "agrees with torch, else torch.",
    )
    threads: int | None = option(
        None,
        low=1,
        high=1024,
        unit="threads",
        unset="what is faster here, one or all",
        help="CPU threads of the network.",
    )
    batch_size: int | None = option(
        None, low=1, unit="windows", unset="by device", help="Windows in one network call."
    )
    ensemble: Ensemble = option(
        "average",
        help="Windows that overlap, averaged plainly (average) or with more weight to their "
        "middle, so that fewer do (weight); or side by side (nonoverlap), which is fastest.",
    )
    stride: int | None = option(
        None,
        low=1,
        unit="frames",
        unset="half the window, with weight seven eighths",
        help="Frames from one overlapping window to the next, at most the window; the cost goes "
        "with its inverse.",
    )
    locate: Locate = option(
        "auto",
        help="How a blob becomes a point; auto is the network's own way, one-circle asks for "
        "exactly one circle in the whole heatmap, as the first TrackNet does.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stride is not None and self.ensemble == "nonoverlap":
            raise OptionError("stride is for overlapping windows; take average or weight")
        if self.also != "none" and Path(self.also) == Path(self.weights):
            raise OptionError(f"also must be another network than weights, both are {self.also!r}")

    @property
    def network_weights(self) -> tuple[str, ...]:
        """Those of every network that looks: ``weights``, and ``also`` where there is one."""
        return (self.weights,) if self.also == "none" else (self.weights, self.also)

    @property
    def networks(self) -> str:
        """The same for people, by the names of the files: "tracknet-v3 + tracknet-v2"."""
        names = (Path(one).name.removesuffix(".safetensors") for one in self.network_weights)
        return " + ".join(names)


@dataclass(frozen=True, kw_only=True)
class PathOptions(Checked):
    """How the path is chosen among what was found."""

    threshold: float = option(
        0.5, low=0.01, high=0.99, help="Score from which a blob counts as detected."
    )
    link: bool = option(
        True, help="Take the best path through a shot's candidates, or each frame's best alone."
    )
    rectify: bool = option(True, help="Put weak answers straight and fill short gaps.")
    inpaint: str = option(
        "auto",
        metavar="NAME|PATH|auto|none",
        help="Weights that fill gaps, TrackNetV3's InpaintNet_best.pt too; none interpolates; "
        "auto is inpaintnet, and under --rules tracknetv3 nothing is filled.",
    )
    verify: str = option(
        "auto",
        metavar="NAME|PATH|auto|none",
        help="Weights that look again at what was found, in the video's own pixels; auto takes "
        "those that go with the detector, none leaves its scores as they are.",
    )
    max_gap: int = option(8, low=0, unit="frames", help="Longest gap to fill.")
    point: Point = option(
        "auto",
        help="Where in its streak a moving ball is: at the middle (centre) or at the end that it "
        "flies towards (leading), where a streak could be measured; auto is what people mark, on "
        "average of the training clips.",
    )
    strict: bool = option(False, help="Fill nothing: no position that was not seen.")
    all_shots: bool = option(
        False,
        help="Keep the ball of shots that show no play, close-ups, replays and the crowd, too; "
        "most of them are not looked at otherwise, which is faster.",
    )
    balls: int = option(
        1,
        low=1,
        high=9,
        unit="balls",
        help="Rows a frame: the ball in play is Ball 1, others that were followed for a while come "
        "after it, the longest and surest first; above 1 the labels have a column Ball.",
    )
    skip_corrupt: bool = option(
        False,
        help="No ball on pictures that the decoder calls corrupt, or that are encrypted; without "
        "it they are only counted.",
    )
    lag: int | None = option(
        None,
        low=1,
        unit="frames",
        unset="when it is final",
        help="A row leaves at most so many frames after its own, as for a live picture, instead of "
        "when nothing later can change it; the fewer, the less is known of what comes.",
    )


_LINKED = (
    *("also", "stride", "locate", "link", "rectify", "verify", "max_gap", "strict"),
    *("point", "all_shots", "balls", "skip_corrupt"),
)
DECIDED: dict[RulesName, tuple[str, ...]] = {
    "tracknetv3": (*_LINKED, "lag", "threshold", "region", "repair"),
    "wasb": (*_LINKED, "ensemble", "inpaint"),
}
"""Options that are without a meaning under published rules."""


@dataclass(frozen=True)
class TrackOptions(ReadOptions, PathOptions, DetectOptions):
    """How a video is tracked; ``docs/options.md`` says what each option is.

    The options of detection come first, then path and reading: a dataclass has the fields of its
    last base first.
    """

    _: KW_ONLY
    rules: RulesName = option(
        "balltrack",
        help="Whose rules decide; tracknetv3 repeats that project's predict.py to the pixel, for "
        "its weights or balltrack's V3; wasb takes that project's regions and online tracker "
        "(`docs/systems.md`). Both refuse options that they lack.",
    )
    region: str | None = option(
        None,
        metavar="WxH+X+Y",
        unset="all of the picture",
        help="Look for the ball in this part of the picture alone, as though it were all of it: "
        "width, height, and where its left and upper edges are, in pixels of the video. For one "
        "court of several, a court that fills little of the picture, black borders.",
    )
    repair: bool = option(
        True,
        help="Where two moments are woven into a picture, as in interlaced television, look at the "
        "first alone, and where light flickers at all pictures in the same; which are is found out "
        "by itself. With --lag video is taken to be interlaced if it says so.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region is not None and not _REGION.fullmatch(self.region):
            raise OptionError(
                f"region is WIDTHxHEIGHT+LEFT+TOP in pixels, as 960x540+160+90; got {self.region!r}"
            )
        if self.rules != "balltrack":
            self._check_published()
        if self.balls > 1 and (self.lag is not None or not self.link):
            raise OptionError(
                "balls above 1 are told by their whole way; leave out lag and no-link"
            )

    def _check_published(self) -> None:
        """Raise `OptionError` for what published rules leave no choice about."""
        defaults = {one.name: one.default for one in options_of(TrackOptions)}
        given = [name for name in DECIDED[self.rules] if getattr(self, name) != defaults[name]]
        if given:
            raise OptionError(
                f"rules {self.rules} decide on {', '.join(given)} themselves; leave that out"
            )
        exact = self.precision in {"auto", "fp32"} and self.runtime in {"auto", "torch"}
        if self.rules == "tracknetv3" and not exact:
            raise OptionError(
                f"rules {self.rules} are for torch in fp32; leave out runtime and precision"
            )


@dataclass(frozen=True, kw_only=True)
class RenderOptions(ReadOptions):
    """How an overlay is drawn; ``docs/options.md`` says what each option is."""

    trail: int = option(
        8, low=0, unit="frames", bare=True, help="Past positions to draw; 0 draws none."
    )
    frame_number: bool = option(False, help="Write the frame's number into the corner.")
    confidence: bool = option(False, help="Write the score beside the ball.")
    crf: int = option(20, low=0, high=51, help="Quality of the picture (x264), from 0 (lossless).")
