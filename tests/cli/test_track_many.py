"""``balltrack track`` with more than a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from balltrack.labels import read_track
from balltrack.pipeline import Tracker


@pytest.fixture
def matches(tmp_path: Path, rendered: Path) -> Path:
    """A folder with three videos, one of them no video."""
    folder = tmp_path / "matches"
    (folder / "day2").mkdir(parents=True)
    shutil.copy(rendered, folder / "a.mp4")
    shutil.copy(rendered, folder / "day2" / "c.mp4")
    (folder / "b.mp4").write_text("not a video")
    return folder


@pytest.fixture
def track(balltrack: Callable[..., Any], tiny_weights: Path) -> Callable[..., Any]:
    def run(*arguments: object) -> Any:
        return balltrack("track", *arguments, "--weights", tiny_weights, "--device", "cpu")

    return run


def test_one_bad_file_does_not_stop_the_rest(
    track: Callable[..., Any], matches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    monkeypatch.setattr(Tracker, "__init__", _counting(Tracker.__init__, loaded))
    done = track(matches, "-o", tmp_path / "out")
    assert done.code == 1
    assert len(loaded) == 1
    assert done.out == ""
    last = done.err.splitlines()[-1]
    assert "1 of 3 videos failed, the first:" in last
    assert "b.mp4: " in last
    for name in ("a.mp4", "b.mp4", "c.mp4", "failed"):
        assert name in done.err
    written = sorted(p.relative_to(tmp_path / "out").as_posix() for p in _files(tmp_path / "out"))
    assert written == ["a.csv", "day2/c.csv"]
    assert len(read_track(tmp_path / "out" / "day2" / "c.csv")) == 20


def test_a_video_that_fails_leaves_no_empty_folder(
    track: Callable[..., Any], matches: Path, tmp_path: Path
) -> None:
    (matches / "day3").mkdir()
    shutil.move(matches / "b.mp4", matches / "day3" / "b.mp4")
    assert track(matches, "-o", tmp_path / "out").code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "day2"]


def _counting(init: Callable[..., None], calls: list[object]) -> Callable[..., None]:
    def counted(self: Tracker, *arguments: Any, **settings: Any) -> None:
        calls.append(self)
        init(self, *arguments, **settings)

    return counted


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_labels_are_those_of_each_video_alone(
    track: Callable[..., Any], matches: Path, tmp_path: Path
) -> None:
    (matches / "b.mp4").unlink()
    assert track(matches, "-o", tmp_path / "out", "--columns", "all", "-q").code == 0
    assert track(matches / "a.mp4", "-o", tmp_path / "a.csv", "--columns", "all", "-q").code == 0
    alone = (tmp_path / "a.csv").read_bytes()
    assert (tmp_path / "out" / "a.csv").read_bytes() == alone
    assert (tmp_path / "out" / "day2" / "c.csv").read_bytes() == alone


def test_json_is_one_line_a_file(track: Callable[..., Any], matches: Path, tmp_path: Path) -> None:
    done = track(matches, "-o", tmp_path / "out", "--json", "-q")
    assert done.code == 1
    facts = [json.loads(line) for line in done.out.splitlines()]
    assert [Path(each["video"]).name for each in facts] == ["a.mp4", "b.mp4", "c.mp4"]
    assert ["error" in each for each in facts] == [False, True, False]
    assert facts[0]["frames"] == 20


def test_what_is_there_stays_unless_it_may_be_replaced(
    track: Callable[..., Any], matches: Path, tmp_path: Path
) -> None:
    (matches / "b.mp4").unlink()
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.csv").write_text("old")
    done = track(matches, "-o", out)
    assert done.code == 2
    assert "a.csv: exists, 1 of 2 do; -y replaces them, --skip-existing leaves" in done.complaint
    assert [path.name for path in _files(out)] == ["a.csv"]
    assert track(matches, "-o", out, "--skip-existing", "-q").code == 0
    assert (out / "a.csv").read_text() == "old"
    assert (out / "day2" / "c.csv").is_file()
    assert track(matches, "-o", out, "-y", "-q").code == 0
    assert len(read_track(out / "a.csv")) == 20


def test_labels_of_every_format_stay_and_those_that_are_missing_are_made(
    track: Callable[..., Any], matches: Path, tmp_path: Path
) -> None:
    (matches / "b.mp4").unlink()
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.jsonl").write_text("old")
    asked = (matches, "-o", out, "--format", "csv", "--format", "jsonl")
    done = track(*asked)
    assert done.code == 2
    assert "a.jsonl: exists, 1 of 2 do" in done.complaint
    assert [path.name for path in _files(out)] == ["a.jsonl"]
    assert track(*asked, "--skip-existing", "-q").code == 0
    assert (out / "a.jsonl").read_text() == "old"
    assert len(read_track(out / "a.csv")) == 20
    assert sorted(path.name for path in _files(out)) == ["a.csv", "a.jsonl", "c.csv", "c.jsonl"]


def test_a_list_and_shards(track: Callable[..., Any], matches: Path, tmp_path: Path) -> None:
    (matches / "list.txt").write_text("a.mp4\nday2/c.mp4\n")
    for part, name in (("1/2", "a.csv"), ("2/2", "c.csv")):
        out = tmp_path / part.replace("/", "of")
        done = track("--batch-file", matches / "list.txt", "--shard", part, "-o", out, "-q")
        assert done.code == 0
        assert [path.name for path in _files(out)] == [name]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 2, "no VIDEO is named"),
        (["matches", "--overlay", "x.mp4"], 2, "are for one video"),
        (["matches", "-o", "-"], 2, "are for one video"),
        (["matches", "-o", "list.txt"], 2, "list.txt: is a file"),
        (["matches", "-o", "out.csv"], 2, "out.csv: is a file's name; the labels of many videos"),
        (["matches/*.avi"], 1, "no file matches this pattern"),
        (["matches", "--shard", "3/2"], 2, "shard"),
        (["matches/a.mp4", "-o", "a.csv", "--shard", "3/2"], 2, "the shard must be between 1"),
        (["--batch-file", "gone.txt"], 1, "there is no such file"),
    ],
)
def test_what_is_asked_wrongly(
    track: Callable[..., Any],
    matches: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.txt").write_text("matches/a.mp4")
    before = sorted(tmp_path.rglob("*"))
    done = track(*arguments)
    assert done.code == code
    assert complaint in done.complaint
    assert sorted(tmp_path.rglob("*")) == before


def test_one_video_into_a_named_file_is_left_where_it_is_there(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path
) -> None:
    out = tmp_path / "labels.csv"
    asked = ("track", rendered, "--weights", "classical", "--skip-existing", "-o", out)
    assert balltrack(*asked, "-q").code == 0
    first = out.read_bytes()
    assert len(read_track(out)) == 20
    out.write_text("Frame,Visibility,X,Y\n0,1,5,5\n")
    done = balltrack(*asked)
    assert (done.code, done.complaint) == (0, f"{out}: exists; left as it is")
    assert out.read_bytes() != first
    done = balltrack(*asked, "--format", "csv", "--format", "jsonl", "-q")
    assert done.code == 0
    assert out.read_bytes() != first
    assert len(read_track(out.with_suffix(".jsonl"))) == 20
    done = balltrack(*asked, "--overlay", tmp_path / "overlay.mp4")
    assert done.code == 2
    assert f"{out}: exists; balltrack render draws it over the video" in done.complaint
