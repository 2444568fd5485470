"""What a measurement was made on, and how much memory it took."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balltrack.runtimes.device import device_name

if TYPE_CHECKING:
    from balltrack.detection.detector import Description


def describe(detector: Description) -> dict[str, Any]:
    """The machine that a detector runs on, as plain values."""
    return {
        "device": detector.device,
        "device_name": device_name(detector.device),
        "threads": detector.threads,
        "cpu": device_name("cpu"),
        "cpus": os.cpu_count(),
        "versions": {name: version(name) for name in ("torch", "openvino") if find_spec(name)},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MB (10^6 bytes)."""
    import psutil  # noqa: PLC0415  # not while a run's start is being timed

    memory = psutil.Process().memory_info()
    if (peak := getattr(memory, "peak_wset", None)) is not None:  # Windows
        return round(float(peak) / 1e6, 1)
    try:
        # Not ru_maxrss, which on Linux a new process inherits from the one that made it.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return round(int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6, 1)
    except (OSError, IndexError):
        import resource  # noqa: PLC0415  # not on Windows

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def peak_cuda_mb() -> float | None:
    """Most that torch's allocator has held on a GPU, in MB; None without CUDA or torch."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return round(float(torch.cuda.max_memory_allocated()) / 1e6, 1)
