"""Awkward files of other projects: every frame that has to come out, at ever later times."""

from __future__ import annotations

import csv
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from balltrack.cli.main import run
from balltrack.errors import VideoError
from balltrack.video.reader import open_video


@pytest.mark.shared
def test_every_frame_comes_out(shared: Path) -> None:
    folder, expected = shared / "awkward", listed(shared)
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


def listed(shared: Path) -> dict[str, str]:
    """File → how many frames have to come out, or "refused"."""
    with (shared / "awkward" / "expected.tsv").open(encoding="utf-8") as table:
        return {row["file"]: row["frames"] for row in csv.DictReader(table, delimiter="\t")}


@pytest.mark.shared
def test_info_opens_what_can_be_tracked(shared: Path) -> None:
    """What holds no frame that decodes may be described all the same."""
    refused = []
    for name, frames in listed(shared).items():
        path = shared / "awkward" / name
        code = run(["info", str(path), "--json"])
        if code != 0:
            refused.append(name)
            assert (code, frames) == (1, "refused"), name
    assert len(refused) < 6


@pytest.mark.slow
@pytest.mark.shared
def test_rows_and_overlays_of_all(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row a frame, a drawn picture a row; nothing is left of what is refused."""
    labels, overlay = tmp_path / "rows.csv", tmp_path / "drawn.mp4"
    wrong: dict[str, tuple[str, object]] = {}
    for name, frames in listed(shared).items():
        for made in (labels, overlay):
            made.unlink(missing_ok=True)
        path = str(shared / "awkward" / name)
        code = run(["track", path, "--weights", "classical", "-o", str(labels), "--no-resume"])
        if frames == "refused":
            said = capsys.readouterr().err.splitlines()
            if code != 1 or "Traceback" in "".join(said) or [*tmp_path.iterdir()]:
                wrong[name] = (frames, said)
            continue
        code = code or run(["render", path, str(labels), "-o", str(overlay)])
        rows = len(labels.read_text().splitlines()) - 1 if labels.exists() else -1
        found = (code, rows, drawn(overlay))
        if found != (0, int(frames), int(frames)):
            wrong[name] = (frames, (found, capsys.readouterr().err))
    assert wrong == {}


def drawn(overlay: Path) -> int:
    """Pictures of an overlay; -1 without one."""
    if not overlay.exists():
        return -1
    with av.open(str(overlay)) as container:
        return sum(1 for _ in container.decode(video=0))
