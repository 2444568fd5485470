"""Links are followed, none in a circle, and nothing comes twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.archive.plan import plan_jobs
from balltrack.evaluation.pairing import find_truths
from balltrack.video.folders import all_below


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


@pytest.mark.parametrize("given", ["linked", "."])
def test_videos_and_labels_on_another_disk_are_found(tmp_path: Path, given: str) -> None:
    made(tmp_path / "disk", "one/m.mp4", "one/m_ball.csv")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "linked").symlink_to(tmp_path / "disk")
    folder = tmp_path / "here" / given
    (job,) = plan_jobs([folder], tmp_path / "out", ".csv")
    assert job.video == folder.joinpath(*([] if given == "linked" else ["linked"]), "one/m.mp4")
    (truth,) = find_truths([folder])
    assert truth.path.name == "m_ball.csv"
