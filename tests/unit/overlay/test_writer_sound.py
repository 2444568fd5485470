"""The sound of the written file: the source's, in time with the pictures."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from balltrack.overlay.encoder import Encoder
from balltrack.overlay.sound import Part
from balltrack.overlay.writer import VideoWriter
from balltrack.video.reader import open_video
from written_files import SIZE, copy_of, ramp, times_of, write

SOUND_RATE = 48000
CLICK_S = 0.5


def sounding(
    path: Path, codec: str, *, start_s: float = 0.0, layout: str = "stereo", rate: int = SOUND_RATE
) -> Path:
    """A second of video with silence and one click at `CLICK_S`, both from ``start_s`` on."""
    silence = np.zeros((1, 2 * SOUND_RATE), np.int16)
    click = int(2 * CLICK_S * SOUND_RATE)
    silence[:, click : click + 1000] = 20000
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        sound = output.add_stream(codec, rate=rate)
        sound.codec_context.layout = layout
        sound.codec_context.open()
        frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = SOUND_RATE, round(start_s * SOUND_RATE)
        resampler = av.AudioResampler(
            sound.codec_context.format, layout, rate, sound.codec_context.frame_size or 1024
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


@pytest.mark.parametrize(
    ("name", "codec", "rate", "suffix"),
    [
        ("source.mkv", "libopus", SOUND_RATE, ".mov"),
        ("source.mkv", "flac", SOUND_RATE, ".mov"),
        ("source.mkv", "pcm_s16le", 192_000, ".mov"),
        ("source.mkv", "pcm_s16le", 37_800, ".mp4"),
    ],
)
def test_sound_that_the_file_cannot_hold_as_it_is_becomes_aac(
    tmp_path: Path, name: str, codec: str, rate: int, suffix: str
) -> None:
    source = sounding(tmp_path / name, codec, rate=rate)
    target = copy_of(source, tmp_path / f"copy{suffix}")
    assert len(times_of(target)) == 25
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
    assert click_s(target) == pytest.approx(CLICK_S, abs=0.05)


@pytest.mark.shared
def test_sound_whose_packets_have_no_times(shared: Path, tmp_path: Path) -> None:
    source = shared / "awkward" / "made" / "a.wmv"
    target = tmp_path / "copy.mp4"
    with VideoWriter(target, SIZE, Fraction(30), audio_from=source) as writer:
        for number in range(48):
            writer.write(ramp(number), number / 30)
    with av.open(str(target)) as container:
        heard = [frame.time + frame.samples / frame.rate for frame in container.decode(audio=0)]
    assert heard[-1] == pytest.approx(1.6, abs=0.1)


@pytest.mark.parametrize("codec", ["aac", "mp2"])
def test_recordings_that_were_joined_sound_to_their_end(tmp_path: Path, codec: str) -> None:
    """Copied or encoded: the clock of the second begins again."""
    once = sounding(tmp_path / "once.ts", codec)
    twice = tmp_path / "twice.ts"
    twice.write_bytes(once.read_bytes() * 2)
    with open_video(twice) as reader:
        times = [frame.time_s for frame in reader.frames()]
    assert len(times) == 50
    assert (np.diff(times) > 0).all()
    target = tmp_path / "copy.mp4"
    with VideoWriter(target, SIZE, Fraction(25), audio_from=twice) as writer:
        for number, time_s in enumerate(times):
            writer.write(ramp(number), time_s)
    with av.open(str(target)) as container:
        heard = [frame.time + frame.samples / SOUND_RATE for frame in container.decode(audio=0)]
    assert heard[-1] == pytest.approx(2.0, abs=0.15)
    assert (np.diff(heard) > 0).all()


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
    assert [r.name for r in caplog.records] == ["balltrack.overlay.sound"]
    assert "sound" in caplog.text


def test_sound_that_cannot_be_written_costs_no_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a muxer has against it."""
    source = sounding(tmp_path / "source.mp4", "aac")

    def refuse(self: Encoder, packet: object) -> None:
        raise av.error.ArgumentError(22, "Invalid argument")

    monkeypatch.setattr(Encoder, "_mux_sound", refuse)
    target = copy_of(source, tmp_path / "copy.mp4")
    assert len(times_of(target)) == 25
    assert caplog.text.count("the sound is left out from here on") == 1


def test_a_source_without_sound_gives_none(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", [0.0, 0.04])
    target = copy_of(source, tmp_path / "copy.mp4")
    with av.open(str(target)) as container:
        assert not container.streams.audio
