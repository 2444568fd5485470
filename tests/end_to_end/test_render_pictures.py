"""What of the pictures of a video is in its overlay."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from balltrack.options import ReaderName, RenderOptions
from balltrack.overlay.painter import OverlayPainter
from balltrack.pipeline.rendering import render_overlay
from balltrack.structures import Track
from balltrack.video.pyav_reader import PyavReader
from balltrack.video.reader import open_video
from balltrack.video.yuv import matrix_of_file, planes_of
from flying_ball import COUNT, SIZE, flying
from numbered_clips import read_number, write_clip
from written_files import decoded


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_turned_video_comes_out_upright(tmp_path: Path, turned: int) -> None:
    size = (240, 320)
    video = write_clip(tmp_path / "clip.mp4", 5, size=size, turned=turned)
    render_overlay(video, flying(5, size), tmp_path / "out.mp4")
    images = decoded(tmp_path / "out.mp4")
    assert images[0].shape == (320, 240, 3)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert next(container.decode(video=0)).rotation == 0, "not turned once more"
    assert [read_number(image) for image in images] == list(range(5))


def drawn_on(track: Track, index: int, trail: int) -> npt.NDArray[np.bool_]:
    """(h, w) where there may be a marker or, behind it, a trail."""
    touched = np.zeros(SIZE[::-1], dtype=bool)
    for x, y in track.xy[max(index - trail, 0) : index + 1].astype(int):
        touched[y - 16 : y + 16, x - 16 : x + 16] = True
    return touched


def test_what_is_not_drawn_on_stays_as_it_was_decoded(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", COUNT, size=SIZE)
    track, out = flying(COUNT), tmp_path / "out.mp4"
    render_overlay(video, track, out, RenderOptions(crf=0))
    with av.open(str(video)) as before, av.open(str(out)) as after:
        pairs = zip(before.decode(video=0), after.decode(video=0), strict=True)
        for index, (plain, marked) in enumerate(pairs):
            touched = drawn_on(track, index, 8)
            for one, other in zip(planes_of(plain), planes_of(marked), strict=True):
                step = touched.shape[0] // one.shape[0]
                untouched = ~touched[::step, ::step]
                np.testing.assert_array_equal(other[untouched], one[untouched])
                assert (other != one).any(), "something is drawn"


def test_pictures_that_others_are_decoded_from_are_not_drawn_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is drawn on before the next one is decoded, which refers to it."""
    monkeypatch.setattr(PyavReader, "_passes", ("SLICE",))
    video = write_clip(tmp_path / "clip.mp4", COUNT, size=SIZE, options={"tune": "zerolatency"})
    track = flying(COUNT)
    painter = OverlayPainter(track, RenderOptions(trail=0), SIZE)
    with open_video(video, reader="pyav") as drawn, av.open(str(video)) as container:
        pairs = zip(
            drawn.planar_frames(matrix_of_file(video)), container.decode(video=0), strict=True
        )
        for index, (frame, plain) in enumerate(pairs):
            luma = planes_of(painter.paint(frame))[0]
            untouched = ~drawn_on(track, index, 0)
            np.testing.assert_array_equal(luma[untouched], planes_of(plain)[0][untouched])


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc", ""])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
@pytest.mark.parametrize("reader", ["pyav", "opencv"])
def test_colours_are_the_same_on_the_screen(
    tmp_path: Path, matrix: str, pixel_format: str, reader: ReaderName
) -> None:
    """As a player shows both files: by their tags, and in limited range without one."""
    options = {"colorspace": matrix} if matrix else {}
    video = write_clip(
        tmp_path / "clip.mp4", 3, size=SIZE, pixel_format=pixel_format, options=options
    )
    out = tmp_path / "out.mp4"
    render_overlay(video, flying(3), out, RenderOptions(trail=0, crf=4, reader=reader))
    with av.open(str(video)) as before, av.open(str(out)) as after:
        tags = [opened.streams.video[0].codec_context.colorspace for opened in (before, after)]
        assert tags[0] == tags[1]
    for plain, marked in zip(decoded(video), decoded(out), strict=True):
        difference = np.abs(marked[:100].astype(float) - plain[:100])  # above the ball
        assert difference.mean() < 4
    x, y = flying(3).xy[1]
    ring = decoded(out)[1][round(y) - 9 : round(y) + 10, round(x) - 9 : round(x) + 10]
    blue, green, red = np.moveaxis(ring.astype(int), 2, 0)
    assert (np.minimum(green, red) - blue).max() > 100, "yellow"
