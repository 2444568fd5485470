"""Decoding on an NVIDIA GPU, and what happens where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from unittest.mock import Mock

import av
import numpy as np
import pytest
import torch
from av.codec.hwaccel import HWAccel
from av.video.reformatter import Colorspace

from balltrack.errors import VideoError
from balltrack.options import ReaderName, TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.pipeline import Tracker
from balltrack.runtimes.on_torch import runtime as on_torch
from balltrack.structures import Track
from balltrack.synthetic import render_clip
from balltrack.video.nvdec import reader as nvdec_reader
from balltrack.video.nvdec.reader import NvdecReader
from balltrack.video.nvdec.surfaces import DevicePicture
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

COUNT = 24
"""Frames of the flight."""


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


@pytest.mark.parametrize("card", ["graphics_card", "stays_there"])
def test_where_nvdec_fails_the_processor_goes_on(
    card: str,
    rendered: Callable[[Clip], Path],
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    request.getfixturevalue(card)
    path = rendered(DAMAGED)
    assert_complete(read(path, "nvdec"), DAMAGED)
    first, last = (record.message for record in caplog.records)
    assert first == f"{path}: NVDEC cannot decode it all; PyAV reads from frame 20 on"
    assert last.startswith(f"{path}: damaged; 2 packets")


@pytest.fixture
def stays_there(graphics_card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it decodes stays where it is, as far as anybody can tell."""
    monkeypatch.setattr(nvdec_reader, "stays", lambda frame: frame.format.name == "nv12")


@pytest.mark.usefixtures("stays_there")
def test_pictures_that_stay_on_the_gpu_are_the_same_but_for_rounding(
    rendered: Callable[[Clip], Path],
) -> None:
    path = rendered(CFR)
    assert_complete(read(path, "nvdec"), CFR)
    for one, other in zip(
        read(path, "nvdec", size=SMALL), read(path, "pyav", size=SMALL), strict=True
    ):
        assert (one.index, one.time_s) == (other.index, other.time_s)
        assert np.abs(one.image.astype(int) - other.image).max() <= 6
    for there, here in zip(
        NvdecReader(probe(path)).planar_frames(Colorspace.ITU601),
        PyavReader(probe(path)).planar_frames(Colorspace.ITU601),
        strict=True,
    ):
        np.testing.assert_array_equal(there.picture.to_ndarray(), here.picture.to_ndarray())


@pytest.mark.usefixtures("stays_there")
def test_pictures_for_the_second_look_stay(rendered: Callable[[Clip], Path]) -> None:
    info = probe(rendered(CFR))
    size = (info.width // 2, info.height // 2)
    frames = list(NvdecReader(info, size=SMALL).pictured_frames(size))
    assert {type(frame.picture) for frame in frames} == {DevicePicture}
    assert {frame.picture.size for frame in frames} == {size}


@pytest.mark.parametrize("size", [(64, 36), (65, 36), (64, 35)], ids=str)
def test_pictures_of_odd_sizes_are_brought_back(
    size: tuple[int, int], rendered: Callable[[Clip], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a surface half a pixel of colour would be missing."""
    info = replace(probe(rendered(CFR)), width=size[0], height=size[1])
    asked = Mock()
    monkeypatch.setattr(nvdec_reader, "HWAccel", asked)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    NvdecReader(info)._accelerator()
    assert asked.call_args.kwargs.get("is_hw_owned", False) == (size == (64, 36))


def tracked(clip: Path, reader: ReaderName, device: str) -> Track:
    options = TrackOptions(reader=reader, device=device, runtime="torch", precision="fp32")
    return Tracker(options).track(clip)


def assert_same_track(one: Track, other: Track) -> None:
    assert other.visible.sum() > COUNT / 2
    np.testing.assert_array_equal(one.visible, other.visible)
    np.testing.assert_allclose(one.xy, other.xy, atol=0.3)


@pytest.mark.usefixtures("stays_there")
@pytest.mark.parametrize("cuts_there", [False, True], ids=["brought back", "cut there"])
def test_a_track_of_pictures_that_stay_is_the_same(
    cuts_there: bool, flight: Path, on_the_processor: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_torch, "STAYS_ON", {"cpu"} if cuts_there else set())
    assert_same_track(tracked(flight, "nvdec", "cpu"), on_the_processor)


@pytest.fixture(scope="module")
def on_the_processor(flight: Path) -> Track:
    return tracked(flight, "auto", "cpu")


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ball that flies, in 800 lines, so that pictures are made smaller."""
    clip = tmp_path_factory.mktemp("flight") / "clip.mp4"
    with VideoWriter(clip, (1280, 800), Fraction(30)) as writer:
        for frame in render_clip(size=(1280, 800), frame_count=COUNT).frames():
            writer.write(frame.image, frame.time_s)
    return clip


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
        assert np.abs(one.image.astype(int) - other.image).max() <= 6
    assert not caplog.records


@pytest.mark.gpu
def test_a_real_gpu_tracks_what_it_decodes(
    flight: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not torch.cuda.is_available():
        if os.environ.get("BALLTRACK_REQUIRE_GPU") == "1":
            pytest.fail("BALLTRACK_REQUIRE_GPU=1, and there is no CUDA device")
        pytest.skip("no CUDA device")
    expected = tracked(flight, "auto", "cuda")
    stays = Mock(side_effect=nvdec_reader.stays)
    monkeypatch.setattr(nvdec_reader, "stays", stays)
    monkeypatch.setattr(PyavReader, "_image", None)
    assert_same_track(tracked(flight, "nvdec", "cuda"), expected)
    assert stays.call_count == COUNT
    assert not caplog.records
