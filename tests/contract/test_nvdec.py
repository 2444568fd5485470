"""Decoding on an NVIDIA GPU, and what happens where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.hwaccel import HWAccel
from av.video.reformatter import Colorspace

from balltrack.errors import VideoError
from balltrack.video import nvdec_reader
from balltrack.video.nvdec_reader import NvdecReader
from balltrack.video.probe import probe
from balltrack.video.pyav_reader import PyavReader, Threads
from reader_clips import (
    CFR,
    DAMAGED,
    SMALL,
    Clip,
    assert_complete,
    read,
)


def test_without_a_gpu_nvdec_says_so_once_and_reads_all_the_same(
    rendered: Callable[[Clip], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = rendered(CFR)
    for device, number in (("cuda", "99"), ("vaapi", None)):  # no such GPU; not an NVIDIA one
        accelerator = HWAccel(device, number, allow_software_fallback=False)
        monkeypatch.setattr(nvdec_reader, "HWAccel", lambda *_, one=accelerator, **__: one)
        caplog.clear()
        assert_complete(read(path, "nvdec"), CFR)
        (record,) = caplog.records
        assert record.message == (
            f"{path}: no NVIDIA GPU here decodes its h264; PyAV reads from frame 0 on"
        )


def test_nvdec_takes_no_file_whose_pictures_the_processor_would_decode(
    rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nvdec_reader, "open_container", lambda path, _: av.open(path))
    with pytest.raises(VideoError, match="no NVIDIA GPU here decodes its h264"):
        list(NvdecReader(probe(rendered(CFR))).pictures())


@pytest.fixture
def graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that decodes on the processor and gives NV12, as NVDEC does."""
    decode = PyavReader._decode

    def to_nv12(self: PyavReader, threads: Threads) -> Generator[av.VideoFrame]:
        for frame in decode(self, threads):
            yield frame.reformat(format="nv12")

    monkeypatch.setattr(NvdecReader, "_open", PyavReader._open)
    monkeypatch.setattr(NvdecReader, "_decode", to_nv12)


@pytest.mark.usefixtures("graphics_card")
def test_nvdec_is_taken_where_there_is_a_gpu_and_gives_the_same_small_pictures(
    rendered: Callable[[Clip], Path],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = rendered(CFR)
    wanted = read(path, "pyav", size=SMALL)
    monkeypatch.setattr(PyavReader, "pictures", None)
    monkeypatch.setattr(NvdecReader, "pictures", lambda self: self._pictures())
    for one, other in zip(read(path, "nvdec", size=SMALL), wanted, strict=True):
        assert (one.index, one.time_s) == (other.index, other.time_s)
        np.testing.assert_array_equal(one.image, other.image)
    assert_complete(read(path, "nvdec"), CFR)
    assert not caplog.records


@pytest.mark.usefixtures("graphics_card")
def test_nvdec_gives_an_encoder_the_same_planes(rendered: Callable[[Clip], Path]) -> None:
    info = probe(rendered(CFR))
    pairs = zip(
        NvdecReader(info).planar_frames(Colorspace.ITU601),
        PyavReader(info).planar_frames(Colorspace.ITU601),
        strict=True,
    )
    for one, other in pairs:
        np.testing.assert_array_equal(one.picture.to_ndarray(), other.picture.to_ndarray())


@pytest.mark.usefixtures("graphics_card")
def test_where_nvdec_fails_the_processor_goes_on(
    rendered: Callable[[Clip], Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = rendered(DAMAGED)
    assert_complete(read(path, "nvdec"), DAMAGED)
    first, last = (record.message for record in caplog.records)
    assert first == f"{path}: NVDEC cannot decode it all; PyAV reads from frame 20 on"
    assert last.startswith(f"{path}: damaged; 2 packets")


@pytest.mark.gpu
def test_a_real_gpu_decodes(
    rendered: Callable[[Clip], Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = rendered(CFR)
    assert_complete(read(path, "nvdec"), CFR)
    if caplog.records and os.environ.get("BALLTRACK_REQUIRE_GPU") != "1":
        pytest.skip("no NVIDIA GPU decodes here")
    wanted = read(path, "pyav", size=SMALL)
    for one, other in zip(read(path, "nvdec", size=SMALL), wanted, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    assert not caplog.records
