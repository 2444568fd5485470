"""A region: the pictures are cut out of the whole ones, and rows count in the whole picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from balltrack.errors import OptionError, VideoError
from balltrack.geometry import Region, region_of
from balltrack.labels import read_track
from balltrack.options import ReaderName, TrackOptions
from balltrack.pipeline import Tracker, tracker
from balltrack.pipeline.parts import join_parts, record_part
from balltrack.structures import AnyFrame, Image, VideoInfo
from balltrack.tracks import shift_rows
from balltrack.trajectory.path import PathFinder
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.filters.interlacing import DeinterlacingReader
from balltrack.video.filters.region import RegionReader
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from balltrack.video.yuv import PicturedFrame
from bright_places import BrightPlaces, look_with, picture, write_video
from flying_ball import flying
from reader_clips import AWKWARD, CFR, CLEAN, INTERLACED, Clip, each

REGION = Region(20, 8, 40, 32)
"""Within every clip of the suite, also where it is turned."""


def parts_of(path: Path, reader: ReaderName = "auto", **part: Any) -> list[AnyFrame]:
    with RegionReader(open_video(path, reader=reader), REGION, **part) as video:
        return list(video.frames())


def cut(image: Image) -> Image:
    left, top, width, height = REGION
    return image[top : top + height, left : left + width]


@pytest.mark.parametrize("reader", ["pyav", "opencv", "auto"])
@each(CLEAN)
def test_it_is_cut_to_the_pixel(
    clip: Clip, reader: ReaderName, rendered: Callable[[Clip], Path]
) -> None:
    path = rendered(clip)
    with open_video(path, reader=reader) as video:
        whole = list(video.frames())
    parts = parts_of(path, reader)
    assert [(one.index, one.time_s) for one in parts] == [(one.index, one.time_s) for one in whole]
    for part, one in zip(parts, whole, strict=True):
        apart = np.abs(part.image.astype(int) - cut(one.image))
        assert apart[2:-2, 2:-2].max() == 0
        assert apart.max() <= (2 if clip.name == "ten_bit.mp4" else 0)  # a neighbour's colours


@each(AWKWARD)
def test_of_awkward_files_too(clip: Clip, rendered: Callable[[Clip], Path]) -> None:
    path = rendered(clip)
    with open_video(path, quiet=True) as video:
        whole = [(one.index, cut(one.image)) for one in video.frames()]
    parts = parts_of(path)
    assert [one.index for one in parts] == [index for index, _ in whole]
    most = 12 if clip is INTERLACED else 0  # its colours are spread over the lines of a field
    for part, (_, one) in zip(parts, whole, strict=True):
        assert np.abs(part.image.astype(int) - one).mean() <= most


@pytest.mark.parametrize("name", ["cfr.mp4", "turned90.mp4"])
def test_pictures_for_the_second_look_show_it_alone(
    name: str, rendered: Callable[[Clip], Path]
) -> None:
    path = rendered(next(clip for clip in CLEAN if clip.name == name))
    with RegionReader(open_video(path), REGION) as video:
        frames = list(video.pictured_frames(REGION.size))
    to_bgr = VideoReformatter()
    for frame in frames:
        assert isinstance(frame, PicturedFrame)
        shown = to_bgr.reformat(frame.picture.planes, format="bgr24").to_ndarray()
        assert np.abs(shown.astype(int) - frame.image).mean() < 3  # colours written once more


def test_it_comes_at_any_size_for_any_part_of_the_video(rendered: Callable[[Clip], Path]) -> None:
    parts = parts_of(rendered(CFR), size=(20, 16), start_s=0.4, end_s=0.6)
    assert [frame.index for frame in parts] == [10, 11, 12, 13, 14]
    assert {frame.image.shape for frame in parts} == {(16, 20, 3)}


def test_pictures_that_change_their_size_are_cut_at_the_first_one(
    tmp_path: Path, rendered: Callable[[Clip], Path]
) -> None:
    """What comes at another size is brought to the video's first, and cut there."""
    path = rendered(CFR)
    video = RegionReader(open_video(path), REGION)
    shown = next(video.pictures())
    assert shown.decoded is not None
    assert (shown.decoded.width, shown.decoded.height) == REGION.size
    whole = next(open_video(path).pictures())
    assert whole.decoded is not None
    other = whole.decoded.reformat(width=80, height=48)
    part = video._cut(whole._replace(decoded=other))
    assert part.decoded is None
    np.testing.assert_array_equal(part.convert(REGION.size), cut(whole.convert((160, 96))))


@pytest.mark.parametrize("reader", [lambda whole: RegionReader(whole, REGION), DeinterlacingReader])
def test_what_the_filters_refuse_is_said_in_one_line(
    reader: Callable[[FileReader], FileReader],
    rendered: Callable[[Clip], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise FFmpegError(22, "Invalid argument")

    monkeypatch.setattr("balltrack.video.filters.filtered.Graph", refuse)
    path = rendered(CFR)
    with pytest.raises(VideoError) as error:
        list(reader(open_video(path)).frames())
    assert str(error.value) == (
        f"{path}: cannot convert a frame (Invalid argument); convert the file to H.264"
    )


@pytest.mark.parametrize(
    ("asked", "region"),
    [
        (None, (0, 0, 1281, 721)),
        ("1281x721+0+0", (0, 0, 1281, 721)),
        ("960x540+160+90", (160, 90, 960, 540)),
        ("100x100+11+13", (10, 12, 102, 102)),
        ("1x1+1280+720", (1280, 720, 1, 1)),
    ],
)
def test_regions_are_widened_to_even_rows(asked: str | None, region: tuple[int, ...]) -> None:
    assert region_of(asked, (1281, 721)) == Region(*region)


@pytest.mark.parametrize("asked", ["1282x10+0+0", "10x10+1280+0", "10x10+0+712"])
def test_what_reaches_beyond_the_picture_is_refused(asked: str) -> None:
    with pytest.raises(OptionError, match=rf"^region {asked.replace('+', '.')} reaches beyond"):
        region_of(asked, (1281, 721))


@pytest.mark.parametrize("asked", ["", "10x10", "10x10+0", "0x10+0+0", "-1x10+0+0", "10x10-1+0"])
def test_what_is_no_region_is_refused(asked: str) -> None:
    with pytest.raises(OptionError, match="region is WIDTHxHEIGHT"):
        TrackOptions(region=asked)


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", [picture(index) for index in range(24)])


def test_rows_count_in_the_whole_picture(
    shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_with(monkeypatch, BrightPlaces())
    whole = Tracker(TrackOptions()).track(shown)
    cutter = Tracker(TrackOptions(region="96x72+16+16"))
    part = cutter.track(shown)
    inside = slice(4, 20)  # drawn between the borders
    np.testing.assert_allclose(part.xy[inside], whole.xy[inside], atol=1.5)
    assert part.frame_index.tolist() == whole.frame_index.tolist()


def test_the_path_counts_in_the_region(shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far a ball goes is judged by the height of what is looked at."""
    sizes: list[tuple[int, int]] = []
    rows = PathFinder.rows

    def noted(path: PathFinder, found: Any, rate: float, size: tuple[int, int]) -> Any:
        sizes.append(size)
        return rows(path, found, rate, size)

    monkeypatch.setattr(PathFinder, "rows", noted)
    look_with(monkeypatch, BrightPlaces())
    Tracker(TrackOptions(region="96x72+16+16")).track(shown)
    assert sizes == [(96, 72)]


def test_parts_of_an_archive_are_shifted_once(
    shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_with(monkeypatch, BrightPlaces())
    cutter = Tracker(TrackOptions(region="96x72+16+16"))
    record_part(cutter, shown, tmp_path / "part", (0, None), {})
    (piece,) = join_parts(cutter, probe(shown), [tmp_path / "part"])
    np.testing.assert_array_equal(piece.xy, cutter.track(shown).xy)


def test_the_command_takes_it_and_says_what_is_wrong(
    shown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from balltrack.cli.main import run  # noqa: PLC0415  # loads the command line

    asked = ["track", str(shown), "-o", str(tmp_path / "out.csv"), "--weights", "classical"]
    assert run([*asked, "--region", "96x72+16+16", "--quiet"]) == 0
    assert len(read_track(tmp_path / "out.csv")) == 24
    capsys.readouterr()
    assert run([*asked, "-y", "--region", "96x72+33+16"]) == 2
    assert capsys.readouterr().err == (
        f"balltrack: {shown}: region 96x72+33+16 reaches beyond the picture, which is 128x96\n"
    )
    assert run([*asked, "-y", "--region", "here"]) == 2
    assert "region is WIDTHxHEIGHT+LEFT+TOP" in capsys.readouterr().err


def test_the_second_look_is_told_of_the_region(
    shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def noted(found: Any, _: object, __: object, grids: Any, **___: Any) -> Any:
        given.append(grids)
        return iter(found)

    monkeypatch.setattr(tracker, "verify", noted)
    Tracker(TrackOptions(region="96x72+16+16")).track(shown)
    ((pictures, images),) = given
    assert (pictures.source, pictures.target) == ((96, 72), (960, 720))
    assert (images.source, images.target) == ((96, 72), (512, 288))


class Given(FileReader):
    """Gives pictures of the forms named, and remembers what it is told."""

    patient = False
    told = ""

    def __init__(self, *forms: str) -> None:
        super().__init__(
            VideoInfo("given", 64, 48, Fraction(25), None, None, "raw", "", 0, False, False)
        )
        self.forms = forms

    def pictures(self) -> Any:
        image = np.random.default_rng(5).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        for form in self.forms:
            frame = VideoFrame.from_ndarray(image, format="bgr24").reformat(format=form)
            frame.pts, frame.time_base = 0, Fraction(1, 25)
            yield Picture(0.0, lambda size: np.zeros((*size[::-1], 3), np.uint8), frame)

    def interrupt(self) -> None:
        self.told += "interrupted "

    def close(self) -> None:
        self.told += "closed "


@pytest.mark.parametrize("form", ["yuv420p", "yuv411p"])
def test_the_planes_are_those_of_the_region_also_where_the_form_changes(form: str) -> None:
    """Of yuv411p one sample of colour is for four pixels; luma stays to the pixel."""
    region = Region(22, 10, 16, 12)
    whole = list(Given("yuv444p", form, "yuv422p").pictures())
    for shown, one in zip(
        RegionReader(Given("yuv444p", form, "yuv422p"), region).pictures(), whole, strict=True
    ):
        assert shown.decoded is not None
        assert shown.decoded.format.name == one.decoded.format.name
        luma, all_of_it = (luma_of(frame) for frame in (shown.decoded, one.decoded))
        np.testing.assert_array_equal(luma, all_of_it[10:22, 22:38])


def luma_of(frame: VideoFrame) -> Image:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
    return rows[:, : plane.width]


def test_the_other_reader_is_told_what_this_one_is() -> None:
    whole = Given()
    reader = RegionReader(whole, Region(0, 0, 16, 12))
    assert reader.patient is False
    reader.interrupt()
    reader.close()
    assert whole.told == "interrupted closed "


def test_other_balls_are_shifted_too() -> None:
    one = flying(5)
    both = replace(one, others=(flying(5),))
    moved = shift_rows(both, (10, -4))
    for track in (moved, *moved.others):
        np.testing.assert_array_equal(track.xy, one.xy + np.array([10, -4]))
    assert shift_rows(both, (0, 0)) is both
