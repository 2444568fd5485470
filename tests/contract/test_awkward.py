"""Awkward files of other projects: every frame that has to come out, at ever later times."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from balltrack.errors import VideoError
from balltrack.video.reader import open_video


@pytest.mark.shared
def test_every_frame_comes_out(shared: Path) -> None:
    folder = shared / "awkward"
    with (folder / "expected.tsv").open(encoding="utf-8") as table:
        expected = {row["file"]: row["frames"] for row in csv.DictReader(table, delimiter="\t")}
    assert len(expected) > 40
    found = {name: outcome(folder / name) for name in expected}
    assert found == expected


def outcome(path: Path) -> str:
    """How many frames there are, or "refused"."""
    try:
        with open_video(path, size=(64, 48), quiet=True) as reader:
            times = np.array([frame.time_s for frame in reader.frames()])
    except VideoError:
        return "refused"
    known = times[~np.isnan(times)]
    assert (np.diff(known) > 0).all(), path
    return str(len(times))


@pytest.mark.shared
def test_pictures_that_are_mirrored_are_shown_as_players_show_them(shared: Path) -> None:
    """Also as planes; a matrix of zeros says nothing."""
    with open_video(shared / "awkward/made/base.mp4") as reader:
        plain = next(reader.frames()).image
    with open_video(shared / "awkward/made/hflip.mp4") as reader:
        assert reader.info.mirrored
        frame = next(iter(reader.pictured_frames((1280, 720))))
    assert error(frame.image, plain) < 4
    luma = frame.picture.arrays[0][:720, :1280]
    assert error(luma, frame.image.mean(axis=2) * 219 / 255 + 16) < 20
    with open_video(shared / "awkward/no_timescale.mp4") as reader:
        assert (reader.info.rotation, reader.info.mirrored) == (0, False)
        image = next(reader.frames()).image
    assert image.shape == (reader.info.height, reader.info.width, 3)


def error(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


@pytest.mark.shared
def test_of_several_streams_the_default_is_read(shared: Path) -> None:
    for name, width in (("made/two.mkv", 1280), ("nasa_13013.mp4", 480)):
        with open_video(shared / "awkward" / name) as reader:
            assert reader.info.width == width
            assert next(reader.frames()).image.shape[1] == width
