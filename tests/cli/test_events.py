"""``balltrack events`` and ``balltrack rallies`` on labels of a rendered rally."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.labels import write_track
from balltrack.synthetic import render_clip
from trajectories import track_of

Run = Callable[..., Any]

FPS = 30


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 s of a rally that bounces: ``match.csv`` with times, ``plain.csv`` without, and
    ``truth.csv`` with what happened."""
    folder = tmp_path_factory.mktemp("labels")
    clip = render_clip(frame_count=10 * FPS, frame_rate=FPS, seed=2, bounces=True)
    track = track_of(clip.truth.xy, fps=FPS)
    write_track(track, folder / "match.csv", columns="all")
    write_track(track, folder / "match.jsonl")
    write_track(track, folder / "plain.csv")
    rows = ["Frame,Visibility,X,Y,Status"]
    for frame, seen, (x, y), status in zip(
        clip.truth.frame_index,
        clip.truth.visibility,
        np.nan_to_num(clip.truth.xy),
        clip.truth.status,
        strict=True,
    ):
        rows.append(f"{frame},{seen},{x:.2f},{y:.2f},{status}")
    (folder / "truth.csv").write_text("\n".join(rows) + "\n")
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def corrected(labels: Path, place: Path, told: dict[int, int]) -> Path:
    """The labels with what a person said of some frames, as `balltrack review` writes it."""
    rows = read(labels / "match.csv")
    lines = [",".join([*rows[0], "Status"])]
    lines += [",".join([*row.values(), str(told.get(int(row["Frame"]), ""))]) for row in rows]
    place.write_text("\n".join(lines) + "\n")
    return place


def test_what_a_person_said_counts(balltrack: Run, labels: Path, tmp_path: Path) -> None:
    events, rallies = tmp_path / "events.csv", tmp_path / "rallies.csv"
    assert balltrack("events", labels / "match.csv", "-o", events).code == 0
    found = [int(row["Frame"]) for row in read(events)]
    free = next(frame for frame in range(20, 280) if min(abs(frame - f) for f in found) > 9)
    told = corrected(labels, tmp_path / "told.csv", {found[2]: 0, free: 1})
    assert balltrack("events", told, "-o", events, "-y").code == 0
    rows = read(events)
    assert sorted(int(row["Frame"]) for row in rows) == sorted({*found, free} - {found[2]})
    (mine,) = (row for row in rows if int(row["Frame"]) == free)
    assert (mine["Event"], mine["Confidence"]) == ("hit", "1.0000")
    nothing = dict.fromkeys(range(299), 0)
    told = corrected(labels, tmp_path / "nothing.csv", nothing)
    done = balltrack("rallies", told, "-o", rallies)
    assert (done.code, read(rallies)) == (0, [])


def test_a_column_that_says_nothing_is_nobodys_word(
    balltrack: Run, labels: Path, tmp_path: Path
) -> None:
    """TrackNet's Label.csv has status 0 where nobody said anything."""
    converted, tables = tmp_path / "v1.csv", []
    asked = ("convert", labels / "plain.csv", converted, "--to", "tracknet-v1", "-q")
    assert balltrack(*asked).code == 0
    for one in (labels / "plain.csv", converted):
        events = tmp_path / "events.csv"
        assert balltrack("events", one, "-o", events, "--fps", FPS, "-y", "-q").code == 0
        tables.append(read(events))
    assert tables[0] == tables[1] != []


def test_where_nothing_bounces(balltrack: Run, labels: Path, tmp_path: Path) -> None:
    tables = {}
    for name, more in (("all", ()), ("none", ("--no-bounce",))):
        events, rallies = tmp_path / f"{name}.csv", tmp_path / f"{name}_rallies.csv"
        assert balltrack("events", labels / "match.csv", "-o", events, *more).code == 0
        assert balltrack("rallies", labels / "match.csv", "-o", rallies, *more).code == 0
        tables[name] = (read(events), read(rallies))
    (every, play), (struck, volleys) = tables["all"], tables["none"]
    bounces = [sum(row["Event"] == "bounce" for row in rows) for rows in (every, struck)]
    assert bounces[1] < bounces[0] / 2
    assert {row["Frame"] for row in struck} <= {row["Frame"] for row in every}
    strokes = [sum(int(row["Strokes"]) for row in rows) for rows in (play, volleys)]
    assert strokes[1] > strokes[0]


def test_a_bounce_that_a_person_saw_stays_one(balltrack: Run, labels: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    assert balltrack("events", labels / "match.csv", "-o", events).code == 0
    first = next(int(row["Frame"]) for row in read(events) if row["Event"] == "bounce")
    told = corrected(labels, tmp_path / "told.csv", {first: 2})
    assert balltrack("events", told, "-o", events, "--no-bounce", "-y").code == 0
    assert {int(row["Frame"]): row["Event"] for row in read(events)}[first] == "bounce"
    rallies = []
    for one in (told, labels / "match.csv"):
        assert balltrack("rallies", one, "-o", events, "--no-bounce", "-y").code == 0
        rallies.append(sum(int(row["Bounces"]) for row in read(events)))
    assert rallies[0] == rallies[1] + 1


@pytest.mark.parametrize("command", ["events", "rallies"])
def test_a_size_that_is_another_videos_is_refused(
    balltrack: Run, labels: Path, tmp_path: Path, command: str
) -> None:
    done = balltrack(command, labels / "match.csv", "--size", "320x180", "-o", tmp_path / "x.csv")
    assert done.code == 1
    assert "positions reach far outside a picture of 320x180" in done.complaint


def test_events_of_labels(balltrack: Run, labels: Path, tmp_path: Path) -> None:
    output = tmp_path / "events.csv"
    done = balltrack("events", labels / "match.csv", "-o", output)
    assert done.code == 0
    assert "hits, " in done.complaint
    assert f"bounces in 300 frames → {output}" in done.complaint
    rows = read(output)
    assert list(rows[0]) == ["Frame", "Time", "Event", "X", "Y", "Confidence"]
    assert {row["Event"] for row in rows} == {"hit", "bounce"}
    for row in rows:
        assert float(row["Time"]) == pytest.approx(int(row["Frame"]) / FPS, abs=1e-5)
    assert [int(row["Frame"]) for row in rows] == sorted(int(row["Frame"]) for row in rows)


def test_labels_too_short_to_say_their_rate_have_the_given_one(
    balltrack: Run, tmp_path: Path
) -> None:
    labels = tmp_path / "m.csv"
    for rows in ("", "0,1,5,5\n"):
        labels.write_text(f"Frame,Visibility,X,Y\n{rows}")
        done = balltrack("events", labels, "-o", tmp_path / "e.csv", "--fps", "25", "--json", "-y")
        assert json.loads(done.out)["fps"] == 25


def test_every_label_format_gives_the_same(balltrack: Run, labels: Path, tmp_path: Path) -> None:
    size = ("--size", "1280x720")
    for name, *options in (("match.csv",), ("match.jsonl",), ("plain.csv", "--fps", FPS)):
        place = tmp_path / f"{name}.events.csv"
        assert balltrack("events", labels / name, "-o", place, *size, *options).code == 0
    frames = [
        [(row["Frame"], row["Event"]) for row in read(tmp_path / f"{name}.events.csv")]
        for name in ("match.csv", "match.jsonl")
    ]
    assert frames[0] == frames[1]
    plain = [(r["Frame"], r["Event"]) for r in read(tmp_path / "plain.csv.events.csv")]
    assert len(set(plain) & set(frames[0])) > 0.8 * len(frames[0])  # whole pixels


def test_json_of_e2e_spot_can_be_scored_against(
    balltrack: Run, labels: Path, tmp_path: Path
) -> None:
    output = tmp_path / "spot.json"
    done = balltrack("events", labels / "match.csv", "-o", output, "--json")
    facts = json.loads(done.out)
    (entry,) = json.loads(output.read_text())
    assert facts["hit"] + facts["bounce"] == entry["num_events"] == len(entry["events"])
    assert (entry["video"], entry["num_frames"], entry["fps"]) == ("match", 300, 30.0)
    scored = balltrack("events", labels / "match.csv", "--truth", output, "--json")
    kinds = json.loads(scored.out)["kinds"]
    assert {kind: row["f1"] for kind, row in kinds.items()} == {"hit": 1.0, "bounce": 1.0}


def test_scores_against_the_truth(balltrack: Run, labels: Path) -> None:
    options = ("--truth", labels / "truth.csv")
    done = balltrack("events", labels / "match.csv", *options)
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["kind", "bounce", "hit", "1"]
    assert "F1 at ±2 frames of 25 to 30 a second; mAP ±0 " in done.out
    scores = json.loads(balltrack("events", labels / "match.csv", *options, "--json").out)
    true = {kind: row["true"] for kind, row in scores["kinds"].items()}
    rows = [row["Status"] for row in read(labels / "truth.csv")]
    assert true == {"hit": rows.count("1"), "bounce": rows.count("2")}
    assert scores["map"]["0"] <= scores["map"]["1"] <= scores["map"]["2"]
    assert scores["kinds"]["bounce"]["f1"] > 0.7


def test_tables_that_say_themselves_what_happened(
    balltrack: Run, labels: Path, tmp_path: Path
) -> None:
    """A folder is its own truth, and two games may have a clip of one name."""
    for game in ("game1", "game2"):
        (tmp_path / game).mkdir()
        (tmp_path / game / "clip1_ball.csv").write_bytes((labels / "truth.csv").read_bytes())
    done = balltrack("events", tmp_path, "--truth", tmp_path, "--fps", FPS, "--json")
    scores = json.loads(done.out)
    rows = [row["Status"] for row in read(labels / "truth.csv")]
    assert scores["videos"] == 2
    assert scores["kinds"]["hit"]["true"] == 2 * rows.count("1")


def test_rallies_of_labels_and_of_events_that_are_known(
    balltrack: Run, labels: Path, tmp_path: Path
) -> None:
    known = tmp_path / "known.csv"
    known.write_text(
        "Frame,Time,Event,X,Y,Confidence\n30,1,hit,1,1,1\n45,1.5,bounce,1,1,1\n60,2,hit,1,1,1\n"
    )
    output = tmp_path / "rallies.csv"
    done = balltrack("rallies", labels / "match.csv", "-o", output, "--events", known)
    assert done.complaint == f"{labels / 'match.csv'}: 1 rally, 1.0 s of play → {output}"
    (row,) = read(output)
    assert (row["Start"], row["End"], row["Strokes"], row["Bounces"]) == (
        "1.000",
        "2.000",
        "2",
        "1",
    )
    hits = [{"frame": frame, "label": "hit", "x": 1, "y": 1} for frame in (90, 120)]
    entries = [{"video": "other", "events": []}, {"video": "match", "fps": 30, "events": hits}]
    several = tmp_path / "several.json"
    several.write_text(json.dumps(entries))
    options = ("-o", output, "-y", "--events", several)
    assert balltrack("rallies", labels / "match.csv", *options).code == 0
    assert [row["Start"] for row in read(output)] == ["3.000"]
    found = balltrack("rallies", labels / "match.csv", "-o", output, "-y", "--json")
    facts = json.loads(found.out)
    assert facts["rallies"] == len(read(output)) >= 1
    assert facts["seconds"] > 4


@pytest.mark.parametrize("command", ["events", "rallies"])
def test_labels_that_do_not_know_of_cuts_are_said_to(
    balltrack: Run, labels: Path, tmp_path: Path, command: str
) -> None:
    for name, *more in (("plain.csv", "--fps", FPS), ("match.csv",)):
        done = balltrack(command, labels / name, *more, "-o", tmp_path / name)
        told = f"{labels / name}: says no camera shots" in done.err
        assert (done.code, told) == (0, name == "plain.csv")


@pytest.mark.parametrize("command", ["events", "rallies"])
def test_what_is_wrong_is_said_in_one_line(
    balltrack: Run, labels: Path, tmp_path: Path, command: str
) -> None:
    output = tmp_path / "out.csv"
    none = balltrack(command, labels / "plain.csv", "-o", output)
    assert (none.code, "give --fps" in none.complaint) == (2, True)
    missing = balltrack(command, tmp_path / "no.csv", "-o", output)
    assert (missing.code, "no such file" in missing.complaint) == (1, True)
    size = balltrack(command, labels / "match.csv", "-o", output, "--size", "big")
    assert (size.code, "write 1280x720" in size.complaint) == (2, True)
    rate = balltrack(command, labels / "plain.csv", "-o", output, "--fps", "0")
    assert (rate.code, "fps must be between 1 and 1000" in rate.complaint) == (2, True)
    itself = balltrack(command, labels / "match.csv", "-o", labels / "match.csv", "-y")
    assert (itself.code, "is the input" in itself.complaint) == (2, True)
    weights = balltrack(command, labels / "match.csv", "-o", output, "--weights", "inpaintnet")
    assert (weights.code, "is an inpaintnet" in weights.complaint) == (1, True)
    assert not output.exists()
    output.write_text("mine")
    kept = balltrack(command, labels / "match.csv", "-o", output)
    assert (kept.code, output.read_text()) == (2, "mine")


def test_events_as_they_would_have_been_found_live(
    balltrack: Run, labels: Path, tmp_path: Path
) -> None:
    for name in ("match.csv", "truth.csv"):
        lines = (labels / name).read_text().splitlines()[: 1 + 5 * FPS]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    truth = ("--truth", tmp_path / "truth.csv", "--json")
    right = []
    for look_ahead in (0, 8):
        waits = ("--look-ahead", look_ahead)
        scores = json.loads(balltrack("events", tmp_path / "match.csv", *truth, *waits).out)
        right.append(sum(row["tp"] for row in scores["kinds"].values()))
    assert 0 < right[0] < right[1]
    far = balltrack("events", labels / "match.csv", "--look-ahead", 9)
    assert (far.code, "9 is not in the range 0<=x<=8" in far.complaint) == (2, True)


def test_options_that_do_not_go_together(balltrack: Run, labels: Path, tmp_path: Path) -> None:
    one = labels / "match.csv"
    assert "several LABELS are for --truth" in balltrack("events", one, one).complaint
    both = balltrack("events", one, "--truth", one, "-o", tmp_path / "x.csv")
    assert "give either --output or --truth" in both.complaint
    suffix = balltrack("events", one, "-o", tmp_path / "x.txt")
    assert (suffix.code, "ends in .csv or .json" in suffix.complaint) == (2, True)
    known = balltrack("rallies", one, "--events", one, "--weights", "events")
    assert (known.code, "--weights has no effect with --events" in known.complaint) == (2, True)
    for idle in (("--tolerance", "3"), ("--truth", one, "-y"), ("--fps", "30")):
        flag = {"-y": "--overwrite"}.get(idle[-1], idle[0])
        done = balltrack("events", one, *idle)
        assert (done.code, f"{flag} has no effect" in done.complaint) == (2, True)
    untold = balltrack("events", one, "--truth", labels / "plain.csv")
    assert (untold.code, "no column Event, Status or Mode" in untold.complaint) == (1, True)


@pytest.mark.parametrize("command", ["events", "rallies"])
def test_a_video_is_tracked_first(
    balltrack: Run, rally: Path, tmp_path: Path, command: str, brightest: str
) -> None:
    chosen = ("--detector", brightest, "-q")
    assert balltrack(command, rally, "-o", tmp_path / "direct.csv", *chosen).code == 0
    labels = tmp_path / "rally.csv"
    track = ("--weights", brightest, "--columns", "all", "-q")
    assert balltrack("track", rally, "-o", labels, *track).code == 0
    assert balltrack(command, labels, "-o", tmp_path / "labels.csv", "-q").code == 0
    direct, by_labels = read(tmp_path / "direct.csv"), read(tmp_path / "labels.csv")
    assert direct
    for idle in (("--fps", "30"), ("--size", "1280x720")):
        done = balltrack(command, rally, "-o", tmp_path / "no.csv", *idle)
        assert (done.code, f"{idle[0]} has no effect on {rally}" in done.complaint) == (2, True)
    frame = "Frame" if command == "events" else "FirstFrame"
    assert [row[frame] for row in direct] == [row[frame] for row in by_labels]


@pytest.mark.parametrize("name", ["rally.dav", "rally"])
def test_a_video_may_have_any_name(
    balltrack: Run, rally: Path, tmp_path: Path, brightest: str, name: str
) -> None:
    video = tmp_path / name
    video.symlink_to(rally)
    for command, output in (("events", "e.csv"), ("rallies", "r.csv"), ("report", "r.html")):
        done = balltrack(command, video, "-o", tmp_path / output, "--detector", brightest, "-q")
        assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("command", ["events", "rallies"])
def test_a_video_that_is_none_is_said(balltrack: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "bad.mp4").write_text("no video")
    done = balltrack(command, tmp_path / "bad.mp4", "-o", tmp_path / "out.csv", "-q")
    assert done.code == 1
    assert "bad.mp4: cannot be read as a video" in done.complaint
    done = balltrack(command, tmp_path / "bad.mp4", "-o", tmp_path / "o.csv", "--detector", "x")
    assert done.code == 2
    assert "unknown weights 'x'" in done.complaint


def test_shares_of_the_picture_are_read_with_its_size(
    balltrack: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m_ball").mkdir()
    for number in range(1, 31):
        (Path("m_ball") / f"m_{number}.txt").write_text(f"0 0.{number + 20} 0.25 0.01 0.01\n")
    where = ("--size", "1280x720", "--fps", "30")
    assert balltrack("rallies", "m_ball", *where).err.endswith("→ m_rallies.csv\n")
    assert "in 30 frames → m_events.csv" in balltrack("events", "m_ball", *where).err


@pytest.mark.parametrize("name", ["rallies.otio", "rallies.edl", "rallies"])
def test_rallies_are_a_table(balltrack: Run, labels: Path, tmp_path: Path, name: str) -> None:
    done = balltrack("rallies", labels / "match.csv", "-o", tmp_path / name)
    assert (done.code, "rallies are a .csv" in done.complaint) == (2, True)
    assert not (tmp_path / name).exists()


def test_events_of_other_labels_make_no_rallies(
    balltrack: Run, labels: Path, tmp_path: Path
) -> None:
    known, output = tmp_path / "known.csv", tmp_path / "rallies.csv"
    known.write_text("Frame,Time,Event,X,Y,Confidence\n290,9.7,hit,1,1,1\n300,10,hit,1,1,1\n")
    done = balltrack("rallies", labels / "match.csv", "-o", output, "--events", known)
    assert (done.code, output.exists()) == (1, False)
    assert f"{known}: speaks of frame 300, but {labels / 'match.csv'} ends" in done.complaint


@pytest.mark.parametrize("flag", ["--end", "--video-stream"])
@pytest.mark.parametrize("more", [[], ["--truth", "t.csv"]])
def test_options_of_the_tracking_are_refused_beside_labels(
    balltrack: Run, labels: Path, tmp_path: Path, more: list[str], flag: str
) -> None:
    output = [] if more else ["-o", tmp_path / "e.csv"]
    done = balltrack("events", labels / "match.csv", *output, *more, flag, "2")
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert f"{flag} has no effect on labels" in done.complaint


def test_a_video_is_tracked_within_a_region(
    balltrack: Callable[..., Any], rendered: Path, tmp_path: Path
) -> None:
    asked = ("events", rendered, "--detector", "classical", "-o", tmp_path / "events.csv", "-q")
    done = balltrack(*asked, "--region", "64x64+100+0")
    assert (done.code, done.complaint) == (
        2,
        f"balltrack: {rendered}: region 64x64+100+0 reaches beyond the picture, which is 160x96",
    )
