"""Links are followed, none in a circle, and nothing comes twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.archive.plan import plan_jobs
from balltrack.archive.store import find_films
from balltrack.evaluation.events.files import label_files, true_events
from balltrack.evaluation.pairing import find_truths
from balltrack.folders import all_below
from balltrack.training.events.sequences import read_sequences
from balltrack.training.teaching.lessons import share_out
from balltrack.video.pictures.names import are_pictures

EVENTS = "Frame,Visibility,X,Y,Status\n0,1,2,3,1\n"


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_files_and_folders_in_order(tmp_path: Path) -> None:
    folder = made(tmp_path, "b/2", "b/10", "a", "c/d/e")
    names = [path.relative_to(folder).as_posix() for path in all_below(folder)]
    assert names == ["a", "b", "b/10", "b/2", "c", "c/d", "c/d/e"]


def test_what_links_lead_to_is_there(tmp_path: Path) -> None:
    made(tmp_path / "disk", "season/m.mp4")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "linked").symlink_to(tmp_path / "disk")
    (tmp_path / "here" / "n.mp4").symlink_to(tmp_path / "disk" / "season" / "m.mp4")
    found = [path for path in all_below(tmp_path / "here") if path.is_file()]
    assert found == [tmp_path / "here/linked/season/m.mp4", tmp_path / "here/n.mp4"]


def test_circles_end_and_a_folder_has_its_own_name_where_it_has_one(tmp_path: Path) -> None:
    made(tmp_path, "z/a")
    (tmp_path / "b").symlink_to(tmp_path / "z")
    (tmp_path / "z" / "up").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    names = [path.relative_to(tmp_path).as_posix() for path in all_below(tmp_path)]
    assert names == ["b", "gone", "z", "z/a", "z/up"]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with nothing but a link to one with two clips, on another disk as it were."""
    disk = made(tmp_path / "disk", "one/m.mp4", "one/n.mp4")
    for name in "mn":
        (disk / "one" / f"{name}_ball.csv").write_text("Frame,Visibility,X,Y\n0,1,2,3\n")
        (disk / "one" / f"{name}_corrected.csv").write_text(EVENTS)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "linked").symlink_to(disk)
    return tmp_path / "here"


@pytest.mark.parametrize("given", ["linked", "."])
def test_videos_to_track_are_found_through_links(here: Path, given: str) -> None:
    below = Path("linked" if given == "." else "")
    jobs = plan_jobs([here / given], here.parent / "out")
    assert [job.output for job in jobs] == [
        here.parent / "out" / below / "one" / f"{name}.csv" for name in "mn"
    ]
    films = find_films([str(here / given)])
    assert [film.name for film in films] == [
        (below / "one" / f"{name}.mp4").as_posix() for name in "mn"
    ]
    assert not are_pictures(here)


def test_labels_to_score_and_to_learn_from_are_found_through_links(here: Path) -> None:
    inside = here / "linked" / "one"
    assert [truth.path for truth in find_truths([here])] == [
        inside / "m_ball.csv",
        inside / "n_ball.csv",
    ]
    assert inside / "m_corrected.csv" in label_files([here])
    lessons = share_out([here])
    assert [clip.path.name for clip in lessons.learnt + lessons.judged] == [
        "m_corrected.csv",
        "n_corrected.csv",
    ]


def test_events_are_found_through_links(here: Path, tmp_path: Path) -> None:
    found = made(tmp_path / "found", "o.csv") / "o.csv"
    (tmp_path / "disk" / "o.csv").write_text(EVENTS)
    assert len(true_events(found, here).events) == 1
    assert len(read_sequences([here], 25.0, (640, 360), held_out=["one"])) == 1


def test_a_folder_without_pictures_is_not_walked(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walk(_: Path) -> list[Path]:
        raise AssertionError("walked")

    monkeypatch.setattr("balltrack.video.pictures.names.all_below", walk)
    assert not are_pictures(here)
    made(here, "1.png")
    with pytest.raises(AssertionError, match="walked"):
        are_pictures(here)
