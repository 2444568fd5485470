"""What this machine has for tracking, what is broken on it, and what makes it slow."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from balltrack.errors import BalltrackError
from balltrack.folders import LEAST_ROOM, cache_folder, free_bytes
from balltrack.options import TrackOptions
from balltrack.runtimes.device import available_devices, device_name, int8_may_pay, usable_cores
from balltrack.weights.registry import list_weights

State = Literal["fine", "slow", "broken"]

PACKAGES = (
    *("torch", "openvino", "nncf", "av", "opencv-python", "numpy", "scipy"),
    *("safetensors", "onnxruntime", "pillow", "opentimelineio"),
)
DECODERS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mpeg2video", "prores", "mjpeg")
INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")
LEAST_MEMORY_GB = 2.0
FRAMES = 8


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: what it is.
        said: what was found, and what to do where something is wrong.
        state: "slow" works, though not as fast as it could; "broken" does not work.
    """

    about: str
    said: str
    state: State = "fine"


def check_up(options: TrackOptions) -> Iterator[Finding]:
    """Look at everything, in the order in which it is best read.

    Args:
        options: weights, device, runtime and precision whose self-check is made.
    """
    looks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("versions", _versions),
        ("machine", _machine),
        ("devices", _devices),
        ("decoders", _decoders),
        ("video", _video),
        ("cache", _cache),
        ("weights", _weights),
        ("network", lambda: _network(options)),
    )
    for about, look in looks:
        try:
            yield from look()
        except (BalltrackError, OSError, ImportError, RuntimeError) as error:
            yield Finding(about, " ".join(str(error).split()), "broken")


def _versions() -> Iterator[Finding]:
    yield Finding("balltrack", version("balltrack"))
    yield Finding("python", f"{platform.python_version()} ({platform.python_implementation()})")
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "-"
    yield Finding("packages", ", ".join(f"{name} {number}" for name, number in found.items()))
    if found["openvino"] == "-":
        advice = (
            "torch alone runs the network; pip install 'balltrack[openvino]' is faster on a CPU"
        )
        yield Finding("openvino", advice, "slow")
    elif found["nncf"] == "-" and int8_may_pay():
        advice = "bf16 or fp32 alone; pip install 'balltrack[int8]' is faster on a CPU without AMX"
        yield Finding("int8", advice, "slow")


def _machine() -> Iterator[Finding]:
    import psutil  # noqa: PLC0415  # not needed to name a version

    yield Finding("system", platform.platform())
    yield Finding("cpu", f"{device_name('cpu')}, {usable_cores()} of {os.cpu_count()} cores to use")
    flags = _flags()
    has = [name for name in INSTRUCTIONS if name in flags]
    if flags and not {"amx_bf16", "avx512_bf16"} & {*has}:
        said = f"{', '.join(has) or 'no AVX2'}; without bf16 the network computes in fp32 or int8"
        yield Finding("instructions", said, "slow")
    elif flags:
        yield Finding("instructions", ", ".join(has))
    memory = psutil.virtual_memory()
    free = memory.available / 1e9
    tight = free < LEAST_MEMORY_GB
    said = f"{free:.1f} of {memory.total / 1e9:.1f} GB free"
    yield Finding(
        "memory", said + ("; close other programs" if tight else ""), "slow" if tight else "fine"
    )


def _flags() -> set[str]:
    """What the CPU can do; empty where nobody says."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())


def _devices() -> Iterator[Finding]:
    devices = available_devices()
    yield Finding("devices", ", ".join(f"{name} ({device_name(name)})" for name in devices))
    if Path("/proc/driver/nvidia").exists() and "cuda" not in devices:
        said = "there is an NVIDIA driver, but this torch knows no CUDA; install torch's CUDA build"
        yield Finding("gpu", said, "slow")


def _decoders() -> Iterator[Finding]:
    from av.codec import Codec  # noqa: PLC0415  # libraries of FFmpeg
    from av.error import FFmpegError  # noqa: PLC0415

    missing = []
    for name in DECODERS:
        try:
            Codec(name, "r")
        except (ValueError, FFmpegError):
            missing.append(name)
    has = [name for name in DECODERS if name not in missing]
    if missing:
        said = f"{', '.join(has)}; not {', '.join(missing)}: reinstall av"
        yield Finding("decoders", said, "broken")
    else:
        yield Finding("decoders", ", ".join(has))


def _video() -> Iterator[Finding]:
    """Encode a few frames, and decode them again."""
    from balltrack.overlay.writer import VideoWriter  # noqa: PLC0415  # loads OpenCV
    from balltrack.synthetic import render_clip  # noqa: PLC0415
    from balltrack.video.reader import open_video  # noqa: PLC0415

    clip = render_clip(size=(160, 96), frame_count=FRAMES)
    with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
        path = Path(folder, "clip.mp4")
        with VideoWriter(path, clip.size, clip.frame_rate) as writer:
            for frame in clip.frames():
                writer.write(frame.image, frame.time_s)
        with open_video(path) as reader:
            count = sum(1 for _ in reader.frames())
    if count == FRAMES:
        yield Finding("video", f"{count} frames were encoded as H.264 and decoded again")
    else:
        yield Finding("video", f"of {FRAMES} encoded frames {count} came back", "broken")


def _cache() -> Iterator[Finding]:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = free_bytes(folder)
        trouble = "" if free >= LEAST_ROOM else f"{free >> 20} MB are free there"
    except OSError as error:
        trouble = error.strerror or str(error)
    if trouble:
        said = f"{folder}: {trouble}; every start converts the network anew"
        yield Finding("cache", said, "slow")
    else:
        yield Finding("cache", str(folder))


def _weights() -> Iterator[Finding]:
    for entry in list_weights():
        try:
            yield Finding(entry.name, f"sha256 {entry.checked_sha256()[:16]}…, as registered")
        except BalltrackError as error:
            yield Finding(entry.name, str(error), "broken")


def _network(options: TrackOptions) -> Iterator[Finding]:
    from balltrack.runtimes import load_runtime, window_times  # noqa: PLC0415  # loads torch or OpenVINO
    from balltrack.runtimes.selfcheck import TOLERANCES, largest_difference  # noqa: PLC0415
    from balltrack.weights.handle import open_weights  # noqa: PLC0415

    weights = open_weights(options.weights)
    runtime = load_runtime(weights, options)
    how = f"{weights.name} by {runtime.name} in {runtime.precision} on {runtime.device}"
    difference = largest_difference(runtime, weights)
    allowed = TOLERANCES[runtime.precision]
    said = f"{how}: off by {difference:.2g} from torch in fp32, {allowed:g} is allowed"
    yield Finding("network", said, "fine" if difference <= allowed else "broken")
    if times := window_times(runtime, weights):
        spent = ", ".join(f"{ms:.1f} ms a window on {threads}" for threads, ms in times.items())
        yield Finding("threads", f"{runtime.threads} for the network: {spent}")
