"""What a measurement was made on, and how much memory it took."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balltrack.inference.device import device_name

if TYPE_CHECKING:
    from balltrack.inference.runtime import Runtime


def describe(runtime: Runtime) -> dict[str, Any]:
    """The machine that ``runtime`` runs on, as plain values."""
    return {
        "device": runtime.device,
        "device_name": device_name(runtime.device),
        "threads": runtime.threads,
        "cpu": device_name("cpu"),
        "cpus": os.cpu_count(),
        "versions": {name: version(name) for name in ("torch", "openvino") if find_spec(name)},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MB (10^6 bytes)."""
    import resource  # noqa: PLC0415  # not on Windows

    try:
        # Not ru_maxrss, which on Linux a new process inherits from the one that made it.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        kilobytes = int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        kilobytes = peak // 1024 if sys.platform == "darwin" else peak
    return round(kilobytes * 1024 / 1e6, 1)


def peak_cuda_mb() -> float | None:
    """Most that torch's allocator has held on a GPU, in MB; None without CUDA or torch."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return round(float(torch.cuda.max_memory_allocated()) / 1e6, 1)
