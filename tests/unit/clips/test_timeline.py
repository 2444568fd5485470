"""Cut lists, read back by the library that editing programs' formats come from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from balltrack.clips import timeline
from balltrack.clips.plan import Clip
from balltrack.errors import OptionError
from balltrack.events.rallies import Rally
from balltrack.structures import VideoInfo

CLIPS = [
    Clip(1, Rally(60, 120, 2, 4, 5, 0, 0), 50, 129, 2.0, 5.2),
    Clip(4, Rally(210, 250, 8, 9, 0, 0, 0), 200, 259, 8.0, 10.4),
]


def info(path: Path, rate: Fraction = Fraction(25)) -> VideoInfo:
    return VideoInfo(str(path), 1280, 720, rate, 500, 20.0, "h264", "yuv420p", 0, False, True)


@pytest.mark.parametrize("suffix", [".edl", ".xml", ".otio"])
def test_the_cuts_are_read_back(tmp_path: Path, suffix: str) -> None:
    otio = pytest.importorskip("opentimelineio", reason="the extra `timeline` is not installed")
    path = tmp_path / f"cuts{suffix}"
    timeline.write_timeline(CLIPS, info(tmp_path / "a match.mp4"), 500, path)
    settings = {"rate": 25} if suffix == ".edl" else {}
    read = otio.adapters.read_from_file(
        str(path), adapter_name=timeline.ADAPTERS[suffix], **settings
    )
    if isinstance(read, otio.schema.SerializableCollection):
        (read,) = read
    clips = list(read.find_clips())
    spans = [
        (each.source_range.start_time.to_frames(), each.source_range.duration.to_frames())
        for each in clips
    ]
    assert spans == [(50, 80), (200, 60)]
    assert [each.name for each in clips] == ["Rally 1, 5 strokes", "Rally 4"]


def test_a_rate_of_television_is_kept(tmp_path: Path) -> None:
    pytest.importorskip("opentimelineio", reason="the extra `timeline` is not installed")
    path = tmp_path / "cuts.xml"
    timeline.write_timeline(CLIPS, info(tmp_path / "m.mp4", Fraction(30000, 1001)), 500, path)
    text = path.read_text()
    assert "<timebase>30</timebase>" in text
    assert "<ntsc>TRUE</ntsc>" in text


def test_wrong_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match=r"must end in \.edl, \.xml, \.otio"):
        timeline.check_timeline(tmp_path / "cuts.aaf")
    monkeypatch.setattr(timeline, "find_spec", lambda _: None)
    with pytest.raises(OptionError, match=r"pip install 'balltrack\[timeline\]'"):
        timeline.check_timeline(tmp_path / "cuts.edl")
