from __future__ import annotations

import pytest
import torch

from balltrack.errors import DeviceError
from balltrack.inference.device import (
    available_devices,
    bf16_pays,
    choose_device,
    choose_precision,
    default_batch_size,
)

CPU = torch.device("cpu")

AMD = "vendor_id\t: AuthenticAMD\nflags\t\t: avx2 avx512f avx512_bf16\n"
AMD_OLD = "vendor_id\t: AuthenticAMD\nflags\t\t: avx2\n"
INTEL_AMX = "vendor_id\t: GenuineIntel\nflags\t\t: avx512f avx512_bf16 amx_bf16\n"
INTEL_BF16 = "vendor_id\t: GenuineIntel\nflags\t\t: avx512f avx512_bf16\n"


def test_auto_takes_the_first_there_is() -> None:
    assert str(choose_device("auto")) == available_devices()[0]
    assert available_devices()[-1] == "cpu"
    assert choose_device("cpu") == CPU


@pytest.mark.parametrize("name", ["tpu", "", "cuda:x", "meta", "cuda:-1"])
def test_unknown_device(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        choose_device(name)
    assert "known: auto, cpu, cuda, cuda:N, mps" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps"])
def test_absent_device_says_what_there_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=f"no device '{name}' on this machine; there is: cpu$"):
        choose_device(name)


def test_cuda_devices_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto").type == "cuda"
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(DeviceError, match="there is: cuda, cuda:0, cuda:1"):
        choose_device("cuda:2")


@pytest.mark.parametrize(
    ("cpuinfo", "limit", "pays"),
    [
        (INTEL_AMX, "", True),
        (INTEL_AMX, "ALL", True),
        (INTEL_AMX, "AVX512_CORE_AMX", True),
        (INTEL_AMX, "avx512_core_bf16", False),
        (INTEL_AMX, "AVX2", False),
        (INTEL_BF16, "", False),
        (AMD, "", True),
        (AMD, "AVX512_CORE_BF16", True),
        (AMD, "AVX512_CORE_VNNI", False),
        (AMD_OLD, "", False),
        ("", "", False),
        ("nonsense", "", False),
    ],
)
def test_bf16_pays_only_where_convolutions_are_fast_in_it(
    cpuinfo: str, limit: str, pays: bool
) -> None:
    assert bf16_pays(cpuinfo, {"ONEDNN_MAX_CPU_ISA": limit}) is pays


def test_precision() -> None:
    assert choose_precision(CPU, "fp32") is torch.float32
    assert choose_precision(CPU, "bf16") is torch.bfloat16
    assert choose_precision(CPU, "auto") in {torch.float32, torch.bfloat16}
    assert choose_precision(torch.device("mps"), "auto") is torch.float32
    with pytest.raises(DeviceError, match="fp16 is slower than fp32 on a CPU"):
        choose_precision(CPU, "fp16")


def test_auto_precision_honours_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert choose_precision(CPU, "auto") is torch.float32


@pytest.mark.parametrize(("native", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
def test_auto_precision_on_cuda(
    native: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: native)
    assert choose_precision(torch.device("cuda"), "auto") is dtype


def test_a_batch_size_for_every_device() -> None:
    assert [default_batch_size(torch.device(d)) for d in ("cpu", "mps", "cuda:1")] == [1, 4, 8]
