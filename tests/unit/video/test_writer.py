"""The written file, as PyAV reads it back: pictures, times, sound, and nothing half done."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from balltrack.errors import OptionError, OutputError
from balltrack.structures import Image
from balltrack.video.sound import Part
from balltrack.video.writer import VideoWriter

SIZE = (64, 48)
RATE = Fraction(30000, 1001)
SOUND_RATE = 48000
CLICK_S = 0.5


def ramp(number: int, size: tuple[int, int] = SIZE) -> Image:
    x = np.arange(size[0]) * 255 // size[0]
    row = np.stack([x, 255 - x, np.full_like(x, 5 * number % 250)], axis=1)
    return np.repeat(row[None], size[1], axis=0).astype(np.uint8)


def write(
    path: Path, times: Iterable[float], size: tuple[int, int] = SIZE, **settings: object
) -> Path:
    with VideoWriter(path, size, RATE, **settings) as writer:  # type: ignore[arg-type]
        for number, time_s in enumerate(times):
            writer.write(ramp(number, size), time_s)
    return path


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


def decoded(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def sounding(path: Path, codec: str, *, start_s: float = 0.0, layout: str = "stereo") -> Path:
    """A second of video with silence and one click at `CLICK_S`, both from ``start_s`` on."""
    silence = np.zeros((1, 2 * SOUND_RATE), np.int16)
    click = int(2 * CLICK_S * SOUND_RATE)
    silence[:, click : click + 1000] = 20000
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        sound = output.add_stream(codec, rate=SOUND_RATE)
        sound.codec_context.layout = layout
        sound.codec_context.open()
        frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = SOUND_RATE, round(start_s * SOUND_RATE)
        resampler = av.AudioResampler(
            sound.codec_context.format, layout, SOUND_RATE, sound.codec_context.frame_size or 1024
        )
        for number in range(25):
            picture = av.VideoFrame.from_ndarray(ramp(number), format="bgr24")
            picture.pts, picture.time_base = number + round(start_s * 25), Fraction(1, 25)
            output.mux(video.encode(picture))
        output.mux(video.encode())
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(sound.encode(piece))
        output.mux(sound.encode())
    return path


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def click_s(path: Path) -> float:
    """When the click is heard, to a couple of milliseconds."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray()).max(axis=0)
            if samples.max() > (0.3 if samples.dtype.kind == "f" else 10000):
                return float(frame.time) + int(samples.argmax()) / SOUND_RATE
    raise AssertionError(f"no click in {path}")


def copy_of(source: Path, target: Path) -> Path:
    """What rendering does: the source's frames and times, with its sound."""
    with av.open(str(source)) as container:
        frames = list(container.decode(video=0))
    with VideoWriter(target, SIZE, Fraction(25), audio_from=source) as writer:
        for frame in frames:
            writer.write(frame.to_ndarray(format="bgr24"), float(frame.time - frames[0].time))
    return target


def test_h264_that_starts_before_it_is_loaded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [i / 25 for i in range(10)])
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == SIZE
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), RATE, Fraction(25), Fraction(50)])
def test_constant_rates_are_exact(tmp_path: Path, rate: Fraction) -> None:
    times = [i / rate for i in range(100)]
    with VideoWriter(tmp_path / "a.mp4", SIZE, rate) as writer:
        for number, time_s in enumerate(times):
            writer.write(ramp(number), float(time_s))
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = list(container.decode(video=0))
    assert [frame.pts * frame.time_base for frame in frames] == times


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".MP4"])
def test_variable_times_are_kept_to_a_tick(tmp_path: Path, suffix: str) -> None:
    steps = np.random.default_rng(0).choice([1 / 60, 1 / 30, 0.04, 0.25], 60)
    times = np.cumsum(steps) - steps[0]
    path = write(tmp_path / f"a{suffix}", times.tolist())
    np.testing.assert_allclose(times_of(path), times, atol=0.5 / 90_000)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_videos(tmp_path: Path, count: int) -> None:
    path = write(tmp_path / "a.mp4", [i / 25 for i in range(count)])
    assert times_of(path) == [i / 25 for i in range(count)]


def test_frames_without_a_usable_time_keep_the_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [0.0, float("nan"), 0.5, 0.2, 0.3])
    period = float(1 / RATE)
    expected = [0, period, 0.5, 0.5 + period, 0.5 + 2 * period]
    np.testing.assert_allclose(times_of(path), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(65, 48), (64, 47), (33, 35)])
def test_odd_sizes_repeat_their_last_column_and_row(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write(tmp_path / "a.mp4", [0.0, 0.04], size, crf=1)
    image = decoded(path)[0].astype(int)
    width, height = size
    assert image.shape == (height + height % 2, width + width % 2, 3)
    np.testing.assert_allclose(image[:height, :width], ramp(0, size), atol=14)
    assert np.abs(image[:, -1] - image[:, -2]).max() < 14


def test_lower_crf_is_closer(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    sizes = []
    for crf in (5, 40):
        with VideoWriter(tmp_path / f"{crf}.mp4", SIZE, RATE, crf=crf) as writer:
            writer.write(noise, 0.0)
        sizes.append((tmp_path / f"{crf}.mp4").stat().st_size)
    assert sizes[0] > 2 * sizes[1]


@pytest.mark.parametrize("matrix", [None, 1, 5])
def test_colours_and_pixel_shape_are_the_sources(tmp_path: Path, matrix: int | None) -> None:
    """The stored luma stays what it was, so that players show what they showed before."""
    source = tmp_path / "source.mp4"
    with av.open(str(source), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
        if matrix is not None:
            stream.codec_context.colorspace = matrix
        frame = av.VideoFrame.from_ndarray(ramp(20), format="bgr24")
        output.mux([*stream.encode(frame.reformat(format="yuv420p", dst_colorspace=matrix))])
        output.mux(stream.encode())

    target = copy_of(source, tmp_path / "copy.mp4")

    with av.open(str(source)) as before, av.open(str(target)) as after:
        old, new = next(before.decode(video=0)), next(after.decode(video=0))
        assert new.colorspace == old.colorspace
        assert after.streams.video[0].sample_aspect_ratio == Fraction(16, 15)
    difference = new.to_ndarray().astype(int) - old.to_ndarray().astype(int)
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "aac"), (".mp4", "libmp3lame"), (".mkv", "libopus")]
)
def test_sound_is_copied_packet_for_packet(tmp_path: Path, suffix: str, codec: str) -> None:
    source = sounding(tmp_path / f"source{suffix}", codec)
    target = copy_of(source, tmp_path / "copy.mp4")
    assert sound_packets(target) == sound_packets(source)
    assert click_s(target) == pytest.approx(click_s(source), abs=0.003)


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "pcm_s16le"), (".ts", "mp2")])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_sound_that_mp4_players_do_not_know_becomes_aac(
    tmp_path: Path, suffix: str, codec: str, layout: str
) -> None:
    source = sounding(tmp_path / f"source{suffix}", codec, layout=layout)
    target = copy_of(source, tmp_path / "copy.mp4")
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.streams.audio[0].codec_context.layout.name == layout
    assert click_s(target) == pytest.approx(CLICK_S, abs=0.03)


@pytest.mark.parametrize("codec", ["aac", "mp2"])
def test_sound_stays_in_time_where_the_source_does_not_begin_at_zero(
    tmp_path: Path, codec: str
) -> None:
    source = sounding(tmp_path / "source.ts", codec, start_s=10.0)
    target = copy_of(source, tmp_path / "copy.mp4")
    assert times_of(target)[0] == 0
    assert click_s(target) == pytest.approx(CLICK_S, abs=0.03)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "aac"), (".mkv", "libopus"), (".mkv", "pcm_s16le"), (".ts", "mp2")],
)
@pytest.mark.parametrize("from_s", [0.32, 0.0])
def test_a_part_takes_its_sound_along(
    tmp_path: Path, suffix: str, codec: str, from_s: float
) -> None:
    source = sounding(tmp_path / f"source{suffix}", codec, start_s=3.0 if suffix == ".ts" else 0.0)
    target = tmp_path / "part.mp4"
    with VideoWriter(
        target, SIZE, Fraction(25), audio_from=source, part=Part(from_s, 0.8)
    ) as writer:
        for number in range(round(from_s * 25), 20):
            writer.write(ramp(number), number / 25)
    np.testing.assert_allclose(times_of(target), np.arange(20 - round(from_s * 25)) / 25, atol=1e-5)
    assert click_s(target) == pytest.approx(CLICK_S - from_s, abs=0.03)
    with av.open(str(target)) as container:
        heard = [frame.time + frame.samples / SOUND_RATE for frame in container.decode(audio=0)]
    assert heard[-1] == pytest.approx(0.8 - from_s, abs=0.05)
    assert len(sound_packets(target)) < 0.9 * len(
        sound_packets(copy_of(source, tmp_path / "a.mp4"))
    )


def test_damaged_sound_is_left_out_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = sounding(tmp_path / "source.mkv", "mp2")
    data = source.read_bytes()
    for packet in sound_packets(source):
        data = data.replace(packet, b"\x55" * len(packet))
    source.write_bytes(data)

    with caplog.at_level(logging.WARNING, "balltrack"):
        target = copy_of(source, tmp_path / "copy.mp4")

    assert len(times_of(target)) == 25
    assert [r.name for r in caplog.records] == ["balltrack.video.sound"]
    assert "sound" in caplog.text


def test_a_source_without_sound_gives_none(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", [0.0, 0.04])
    target = copy_of(source, tmp_path / "copy.mp4")
    with av.open(str(target)) as container:
        assert not container.streams.audio


@pytest.mark.parametrize("name", ["a.avi", "a", "a.mkv"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match=r"must end in \.mp4, \.m4v, \.mov"):
        VideoWriter(tmp_path / name, SIZE, RATE)
    assert not list(tmp_path.iterdir())


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*missing"):
        VideoWriter(tmp_path / "missing" / "a.mp4", SIZE, RATE)
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        VideoWriter(tmp_path / "a.mp4", SIZE, RATE)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that refuses even root")
def test_a_folder_that_takes_no_files() -> None:
    with pytest.raises(OutputError, match=r"^/proc/a\.mp4: cannot write the video: "):
        VideoWriter("/proc/a.mp4", SIZE, RATE)


def test_a_failure_in_the_block_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.write_bytes(b"before")

    def failing() -> Iterator[float]:
        yield from (number / 25 for number in range(40))
        raise RuntimeError("while drawing")

    with pytest.raises(RuntimeError, match="while drawing"):
        write(target, failing())
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]
    assert "balltrack-encode" not in {thread.name for thread in threading.enumerate()}


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="must be 64x48"),
        VideoWriter(tmp_path / "a.mp4", SIZE, RATE) as writer,
    ):
        writer.write(ramp(0, (48, 64)), 0.0)
    assert not list(tmp_path.iterdir())


FULL_DISK = """
import resource, sys
from fractions import Fraction
import numpy as np
from balltrack.errors import OutputError
from balltrack.video.writer import VideoWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
try:
    with VideoWriter(sys.argv[1], (320, 240), Fraction(25), crf=5) as writer:
        for number in range(int(sys.argv[2])):
            writer.write(np.roll(noise, 7 * number, axis=0), number / 25)
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("frames", [2, 100], ids=["at the end", "while writing"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, frames: int) -> None:
    """A limit on the size of files stands in for the disk; both fail in write(2)."""
    target = tmp_path / "a.mp4"
    outcome = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(target), str(frames)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert outcome.stdout.startswith(f"{target}: cannot write the video: ")
    assert outcome.stdout.count("\n") == 1
    assert not list(tmp_path.iterdir())
