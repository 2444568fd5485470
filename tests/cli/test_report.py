"""``balltrack report``: options arrive, outputs are guarded, errors are one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FAR = ["--corners", "-200,90", "140,90", "100,50", "60,50"]
CORNERS = ["--corners", "20,90", "140,90", "100,50", "60,50"]


@pytest.fixture
def given(rendered: Path, tmp_path: Path) -> tuple[Path, Path]:
    labels = tmp_path / "m.csv"
    rows = "".join(f"{i},1,{40 + i},{30 + i}\n" for i in range(20))
    labels.write_text("Frame,Visibility,X,Y\n" + rows)
    return rendered, labels


def test_a_page_and_the_bounces_on_the_court(
    balltrack: Callable[..., Any], given: tuple[Path, Path], tmp_path: Path
) -> None:
    events, page, bounces = (tmp_path / name for name in ("e.csv", "p.html", "b.csv"))
    events.write_text("Frame,Time,Event,X,Y,Confidence\n4,0.1,hit,44,34,1\n9,0.3,bounce,80,70,1\n")
    where = ["--court", "tennis", *CORNERS, "--bounces", bounces]
    done = balltrack("report", *given, "-o", page, "--events", events, *where)
    assert done.code == 0
    assert done.complaint.endswith(f"1 rally, 1 hit, 1 bounce → {page}")
    assert "tennis, 10.97 x 23.77 m" in page.read_text()
    assert bounces.read_text().splitlines()[1].startswith("9,0.300,80.00,70.00,0.000,")


def test_the_default_name_lies_in_the_current_folder(
    balltrack: Callable[..., Any],
    given: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert balltrack("report", *given, "-q").code == 0
    assert [path.name for path in Path.cwd().iterdir()] == ["clip_report.html"]


def test_corners_that_were_clicked_are_found_beside_the_labels(
    balltrack: Callable[..., Any], given: tuple[Path, Path], tmp_path: Path
) -> None:
    corners = [tuple(map(float, one.split(","))) for one in CORNERS[1:]]
    kept, told = tmp_path / "m.court.json", tmp_path / "told.html"
    kept.write_text(json.dumps({"corners": corners}))
    pages = [tmp_path / "kept.html", told]
    for page, more in zip(pages, ([], CORNERS), strict=True):
        done = balltrack("report", *given, "--court", "tennis", *more, "-o", page, "-q")
        assert done.code == 0, done.err
    assert pages[0].read_bytes() == pages[1].read_bytes()
    kept.write_text('{"corners": [[1, 2], [3, 4]]}')
    done = balltrack("report", *given, "--court", "tennis", "-o", tmp_path / "no.html", "-q")
    assert done.code == 1
    assert "m.court.json: does not hold a court as" in done.complaint
    assert "must be four" in done.complaint


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--court", "tennis"], 2, "give --corners, or labels beside which `balltrack review`"),
        (CORNERS, 2, "--corners go with --court: give both, or neither"),
        (["--bounces", "b.csv"], 2, "give --court and --corners"),
        (["--court", "", *CORNERS], 2, "unknown court ''; known: badminton"),
        (["--court", "squash", *CORNERS], 2, "unknown court 'squash'; known: badminton"),
        (["--court", "padel", "--corners", "1,1", "2", "3,3", "4,4"], 2, "'2' is not a place"),
        (["--court", "padel", *CORNERS[:1], *CORNERS[:0:-1]], 2, "do not go round a court"),
        (["--device", "cpu", "--end", "2"], 2, "--device, --end has no effect on labels"),
        (["--court", "tennis", *FAR], 2, "-200,90 lies far outside a picture of 160x96; was it"),
        (["-o", "p.csv"], 2, "p.csv: the page is an .html"),
        (["--court", "tennis", *CORNERS, "--bounces", "b.txt"], 2, "b.txt: bounces are a .csv"),
        (["--shots", "0"], 2, "shots must be at least 1"),
        (["--events", "none.csv"], 1, "none.csv: there is no such file"),
        (["-o", "missing/p.html"], 1, "there is no folder"),
    ],
)
def test_wrong_requests_leave_nothing(
    balltrack: Callable[..., Any],
    given: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = balltrack("report", *given, *arguments, "-q")
    assert done.code == code
    assert words in done.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]


def test_a_video_without_labels_is_tracked_first(
    balltrack: Callable[..., Any], rally: Path, tmp_path: Path, brightest: str
) -> None:
    direct, by_labels, labels = (tmp_path / name for name in ("d.html", "l.html", "l.csv"))
    done = balltrack("report", rally, "-o", direct, "--detector", brightest)
    assert done.code == 0
    assert balltrack("track", rally, "-o", labels, "--weights", brightest, "-q").code == 0
    same = balltrack("report", rally, labels, "-o", by_labels)
    assert done.complaint == same.complaint.replace("l.html", "d.html")
    page = direct.read_text()
    assert "tracked for this page, frames 0 to 119; " in page
    assert "brightest-pixel" in page
    part = balltrack("report", rally, "-o", direct, "--detector", brightest, "--end", "2", "-y")
    assert part.code == 0
    assert "frames 0 to 59; " in direct.read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--detector", "x"], 2, "unknown weights 'x'"),
        (["--events", "none.csv"], 1, "none.csv: there is no such file"),
        (["-o", "old.html"], 2, "exists; -y replaces it"),
    ],
)
def test_without_labels_what_is_wrong_is_said_before_the_video_is_tracked(
    balltrack: Callable[..., Any],
    rally: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    def track(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("balltrack.pipeline.Tracker.track", track)
    Path("old.html").write_text("mine")
    done = balltrack("report", rally, *arguments, "-q")
    assert (done.code, words in done.complaint) == (code, True), done.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["old.html"]
