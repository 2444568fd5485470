"""Where the network runs and in which precision. Torch is asked only where a GPU may be."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from balltrack.errors import DeviceError
from balltrack.options import Precision

NumberFormat = Literal["fp32", "bf16", "fp16", "int8"]
"""What a network computes in, once "auto" has been decided."""

KINDS = ("cpu", "mps", "cuda")

# Values of ONEDNN_MAX_CPU_ISA (oneDNN, "CPU Dispatcher Control") that switch off more than AMX.
_ISA_BELOW_BF16 = frozenset(
    ("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI")
)
_ISA_BELOW_AMX = _ISA_BELOW_BF16 | {
    *("AVX512_CORE_BF16", "AVX512_CORE_FP16"),
    *("AVX10_1", "AVX10_1_512", "AVX10_2", "AVX10_2_512"),
}


def choose_device(name: str) -> str:
    """The device called ``name``: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda[:N]", "mps".

    Raises:
        DeviceError: this machine does not have it, or there is no such name.
    """
    if name == "cpu" or (name == "auto" and _torch_knows_only_cpus()):
        return "cpu"  # without the second that torch takes to load
    known = available_devices()
    if name == "auto":
        return known[0]
    kind, _, number = name.partition(":")
    if kind not in KINDS or (number and not number.isdecimal()):
        raise DeviceError(f"unknown device {name!r}; known: auto, cpu, cuda, cuda:N, mps")
    if name not in known:
        raise DeviceError(f"no device {name!r} on this machine; there is: {', '.join(known)}")
    return name


def available_devices() -> list[str]:
    """What `choose_device` can give here, the preferred one first."""
    import torch  # noqa: PLC0415  # a second

    names = []
    if torch.cuda.is_available():
        names += ["cuda", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, "cpu"]


def device_kind(device: str) -> str:
    """ "cuda" of "cuda:1"."""
    return device.partition(":")[0]


def choose_precision(device: str, precision: Precision) -> NumberFormat:
    """What the network computes in; "auto" takes the fastest that loses nothing that matters.

    bf16 moves a heatmap by less than 0.01 and a centroid by less than 0.5 px. MPS stays
    at fp32. Whether a CPU is better off in int8 shows when it is timed (`int8_pays`).

    Raises:
        DeviceError: fp16 on a CPU, where no convolution is fast in it.
    """
    kind = device_kind(device)
    if kind == "cpu" and precision == "fp16":
        raise DeviceError("fp16 is slower than fp32 on a CPU; ask for fp32, bf16 or auto")
    if precision != "auto":
        return precision
    if kind == "cuda":
        import torch  # noqa: PLC0415  # loaded by whoever found the GPU

        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if kind == "cpu" and bf16_pays(_cpu_description(), os.environ) else "fp32"


def usable_cores() -> int:
    """Cores of the CPU that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device_name(device: str) -> str:
    """The model of the GPU or of the CPU."""
    if device_kind(device) == "cuda":
        import torch  # noqa: PLC0415

        return torch.cuda.get_device_name(device)
    lines = _cpu_description().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def bf16_pays(cpuinfo: str, environ: Mapping[str, str]) -> bool:
    """Whether convolutions in bf16 are faster than in fp32 on a CPU.

    They are with Intel's AMX (3-5 times) and with AMD's avx512_bf16 (twice, Zen 5);
    with avx512_bf16 on Intel without AMX they are slower, and without either the emulation
    is 2 to 9 times slower. A limit set by ONEDNN_MAX_CPU_ISA, or by its older name
    DNNL_MAX_CPU_ISA, counts as if the CPU had no more.

    Args:
        cpuinfo: text of Linux's /proc/cpuinfo; "" where there is none means no.
        environ: the environment variables.
    """
    vendor, flags = _vendor_and_flags(cpuinfo)
    amd = vendor == "AuthenticAMD" and "avx512_bf16" in flags
    return has_amx(cpuinfo, environ) or (amd and _limit(environ) not in _ISA_BELOW_BF16)


def has_amx(cpuinfo: str, environ: Mapping[str, str]) -> bool:
    """Whether a CPU has Intel's matrix unit; arguments as those of `bf16_pays`."""
    return "amx_bf16" in _vendor_and_flags(cpuinfo)[1] and _limit(environ) not in _ISA_BELOW_AMX


def int8_may_pay() -> bool:
    """Whether int8 is worth being tried on this CPU: with AMX it is 1.27 times as fast as bf16."""
    return not has_amx(_cpu_description(), os.environ)


def _vendor_and_flags(cpuinfo: str) -> tuple[str, list[str]]:
    lines = dict(line.split(":", 1) for line in cpuinfo.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in lines.items()}
    return fields.get("vendor_id", ""), fields.get("flags", "").split()


def _limit(environ: Mapping[str, str]) -> str:
    limits = (environ.get(f"{prefix}_MAX_CPU_ISA") for prefix in ("ONEDNN", "DNNL"))
    return next(filter(None, limits), "").upper()


def _torch_knows_only_cpus() -> bool:
    """Whether the installed torch is one of the builds for CPUs, which say so in their version."""
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def _cpu_description() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
