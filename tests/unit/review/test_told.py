"""What the page is told of a clip, and what it may say of what it was told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.labels import read_labels, read_told, read_track
from balltrack.review.corrections import Correction
from balltrack.review.merging import in_words
from balltrack.review.queue import labels_of, one_clip
from balltrack.review.session import ChangedMeanwhileError, Clip, Session

EVENTS = "Frame,Time,Event,X,Y,Confidence\n"


@pytest.fixture
def clip(video: Path, labels: Path) -> Clip:
    return one_clip(video, labels, None)


def test_events_of_a_file_are_found_and_nobodys_word(
    clip: Clip, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """On a frame without a ball and beyond the labels too, with their places."""
    events = tmp_path / "ev.csv"
    rows = "4,,hit,28,40,0.9\n9,,bounce,38.5,40.5,1\n39,,hit,90,40,0.8\n45,,hit,1,1,1\n"
    events.write_text(EVENTS + rows)
    session = Session(replace(clip, events=events))
    assert caplog.messages == [f"{events}: 1 event beyond the video's end: left out"]
    told = session.state()
    found = {frame: kind for frame, kind in enumerate(told["rows"]["found"]) if kind != -1}
    assert found == {4: 1, 9: 2, 39: 1}
    assert set(told["rows"]["status"]) == {-1}
    assert told["places"] == {4: (28, 40), 9: (38.5, 40.5), 39: (90, 40)}
    session.change([Correction(4, 28.25, 40.5, 1)])
    session.change([Correction(9, 38.5, 40.5, 1, 2, filled=True)])
    session.save()
    session.close()
    said = read_labels(clip.output)
    kinds = {
        int(said.frame_index[row]): said.status[row] for row in np.flatnonzero(said.status > 0)
    }
    assert kinds == {9: 2}
    assert said.xy[9].tolist() == [38.5, 40.5]
    blind = Session(replace(clip, events=events, blind=True))
    assert set(blind.state()["rows"]["found"]) == {-1}
    blind.close()


@pytest.mark.parametrize(("said", "shown"), [({}, -1), ({9: 2}, 0)])
def test_a_status_that_is_0_throughout_is_nobodys_word(
    clip: Clip, tmp_path: Path, said: dict[int, int], shown: int
) -> None:
    """So programs write it that know of no event; beside an event a 0 says that there is none."""
    assert clip.labels is not None
    header, *rows = clip.labels.read_text().splitlines()
    told = (f"{row},{said.get(frame, 0)}" for frame, row in enumerate(rows))
    clip.labels.write_text("\n".join([f"{header},Status", *told]))
    (tmp_path / "ev.csv").write_text(f"{EVENTS}4,,hit,28,40,0.9\n")
    session = Session(replace(clip, events=tmp_path / "ev.csv"))
    state = session.state()["rows"]
    assert (state["status"][4], state["found"][4]) == (shown, 1)
    session.change([Correction(12, 44.25, 40.5, 1, 1)])
    session.save()
    session.close()
    assert read_told(clip.output).get(4) == (None if shown == -1 else "")
    assert read_told(clip.output)[12] == "hit"


def test_a_frame_without_a_row_is_of_the_shot_before(clip: Clip) -> None:
    session = Session(clip)
    assert session.state()["rows"]["shot"] == [0] * 30 + [1] * 10
    changed = session.change([Correction(39, 5.0, 5.0, 1)])["changed"]
    assert [(one["frame"], one["shot"]) for one in changed] == [(38, 1), (39, 1)]
    session.close()


def test_who_looked_at_what_was_changed_since_is_refused(clip: Clip) -> None:
    session = Session(clip)
    first = session.state()["version"]
    with session.as_seen(first):
        second = session.change([Correction(4, 1.0, 1.0, 1)])["version"]
    with (
        pytest.raises(ChangedMeanwhileError, match="changed in another window"),
        session.as_seen(first),
    ):
        raise AssertionError("let in")
    with session.as_seen(second):
        assert session.undo()["at"] == [4]
    with session.as_seen(None):
        assert session.redo()["at"] == [4]
    session.close()


def test_frames_to_look_at_are_there_and_come_once(
    clip: Clip, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session(replace(clip, frames=(7, 3, 7, 40, 99)))
    assert session.state()["to_visit"] == [7, 3]
    assert caplog.messages == [f"{clip.video}: 2 frames beyond the video's end: left out"]
    session.close()


def test_without_labels_the_frames_to_look_at_are_spread_over_the_video(video: Path) -> None:
    session = Session(Clip(video, None, video.with_name("n.csv")))
    assert session.state()["to_visit"] == [5, 15, 25, 35]
    session.close()


def test_a_ball_that_is_put_somewhere_else_by_half_a_pixel_is_moved(clip: Clip) -> None:
    session = Session(clip)
    session.change([Correction(4, 28.75, 40.5, 1), Correction(6, 32.25, 40.5, 1)])
    told = session.summary()
    assert (told["moved"], told["confirmed"]) == (1, 1)
    session.close()


def test_a_ball_may_lie_on_the_edge_of_the_picture(clip: Clip) -> None:
    """Half a pixel from the middle of the first and the last one."""
    session = Session(clip)
    session.change([Correction(4, -0.5, -0.5, 1), Correction(6, 159.5, 95.5, 1)])
    with pytest.raises(ValueError, match="outside the picture"):
        session.change([Correction(4, -0.6, 5.0, 1)])
    session.close()


def test_where_a_person_put_the_ball_there_is_play(clip: Clip) -> None:
    """Also in a shot that the labels take to show none."""
    assert clip.labels is not None
    header, *rows = clip.labels.read_text().splitlines()
    clip.labels.write_text("\n".join([f"{header},Play", *(f"{row},0" for row in rows)]))
    session = Session(clip)
    session.change([Correction(9, 38.5, 40.5, 1)])
    session.save()
    session.close()
    assert np.flatnonzero(read_track(clip.output).play).tolist() == [9]


def test_labels_with_the_name_of_the_video_come_before_others(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text("")
    assert clip.labels is not None
    for name in ("m_ball.csv", "m_ball.xml"):
        (tmp_path / name).write_text("Frame,Visibility,X,Y\n0,1,3,4\n")
    assert labels_of(clip.video) == clip.labels
    clip.labels.unlink()
    assert labels_of(clip.video) == tmp_path / "m_ball.csv"


def test_one_event_is_one() -> None:
    assert in_words({"moved": 1, "added": 0, "events": 1}) == "1 moved, 1 event"
    assert in_words({"filled": 3, "events": 2}) == "3 filled, 2 events"
