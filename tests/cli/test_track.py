"""``balltrack track``: what it writes, what it says, and that nothing is half done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from balltrack.archive.labelling import label_places
from balltrack.errors import OptionError, UnknownNameError
from balltrack.labels import read_track
from balltrack.video.probe import probe
from numbered_clips import numbered_image

FRAMES = 20


@pytest.fixture
def track(balltrack: Callable[..., Any], rendered: Path, tiny_weights: Path) -> Callable[..., Any]:
    """Run ``balltrack track`` on the rendered clip with the tiny weights, on the CPU."""

    def run(*arguments: object) -> Any:
        common = ("--weights", tiny_weights, "--device", "cpu")
        return balltrack("track", rendered, *common, *arguments)

    return run


def test_one_row_a_frame_and_one_sentence(track: Callable[..., Any], tmp_path: Path) -> None:
    done = track("-o", tmp_path / "out.csv")
    assert (done.code, done.out) == (0, "")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "Frame,Visibility,X,Y"
    assert [line.split(",")[0] for line in lines[1:]] == [str(i) for i in range(FRAMES)]
    assert "clip.mp4: 20 frames, 2 shots:" in done.complaint
    assert done.complaint.endswith(f"→ {tmp_path / 'out.csv'}")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_the_summary_as_json(track: Callable[..., Any], tmp_path: Path) -> None:
    done = track("-o", tmp_path / "out.csv", "--json", "--precision", "fp32", "--quiet")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    facts = json.loads(done.out)
    found = read_track(tmp_path / "out.csv")
    assert (facts["frames"], facts["shots"]) == (FRAMES, 2)
    seen = facts["detected"] + facts["linked"] + facts["inpainted"]
    assert seen == found.visible.sum()
    assert (facts["device"], facts["precision"]) == ("cpu", "fp32")
    assert facts["frames_per_s"] > 0
    assert facts["outputs"] == [str(tmp_path / "out.csv")]


def test_several_formats_and_all_columns(track: Callable[..., Any], tmp_path: Path) -> None:
    arguments = ("--format", "csv", "--format", "jsonl", "--columns", "all", "-q")
    assert track("-o", tmp_path / "out.csv", *arguments).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.jsonl"]
    header, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert header.endswith("Source,Shot,Speed,Direction,Mode,Gap,Doubt,BlurLength,BlurAngle,Play")
    modes = {row.split(",")[-6] for row in rows}
    assert modes
    assert modes <= {"none", "flying", "hit", "bounce", "still"}
    assert len(read_track(tmp_path / "out.jsonl")) == FRAMES


def test_labels_on_stdout(track: Callable[..., Any], tmp_path: Path) -> None:
    track("-o", tmp_path / "out.csv", "-q")
    done = track("-o", "-", "-q")
    assert done.out == (tmp_path / "out.csv").read_bytes().decode()


def test_without_an_output_the_name_is_the_videos(
    track: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = track()
    assert done.complaint.endswith("→ clip.csv")
    assert (tmp_path / "clip.csv").is_file()


def test_a_part_of_the_video(track: Callable[..., Any], tmp_path: Path) -> None:
    assert track("-o", tmp_path / "a.csv", "--start", "100ms", "--end", "0.3", "-q").code == 0
    assert read_track(tmp_path / "a.csv").frame_index.tolist() == [3, 4, 5, 6, 7, 8]


def test_the_overlay_of_a_part_is_that_part(track: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "a.mp4"
    done = track("-o", tmp_path / "a.csv", "--overlay", out, "--start", "0.1", "--end", "0.3")
    assert done.code == 0, done.err
    assert probe(out).frame_count == len(read_track(tmp_path / "a.csv")) == 6


def test_a_start_beyond_the_end_is_said_before_the_work(
    track: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.pipeline.Tracker", None)
    done = track("-o", tmp_path / "a.csv", "--start", "1:00")
    assert done.code == 2
    assert "ends after 0.7 s, before the start asked for (60 s)" in done.complaint
    assert list(tmp_path.iterdir()) == []


def test_an_overlay_has_every_frame(track: Callable[..., Any], tmp_path: Path) -> None:
    done = track("-o", tmp_path / "a.csv", "--overlay", tmp_path / "a.mp4")
    assert done.code == 0, done.err
    found = probe(tmp_path / "a.mp4")
    assert (found.frame_count, found.width, found.height) == (FRAMES, 160, 96)
    assert str(tmp_path / "a.mp4") in done.err


def test_an_existing_output_stays_and_nothing_is_computed(
    track: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "a.mp4"):
        (tmp_path / name).write_text("old")
    monkeypatch.setattr("balltrack.pipeline.Tracker", None)
    done = track("-o", tmp_path / "a.csv")
    assert done.code == 2
    assert "a.csv: exists; -y replaces it" in done.complaint
    done = track("-o", tmp_path / "b.csv", "--overlay", tmp_path / "a.mp4")
    assert done.code == 2
    assert "a.mp4: exists" in done.complaint
    monkeypatch.undo()
    assert track("-o", tmp_path / "a.csv", "-y").code == 0
    assert len(read_track(tmp_path / "a.csv")) == FRAMES


def test_an_interruption_leaves_nothing(
    track: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for stage, more in (
        ("detection.network.merge", ""),
        ("pipeline.rendering.OverlayPainter", "; the same command goes on from there"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"balltrack.{stage}", interrupt)
            done = track("-o", tmp_path / f"{stage}.csv", "--overlay", tmp_path / "a.mp4", "-q")
        assert done.code == 130
        assert done.err.strip() == f"balltrack: interrupted{more}"
    # tracking was done when the drawing was interrupted: its labels stay, whole, and the journal
    done_before = "pipeline.rendering.OverlayPainter.csv"
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [done_before, f"{done_before}.journal"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-o", "-", "--json"], "cannot both go to stdout"),
        (["-o", "-", "--format", "csv", "--format", "jsonl"], "only one --format"),
        (["--overlay", "a.gif"], "a.gif: an overlay's name ends in .mp4"),
        (["-o", "a.mp4", "--overlay", "a.mp4", "--format", "csv"], "asked for twice"),
        (["-o", "a.txt"], "known: .csv, .jsonl"),
        (["--threshold", "1.5"], "threshold must be between"),
        (["--ensemble", "nonoverlap", "--stride", "2"], "stride is for overlapping windows"),
        (["--batch-size", "0"], "batch_size must be at least 1"),
        (["--max-gap", "-1"], "max_gap must be at least 0"),
        (["--precision", "int4"], "'--precision': 'int4' is not one of"),
        (["--start", "2", "--end", "1"], "end must lie after start"),
        (["--device", "tpu"], "unknown device 'tpu'"),
    ],
)
def test_what_is_asked_wrongly(
    track: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = track(*arguments)
    assert done.code == 2
    assert complaint in done.complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("output", "formats", "places"),
    [
        (None, (), {"csv": "match.csv"}),
        (None, ("jsonl",), {"jsonl": "match.jsonl"}),
        ("o.csv", (), {"csv": "o.csv"}),
        ("o.JSONL", (), {"jsonl": "o.JSONL"}),
        ("o.csv", ("csv", "jsonl", "csv"), {"csv": "o.csv", "jsonl": "o.jsonl"}),
        ("o.csv", ("jsonl",), {"jsonl": "o.jsonl"}),
        ("o.txt", ("csv",), {"csv": "o.txt"}),
        ("o.v2", ("csv", "jsonl"), {"csv": "o.v2.csv", "jsonl": "o.v2.jsonl"}),
        ("-", (), {"csv": "-"}),
        ("-", ("jsonl",), {"jsonl": "-"}),
    ],
)
def test_where_labels_go(
    output: str | None, formats: tuple[str, ...], places: dict[str, str]
) -> None:
    asked = None if output is None else Path(output)
    found = label_places(Path("in/match.mp4"), asked, formats)
    assert {name: str(path) for name, path in found.items()} == places


def test_where_labels_cannot_go() -> None:
    with pytest.raises(OptionError, match="only one --format"):
        label_places(Path("a.mp4"), Path("-"), ("csv", "jsonl"))
    with pytest.raises(UnknownNameError):
        label_places(Path("a.mp4"), Path("o"), ())


def test_what_the_ball_does_is_in_json_lines_also_at_a_fixed_lag(
    track: Callable[..., Any], tmp_path: Path
) -> None:
    assert track("-o", tmp_path / "out.jsonl", "-q").code == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert all(row["mode"] is not None for row in rows)
    lagging = ("--lag", "60", "--columns", "all", "--verify", "none", "-q")
    assert track("-o", tmp_path / "out.csv", *lagging).code == 0
    cells = [line.split(",") for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    modes = [row[10] for row in cells]
    assert len(modes) == len(rows)
    assert set(modes) <= {"none", "flying", "hit", "bounce", "still"}
    assert {row[-1] for row in cells} <= {"0", "1"}


def test_a_stream_without_times_is_drawn_on(balltrack: Callable[..., Any], tmp_path: Path) -> None:
    """Raw H.264: its packets say neither when they are shown nor when they are decoded."""
    video, overlay = tmp_path / "x.h264", tmp_path / "x.mp4"
    with av.open(str(video), "w", format="h264") as raw:
        stream = raw.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(10):
            image = av.VideoFrame.from_ndarray(numbered_image(number, 160, 96), format="bgr24")
            raw.mux(stream.encode(image))
        raw.mux(stream.encode())
    labels = tmp_path / "x.csv"
    done = balltrack("track", video, "--weights", "classical", "-o", labels, "--overlay", overlay)
    assert done.code == 0, done.err
    with av.open(str(overlay)) as made:
        assert sum(1 for _ in made.decode(video=0)) == len(read_track(labels)) == 10
