"""One suite over every format: what it says that it holds comes back, and the rest is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balltrack.errors import BalltrackError, LabelError, OptionError
from balltrack.labels import read_labels, read_sheet
from balltrack.labels.files import write_sheet
from balltrack.labels.formats import FORMATS, TRACKED, left_out, recognise
from balltrack.labels.sheet import Facet, Setting, Sheet
from balltrack.structures import Source, Track, VideoInfo

GOLDEN = Path(__file__).parent / "golden"
VIDEO = VideoInfo(
    "clips/rally.mp4", 1280, 720, Fraction(25), 40, 1.6, "h264", "yuv420p", 0, False, False
)
SETTING = Setting(VIDEO, "all")
SIZE = (VIDEO.width, VIDEO.height)

# Half a unit in the last decimal that a format writes, in source pixels and seconds.
PLACES = {"csv": 0.005, "cvat": 0.005, "mot": 0.005, "srt": 0.005, "vtt": 0.005, "dltdv": 5e-5}
PLACES |= {"kinovea": 5e-5}
PLACES |= {"yolo": 1e-5, "tracknet-v1": 0.5, "racketvision": 0.5, "events": 0.005, "spot": 0.005}
TIMES = {"srt": 5e-4, "vtt": 5e-4, "csv": 5e-7, "label-studio": 1e-9}
SCORES = {"csv": 5e-5, "mot": 5e-5, "racketvision": 5e-5, "srt": 5e-5, "vtt": 5e-5}

POSITIONS = [name for name, known in FORMATS.items() if not known.events]
in_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    """Rows of a clip of forty frames, of the picture's size."""
    frames = sorted(draw(st.sets(st.integers(0, 39), max_size=15)))
    n = len(frames)

    def column(values: st.SearchStrategy) -> list:
        return draw(st.lists(values, min_size=n, max_size=n))

    visibility = np.array(column(st.sampled_from((0, 1, 2, 3))), dtype=np.int8)
    seen = visibility > 0
    source = np.array(column(st.sampled_from([one for one in Source if one])), dtype=np.int8)
    places = st.tuples(st.floats(0, 1279), st.floats(0, 719))
    xy = np.array(column(places), dtype=float).reshape(-1, 2)
    xy[~seen] = np.nan
    scores = np.array(column(st.floats(0, 1, width=32)), dtype=np.float32)
    blur = np.array(column(st.tuples(st.floats(0, 90), st.floats(0, 179)))).reshape(-1, 2)
    blur[~seen] = np.nan
    track = Track(
        frame_index=np.array(frames, dtype=np.int64),
        time_s=np.array(frames, dtype=np.float64) / 25 + draw(st.floats(0, 0.01)),
        xy=xy,
        score=np.where(seen, scores, column(st.booleans())).astype(np.float32),
        source=np.where(seen, source, 0).astype(np.int8),
        shot=np.array(sorted(column(st.integers(0, 3))), dtype=np.int64),
        blur=blur,
        play=np.array(column(st.booleans()), dtype=np.bool_),
    )
    return Sheet(track, visibility, np.array(column(st.sampled_from((-1, 0, 1, 2))), dtype=np.int8))


def back(sheet: Sheet, name: str, folder: Path) -> Sheet:
    """The sheet as it comes back from a file, which is recognised by itself."""
    suffixes = FORMATS[name].suffixes
    path = folder / f"one{suffixes[0] if suffixes else ''}"
    if name == "yolo" and not len(sheet):
        with pytest.raises(OptionError, match="no row to write"):
            write_sheet(sheet, path, name, SETTING)
        return sheet
    write_sheet(sheet, path, name, SETTING)
    assert recognise(path) == name
    return FORMATS[name].read(path, SIZE)


@pytest.mark.parametrize("name", POSITIONS)
@in_files
@given(sheet=sheets())
def test_what_a_format_holds_comes_back(name: str, sheet: Sheet, tmp_path: Path) -> None:
    holds = FORMATS[name].holds
    found = back(sheet, name, tmp_path)
    rows = np.ones(len(sheet), dtype=bool) if Facet.UNSEEN in holds else sheet.track.visible
    if Facet.GAPS in holds:
        assert found.track.frame_index.tolist() == sheet.track.frame_index[rows].tolist()
    kept, at, of = np.intersect1d(
        found.track.frame_index, sheet.track.frame_index[rows], return_indices=True
    )
    assert len(kept) == rows.sum()
    assert not np.delete(found.track.visible, at).any(), "a position on a frame without a row"
    mine, theirs = np.flatnonzero(rows)[of], at
    assert found.track.visible[theirs].tolist() == sheet.track.visible[mine].tolist()
    seen = sheet.track.visible[mine]
    mine_seen, theirs_seen = mine[seen], theirs[seen]
    near(found.track.xy[theirs_seen], sheet.track.xy[mine_seen], PLACES.get(name, 0))
    if Facet.TIMES in holds:
        near(found.track.time_s[theirs], sheet.track.time_s[mine], TIMES.get(name, 0))
    if Facet.SCORES in holds:
        near(found.track.score[theirs_seen], sheet.track.score[mine_seen], SCORES.get(name, 0))
    if Facet.NO_BALL in holds:
        unseen = found.track.score[theirs[~seen]]
        assert unseen.tolist() == sheet.track.score[mine[~seen]].tolist()
    if Facet.SOURCES in holds:
        assert found.track.source[theirs].tolist() == sheet.track.source[mine].tolist()
    if Facet.SHOTS in holds:
        assert found.track.shot[theirs].tolist() == sheet.track.shot[mine].tolist()
    if Facet.PLAY in holds:
        assert found.track.play[theirs].tolist() == sheet.track.play[mine].tolist()
    if Facet.BLUR in holds:
        near(found.track.blur[theirs_seen], sheet.track.blur[mine_seen], 0.05)
    classes_come_back(holds, name, found, theirs, sheet, mine)


def classes_come_back(
    holds: frozenset[Facet],
    name: str,
    found: Sheet,
    theirs: np.ndarray,
    sheet: Sheet,
    mine: np.ndarray,
) -> None:
    """Rows ``theirs`` of what was found say of the ball what rows ``mine`` of the sheet do."""
    for facet, number in ((Facet.HARD, 2), (Facet.OCCLUSION, 3)):
        if facet in holds:
            told, given_ = (one == number for one in (found.visibility, sheet.visibility))
            assert told[theirs].tolist() == given_[mine].tolist()
    if Facet.STATUS in holds:
        said = sheet.status[mine] >= (1 if name == "tracknet-v1" else 0)
        assert found.status[theirs][said].tolist() == sheet.status[mine][said].tolist()


def near(found: np.ndarray, given_: np.ndarray, slack: float) -> None:
    np.testing.assert_allclose(found, given_, rtol=1e-15, atol=slack + 1e-7 * (slack > 0) + 1e-10)


@pytest.mark.parametrize("name", ["events", "spot"])
@in_files
@given(sheet=sheets())
def test_hits_and_bounces_come_back(name: str, sheet: Sheet, tmp_path: Path) -> None:
    """Two rows one after the other of the same kind are one event, as everywhere."""
    said = sheet.status > 0
    if not said.any():
        return
    found = back(sheet, name, tmp_path)
    frames = found.track.frame_index
    rows = np.searchsorted(sheet.track.frame_index, frames)
    assert set(frames.tolist()) <= set(sheet.track.frame_index[said].tolist())
    assert found.status.tolist() == sheet.status[rows].tolist()
    near(found.track.xy, sheet.track.xy[rows], PLACES[name])


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_left_out_is_said_once(
    name: str, few: Sheet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    all_there_is = {"play": np.arange(6) > 1, "blur": np.full((6, 2), 3.0)}
    all_there_is["score"] = np.where(few.track.visible, few.track.score, np.float32(1))
    few = replace(few, track=replace(few.track, others=(few.track,), **all_there_is))
    back(few, name, tmp_path)
    lost = left_out(few, name, "all")
    assert lost == [facet.value for facet in Facet if facet not in FORMATS[name].holds]
    told = [record.getMessage() for record in caplog.records]
    assert told == ([f"{name} does not hold {', '.join(lost)}; left out"] if lost else [])


@pytest.fixture
def few() -> Sheet:
    """Everything that there is to say, in six rows, with one frame between that has none."""
    visibility = np.array([1, 2, 3, 0, 1, 1], dtype=np.int8)
    xy = np.array([[10.25, 20], [99.5, 30.75], [640, 360], [np.nan] * 2, [0, 0], [1279, 719]])
    track = Track(
        frame_index=np.array([0, 1, 2, 3, 4, 12]),
        time_s=np.array([0, 0.04, 0.08, 0.12, 0.16, 0.48]),
        xy=xy,
        score=np.array([1, 0.5, 0.25, 0, 1, 0.75], dtype=np.float32),
        source=np.array([1, 2, 4, 0, 1, 1], dtype=np.int8),
        shot=np.array([0, 0, 0, 0, 0, 1]),
    )
    return Sheet(track, visibility, np.array([-1, 1, 0, -1, 2, -1], dtype=np.int8))


@pytest.mark.parametrize("name", FORMATS)
def test_to_the_byte(name: str, few: Sheet, tmp_path: Path) -> None:
    """The files in ``golden`` were looked through by hand; see docs/formats.md."""
    suffixes = FORMATS[name].suffixes
    written = tmp_path / f"{name}{suffixes[0] if suffixes else ''}"
    write_sheet(few, written, name, SETTING)
    golden = GOLDEN / written.name
    files = sorted(golden.iterdir()) if golden.is_dir() else [golden]
    assert files
    for file in files:
        mine = written / file.name if golden.is_dir() else written
        assert mine.read_bytes() == file.read_bytes(), file.name
    if golden.is_dir():
        assert {one.name for one in written.iterdir()} == {one.name for one in files}


@pytest.mark.parametrize("name", POSITIONS)
@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00\x01binary",
        b"{]\n",
        b"[1, 2]\n",
        b"{}",
        b"<annotations>",
        b"",
        b"1,2,3,4,5,6,",
    ],
)
def test_garbage_is_one_line(name: str, content: bytes, tmp_path: Path) -> None:
    """Whatever a file holds, it is read, or refused by its name."""
    suffixes = FORMATS[name].suffixes
    path = tmp_path / f"x{suffixes[0] if suffixes else '_1.txt'}"
    path.write_bytes(content)
    place = path if suffixes else tmp_path
    for read in (read_sheet, read_labels, FORMATS[name].read):
        complaint = refused(read, place)
        assert complaint is None or str(place) in complaint


def refused(read: Callable[..., object], place: Path) -> str | None:
    """What the reader says of a file; None where it takes it."""
    try:
        read(place, SIZE)
    except LabelError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", [name for name in POSITIONS if name not in ("yolo", "dltdv")])
def test_a_frame_that_is_there_twice(name: str, few: Sheet, tmp_path: Path) -> None:
    """By hand, where the format repeats its rows; the message names the file."""
    suffixes = FORMATS[name].suffixes
    path = tmp_path / f"x{suffixes[0]}"
    write_sheet(few, path, name, SETTING)
    text = path.read_text()
    line = next(each for each in text.splitlines() if REPEATED.get(name, "") in each)
    if name in ("coco", "label-studio"):
        text = text.replace('"image_id": 2,', '"image_id": 1,').replace(
            '"frame": 2,', '"frame": 1,'
        )
    elif name in ("srt", "vtt"):
        text = text.replace("frame 1:", "frame 0:")
    else:
        last = text.splitlines()[-1]
        text = text.replace(line, f"{line}\n{line}") if name in REPEATED else f"{text}{last}\n"
    path.write_text(text)
    with pytest.raises(LabelError, match=r"is there twice"):
        FORMATS[name].read(path, SIZE)


REPEATED = {"cvat": 'frame="2"', "kinovea": ";1<"}


def test_every_format_of_a_tracker_takes_its_rows(few: Sheet, tmp_path: Path) -> None:
    from balltrack.labels.files import open_writer  # noqa: PLC0415

    for name in TRACKED:
        path = tmp_path / f"{name}{FORMATS[name].suffixes[0]}"
        with open_writer(path, format=name, columns="all", info=VIDEO) as writer:
            writer.append(few.track)
        assert FORMATS[name].read(path, SIZE).track.visible.sum() == 5, name


def test_an_event_list_is_no_track(few: Sheet, tmp_path: Path) -> None:
    write_sheet(few, tmp_path / "e.json", "spot", SETTING)
    with pytest.raises(LabelError, match=r"lists events.*--events"):
        read_sheet(tmp_path / "e.json")


def test_a_format_that_needs_the_size_says_so(few: Sheet, tmp_path: Path) -> None:
    for name in ("coco", "yolo", "label-studio", "kinovea"):
        with pytest.raises(BalltrackError, match=f"{name} needs the size of the video"):
            write_sheet(few, tmp_path / "none", name)
    with pytest.raises(BalltrackError, match="need times"):
        write_sheet(
            replace(few, track=replace(few.track, time_s=np.full(6, np.nan))),
            tmp_path / "none",
            "srt",
        )
    assert list(tmp_path.iterdir()) == []
