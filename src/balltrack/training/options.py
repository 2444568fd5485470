"""What a training run can be asked for: every default in one place, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from balltrack.declaring import check_choice, check_range
from balltrack.errors import OptionError
from balltrack.models.specs import BackgroundMode, Loss, NetworkSpec, Target

CROP_STEP = 16
"""Crops are whole multiples of this, so that every network's poolings divide them."""

SWITCHES = ("target", "sigma", "loss", "frames_out", "skips", "background")
"""Fields of `NetworkSpec` that a run may have otherwise than the network has them by its name."""


@dataclass(frozen=True)
class TrainOptions:
    """How a network is trained.

    Attributes:
        data: folders of ``<sport>/train/<match>/<clip>.mp4`` and ``<clip>_ball.csv``.
        output: folder for ``last.safetensors``, ``state.pt`` and ``log.jsonl``.
        network: a name in `SPECS`.
        sports: to train on; None takes all that are there.
        initial: weights to start from (a registered name or a file), of the same network or of
            a narrower one (see `net2net`); None starts afresh.
        teacher: weights whose answers are learnt beside the labels (see `distilling`); None
            learns from labels alone.
        teacher_share: of the teacher's answer in what is learnt, the rest is the label's.
        steps: optimiser steps of the whole run.
        epoch_steps: steps between checkpoints and log lines.
        batch_size: windows a step, of all processes of a distributed run together.
        crop: side of the square crops in network pixels; 0 trains on whole frames.
        learning_rate, weight_decay: of AdamW.
        warmup: steps over which the learning rate rises from 0.
        ema: decay of the averaged weights, which are the ones that are saved.
        mine_steps: steps from one search for hard places to the next (see `mining`); 0 never
            searches.
        mixup: probability that a batch is mixed, once the easy part is over.
        paste: probability that a crop without a ball gets a drawn one (see `pasting`).
        empty: share of the crops that are not put around a ball on purpose.
        target, sigma, loss, frames_out, skips, background: of the network's `NetworkSpec`, in place
            of what it has by its name; None leaves it. They travel with the weights.
        bf16: autocast to bfloat16.
        compile: compile the network with ``torch.compile``; the first step takes a minute more.
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        seed: of weights, samples and augmentation.
    """

    data: tuple[Path, ...]
    output: Path
    network: str = "tracknet-v3-small"
    sports: tuple[str, ...] | None = None
    initial: str | None = None
    teacher: str | None = None
    teacher_share: float = 0.5
    steps: int = 30_000
    epoch_steps: int = 500
    batch_size: int = 16
    crop: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup: int = 200
    ema: float = 0.999
    mine_steps: int = 5_000
    mixup: float = 0.1
    paste: float = 0.0
    empty: float = 0.25
    target: Target | None = None
    sigma: float | None = None
    loss: Loss | None = None
    frames_out: int | None = None
    skips: bool | None = None
    background: BackgroundMode | None = None
    bf16: bool = True
    compile: bool = False
    device: str = "auto"
    seed: int = 13

    def __post_init__(self) -> None:
        for name in ("steps", "epoch_steps", "batch_size"):
            check_range(name, getattr(self, name), 1)
        for name in ("crop", "mine_steps", "warmup", "learning_rate", "weight_decay", "seed"):
            check_range(name, getattr(self, name), 0)
        for name in ("ema", "mixup", "paste", "empty", "teacher_share"):
            check_range(name, getattr(self, name), 0, 1)
        choices = (("target", Target), ("loss", Loss), ("background", BackgroundMode))
        for name, kind in choices:
            if getattr(self, name) is not None:
                check_choice(name, getattr(self, name), get_args(kind))
        if self.crop % CROP_STEP:
            raise OptionError(f"crop must be a multiple of {CROP_STEP}, got {self.crop}")

    def spec_of(self, spec: NetworkSpec) -> NetworkSpec:
        """``spec`` with what is switched.

        Raises:
            OptionError: the network cannot be had so.
        """
        given = {name: getattr(self, name) for name in SWITCHES}
        try:
            return replace(spec, **{k: value for k, value in given.items() if value is not None})
        except ValueError as error:
            raise OptionError(str(error)) from error


@dataclass(frozen=True)
class InpaintingOptions:
    """How InpaintNet is trained.

    Attributes:
        data: folders with label tables, searched in depth.
        output: folder for ``last.safetensors``, ``state.pt`` and ``log.jsonl``.
        held_out: folder names (a match, a split) that are not trained on.
        steps, epoch_steps, batch_size: how long; an epoch ends with a checkpoint.
        longest: longest hidden stretch, rows.
        coordinates: what the network's 0 and 1 stand for, see `trajectory.inpainting`.
        jitter: standard deviation of the noise on seen positions, pixels of the 512x288 grid:
            what the network will see are detections, not labels.
        learning_rate, weight_decay: of AdamW, with a cosine down to 1 %.
        seed: of weights, samples and noise.
    """

    data: Sequence[Path]
    output: Path
    held_out: Sequence[str] = ("dev",)
    steps: int = 20_000
    epoch_steps: int = 250
    batch_size: int = 128
    longest: int = 16
    coordinates: Literal["image", "window"] = "window"
    jitter: float = 0.4
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    seed: int = 13

    def __post_init__(self) -> None:
        for name in ("steps", "epoch_steps", "batch_size", "longest"):
            check_range(name, getattr(self, name), 1)
        for name in ("jitter", "learning_rate", "weight_decay", "seed"):
            check_range(name, getattr(self, name), 0)
        check_choice("coordinates", self.coordinates, get_args(Literal["image", "window"]))


@dataclass(frozen=True)
class VerifierOptions:
    """How the verifier is trained.

    Attributes:
        data: folder of ``<sport>/train/<match>/<clip>.mp4`` and ``<clip>_ball.csv``; on the clips
            of ``<sport>/dev`` it is found out how far the verifier is to be believed.
        output: folder for ``last.safetensors``, ``state.pt``, ``log.jsonl`` and the patches, a
            sixth of a megabyte for each of about four candidates a frame.
        initial: the weights whose candidates are looked at.
        serves: further weights whose candidates the verifier is to judge: how far it is believed
            has to suit them too.
        sports: to train on; None takes all that are there.
        steps, epoch_steps, batch_size: how long; an epoch ends with a checkpoint.
        learning_rate, weight_decay, warmup: of AdamW, see `Schedule`.
        ema: decay of the averaged weights, which are those that are used.
        device: torch device.
        seed: of weights and samples.
    """

    data: Path
    output: Path
    initial: str = "tracknet-v3-small"
    serves: tuple[str, ...] = ()
    sports: tuple[str, ...] | None = None
    steps: int = 10_000
    epoch_steps: int = 250
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    warmup: int = 200
    ema: float = 0.998
    device: str = "auto"
    seed: int = 13

    def __post_init__(self) -> None:
        for name in ("steps", "epoch_steps", "batch_size"):
            check_range(name, getattr(self, name), 1)
        for name in ("learning_rate", "weight_decay", "warmup", "seed"):
            check_range(name, getattr(self, name), 0)
        check_range("ema", self.ema, 0, 1)


@dataclass(frozen=True)
class LinkingOptions:
    """How linking is fitted.

    Attributes:
        data: folder of ``<sport>/train/<match>/<clip>.mp4`` and ``<clip>_ball.csv``.
        output: folder for ``last.safetensors`` and ``linking.json``.
        weights: those whose candidates are looked at.
        sports: to fit on, each counting the same; None takes all that are there.
        device: torch device.
        confidence_only: fit how sure finished rows are, on ``dev``; linking stays as it is.
    """

    data: Path
    output: Path
    weights: str = "tracknet-v3-small"
    sports: tuple[str, ...] | None = None
    device: str = "auto"
    confidence_only: bool = False


@dataclass(frozen=True)
class TeachOptions:
    """How weights are taught one's own clips.

    Attributes:
        data: folders of videos with their corrected labels beside them.
        output: weights folder, for ``NAME.safetensors``, its card and its row in the registry.
        weights: those to begin with.
        name: of the new ones.
        replay: folders of ``<sport>/train/<match>/<clip>`` that are trained on as well, so that
            they are not forgotten; none rehearses rendered clips.
        keeps: folders of labelled clips whose scores before and after are told.
        held_out: names of clips to hold back; none holds back every fourth.
        frames: labelled frames to learn from, spread evenly over the clips; None takes all.
        steps: optimiser steps at most; what was best for held-back clips is taken, and a run ends
            where they gain no more.
        batch_size: windows a step.
        learning_rate: of AdamW.
        share: of what was learnt that is mixed with what was known, see `teaching.mixing`; None
            is the least that does for held-back clips what more does.
        licence: of the new weights.
        device: torch device.
        seed: of samples, augmentation and rendered clips.
    """

    data: tuple[Path, ...]
    output: Path
    weights: str = "tracknet-v3-small"
    name: str = "taught"
    replay: tuple[Path, ...] = ()
    keeps: tuple[Path, ...] = ()
    held_out: tuple[str, ...] = ()
    frames: int | None = None
    steps: int = 300
    batch_size: int = 16
    learning_rate: float = 1e-3
    share: float | None = None
    licence: str = "as the videos allow"
    device: str = "auto"
    seed: int = 13

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size"):
            check_range(name, getattr(self, name), 1)
        if self.frames is not None:
            check_range("frames", self.frames, 1)
        check_range("learning_rate", self.learning_rate, 0)
        if self.share is not None:
            check_range("share", self.share, 0, 1)


@dataclass(frozen=True)
class PseudoLabelOptions:
    """How labels are made up.

    Attributes:
        data: folder of ``<sport>/unlabelled/<match>/<clip>``.
        output: folder for ``<sport>/train/<match>/<clip>`` and ``<clip>_ball.csv``, to train on.
        weights: those that label.
        sports: to label; None takes all that are there.
        threshold: score from which a detection counts.
        device: torch device.
    """

    data: Path
    output: Path
    weights: str = "tracknet-v3-small"
    sports: tuple[str, ...] | None = None
    threshold: float = 0.5
    device: str = "auto"
