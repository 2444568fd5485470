"""Where the network runs and in which precision."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch

from balltrack.errors import DeviceError
from balltrack.options import Precision

DTYPES: dict[str, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}

BATCH_SIZES = {"cpu": 1, "mps": 4, "cuda": 8}
"""Windows a call. One window already keeps every CPU core busy, and more only fall out of
its caches (about 10 % slower at 4); a GPU needs several to fill."""

# Values of ONEDNN_MAX_CPU_ISA (oneDNN, "CPU Dispatcher Control") that switch off more than AMX.
_ISA_BELOW_BF16 = frozenset(
    ("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI")
)
_ISA_BELOW_AMX = _ISA_BELOW_BF16 | {"AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX10_1_512"}


def choose_device(name: str) -> torch.device:
    """The device called ``name``: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda[:N]", "mps".

    Raises:
        DeviceError: this machine does not have it, or there is no such name.
    """
    if name == "auto":
        name = available_devices()[0]
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in BATCH_SIZES:
        raise DeviceError(f"unknown device {name!r}; known: auto, cpu, cuda, cuda:N, mps")
    known = available_devices()
    if str(device) not in known:
        raise DeviceError(f"no device {name!r} on this machine; there is: {', '.join(known)}")
    return device


def available_devices() -> list[str]:
    """What `choose_device` can give here, the preferred one first."""
    names = []
    if torch.cuda.is_available():
        names += ["cuda", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, "cpu"]


def choose_precision(device: torch.device, precision: Precision) -> torch.dtype:
    """The dtype of the network; "auto" takes the fastest that loses nothing that matters.

    bf16 moves a heatmap by less than 0.01 and a centroid by less than 0.5 px. MPS stays
    at fp32.

    Raises:
        DeviceError: fp16 on a CPU, where no convolution is fast in it.
    """
    if device.type == "cpu" and precision == "fp16":
        raise DeviceError("fp16 is slower than fp32 on a CPU; ask for fp32, bf16 or auto")
    if precision != "auto":
        return DTYPES[precision]
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float16
    if device.type == "cpu" and bf16_pays(_cpu_description(), os.environ):
        return torch.bfloat16
    return torch.float32


def default_batch_size(device: torch.device) -> int:
    """Windows a network call where nobody asked for a number."""
    return BATCH_SIZES[device.type]


def bf16_pays(cpuinfo: str, environ: Mapping[str, str]) -> bool:
    """Whether convolutions in bf16 are faster than in fp32 on a CPU.

    They are with Intel's AMX (3-5 times) and with AMD's avx512_bf16 (twice, Zen 5);
    with avx512_bf16 on Intel without AMX they are slower, and without either the emulation
    is 2 to 9 times slower. A limit set by ONEDNN_MAX_CPU_ISA counts as if the CPU had no more.

    Args:
        cpuinfo: text of Linux's /proc/cpuinfo; "" where there is none means no.
        environ: the environment variables.
    """
    limit = environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    lines = dict(line.split(":", 1) for line in cpuinfo.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in lines.items()}
    flags = fields.get("flags", "").split()
    if "amx_bf16" in flags and limit not in _ISA_BELOW_AMX:
        return True
    amd = fields.get("vendor_id") == "AuthenticAMD"
    return amd and "avx512_bf16" in flags and limit not in _ISA_BELOW_BF16


def _cpu_description() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
