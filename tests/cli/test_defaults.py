"""The documented defaults, spelled out: changing one has to be meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from balltrack import RenderOptions, TrackOptions
from balltrack.training.options import (
    InpaintingOptions,
    LinkingOptions,
    PseudoLabelOptions,
    TrainOptions,
    VerifierOptions,
)

TRACK: dict[str, object] = {
    "weights": "tracknet-v3-small",
    "also": "none",
    "device": "auto",
    "precision": "auto",
    "runtime": "auto",
    "threads": None,
    "batch_size": None,
    "ensemble": "average",
    "stride": None,
    "threshold": 0.5,
    "locate": "auto",
    "link": True,
    "rectify": True,
    "inpaint": "auto",
    "verify": "auto",
    "max_gap": 8,
    "skip_corrupt": False,
    "strict": False,
    "lag": None,
    "balls": 1,
    "start_s": None,
    "end_s": None,
    "reader": "auto",
    "video_stream": None,
    "fps": None,
    "rules": "balltrack",
}
RENDER: dict[str, object] = {
    "trail": 8,
    "frame_number": False,
    "confidence": False,
    "crf": 20,
    "start_s": None,
    "end_s": None,
    "reader": "auto",
    "video_stream": None,
    "fps": None,
}
TRAIN: dict[str, object] = {
    "network": "tracknet-v3-small",
    "sports": None,
    "initial": None,
    "steps": 30_000,
    "epoch_steps": 500,
    "batch_size": 16,
    "crop": 128,
    "learning_rate": 2e-3,
    "weight_decay": 1e-4,
    "warmup": 200,
    "ema": 0.999,
    "mine_steps": 5_000,
    "mixup": 0.1,
    "paste": 0.0,
    "empty": 0.25,
    **dict.fromkeys(("target", "sigma", "loss", "frames_out", "skips", "background")),
    "bf16": True,
    "compile": False,
    "device": "auto",
    "seed": 13,
}
INPAINTING: dict[str, object] = {
    "held_out": ("dev",),
    "steps": 20_000,
    "epoch_steps": 250,
    "batch_size": 128,
    "longest": 16,
    "coordinates": "window",
    "jitter": 0.4,
    "learning_rate": 2e-3,
    "weight_decay": 1e-4,
    "seed": 13,
}
VERIFIER: dict[str, object] = {
    "initial": "tracknet-v3-small",
    "serves": (),
    "sports": None,
    "steps": 10_000,
    "epoch_steps": 250,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "weight_decay": 1e-3,
    "warmup": 200,
    "ema": 0.998,
    "device": "auto",
    "seed": 13,
}
LINKING: dict[str, object] = {"weights": "tracknet-v3-small", "sports": None, "device": "auto"}
PSEUDO_LABELS: dict[str, object] = LINKING | {"threshold": 0.5}

DATA, OUTPUT = Path("data"), Path("run")


@pytest.mark.parametrize(
    ("options", "defaults"),
    [
        (TrackOptions(), TRACK),
        (RenderOptions(), RENDER),
        (TrainOptions((DATA,), OUTPUT), TRAIN),
        (InpaintingOptions((DATA,), OUTPUT), INPAINTING),
        (VerifierOptions(DATA, OUTPUT), VERIFIER),
        (LinkingOptions(DATA, OUTPUT), LINKING),
        (PseudoLabelOptions(DATA, OUTPUT), PSEUDO_LABELS),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_of_the_library(options: object, defaults: dict[str, object]) -> None:
    assert {name: getattr(options, name) for name in defaults} == defaults


LOOKING = {
    "--also": "none",
    "--device": "auto",
    "--precision": "auto",
    "--runtime": "auto",
    "--threads": "what is faster here, one or all",
    "--batch-size": "by device",
    "--ensemble": "average",
    "--stride": "half the window, with weight seven eighths",
}
HOW = LOOKING | {
    "--threshold": "0.5",
    "--locate": "auto",
    "--region": "all of the picture",
    "--repair": "repair",
    "--link": "link",
    "--rectify": "rectify",
    "--inpaint": "auto",
    "--verify": "auto",
    "--max-gap": "8",
    "--lag": "when it is final",
    "--point": "auto",
    "--reader": "auto",
    "--video-stream": "the one that players show",
    "--fps": "no times",
    "--rules": "balltrack",
}
SHOWN = {
    "track": HOW
    | {
        "--balls": "1",
        "--quality": "balanced",
        "--output": "the video's name with .csv, in the current folder",
        "--format": "by the output's name",
        "--columns": "trackcsv",
        "--weights": "tracknet-v3-small",
        "--resume": "resume",
    },
    "render": LOOKING
    | {
        "--weights": "tracknet-v3-small",
        "--output": "the video's name with _overlay.mp4, in the current folder",
        "--trail": "8",
        "--crf": "20",
        "--reader": "auto",
        "--video-stream": "the one that players show",
        "--fps": "no times",
    },
    "evaluate": HOW
    | {
        "--quality": "balanced",
        "--tolerance": "4.0",
        "--grid": "512x288",
        "--venues": "the nearest venues.csv beside the truth or above it",
        "--page-misses": "40",
    },
    "bench": HOW
    | {
        "--quality": "balanced",
        "--video": "13 s of 1280x720 at 30 frames/s, rendered first",
        "--weights": "tracknet-v3-small",
        "--rounds": "3",
    },
    "train": {
        "--network": "tracknet-v3-small",
        "--initial": "verifier: tracknet-v3-small",
        "--teacher-share": "0.5",
        "--steps": "30000; inpaintnet: 20000; verifier: 10000",
        "--epoch-steps": "500; inpaintnet, verifier: 250",
        "--batch-size": "16; inpaintnet: 128; verifier: 64",
        "--crop": "128",
        "--learning-rate": "0.002",
        "--weight-decay": "0.0001; verifier: 0.001",
        "--warmup": "200",
        "--ema": "0.999; verifier: 0.998",
        "--mine-steps": "5000",
        "--mixup": "0.1",
        "--paste": "0.0",
        "--empty": "0.25",
        "--target": "the network's own",
        "--sigma": "the network's own",
        "--loss": "the network's own",
        "--frames-out": "the network's own",
        "--skips": "the network's own",
        "--background": "the network's own",
        "--bf16": "yes",
        "--compile": "no",
        "--device": "auto",
        "--held-out": "inpaintnet: dev",
        "--longest": "inpaintnet: 16",
        "--jitter": "inpaintnet: 0.4",
        "--seed": "13",
    },
}
"""Every default that the help shows; what is not here shows none."""


@pytest.mark.parametrize("command", SHOWN)
def test_of_the_command_line(balltrack: Callable[..., Any], command: str) -> None:
    _, _, options = balltrack(command, "-h").out.partition("Options:\n")
    entries = re.split(r"\n(?=  -)", "\n" + options)  # one an option, with its help
    shown = {}
    for entry in entries:
        default = re.search(r"\[default: (.*?)\]", " ".join(entry.split()))
        if default:
            name = re.search(r"--[a-z0-9-]+", entry)
            assert name
            value = re.sub(r"; [0-9.<=]*x[<>=0-9.]*$", "", default[1])  # its range
            shown[name[0]] = value.strip("()")
    assert shown == SHOWN[command]
