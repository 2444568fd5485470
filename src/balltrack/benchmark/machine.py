"""What a measurement was made on, and how much memory it took."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any


def describe(device: Any) -> dict[str, Any]:
    """The machine as plain values; ``device`` is a `torch.device`."""
    import torch  # noqa: PLC0415  # whoever measures has loaded it

    cpu = _cpu_name()
    return {
        "device": str(device),
        "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else cpu,
        "threads": torch.get_num_threads(),
        "cpu": cpu,
        "cpus": os.cpu_count(),
        "torch": torch.__version__,
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
    """Most that torch's allocator has held on a GPU, in MB; None without CUDA."""
    import torch  # noqa: PLC0415

    if not torch.cuda.is_available():
        return None
    return round(torch.cuda.max_memory_allocated() / 1e6, 1)


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
