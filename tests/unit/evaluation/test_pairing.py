"""Which files belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.errors import DatasetError
from balltrack.evaluation.pairing import clip_names, find_predictions, find_truths, pair

HEADER = "Frame,Visibility,X,Y\n"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Make empty files below a folder and go there."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str) -> None:
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(HEADER)

    return make


def partners(predictions: list[str], truths: list[str]) -> dict[str, str]:
    found = pair(
        find_predictions(map(Path, predictions)),
        find_truths(map(Path, truths)),
    )
    return {str(truth.path): str(prediction.path) for prediction, truth in found}


@pytest.mark.parametrize("name", ["out/a.csv", "out/a.jsonl", "out/a_ball.csv"])
@pytest.mark.parametrize("truth", ["truth/a_ball.csv", "truth/a.csv", "truth/a/Label.csv"])
def test_names_that_go_together(name, truth, tree):
    tree(name, truth)
    assert partners([name], [truth]) == {truth: name}


def test_folders_are_searched_for_truths_and_predictions(tree):
    tree("t/x/a_ball.csv", "t/y/b_ball.csv", "t/y/notes.csv", "t/c/Label.csv")
    tree("out/a.csv", "out/deep/b.jsonl", "out/c.csv", "out/log.txt")
    assert partners(["out"], ["t"]) == {
        "t/x/a_ball.csv": "out/a.csv",
        "t/y/b_ball.csv": "out/deep/b.jsonl",
        "t/c/Label.csv": "out/c.csv",
    }


def test_clips_of_one_name_are_told_apart_by_their_folders(tree):
    tree("t/game1/Clip1/Label.csv", "t/game2/Clip1/Label.csv")
    tree("out/game1/Clip1.csv", "out/game2/Clip1.csv")
    assert partners(["out"], ["t"]) == {
        "t/game1/Clip1/Label.csv": "out/game1/Clip1.csv",
        "t/game2/Clip1/Label.csv": "out/game2/Clip1.csv",
    }


def test_a_file_named_twice_counts_once(tree):
    tree("t/a_ball.csv", "out/a.csv")
    assert partners(["out", "out/a.csv"], ["t", "t/a_ball.csv"]) == {"t/a_ball.csv": "out/a.csv"}


@pytest.mark.parametrize(
    ("predictions", "truths", "message"),
    [
        (["a.csv"], ["b_ball.csv"], r"no truth for out/a\.csv; no prediction for t/b_ball\.csv"),
        (["a.csv", "b.csv"], ["a_ball.csv"], r"no truth for out/b\.csv \(X\.csv or"),
        (["a.csv"], ["a_ball.csv", "b_ball.csv"], r"no prediction for t/b_ball\.csv \("),
        (["a.csv", "a.jsonl"], ["a_ball.csv"], r"one clip for out/a\.csv, out/a\.jsonl"),
        (
            ["a.csv"],
            ["g1/a_ball.csv", "g2/a_ball.csv"],
            r"out/a\.csv may belong to t/g1/a_ball\.csv, t/g2/a_ball\.csv",
        ),
        (["a.csv"], [f"{i}_ball.csv" for i in range(8)], "and 3 more"),
    ],
)
def test_files_without_exactly_one_partner_are_named(predictions, truths, message, tree):
    tree(*[f"out/{name}" for name in predictions], *[f"t/{name}" for name in truths])
    with pytest.raises(DatasetError, match=message) as caught:
        partners(["out"], ["t"])
    assert "\n" not in str(caught.value)


def test_one_file_and_one_truth_need_no_names(tree):
    tree("out/run7.csv", "t/final_ball.csv", "t/other_ball.csv")
    assert partners(["out/run7.csv"], ["t/final_ball.csv"]) == {"t/final_ball.csv": "out/run7.csv"}
    with pytest.raises(DatasetError, match=r"no truth for out/run7\.csv"):
        partners(["out"], ["t/final_ball.csv"])  # whoever names a folder has not looked at it
    with pytest.raises(DatasetError, match=r"no truth for out/run7\.csv"):
        partners(["out/run7.csv"], ["t"])


def test_missing_paths_and_empty_folders(tree):
    tree("out/readme.txt")
    with pytest.raises(DatasetError, match="nowhere: there is no such file or folder"):
        find_truths([Path("nowhere")])
    with pytest.raises(DatasetError, match=r"out: holds no \*_ball\.csv or Label\.csv"):
        find_truths([Path("out")])
    with pytest.raises(DatasetError, match=r"out: holds no \*\.csv or \*\.jsonl"):
        find_predictions([Path("out")])


def test_the_video_lies_beside_the_clip_or_in_the_folder_of_videos(tree):
    tree("a/x_ball.csv", "a/x.mp4", "m/csv/y_ball.csv", "m/video/y.mkv", "g/Clip1/Label.csv")
    tree("g/Clip1.mov", "lonely_ball.csv")
    videos = {str(t.path): t.video for t in find_truths([Path()])}
    here = Path.cwd()
    assert videos == {
        "a/x_ball.csv": here / "a/x.mp4",
        "m/csv/y_ball.csv": here / "m/video/y.mkv",
        "g/Clip1/Label.csv": here / "g/Clip1.mov",
        "lonely_ball.csv": None,
    }


def test_clips_are_named_below_the_folder_that_holds_them_all(tree):
    tree("d/m1/csv/1_ball.csv", "d/m2/csv/1_ball.csv", "d/m3/Clip/Label.csv")
    assert clip_names(find_truths([Path("d")])) == ["m1/csv/1", "m2/csv/1", "m3/Clip"]
    assert clip_names(find_truths([Path("d/m1")])) == ["1"]


def test_a_label_csv_in_the_current_folder_knows_its_clip(tree, monkeypatch):
    tree("Clip7/Label.csv")
    monkeypatch.chdir("Clip7")
    assert clip_names(find_truths([Path("Label.csv")])) == ["Clip7"]
