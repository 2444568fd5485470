"""Kinovea's files as its versions write them; every number here is made up."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from balltrack.errors import LabelError
from balltrack.labels import read_track
from complaints import complaint

GOLDEN = Path(__file__).parent / "golden" / "kinovea.kva"


def kva(
    tracks: str,
    *,
    version: str = "2.1",
    distance: str = "512",
    first: str = "1024",
    begin: str = "",
) -> str:
    return (
        f"{begin}<KinoveaVideoAnalysis><FormatVersion>{version}</FormatVersion>"
        "<Producer>Kinovea.2023.1</Producer><ImageSize>1280;720</ImageSize>"
        f"<AverageTimeStampsPerFrame>{distance}</AverageTimeStampsPerFrame>"
        f"<FirstTimeStamp>{first}</FirstTimeStamp><Tracks>{tracks}</Tracks></KinoveaVideoAnalysis>"
    )


def track(*points: str, name: str = "Track 1", start: int = 0) -> str:
    inside = "".join(f"<TrackPoint>{point}</TrackPoint>" for point in points)
    return (
        f'<Track id="x" name="{name}"><TimePosition>{start}</TimePosition>'
        f'<TrackPointList Count="{len(points)}">{inside}</TrackPointList></Track>'
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "match.kva"


def frames(path: Path, text: str) -> list[int]:
    path.write_text(text)
    return read_track(path).frame_index.tolist()


def test_times_of_today_are_frames_from_the_first(path: Path) -> None:
    """Absolute, from a stream that does not begin at 0; a radius may be the fourth."""
    assert frames(path, kva(track("10.25;20.5;2048;7.5", "11;21;2560", start=2048))) == [2, 3]
    assert read_track(path).xy.tolist() == [[10.25, 20.5], [11, 21]]


def test_the_player_beside_is_not_the_ball(path: Path) -> None:
    ball = track("1;2;1024", name="Ball") + track("3;4;2048", name="Ball")
    assert frames(path, kva(track("9;9;1024", name="player") + ball)) == [0, 2]


def test_old_times_count_from_the_track(path: Path) -> None:
    """Format 2.0 of 2012, with the name in a label, and 1.5, with other names of its parts."""
    points = "<TrackPoint>1;2;0</TrackPoint><TrackPoint>3;4;512</TrackPoint>"
    two = (
        f"<Track><TimePosition>6144</TimePosition><TrackPointList>{points}</TrackPointList>"
        '<MainLabel Text="ball"/></Track>'
    )
    assert frames(path, kva(two + track("0;0;0", name="foot"), version="2.0")) == [10, 11]
    old = two.replace("TrackPoint", "TrackPosition").replace("<MainLabel", "<Label><Text>ball</Te")
    old = old.replace('</Te Text="ball"/>', "</Text></Label>")
    assert frames(path, kva(old + track("0;0;0", name="foot"), version="1.5")) == [10, 11]


def test_a_rounded_distance_is_put_right_by_the_points(path: Path) -> None:
    """59.94 pictures a second at 90 kHz are 1501.5 apart: 1502 would be a frame off at 1,600."""
    times = [round(frame * 1501.5) for frame in range(3000, 3010)]
    points = track(*(f"1;2;{time}" for time in times))
    assert frames(path, kva(points, distance="1502", first="0")) == list(range(3000, 3010))
    assert frames(path, kva(points, distance="1501.5", first="0")) == list(range(3000, 3010))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (kva("", version="1.2"), "FormatVersion is 1.2, expected 1.3 or later"),
        (kva(track("1;2;0", name="a") + track("1;2;0", name="b")), "tracks a, b, expected one"),
        (kva(track("1;2")), "point 1 of the track at 0: must be x;y;t, got '1;2'"),
        (kva(track("1;2;512")), "frame must be a whole number >= 0"),
        (kva(track("1;2;1024", "1;2;1030")), "frame 0 is there twice"),
        (kva(track("1;2;1024"), distance="0"), "AverageTimeStampsPerFrame must be at least 1"),
        (kva(track("1;2;1024"), distance="1e999"), "must be a number"),
        ("<annotations/>", "begins with <annotations>, expected a .kva file of Kinovea"),
        ("PK", "match.kva:1: is not XML"),
    ],
)
def test_what_is_wrong_is_said(path: Path, text: str, words: str) -> None:
    path.write_text(text)
    assert words in str(complaint(read_track, path))


def test_a_file_without_tracks_is_read_and_told(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert frames(path, kva("")) == []
    assert caplog.messages == [f"{path}: holds no rows; is it the right file?"]


@pytest.mark.parametrize("suffix", [".kva", ".xml"])
def test_entities_are_not_let_grow(tmp_path: Path, suffix: str) -> None:
    """A few lines that would become gigabytes; and a file from elsewhere."""
    grow = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    path = tmp_path / f"match{suffix}"
    for entities in (f'<!ENTITY e0 "ha">{grow}', '<!ENTITY e11 SYSTEM "file:///etc/hostname">'):
        path.write_text(kva(track("1;2;&e11;"), begin=f"<!DOCTYPE x [{entities}]>"))
        with pytest.raises(LabelError, match="declares a document type"):
            read_track(path)


def test_ours_is_a_dense_track_for_every_stretch() -> None:
    """As the public schema of 2.0 has it, but for the name, which came later."""
    root = ElementTree.parse(GOLDEN).getroot()
    assert [one.tag for one in root][-1] == "Tracks"
    for each in root.iter("Track"):
        times = [int((point.text or "").split(";")[2]) for point in each.iter("TrackPoint")]
        assert times == list(range(times[0], times[0] + len(times)))
        assert each.findtext("TimePosition") == str(times[0])
        assert each.get("name") == "ball"
