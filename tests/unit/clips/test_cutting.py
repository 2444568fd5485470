"""Clips are cut where they were asked for: decoded, and the number on every frame read."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from balltrack.clips.cutting import Beside, Cut, cut_clips
from balltrack.clips.options import ClipOptions
from balltrack.clips.packets import read_frame_table
from balltrack.clips.plan import clip_paths, plan_clips
from balltrack.clips.rallies import Play
from balltrack.errors import OptionError, OutputError
from balltrack.events.rallies import Rally
from balltrack.overlay.writer import VideoWriter
from balltrack.structures import Frame, Source, Track
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from cut_files import numbers, sound_s, times
from numbered_clips import hide, write_clip

NONE_AROUND = ClipOptions(before=0, after=0)


def rally(first: int, last: int, strokes: int = 3) -> Rally:
    return Rally(first, last, first / 25, last / 25, strokes, 0, 0)


def cut(
    video: Path,
    folder: Path,
    rallies: list[Rally],
    options: ClipOptions = NONE_AROUND,
    beside: Beside | None = None,
    track: Track | None = None,
) -> list[Cut]:
    info, table = probe(video), read_frame_table(video)
    clips = plan_clips(Play(tuple(rallies), True), table.times_s, 1 / 25, options)
    paths = clip_paths(folder, video, clips)
    return cut_clips(info, table, clips, paths, options, beside=beside or Beside(), track=track)


def flying(frames: int, width: int) -> Track:
    """A ball that goes from the left edge to the right."""
    xy = np.column_stack([np.linspace(5, width - 5, frames), np.full(frames, 40.0)])
    return Track(
        np.arange(frames),
        np.arange(frames) / 25,
        xy,
        np.ones(frames, np.float32),
        np.full(frames, Source.DETECTED, np.int8),
        np.zeros(frames, np.int64),
    )


def test_a_copy_begins_at_the_key_frame_and_says_how_much_too_early(
    numbered: Path, tmp_path: Path
) -> None:
    (done,) = cut(numbered, tmp_path, [rally(37, 52)])
    shown = numbers(done.path)
    assert shown == list(range(30, 53 + done.late))
    assert done.early == 7
    assert done.late <= 3  # frames that those asked for are predicted from
    assert times(done.path) == pytest.approx(np.arange(len(shown)) / 25, abs=1e-3)


def test_a_copy_from_a_key_frame_is_exact(numbered: Path, tmp_path: Path) -> None:
    (done,) = cut(numbered, tmp_path, [rally(60, 99)])
    assert numbers(done.path) == list(range(60, 100))
    assert (done.early, done.late) == (0, 0)


def test_copies_may_overlap(numbered: Path, tmp_path: Path) -> None:
    wide = replace(NONE_AROUND, before=1.0, after=1.0)
    first, second = cut(numbered, tmp_path, [rally(65, 70), rally(92, 95)], wide)
    assert numbers(first.path)[first.early] == 40
    assert numbers(second.path)[second.early] == 67
    for done, key in ((first, 30), (second, 60)):
        shown = numbers(done.path)
        assert shown == list(range(key, key + len(shown)))
        assert times(done.path) == pytest.approx(np.arange(len(shown)) / 25, abs=1e-3)
        with av.open(str(done.path)) as container:  # decoded as long before it is shown as ever
            waits = [
                float((p.pts - p.dts) * p.time_base) for p in container.demux(video=0) if p.dts
            ]
        assert max(waits) < 0.2
    assert first.path.name == "match_rally_001.mp4"


def test_a_copy_keeps_the_sound_beside_its_pictures(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "v.mp4", 50, sound=True, options={"g": "10"})  # sound: 1 s
    (done,) = cut(video, tmp_path, [rally(10, 19)])
    assert sound_s(done.path) == pytest.approx(0.4, abs=0.2)
    (late,) = cut(video, tmp_path, [rally(40, 49)])
    assert sound_s(late.path) < 0.15


def test_a_copy_keeps_the_turn_of_a_telephone(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "v.mp4", 20, turned=90, options={"g": "5"})
    (done,) = cut(video, tmp_path, [rally(5, 9)])
    assert (probe(done.path).rotation, probe(done.path).width) == (probe(video).rotation, 160)


def test_exact_begins_and_ends_at_the_frame(numbered: Path, tmp_path: Path) -> None:
    exact = ClipOptions(before=0.2, after=0.12, exact=True)
    first, second = cut(numbered, tmp_path, [rally(37, 52), rally(50, 60)], exact)
    assert numbers(first.path) == list(range(32, 56))
    assert numbers(second.path) == list(range(45, 64))
    assert times(first.path) == pytest.approx(np.arange(24) / 25, abs=1e-3)


def test_clips_that_overlap_share_no_picture(
    numbered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is encoded in a thread of its own, which sets the time of what it encodes."""
    kept: list[object] = []
    write = VideoWriter.write

    def keep(self: VideoWriter, picture: VideoFrame, time_s: float) -> None:
        kept.append(picture)
        write(self, picture, time_s)

    monkeypatch.setattr(VideoWriter, "write", keep)
    cut(numbered, tmp_path, [rally(7, 12), rally(10, 14)], replace(NONE_AROUND, exact=True))
    assert len({id(picture) for picture in kept}) == len(kept) == 11


def test_what_mp4_cannot_take_is_encoded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    video = write_clip(tmp_path / "v.avi", 30, codec="mjpeg", pixel_format="yuvj420p")
    (done,) = cut(video, tmp_path, [rally(7, 12)])
    assert numbers(done.path) == list(range(7, 13))
    assert "cannot be copied into MP4; encoded again" in caplog.text


def test_frames_that_an_edit_list_hides_are_in_no_clip(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As trimming on a phone leaves them; clips from a later key frame are copied."""
    options = {"g": "20", "keyint_min": "20", "sc_threshold": "0"}
    video = hide(write_clip(tmp_path / "v.mp4", 50, options=options), ticks=7 * 512)
    (done,) = cut(video, tmp_path, [rally(3, 8)])
    assert (numbers(done.path), done.early, done.late) == (list(range(10, 16)), 0, 0)
    assert "copied clips would show frames that its edit list hides; encoded again" in caplog.text
    caplog.clear()
    (done,) = cut(video, tmp_path, [rally(15, 20)])
    assert numbers(done.path)[done.early :][:6] == list(range(22, 28))
    assert (done.early, caplog.text) == (2, "")


def test_what_is_decoded_later_than_it_is_shown_is_copied(tmp_path: Path) -> None:
    """FFmpeg reads so what cameras write, where only the last pictures are early."""
    options = {"g": "5", "bf": "3", "x264-params": "b-adapt=0:b-pyramid=normal"}
    early = {"movflags": "negative_cts_offsets"}
    video = write_clip(tmp_path / "v.mp4", 5, options=options, container=early)
    assert read_frame_table(video).delay > 0
    (done,) = cut(video, tmp_path, [rally(1, 3)])
    assert numbers(done.path) == list(range(5))
    assert times(done.path) == pytest.approx(np.arange(5) / 25, abs=1e-3)


def test_times_are_those_of_a_variable_rate(tmp_path: Path) -> None:
    ticks = [0, 40, 80, 120, 1000, 1040, 1080, 1120, 1160, 1200]
    video = write_clip(tmp_path / "v.mp4", 10, ticks=ticks, options={"g": "1"})
    (done,) = cut(video, tmp_path, [rally(5, 6)], ClipOptions(before=0.05, after=0.05))
    assert numbers(done.path) == [4, 5, 6, 7]  # by frames alone it would be the same rate


def test_joined_copies_follow_each_other(numbered: Path, tmp_path: Path) -> None:
    beside = Beside(joined=tmp_path / "all.mp4")
    one, two = cut(numbered, tmp_path, [rally(30, 40), rally(60, 70)], beside=beside)
    shown = numbers(tmp_path / "all.mp4")
    assert shown == numbers(one.path) + numbers(two.path)
    assert np.diff(times(tmp_path / "all.mp4")) == pytest.approx(1 / 25, abs=1e-3)


def test_joined_exact_clips_follow_each_other(numbered: Path, tmp_path: Path) -> None:
    exact = ClipOptions(before=0, after=0, exact=True)
    cut(numbered, tmp_path, [rally(7, 9), rally(33, 35)], exact, Beside(joined=tmp_path / "a.mov"))
    assert numbers(tmp_path / "a.mov") == [7, 8, 9, 33, 34, 35]


def test_subtitles_name_rallies_at_their_own_times(numbered: Path, tmp_path: Path) -> None:
    beside = Beside(joined=tmp_path / "all.mp4", subtitles=tmp_path / "match")
    cut(numbered, tmp_path, [rally(37, 52, 5), rally(63, 75, 1)], beside=beside)
    whole = (tmp_path / "match.srt").read_text()
    assert whole.startswith("1\n00:00:01,480 --> 00:00:02,080\nRally 1, 5 strokes\n\n2\n")
    assert whole.endswith("00:00:02,520 --> 00:00:03,000\nRally 2, 1 stroke\n")
    joined = (tmp_path / "all.vtt").read_text()
    # The copy begins at 30: rally 1 comes after 7 frames.
    assert joined.startswith("WEBVTT\n\n1\n00:00:00.280 --> 00:00:00.880\n")


def test_upright_pictures_hold_the_ball(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "v.mp4", 50, size=(320, 180))
    track = flying(50, 320)
    upright = ClipOptions(before=0, after=0, vertical=True)
    (done,) = cut(video, tmp_path, [rally(0, 49)], upright, track=track)
    info = probe(done.path)
    assert (info.width, info.height) == (102, 180)
    whole, part = (list(open_video(path).frames()) for path in (video, done.path))
    assert len(part) == 50
    for frame in (0, 25, 49):
        ball = 5 + 310 * frame / 49
        left = int(np.argmin([_unlike(whole[frame], part[frame], each) for each in range(219)]))
        assert _unlike(whole[frame], part[frame], left) < 6
        assert left <= ball < left + 102


def _unlike(whole: Frame, part: Frame, left: int) -> float:
    """How much a part differs from the columns of the whole from ``left`` on."""
    columns = whole.image[:, left : left + 102].astype(int)
    return float(np.abs(columns - part.image).mean())


def test_upright_needs_a_track(numbered: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="give --labels too"):
        cut(numbered, tmp_path, [rally(0, 9)], ClipOptions(vertical=True))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_kept_of_clips_that_fail(numbered: Path, tmp_path: Path) -> None:
    (tmp_path / "match_rally_001.mp4").write_text("old")
    beside = Beside(joined=tmp_path / "missing" / "all.mp4")
    with pytest.raises(OutputError, match="there is no folder"):
        cut(numbered, tmp_path, [rally(0, 9)], beside=beside)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_highlights_keep_the_numbers_of_the_rallies(numbered: Path, tmp_path: Path) -> None:
    highlights = replace(NONE_AROUND, min_strokes=4)
    (done,) = cut(numbered, tmp_path, [rally(0, 9, 3), rally(30, 39, 4)], highlights)
    assert (done.path.name, done.clip.title) == ("match_rally_002.mp4", "Rally 2, 4 strokes")
    with pytest.raises(OptionError, match="no rally has 9 strokes, the longest 3"):
        cut(numbered, tmp_path, [rally(0, 9, 3)], replace(NONE_AROUND, min_strokes=9))


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "test-no-audio-segment.ts",  # announces sound of which nothing is known
        "no-initial-keyframe.ts",
        "h265_10bits.mp4",
        "cursed-vfr.mp4",
        "bear-vp9-odd-dimensions.webm",
        "sample-with-large-length.avi",
        "hdr10-av1.mp4",  # not copied
    ],
)
def test_awkward_files_are_cut_at_the_frame(shared: Path, tmp_path: Path, name: str) -> None:
    video = shared / "awkward" / name
    (done,) = cut(video, tmp_path, [rally(3, 9)])
    whole, part = (
        [frame.image for frame in islice(open_video(path, size=(64, 36)).frames(), 20)]
        for path in (video, done.path)
    )
    assert len(part) == 7 + done.early + done.late
    for number in range(7):
        source, copied = whole[3 + number], part[done.early + number]
        assert np.abs(source.astype(int) - copied).mean() < 2
