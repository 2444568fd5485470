"""``balltrack evaluate --by``: figures of groups."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TRUTH = "Frame,Visibility,X,Y\n0,1,100,100\n1,0,0,0\n2,2,200,100\n3,1,300,100\n"
RIGHT = "Frame,Visibility,X,Y\n0,1,100,100\n1,0,0,0\n2,1,200,100\n3,1,300,100\n"
WRONG = "Frame,Visibility,X,Y\n0,1,900,600\n1,0,0,0\n2,1,200,100\n"
ON_THE_WAY = RIGHT.replace("1,0,0,0", "1,1,150,100")
"""An answer in a gap of the labels, between two balls that were found."""
GIVEN = ("evaluate", "out", "--truth", "data", "--size", "1280x720")


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Three venues on two grounds, one clip each; that on clay is tracked badly."""
    monkeypatch.chdir(tmp_path)
    for venue, found in (("paris", WRONG), ("london", RIGHT), ("halle", RIGHT)):
        for folder, text, name in (("data", TRUTH, "a_ball.csv"), ("out", found, "a.csv")):
            Path(folder, venue).mkdir(parents=True)
            Path(folder, venue, name).write_text(text)
    Path("data/venues.csv").write_text("venue,surface\nparis,clay\nlondon,grass\nhalle,grass\n")


def test_the_clips_of_a_ground_and_the_frames_of_a_kind_are_summed_up(balltrack):
    done = balltrack(*GIVEN, "--by", "surface,visibility", "--by", "venue", "--json")
    assert done.code == 0, done.err
    (run,) = json.loads(done.out)["runs"]
    assert list(run["by"]) == ["surface", "visibility", "venue"]
    counts = {
        kind: {name: (one["tp"], one["fp1"], one["fn"]) for name, one in groups.items()}
        for kind, groups in run["by"].items()
    }
    assert counts["surface"] == {"clay": (1, 1, 1), "grass": (6, 0, 0)}
    assert counts["venue"] == {"halle": (3, 0, 0), "london": (3, 0, 0), "paris": (1, 1, 1)}
    assert counts["visibility"] == {"no ball": (0, 0, 0), "easy": (4, 1, 1), "hard": (3, 0, 0)}


def test_the_mean_and_the_worst_venue(balltrack):
    """Each venue counts once, and one without a ball not at all."""
    long = TRUTH + "".join(f"{i},1,300,100\n" for i in range(4, 90))
    Path("data/halle/a_ball.csv").write_text(long)
    Path("out/halle/a.csv").write_text(long)
    for folder, name in (("data/empty", "a_ball.csv"), ("out/empty", "a.csv")):
        Path(folder).mkdir()
        Path(folder, name).write_text("Frame,Visibility,X,Y\n0,0,0,0\n")
    done = balltrack(*GIVEN, "--by", "venue", "--json")
    (run,) = json.loads(done.out)["runs"]
    venues = {"mean": pytest.approx(0.8), "worst": pytest.approx(0.4), "where": "paris"}
    assert run["strict_f1_of_venues"] == venues
    assert balltrack(*GIVEN, "--by", "venue").out.splitlines()[-1] == (
        "strict F1 of venues: mean 0.800, worst 0.400 (paris)"
    )
    assert "strict F1 of" not in balltrack(*GIVEN, "--by", "surface").out


def test_one_venue_is_not_the_worst(balltrack):
    one = ("evaluate", "out/paris", "--truth", "data/paris", "--size", "1280x720", "--by", "venue")
    done = balltrack(*one)
    assert done.code == 0, done.err
    assert "strict F1 of" not in done.out
    (run,) = json.loads(balltrack(*one, "--json").out)["runs"]
    assert "strict_f1_of_venues" not in run


def surely(text):
    """The same labels, with a confidence of 0.95 where there is a ball."""
    head, *rows = text.splitlines()
    stated = (f"{row},{0.95 * int(row.split(',')[1])}" for row in rows)
    return "\n".join([f"{head},Confidence", *stated]) + "\n"


def test_a_table_a_kind_for_people(balltrack):
    for labels in Path("out").rglob("a.csv"):
        labels.write_text(surely(labels.read_text()))
    done = balltrack(*GIVEN, "--by", "surface,speed,confidence")
    lines = [line.split() for line in done.out.splitlines()]
    (row,) = (line for line in lines if line[:1] == ["clay"])
    assert row[1:7] == ["4", "1", "1", "1", "0", "1"]
    heads = [line[0] for line in lines if line[1:4] == ["frames", "TP", "TN"]]
    assert heads == ["clip", "surface", "speed", "confidence"]
    assert lines[-2][-2:] == ["mean", "confidence"]
    assert (lines[-1][0], lines[-1][-1]) == ("0.9-1", "0.9500")


def test_labels_that_state_no_confidence_have_no_table_of_it(balltrack):
    assert "0.9-1" not in balltrack(*GIVEN, "--by", "confidence").out
    assert "| confidence |" not in balltrack(*GIVEN, "--markdown").out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--by", "surface,colour"],
            2,
            "'colour' is none of surface, venue, visibility, speed, confidence",
        ),
        (["--venues", "data/venues.csv"], 2, "--venues has no effect without --by surface"),
        (["--by", "surface", "--venues", "gone.csv"], 1, "gone.csv: there is no such file"),
        (["--by", "surface", "--venues", "out/paris/a.csv"], 1, "the header lacks venue, surface"),
    ],
)
def test_what_cannot_be_grouped_is_said_in_one_line(arguments, code, message, balltrack):
    done = balltrack(*GIVEN, *arguments)
    assert done.code == code
    assert message in done.complaint
    assert done.out == ""


def test_a_missing_table_is_told_before_anything_is_tracked(balltrack):
    Path("data/venues.csv").unlink()
    done = balltrack(*GIVEN, "--by", "surface")
    assert (done.code, done.out) == (1, "")
    assert "no venues.csv in its folder or above; write one" in done.complaint


def test_the_tables_of_a_model_card(balltrack, tmp_path):
    """Sets by their folders, venues by theirs, a row for each kind of ball and each tenth."""
    for sport, venues in (("tennis", ("paris", "halle")), ("padel", ("london",))):
        for kind in ("data", "out"):
            for venue in venues:
                place = tmp_path / kind / sport / "dev" / venue
                place.parent.mkdir(parents=True, exist_ok=True)
                Path(kind, venue).rename(place)
    Path("out/tennis/dev/halle/a.csv").write_text(ON_THE_WAY)
    for labels in Path("out").rglob("a.csv"):
        labels.write_text(surely(labels.read_text()))
    sets = ("--truth", "data/tennis/dev", "--truth", "data/padel/dev", "--size", "1280x720")
    done = balltrack("evaluate", "out", *sets, "--markdown")
    assert done.code == 0, done.err
    assert done.out.split("\n\n") == [
        "| set | frames | P | R | F1 | strict R | strict F1 | TP | TN | FP1 | FP2 | FN "
        "| FP2 in gaps | px at 1080p |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| padel | 4 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 3 | 1 | 0 | 0 | 0 | 0 | 0.0 |\n"
        "| tennis | 8 | 0.667 | 0.800 | 0.727 | 0.667 | 0.667 | 4 | 1 | 1 | 1 | 1 | 1 | 283.0 |",
        "| venue | frames | P | R | F1 | strict R | strict F1 | TP | TN | FP1 | FP2 | FN "
        "| FP2 in gaps | px at 1080p |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| halle | 4 | 0.750 | 1.000 | 0.857 | 1.000 | 0.857 | 3 | 0 | 0 | 1 | 0 | 1 | 0.0 |\n"
        "| london | 4 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 3 | 1 | 0 | 0 | 0 | 0 | 0.0 |\n"
        "| paris | 4 | 0.500 | 0.500 | 0.500 | 0.333 | 0.400 | 1 | 1 | 1 | 0 | 1 | 0 | 707.5 |",
        "Strict F1 of venues: mean 0.752, worst 0.400 (paris).",
        "| ball | padel | tennis |\n"
        "| --- | --- | --- |\n"
        "| easy | 2 of 2 | 2 of 4 |\n"
        "| hard | 1 of 1 | 2 of 2 |\n"
        "| no ball | 1 of 1 | 1 of 2 |",
        "| confidence | padel: rows, stated, true | tennis: rows, stated, true |\n"
        "| --- | --- | --- |\n"
        "| 0.9-1 | 3, 0.95, 1.00 | 6, 0.95, 0.67 |\n",
    ]
    for more in ("--json", "--details"):
        assert "tables of its own" in balltrack("evaluate", "out", *sets, "--markdown", more).err
