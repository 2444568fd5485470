"""One suite over the formats that hold whole tracks: what is written comes back, whatever it is."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from balltrack.errors import LabelError
from balltrack.labels import read_track, write_track
from balltrack.labels.formats import FORMATS
from balltrack.structures import Play, Source, Track

# Half a unit in the last decimal that the format writes, with columns "all".
PRECISION = {"csv": {"xy": 0.005, "time_s": 5e-7, "score": 5e-5, "blur": 0.05}, "jsonl": {}}

WHOLE = [name for name, known in FORMATS.items() if known.rows is not None]

PLAYED = {
    "csv": ",812.5,0.0,hit,,,,,1\n5,0,0.00,0.00,0.200000,0.0000,none,1,,,none,out,,,,1\n",
    "jsonl": '"speed": 812.46, "direction": 359.97, "mode": "hit", "gap": null, "doubt": null, ',
}

in_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    frames = sorted(draw(st.sets(st.integers(0, 10**6), max_size=12)))
    n = len(frames)

    def column(values: st.SearchStrategy) -> list:
        return draw(st.lists(values, min_size=n, max_size=n))

    source = np.array(column(st.sampled_from(Source)), dtype=np.int8)
    xy = np.array(column(st.tuples(*[st.floats(-500, 10_000)] * 2)), dtype=float).reshape(-1, 2)
    xy[source == Source.NONE] = np.nan
    seconds = st.one_of(st.floats(0, 1e5), st.just(math.nan))
    streaks = st.tuples(
        st.one_of(st.floats(0, 500), st.just(math.nan)),
        st.one_of(st.floats(0, 179.9), st.just(math.nan)),
    )
    return Track(
        frame_index=np.array(frames, dtype=np.int64),
        time_s=np.array(column(seconds), dtype=np.float64),
        xy=xy,
        score=np.array(column(st.floats(0, 1, width=32)), dtype=np.float32),
        source=source,
        shot=np.array(sorted(column(st.integers(0, 30))), dtype=np.int64),
        blur=np.array(column(streaks), dtype=np.float64).reshape(-1, 2),
        play=np.array(column(st.booleans()), dtype=np.bool_),
    )


HALF_A_DIGIT = Track(
    frame_index=np.array([0]),
    time_s=np.array([0.0]),
    xy=np.full((1, 2), np.nan),
    score=np.array([0.84375], dtype=np.float32),
    source=np.array([Source.NONE], dtype=np.int8),
    shot=np.array([0]),
)
"""Written as 0.8438, which is no float32: read, it is a little more than half a digit away."""


@pytest.mark.parametrize("name", WHOLE)
@in_files
@given(track=tracks())
@example(track=HALF_A_DIGIT)
def test_a_track_comes_back_within_the_written_precision(name, track, tmp_path):
    path = tmp_path / f"track{FORMATS[name].suffixes[0]}"
    write_track(track, path, columns="all")
    back = read_track(path)
    for field in ("frame_index", "source", "shot", "play"):
        np.testing.assert_array_equal(getattr(back, field), getattr(track, field))
    for field in ("time_s", "xy", "score", "blur"):
        found, written = getattr(back, field), getattr(track, field)
        slack = PRECISION[name].get(field, 0)
        rounding = max(1e-12, np.finfo(written.dtype).eps) if slack else 0  # of what is read
        np.testing.assert_allclose(found, written, rtol=rounding, atol=slack)


@in_files
@given(track=tracks())
def test_upstream_columns_keep_frames_and_whole_pixels(track, tmp_path):
    path = tmp_path / "track.csv"
    write_track(track, path)
    back = read_track(path)
    np.testing.assert_array_equal(back.frame_index, track.frame_index)
    np.testing.assert_array_equal(back.visible, track.visible)
    np.testing.assert_allclose(back.xy, track.xy, rtol=0, atol=0.5)
    assert np.isnan(back.time_s).all()
    assert not back.shot.any()
    np.testing.assert_array_equal(back.score, track.visible)


@pytest.fixture
def track() -> Track:
    return Track(
        frame_index=np.array([4, 5]),
        time_s=np.array([0.16, 0.2]),
        xy=np.array([[640.25, 101.5], [np.nan, np.nan]]),
        score=np.array([0.75, 0], dtype=np.float32),
        source=np.array([Source.DETECTED, Source.NONE], dtype=np.int8),
        shot=np.array([0, 1]),
    )


@pytest.mark.parametrize("name", WHOLE)
class TestEveryFormat:
    def path(self, folder: Path, name: str) -> Path:
        return folder / f"clip{FORMATS[name].suffixes[0]}"

    def test_asked_for_by_name_it_ignores_the_suffix(self, name, track, tmp_path):
        write_track(track, tmp_path / "out.txt", format=name)
        write_track(track, self.path(tmp_path, name))
        assert (tmp_path / "out.txt").read_bytes() == self.path(tmp_path, name).read_bytes()

    def test_windows_line_ends_a_byte_order_mark_and_blank_lines_are_fine(
        self, name, track, tmp_path
    ):
        path = self.path(tmp_path, name)
        write_track(track, path)
        text = path.read_text() + "\n  \n"
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
        assert read_track(path).frame_index.tolist() == [4, 5]

    def test_frames_out_of_order_name_the_line(self, name, track, tmp_path):
        path = self.path(tmp_path, name)
        write_track(track, path)
        lines = path.read_text().splitlines()
        path.write_text("\n".join([*lines, lines[-1]]))
        with pytest.raises(LabelError, match=rf"{path}:{len(lines) + 1}: frame 5 is there twice"):
            read_track(path)

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01binary", b"{]\n", b"[1, 2]\n"])
    def test_another_kind_of_file_is_refused(self, name, content, tmp_path):
        path = self.path(tmp_path, name)
        path.write_bytes(content)
        with pytest.raises(LabelError, match=f"^{path}.*expected|must be one JSON object"):
            read_track(path)

    def test_a_missing_file_and_a_folder_are_label_errors(self, name, tmp_path):
        path = self.path(tmp_path, name)
        with pytest.raises(LabelError, match=f"{path}: there is no such file"):
            read_track(path)
        path.mkdir()
        with pytest.raises(LabelError, match=f"{path}: is a folder"):
            read_track(path)

    def test_an_empty_track_is_a_track(self, name, track, tmp_path):
        path = self.path(tmp_path, name)
        nothing = {field: getattr(track, field)[:0] for field in track.__dataclass_fields__}
        write_track(replace(track, **nothing), path, columns="all")
        assert len(read_track(path)) == 0


@pytest.mark.parametrize("name", WHOLE)
def test_what_the_ball_does_is_written_and_passed_over(name, track, tmp_path):
    path = tmp_path / f"track{FORMATS[name].suffixes[0]}"
    play = Play(
        speed=np.array([812.46, np.nan]),
        direction=np.array([359.97, np.nan]),
        mode=np.array([2, 0], dtype=np.int8),
        gap=np.array([0, 2], dtype=np.int8),
        doubt=np.array([np.nan, np.nan]),
    )
    write_track(track, path, columns="all", play=play)
    assert PLAYED[name] in path.read_text()
    back = read_track(path)
    np.testing.assert_array_equal(back.frame_index, track.frame_index)
    np.testing.assert_array_equal(back.source, track.source)


def test_files_from_before_play_was_written_are_read(tmp_path):
    (tmp_path / "old.csv").write_text(
        "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n4,1,640.25,101.5,0.16,0.75,detected,3\n"
    )
    (tmp_path / "old.jsonl").write_text(
        '{"frame": 4, "time_s": 0.16, "x": 640.25, "y": 101.5, "confidence": 0.75, '
        '"source": "detected", "shot": 3}\n'
    )
    for name in ("old.csv", "old.jsonl"):
        back = read_track(tmp_path / name)
        assert (back.xy.tolist(), back.shot.tolist()) == ([[640.25, 101.5]], [3])
        assert back.play.all()
