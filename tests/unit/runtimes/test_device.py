from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from balltrack.errors import DeviceError
from balltrack.runtimes.device import (
    available_devices,
    bf16_pays,
    choose_device,
    choose_precision,
    int8_may_pay,
)

CPU = "cpu"

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
    monkeypatch.setattr("balltrack.runtimes.device._torch_knows_only_cpus", lambda: False)
    assert choose_device("auto") == "cuda"
    assert choose_device("cuda:1") == "cuda:1"
    with pytest.raises(DeviceError, match="there is: cuda, cuda:0, cuda:1"):
        choose_device("cuda:2")


@pytest.mark.parametrize(
    ("cpuinfo", "limit", "pays"),
    [
        (INTEL_AMX, "", True),
        (INTEL_AMX, "ALL", True),
        (INTEL_AMX, "AVX512_CORE_AMX", True),
        (INTEL_AMX, "avx512_core_bf16", False),
        (INTEL_AMX, "AVX10_1_512_AMX", True),
        (INTEL_AMX, "AVX10_1_512", False),
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
    assert bf16_pays(cpuinfo, {"DNNL_MAX_CPU_ISA": limit}) is pays


@pytest.mark.parametrize(
    ("cpuinfo", "limit", "tried"),
    [
        (INTEL_AMX, "", False),
        (INTEL_AMX, "AVX512_CORE_BF16", True),
        (INTEL_BF16, "", True),
        (AMD, "", True),
        ("", "", True),
    ],
)
def test_int8_is_tried_where_no_matrix_unit_is(
    cpuinfo: str, limit: str, tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.runtimes.device._cpu_description", lambda: cpuinfo)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert int8_may_pay() is tried


def test_the_newer_name_of_the_limit_wins() -> None:
    assert bf16_pays(AMD, {"ONEDNN_MAX_CPU_ISA": "ALL", "DNNL_MAX_CPU_ISA": "AVX2"})


def test_precision() -> None:
    assert choose_precision(CPU, "fp32") == "fp32"
    assert choose_precision(CPU, "bf16") == "bf16"
    assert choose_precision(CPU, "auto") in {"fp32", "bf16"}
    assert choose_precision("mps", "auto") == "fp32"
    with pytest.raises(DeviceError, match="fp16 is slower than fp32 on a CPU"):
        choose_precision(CPU, "fp16")


@pytest.mark.parametrize(("limit", "expected"), [("", "bf16"), ("AVX2", "fp32")])
def test_auto_precision_follows_the_flags_and_the_limit(
    limit: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.runtimes.device._cpu_description", lambda: INTEL_AMX)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert choose_precision(CPU, "auto") == expected
    monkeypatch.setattr("balltrack.runtimes.device._cpu_description", lambda: AMD_OLD)
    assert choose_precision(CPU, "auto") == "fp32"


@pytest.mark.parametrize(("native", "dtype"), [(True, "bf16"), (False, "fp16")])
def test_auto_precision_on_cuda(native: bool, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: native)
    assert choose_precision("cuda", "auto") == dtype


def test_a_cpu_is_chosen_without_torch() -> None:
    """Of a build for CPUs; asking the others costs the second that torch takes to load."""
    program = (
        "import sys; from balltrack.runtimes import device; "
        "device._torch_knows_only_cpus = lambda: True; "
        "assert [device.choose_device(name) for name in ('auto', 'cpu')] == ['cpu', 'cpu']; "
        "device.choose_precision('cpu', 'auto'); assert device.device_name('cpu'); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
