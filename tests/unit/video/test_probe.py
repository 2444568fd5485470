"""What a file says of itself, and one clear line for what is no video."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.stream import Disposition

from balltrack.errors import OptionError, VideoError
from balltrack.video.container import last_packet_s, not_converted
from balltrack.video.probe import _frame_rate, check_start, probe
from numbered_clips import damage, write_clip


def test_a_plain_clip_is_described(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", 50, sound=True)
    info = probe(path)
    assert info.path == str(path)
    assert (info.width, info.height) == (160, 96)
    assert info.frame_rate == 25
    assert info.frame_count == 50
    assert info.duration_s == pytest.approx(2.0)
    assert (info.codec, info.pixel_format) == ("h264", "yuv420p")
    assert (info.rotation, info.variable_frame_rate, info.interlaced) == (0, False, False)
    assert info.has_audio


def test_a_file_that_is_cut_off_has_no_variable_rate(tmp_path: Path) -> None:
    """Its last packets are there, and of the frames between them the first ones alone."""
    whole = write_clip(tmp_path / "whole.mkv", 200, codec="libx264", options={"bf": "3"})
    cut = tmp_path / "cut.mkv"
    for share in np.linspace(0.5, 0.9, 9).tolist():
        cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
        assert not probe(cut).variable_frame_rate


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOMEM, "free some memory"), (errno.EINVAL, "convert the file")]
)
def test_what_cannot_be_converted_has_the_right_advice(number: int, advice: str) -> None:
    error = av.FFmpegError(number, "as FFmpeg says it")
    said = str(not_converted("a.mp4", error))
    assert said.startswith("a.mp4: cannot convert a frame (as FFmpeg says it); " + advice)


def test_a_path_of_nothing_is_no_folder() -> None:
    with pytest.raises(VideoError, match="'': no such file"):
        probe("")


def test_a_video_lasts_from_its_first_frame(tmp_path: Path) -> None:
    """Matroska says when it ends."""
    late = tmp_path / "late.mkv"
    with av.open(write_clip(tmp_path / "clip.mp4", 50)) as source, av.open(late, "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.pts += round(1.5 / packet.time_base)
                packet.dts += round(1.5 / packet.time_base)
                packet.stream = stream
                copy.mux(packet)
    assert probe(late).duration_s == pytest.approx(2.0, abs=0.01)


def test_what_a_container_does_not_say_is_none(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mkv", 30, rate=30))
    assert info.frame_count is None
    assert info.frame_rate == 30
    assert not info.has_audio


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_the_size_is_that_of_the_upright_picture(degrees: int, tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", 3, turned=degrees))
    assert (info.width, info.height, info.rotation) == (160, 96, degrees)


@pytest.mark.parametrize(
    ("ticks", "clock", "variable"),
    [
        ([40 * i for i in range(60)], 1000, False),
        ([round(1000 * i / 30) for i in range(60)], 1000, False),  # 33, 33, 34 ms
        ([i * 1001 for i in range(60)], 30000, False),
        ([40 * i + i % 2 for i in range(60)], 1000, False),  # a millisecond of jitter
        ([40 * i + 15 * (i % 2) for i in range(60)], 1000, True),
        ([40 * (i + (i >= 30)) for i in range(60)], 1000, True),  # one frame was dropped
        ([40 * i if i < 30 else 1200 + 20 * (i - 30) for i in range(60)], 1000, True),
        ([0, 500], 1000, False),
    ],
)
def test_a_varying_rate_is_told_from_a_coarse_clock(
    ticks: list[int], clock: int, variable: bool, tmp_path: Path
) -> None:
    path = write_clip(tmp_path / "clip.mp4", len(ticks), ticks=ticks, clock=clock)
    assert probe(path).variable_frame_rate == variable


def test_the_average_rate_of_a_varying_one(tmp_path: Path) -> None:
    ticks = [40 * i if i < 30 else 1200 + 20 * (i - 30) for i in range(60)]
    rate = probe(write_clip(tmp_path / "clip.mp4", 60, ticks=ticks)).frame_rate
    assert float(rate) == pytest.approx(60 / 1.8, rel=0.05)  # the last one's length is a guess


def test_a_single_frame_has_a_rate(tmp_path: Path) -> None:
    assert probe(write_clip(tmp_path / "clip.mp4", 1)).frame_rate == 25


def test_a_bare_stream_has_neither_times_nor_length(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.h264", 10)
    info = probe(path)
    assert (info.frame_count, info.duration_s, info.variable_frame_rate) == (None, None, False)
    assert isinstance(info.frame_rate, Fraction)
    assert last_packet_s(str(path)) is None


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_start_beyond_the_end_is_refused(suffix: str, tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / f"clip{suffix}", 50, sound=True))
    for start_s in (None, 0.0, 1.9, 2.0):
        check_start(info, start_s)
    with pytest.raises(OptionError, match=r"ends after 2\.0 s, before the start .* \(2\.5 s\)"):
        check_start(info, 2.5)


@pytest.mark.parametrize("suffix", [".ts", ".h264"])
def test_a_start_is_not_judged_by_times_that_may_mislead(suffix: str, tmp_path: Path) -> None:
    """Joined transport streams begin again at 0; a bare stream has no times at all."""
    check_start(probe(write_clip(tmp_path / f"clip{suffix}", 50)), 99.0)


def test_a_header_that_is_too_short_does_not_hide_the_rest(tmp_path: Path) -> None:
    info = replace(probe(write_clip(tmp_path / "clip.mp4", 50)), duration_s=0.5)
    check_start(info, 1.5)


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_interlaced_frames_are_noticed(codec: str, tmp_path: Path) -> None:
    options = {"x264-params": "tff=1"} if codec == "libx264" else {"flags": "+ildct+ilme"}
    path = write_clip(tmp_path / "clip.ts", 5, size=(160, 128), codec=codec, options=options)
    assert probe(path).interlaced


def test_a_damaged_start_does_not_hide_the_rest(tmp_path: Path) -> None:
    path = damage(write_clip(tmp_path / "clip.mp4", 20, options={"g": "1"}, turned=90), range(3))
    assert probe(path).rotation == 90


@pytest.mark.parametrize("name", ["a:b.mp4", "%03d.mp4", "für Ägypten 试.mp4", "-i.mp4"])
def test_names_that_ffmpeg_might_misread(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "clip.mp4", 3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(name).frame_count == 3


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "clip.flv", "clip.avi"])
def test_the_last_packet_is_found_in_every_container(name: str, tmp_path: Path) -> None:
    codec = "mpeg4" if name == "clip.avi" else "libx264"
    # With 99 frames x264 ends on a B-frame: the last to be shown is not the last in the file.
    path = write_clip(tmp_path / name, 99, codec=codec)
    assert last_packet_s(str(path)) == pytest.approx(98 / 25, abs=0.001)


def sound_with_cover_art(path: Path) -> None:
    with av.open(str(path), "w") as output:
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = output.add_stream("aac", rate=8000)
        black = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="bgr24")
        output.mux(cover.encode(black) + cover.encode())
        samples = np.zeros((1, 8000), np.float32)
        silence = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        silence.sample_rate = 8000
        output.mux(sound.encode(silence) + sound.encode())


def without_index(path: Path) -> None:
    data = write_clip(path, 30).read_bytes()
    path.write_bytes(data[: data.rindex(b"moov") - 4])


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no such file; check the path"),
    "folder": (Path.mkdir, "is a folder; name a video file in it"),
    "empty": (Path.touch, "is empty (0 bytes); copy or download it again"),
    "text": (lambda path: path.write_text("not a video\n" * 50), "cannot be read as a video"),
    "sound": (sound_with_cover_art, "has no video stream"),
    "cut": (without_index, "cannot be read as a video"),
    "noise": (lambda path: path.write_bytes(bytes(range(256)) * 40), "cannot be read as a video"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_get_one_clear_line(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "match.mp4"
    make, says = BAD[kind]
    make(path)
    with pytest.raises(VideoError) as caught:
        probe(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert capfd.readouterr().err == ""


def test_a_video_error_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no such file"):
        probe(tmp_path / "match.mp4")


@pytest.mark.parametrize("suffix", ["webm", "mkv", "avi"])
@pytest.mark.parametrize("step", [20, 33, 40])
def test_a_clock_is_no_frame_rate(tmp_path: Path, suffix: str, step: int) -> None:
    """Recorders of browsers and screens write 1000 frames a second."""
    path = tmp_path / f"recorded.{suffix}"
    codec = {"webm": "libvpx-vp9", "mkv": "libx264", "avi": "mpeg4"}[suffix]
    ticks = [step * number for number in range(40)]
    write_clip(path, 40, codec=codec, rate=1000, ticks=ticks)
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 1000
    info = probe(path)
    assert float(info.frame_rate) == pytest.approx(1000 / step, rel=1e-3)
    assert info.frame_count is None  # an AVI counts its empty ticks


def test_a_thousand_frames_a_second_are_believed_where_they_are_there(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "slow.mkv", 30, rate=1000, ticks=[*range(30)]))
    assert info.frame_rate == 1000


@pytest.mark.parametrize(
    ("average", "even", "rate"),
    [
        (Fraction(1000, 33), True, Fraction(30)),  # counts a packet that is not shown
        (Fraction(30000, 1001), True, Fraction(30000, 1001)),  # a clock of milliseconds rounds it
        (Fraction(1000, 33), False, Fraction(1000, 33)),
        (Fraction(12), True, Fraction(30)),
        (None, True, Fraction(30)),
    ],
)
def test_the_rate_is_what_evenly_spaced_packets_bear_out(
    average: Fraction | None, even: bool, rate: Fraction
) -> None:
    stream = SimpleNamespace(
        average_rate=average, guessed_rate=Fraction(30), base_rate=Fraction(30), time_base=None
    )
    times_s = np.arange(99) / 30
    assert _frame_rate(stream, times_s, even=even) == rate  # type: ignore[arg-type]
