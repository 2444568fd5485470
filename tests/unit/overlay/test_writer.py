"""The pictures of the written file, as PyAV reads it back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace

from balltrack.overlay.writer import VideoWriter
from balltrack.video.yuv import PlaneConverter
from written_files import RATE, SIZE, copy_of, decoded, ramp, write


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


def test_the_shape_of_pixels_is_turned_with_the_picture(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "source.mp4"), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
        output.mux([*stream.encode(av.VideoFrame(*SIZE, "yuv420p")), *stream.encode()])
    upright = SIZE[::-1]
    target = tmp_path / "copy.mp4"
    with VideoWriter(target, upright, RATE, audio_from=tmp_path / "source.mp4") as writer:
        writer.write(ramp(0, upright), 0.0)
    with av.open(str(target)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(15, 16)


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="must be 64x48"),
        VideoWriter(tmp_path / "a.mp4", SIZE, RATE) as writer,
    ):
        writer.write(ramp(0, (48, 64)), 0.0)
    assert not list(tmp_path.iterdir())


def test_planes_are_written_as_they_are(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    picture = PlaneConverter(SIZE, Colorspace.ITU709).from_bgr(noise)
    with VideoWriter(tmp_path / "a.mp4", SIZE, RATE, crf=0) as writer:
        writer.write(picture, 0.0)
    with av.open(str(tmp_path / "a.mp4")) as container:
        written = next(container.decode(video=0))
        np.testing.assert_array_equal(written.to_ndarray(), picture.to_ndarray())


@pytest.mark.parametrize(("size", "pixel_format"), [((48, 64), "yuv420p"), (SIZE, "yuv444p")])
def test_planes_of_another_kind_are_refused(
    tmp_path: Path, size: tuple[int, int], pixel_format: str
) -> None:
    with (
        pytest.raises(ValueError, match="must be 64x48"),
        VideoWriter(tmp_path / "a.mp4", SIZE, RATE) as writer,
    ):
        writer.write(av.VideoFrame(*size, pixel_format), 0.0)


def test_a_source_of_key_frames_only_does_not_make_a_file_of_them(tmp_path: Path) -> None:
    """Decoded pictures remember what they were, and x264 would make them the same again."""
    source = tmp_path / "source.mp4"
    with av.open(str(source), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for _ in range(10):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(ramp(0), format="bgr24")))
        output.mux(stream.encode())
    target = tmp_path / "a.mp4"
    with av.open(str(source)) as container, VideoWriter(target, SIZE, Fraction(25)) as writer:
        for frame in container.decode(video=0):
            writer.write(frame, frame.time)
    with av.open(str(target)) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert keys == [True] + [False] * 9
