"""Videos that are pictures: which files they are, in which order, and what is said of holes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.errors import OptionError, VideoError
from balltrack.options import SourceOptions
from balltrack.video.pictures.names import are_pictures, list_pictures, source_name
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from numbered_clips import numbered_image, read_number, write_clip

SIZE = (160, 96)


def write_pictures(
    folder: Path, numbers: Iterable[int], name: str = "{}.png", size: tuple[int, int] = SIZE
) -> Path:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        assert cv2.imwrite(str(folder / name.format(number)), numbered_image(number, *size))
    return folder


def shown(path: Path, **how: object) -> list[int]:
    with open_video(path, **how) as reader:  # type: ignore[arg-type]
        return [read_number(frame.image) for frame in reader.frames()]


@pytest.mark.parametrize("suffix", ["png", "jpg", "JPEG", "bmp", "tif", "tiff", "webp"])
def test_a_folder_in_natural_order(tmp_path: Path, suffix: str) -> None:
    folder = write_pictures(tmp_path / "frames", range(12), f"img_{{}}.{suffix}")
    (folder / "readme.txt").write_text("no picture")
    (folder / "._img_0.png").write_bytes(b"of another system")
    assert shown(folder) == [*range(12)]
    with open_video(folder, source=SourceOptions(fps=12.5), start_s=0.4, end_s=0.72) as reader:
        assert [(f.index, round(f.time_s, 3)) for f in reader.frames()] == [
            (number, number / 12.5) for number in range(5, 9)
        ]
    info = probe(folder, SourceOptions(fps=29.97))
    assert ((info.width, info.height), info.frame_count) == (SIZE, 12)
    assert float(info.frame_rate) == pytest.approx(29.97)


def test_deep_and_grey_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, kind in enumerate(("grey", "deep", "alpha")):
        image = numbered_image(number, *SIZE)
        image = {
            "grey": image[..., 0],
            "deep": image.astype(np.uint16) * 257,
            "alpha": cv2.cvtColor(image, cv2.COLOR_BGR2BGRA),
        }[kind]
        assert cv2.imwrite(str(folder / f"{number}.png"), image)
    assert shown(folder) == [0, 1, 2]
    with open_video(folder) as reader:
        assert len([*reader.pictured_frames((80, 48))]) == 3


def test_without_a_rate_there_are_no_times(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_pictures(tmp_path / "frames", range(3))
    with open_video(folder) as reader:
        assert all(np.isnan(frame.time_s) for frame in reader.frames())
    assert "25 a second are assumed" in caplog.text
    with pytest.raises(OptionError, match="pictures have no times; give --fps too"):
        open_video(folder, start_s=0.1)


def test_a_pattern_begins_at_its_smallest_number(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "frames", range(7, 13), "a{:04}.jpg")
    write_pictures(folder, [1], "a{}.jpg")  # another pattern's
    assert shown(folder / "a%04d.jpg") == [*range(7, 13)]
    assert shown(folder / "a%d.jpg") == [1]
    assert source_name(folder / "a%04d.jpg") == "frames"
    with pytest.raises(VideoError, match="no file matches this pattern"):
        probe(folder / "b%04d.jpg")


def test_a_hole_keeps_its_row_and_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_pictures(tmp_path / "frames", [3, 4, 6, 7], "{:02}.png")
    with open_video(folder / "%02d.png", source=SourceOptions(fps=10)) as reader:
        found = [(frame.index, read_number(frame.image)) for frame in reader.frames()]
        assert reader.lost == {2}
    assert found == [(0, 3), (1, 4), (2, 4), (3, 6), (4, 7)]
    assert "1 picture missing or broken, the first 05.png" in caplog.text
    caplog.clear()
    assert shown(folder, source=SourceOptions(fps=10)) == [3, 4, 6, 7]
    assert "its numbers jump 1 time, first after 04.png; rows count the pictures" in caplog.text
    write_pictures(folder, [99], "{:02}.png")
    with pytest.raises(VideoError, match="5 pictures, but numbers from 3 to 99"):
        list_pictures(folder / "%02d.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp"])
@pytest.mark.parametrize("broken", [0, 2, 4])
def test_a_broken_picture_keeps_its_row(
    tmp_path: Path, suffix: str, broken: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Cut off; the picture before stands in for it, for the first the one after."""
    folder = write_pictures(tmp_path / "frames", range(5), f"{{}}.{suffix}")
    path = folder / f"{broken}.{suffix}"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with open_video(folder) as reader:
        found = [read_number(frame.image) for frame in reader.frames()]
        assert reader.lost == {broken}
    stand_in = broken - 1 if broken else 1
    assert found == [stand_in if number == broken else number for number in range(5)]
    assert f"1 picture missing or broken, the first {path.name}" in caplog.text


def test_pictures_that_change_their_size(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_pictures(tmp_path / "frames", range(2))
    write_pictures(folder, [2, 3], size=(320, 192))
    caplog.set_level(logging.WARNING)
    assert shown(folder) == [0, 1, 2, 3]
    assert "pictures are 320x192 from frame 2 on; positions are in the first size" in caplog.text


def test_what_is_no_video_of_pictures(tmp_path: Path) -> None:
    videos = write_pictures(tmp_path / "videos", range(2))
    (videos / "below").mkdir()
    write_clip(videos / "below" / "clip.mp4", 2)
    assert not are_pictures(videos)
    assert not are_pictures(tmp_path)
    odd = write_clip(tmp_path / "100%d.mp4", 2)
    assert not are_pictures(odd)
    assert shown(odd) == [0, 1]
    with pytest.raises(OptionError, match="says its own rate; --fps is for pictures"):
        probe(odd, SourceOptions(fps=25))
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "1.png").write_bytes(b"no picture")
    with pytest.raises(VideoError, match="none of 1 picture can be decoded"):
        probe(tmp_path / "none")
