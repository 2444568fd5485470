"""A session: corrections and labels together, and the file that comes of them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.court.corners import read_corners
from balltrack.errors import DatasetError, LabelError
from balltrack.labels import read_corrections, read_labels, read_track
from balltrack.review.corrections import Correction
from balltrack.review.doubt import doubt, worth_a_look
from balltrack.review.journal import journal_of
from balltrack.review.queue import find_clips, one_clip, progress_of, unwritten, with_frames
from balltrack.review.session import Clip, Session
from balltrack.structures import Source
from numbered_clips import write_clip

SIZE = (160, 96)


@pytest.fixture
def clip(video: Path, labels: Path) -> Clip:
    return one_clip(video, labels, None)


def test_what_is_doubtful_and_in_which_order(labels: Path) -> None:
    """A filled row, a jump, a weak answer, a short gap; the cut is none."""
    track = read_track(labels)
    values = doubt(track, SIZE)
    assert worth_a_look(values, track.frame_index) == [20, 5, 12]
    assert values[9] == pytest.approx(0.6)  # of the stretch of 12
    assert values[[29, 30, 31]].max() < 0.1


def test_where_no_ball_was_found_at_all_there_are_frames_to_begin_with(clip: Clip) -> None:
    assert clip.labels is not None
    rows = (f"{frame},0,0,0,{frame / 25},0,none,0\n" for frame in range(40))
    clip.labels.write_text("Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n" + "".join(rows))
    session = Session(clip)
    assert session.state()["to_visit"] == [5, 15, 25, 35]
    session.close()
    text = clip.labels.read_text()
    clip.labels.write_text(text.replace("7,0,0,0,0.28,0,none", "7,1,9,9,0.28,0.3,linked"))
    session = Session(clip)
    assert session.state()["to_visit"] == [7]
    session.close()


def test_what_the_tracker_found_is_shown_and_is_nobodys_word(clip: Clip) -> None:
    assert clip.labels is not None
    header, *rows = clip.labels.read_text().splitlines()
    modes = {"4": "hit", "10": "bounce"}
    lines = [f"{header},Mode", *(f"{row},{modes.get(row.split(',')[0], 'flying')}" for row in rows)]
    clip.labels.write_text("\n".join(lines) + "\n")
    session = Session(clip)
    shown = session.state()["rows"]
    assert {frame: one for frame, one in enumerate(shown["found"]) if one != -1} == {4: 1, 10: 2}
    assert set(shown["status"]) == {-1}
    session.change([Correction(4, 28.25, 40.5, 1)])  # the ball is confirmed, and no more
    assert session.summary()["events"] == 0
    session.change([Correction(12, 44.25, 40.5, 1, 2)])
    assert session.summary()["events"] == 1
    session.save()
    session.close()
    said = read_labels(clip.output)
    assert {int(said.frame_index[row]) for row in np.flatnonzero(said.status >= 0)} == {12}
    blind = Session(replace(clip, blind=True))
    assert set(blind.state()["rows"]["found"]) == {-1}
    blind.close()


def test_corrections_take_the_place_of_labels(clip: Clip, labels: Path) -> None:
    before = labels.read_bytes()
    session = Session(clip)
    session.change([Correction(9, 38.5, 41.25, 2, 1)])  # added, and a hit
    session.change([Correction(20, 60.25, 40.5, 1)])  # moved
    session.change([Correction(3, None, None, 0)])  # removed
    session.change([Correction(39, 98.0, 40.0, 3)])  # a frame without a row
    session.change([Correction(4, 28.25, 40.5, 1)])  # confirmed
    session.change([Correction(6, 1.0, 1.0, 1, filled=True), Correction(7, 2.0, 2.0, 1, -1, True)])
    assert [one["frame"] for one in session.undo()["changed"]] == [5, 6, 7, 8]
    session.redo()
    assert session.undo()["changed"][1] == {
        "frame": 6, "x": 32.25, "y": 40.5, "score": pytest.approx(0.95), "source": 1,
        "visibility": 1, "status": -1, "doubt": pytest.approx(0.05), "corrected": False,
        "shot": 0, "found": -1,
    }  # fmt: skip
    session.redo()
    assert session.save()
    session.close()
    track, said = read_track(clip.output), read_labels(clip.output)
    assert len(track) == 40
    assert track.xy[[9, 20, 39, 4]].tolist() == [
        [38.5, 41.25],
        [60.25, 40.5],
        [98, 40],
        [28.25, 40.5],
    ]
    assert track.source[[9, 20, 39, 4]].tolist() == [Source.CORRECTED] * 4
    assert track.source[[3, 6, 7, 0]].tolist() == [Source.NONE, *[Source.INPAINTED] * 2, 1]
    assert track.score[[9, 6, 0]].tolist() == pytest.approx([1, 0, 0.95])
    assert said.visibility[[9, 39, 3, 0]].tolist() == [2, 3, 0, 1]
    assert said.status[[9, 20]].tolist() == [1, -1]
    assert track.shot[[9, 39]].tolist() == [0, 1]
    np.testing.assert_allclose(track.time_s, np.arange(40) / 25, atol=1e-3)
    untouched = [i for i in range(39) if i not in (3, 4, 6, 7, 9, 20)]
    np.testing.assert_array_equal(track.xy[untouched], read_track(labels).xy[untouched])
    assert labels.read_bytes() == before
    again = Session(clip)
    assert again.summary() == {
        "moved": 1, "added": 2, "removed": 1, "confirmed": 1, "filled": 2, "events": 1,
    }  # fmt: skip
    again.close()


def test_nothing_changed_writes_nothing(clip: Clip, tmp_path: Path) -> None:
    session = Session(clip)
    assert not session.save()
    session.close()
    assert {path.name for path in tmp_path.iterdir()} == {"m.mp4", "m.csv"}


def test_what_is_all_taken_back_leaves_no_corrected_labels(clip: Clip) -> None:
    """They would pass for labels that a person looked at from first to last."""
    session = Session(clip)
    session.change([Correction(4, 28.25, 40.5, 1)])
    assert session.save()
    assert clip.output.exists()
    session.undo()
    assert not session.save()
    assert not clip.output.exists()
    session.redo()
    assert session.save()
    session.close()
    assert read_corrections(clip.output).frame_index.tolist() == [4]


def test_corrected_labels_without_their_journal_are_left_as_they_are(clip: Clip) -> None:
    session = Session(clip)
    session.change([Correction(4, 28.25, 40.5, 1)])
    session.save()
    session.close()
    before = clip.output.read_bytes()
    journal_of(clip.output).unlink()
    session = Session(clip)
    assert not session.save()
    session.see_court([[10, 90.5], [150, 90], [100, 20], [60, 20]])
    assert session.save()
    session.close()
    assert clip.output.read_bytes() == before


def test_corrections_that_are_not_written_are_told(clip: Clip) -> None:
    folder, journal = clip.video.parent, journal_of(clip.output)
    linked = folder.parent / f"{folder.name}-linked"
    linked.mkdir()
    (linked / "here").symlink_to(folder)  # `teach` finds clips through links
    session = Session(clip)
    assert unwritten(folder) == []
    session.change([Correction(8, 10.0, 11.0, 1)])
    assert unwritten(folder) == [journal]  # as after a power cut
    assert unwritten(linked) == [linked / "here" / journal.name]
    session.save()
    assert unwritten(folder) == []
    session.change([Correction(9, None, None, 0), Correction(10, 5.0, 5.0, 1, filled=True)])
    assert unwritten(folder) == [journal]
    session.save()
    assert unwritten(folder) == []
    session.undo()
    session.undo()
    session.save()
    session.close()
    assert unwritten(folder) == []


def test_without_labels_what_a_person_said_is_kept_alone(video: Path, tmp_path: Path) -> None:
    session = Session(Clip(video, None, tmp_path / "b.csv"))
    session.change([Correction(8, 10.0, 11.0, 1)])
    session.save()
    session.close()
    assert read_track(tmp_path / "b.csv").frame_index.tolist() == [8]


def test_a_blind_review_shows_no_labels_and_goes_on_with_the_same_journal(clip: Clip) -> None:
    """Whether they are shown changes nothing of what is kept."""
    for blind, frame in ((False, 8), (True, 11), (False, 14)):
        session = Session(replace(clip, blind=blind))
        shown = [x for x in session.state()["rows"]["x"] if x is not None]
        assert shown == [10.0] if blind else len(shown) > 30
        assert session.state()["to_visit"] == ([5, 15, 25, 35] if blind else [20, 5, 12])
        session.change([Correction(frame, 10.0, 11.0, 1)])
        session.save()
        session.close()
    track = read_track(clip.output)
    assert len(track) == 39
    assert np.flatnonzero(track.source == Source.CORRECTED).tolist() == [8, 11, 14]


@pytest.mark.parametrize(
    ("row", "words"),
    [((40, 1.0, 1.0, 1), "the video ends before"), ((4, 160.0, 1.0, 1), "outside the picture")],
)
def test_what_cannot_be_is_refused(
    clip: Clip, row: tuple[int, float, float, int], words: str
) -> None:
    session = Session(clip)
    with pytest.raises(ValueError, match=words):
        session.change([Correction(*row)])
    assert session.state()["undo"] == 0
    session.close()


def test_corrections_hold_where_the_video_is_tracked_again(
    clip: Clip, labels: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session(clip)
    session.change([Correction(1, 1.0, 1.0, 1)])
    session.close()
    assert not caplog.messages
    labels.write_text(labels.read_text().replace("40.50", "41.50"))
    os.utime(labels, ns=(0, labels.stat().st_mtime_ns + 10**9))
    session = Session(clip)
    assert caplog.messages == [f"{labels}: is newer than what was corrected, which holds"]
    session.change([Correction(4, None, None, 0)])
    session.save()
    session.close()
    track = read_track(clip.output)
    assert track.xy[1:3].tolist() == [[1.0, 1.0], [24.25, 41.5]]
    assert track.source[[1, 4]].tolist() == [Source.CORRECTED, Source.NONE]


def test_a_journal_of_another_video_is_refused(clip: Clip, tmp_path: Path) -> None:
    session = Session(clip)
    session.change([Correction(1, 1.0, 1.0, 1)])
    session.close()
    other = write_clip(tmp_path / "m.avi", 40, codec="mpeg4")
    with pytest.raises(LabelError, match=r"is the journal of another video .*--output"):
        Session(replace(clip, video=other))


def test_labels_of_a_longer_video(video: Path, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("Frame,Visibility,X,Y\n40,1,3,4\n")
    with pytest.raises(LabelError, match="speaks of frame 40, but the video ends with frame 39"):
        one_clip(video, None, None)


def test_a_folder_is_a_queue(clip: Clip, video: Path, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "n.mp4").write_bytes(video.read_bytes())
    (tmp_path / "sub" / "n_ball.xml").write_text("<annotations/>")
    elsewhere = tmp_path.parent / f"{tmp_path.name}-out.mp4"
    elsewhere.write_bytes(video.read_bytes())
    (tmp_path / "out.mp4").symlink_to(elsewhere)
    clips = find_clips(tmp_path)
    assert [one.video.name for one in clips] == ["m.mp4", "n.mp4"]
    assert [one.labels.name for one in clips if one.labels] == ["m.csv", "n_ball.xml"]
    assert [one.output.name for one in clips] == ["m_corrected.csv", "n_corrected.csv"]
    session = Session(clips[0])
    session.change([Correction(1, 1.0, 1.0, 1)])
    session.change([Correction(2, 1.0, 1.0, 1)])
    session.undo()
    session.finish(True)
    session.close()
    assert progress_of(clips) == [
        {"video": "m.mp4", "labels": "m.csv", "steps": 1, "done": True},
        {"video": "sub/n.mp4", "labels": "n_ball.xml", "steps": 0, "done": False},
    ]
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match="holds no video"):
        find_clips(tmp_path / "none")


def test_two_videos_that_would_share_a_corrected_file_are_told(clip: Clip, tmp_path: Path) -> None:
    write_clip(tmp_path / "m.avi", 5, codec="mpeg4")
    with pytest.raises(DatasetError, match=r"m\.avi, .*m\.mp4: both .* m_corrected\.csv; rename"):
        find_clips(tmp_path)


def test_frames_are_those_of_the_video_with_that_path(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clips of one name in two folders have frames of their own; absolute or seen from here."""
    for group in ("g1", "g2", "g3"):
        (tmp_path / "all" / group).mkdir(parents=True)
        (tmp_path / "all" / group / "m.mp4").write_bytes(video.read_bytes())
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "next.csv"
    table.write_text(f"Video,Frame\nall/g1/m.mp4,3\n{tmp_path}/all/g2/m.mp4,8\nall/g1/m.mp4,5\n")
    clips = with_frames(find_clips(Path("all")), table)
    assert [(one.video.parent.name, one.frames) for one in clips] == [("g1", (3, 5)), ("g2", (8,))]
    assert [one["video"] for one in progress_of(clips)] == ["g1/m.mp4", "g2/m.mp4"]
    table.write_text("Video,Frame\nm.mp4,3\n")
    with pytest.raises(LabelError, match="names none of the videos; its column Video has their"):
        with_frames(clips, table)


def test_the_court_lies_beside_the_corrected_labels(clip: Clip) -> None:
    """Written with them, read by whoever measures, gone when it is taken back."""
    corners = [[10, 90.5], [150, 90], [100, 20], [60, 20]]
    place = clip.output.with_name("m_corrected.court.json")
    session = Session(clip)
    with pytest.raises(ValueError, match="do not go round a court"):
        session.see_court(corners[::-1])
    with pytest.raises(ValueError, match="must be four"):
        session.see_court([])
    assert session.see_court(corners)["corners"] == read_corners_of(corners)
    assert session.save()
    assert read_corners(place) == read_corners_of(corners)
    assert not clip.output.exists()  # no row was corrected
    session.close()
    session = Session(clip)
    assert session.state()["corners"] == read_corners_of(corners)
    assert session.undo()["corners"] is None
    session.save()
    assert not place.exists()
    session.close()


def test_a_court_of_somebody_else_is_left_alone(clip: Clip) -> None:
    place = clip.output.with_name("m_corrected.court.json")
    place.write_text("mine")
    session = Session(clip)
    session.change([Correction(4, 28.25, 40.5, 1)])
    session.save()
    session.close()
    assert place.read_text() == "mine"


def read_corners_of(corners: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, place)) for place in corners)
