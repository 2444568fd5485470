"""What a run can be asked for: every default, unit and range in one place, without torch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from balltrack.errors import OptionError

Precision = Literal["auto", "fp32", "bf16", "fp16", "int8"]
RuntimeName = Literal["auto", "torch", "openvino"]
Ensemble = Literal["nonoverlap", "average", "weight"]
Locate = Literal["auto", "centroid", "contour", "hough", "one-circle"]
ReaderName = Literal["auto", "opencv", "pyav", "nvdec"]
Columns = Literal["trackcsv", "all"]


def check_range(name: str, value: float, low: float, high: float = float("inf")) -> None:
    """Raise `OptionError` unless low <= value <= high."""
    if not low <= value <= high:
        limit = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
        raise OptionError(f"{name} must be {limit}, got {value:g}")


def check_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Raise `OptionError` unless value is one of choices."""
    if value not in choices:
        raise OptionError(f"{name} must be one of {', '.join(choices)}; got {value!r}")


def check_part(start_s: float | None, end_s: float | None) -> None:
    """Raise `OptionError` unless the part of a video begins at 0 or later and ends after that."""
    if start_s is not None:
        check_range("start", start_s, 0)
    if end_s is not None and end_s <= (start_s or 0):
        raise OptionError(f"end must lie after start, got {end_s:g} s")


class _Checked:
    """Checks every ``Literal`` field of a dataclass against its choices."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            if get_origin(hints[field.name]) is Literal:
                check_choice(field.name, getattr(self, field.name), get_args(hints[field.name]))


@dataclass(frozen=True)
class TrackOptions(_Checked):
    """How a video is tracked.

    Attributes:
        weights: a name in the registry or the path of a weights file.
        also: weights of a second network whose candidates join those of the first, a name or a
            file; "none" asks one network alone.
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        precision: of the network; "auto" takes the fastest that the device does well and that
            loses nothing; "int8" is OpenVINO's, on a CPU.
        runtime: which library runs the network; "auto" takes OpenVINO on a CPU where it is
            installed and agrees with torch, else torch.
        threads: CPU threads of the network; None takes all cores.
        batch_size: windows a network call; None chooses by device.
        ensemble: TrackNetV3's modes: windows side by side, or overlapping and averaged,
            plainly or with weights that favour the middle.
        stride: frames from one overlapping window to the next, at most the network's
            window; the cost goes with its inverse. None is half the window, so that every
            frame is seen twice.
        threshold: heatmap score in (0, 1) from which a blob counts as detected.
        locate: how a blob becomes a point; "auto" is the network's own way, and "one-circle" asks
            for exactly one circle in the whole heatmap, as the first TrackNet does.
        link: choose the best path through all candidates of a shot; False takes each
            frame's best blob above the threshold.
        rectify: put weak answers straight and fill short gaps.
        inpaint: weights that fill the gaps, a name or a file; "none" interpolates.
        verify: weights that look again at every candidate, in the source's own pixels, a name
            or a file; "none" leaves the network's scores as they are.
        max_gap: longest gap to fill, in frames.
        start_s, end_s: the part of the video to track, in seconds; None is its end.
        reader: which library decodes; "auto" is PyAV, with OpenCV where PyAV fails, and
            "nvdec" an NVIDIA GPU's decoder, with "auto" where there is none.
    """

    weights: str = "tracknet-v3-small"
    also: str = "none"
    device: str = "auto"
    precision: Precision = "auto"
    runtime: RuntimeName = "auto"
    threads: int | None = None
    batch_size: int | None = None
    ensemble: Ensemble = "average"
    stride: int | None = None
    threshold: float = 0.5
    locate: Locate = "auto"
    link: bool = True
    rectify: bool = True
    inpaint: str = "inpaintnet"
    verify: str = "verifier"
    max_gap: int = 8
    start_s: float | None = None
    end_s: float | None = None
    reader: ReaderName = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("threshold", self.threshold, 0.01, 0.99)
        check_range("max_gap", self.max_gap, 0)
        if self.stride is not None:
            check_range("stride", self.stride, 1)
            if self.ensemble == "nonoverlap":
                raise OptionError("stride is for overlapping windows; take average or weight")
        if self.threads is not None:
            check_range("threads", self.threads, 1)
        if self.batch_size is not None:
            check_range("batch_size", self.batch_size, 1)
        check_part(self.start_s, self.end_s)

    @property
    def network_weights(self) -> tuple[str, ...]:
        """Those of every network that looks: ``weights``, and ``also`` where there is one."""
        return (self.weights,) if self.also == "none" else (self.weights, self.also)

    @property
    def networks(self) -> str:
        """The same for people, by the names of the files: "tracknet-v3 + tracknet-v2"."""
        names = (Path(one).name.removesuffix(".safetensors") for one in self.network_weights)
        return " + ".join(names)


@dataclass(frozen=True)
class RenderOptions(_Checked):
    """How an overlay is drawn.

    Attributes:
        trail: past positions to draw, in frames; 0 draws none.
        frame_number: write the frame number into the corner.
        confidence: write the score beside the ball.
        crf: x264 quality, 0 (lossless) to 51.
        start_s, end_s: the part of the video to draw, in seconds; None is its end.
        reader: which library decodes.
    """

    trail: int = 8
    frame_number: bool = False
    confidence: bool = False
    crf: int = 20
    start_s: float | None = None
    end_s: float | None = None
    reader: ReaderName = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("trail", self.trail, 0)
        check_range("crf", self.crf, 0, 51)
        check_part(self.start_s, self.end_s)
