"""``balltrack render``: options arrive, outputs are guarded, errors are one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from balltrack.clips.rallies import read_play
from balltrack.labels import write_track
from balltrack.options import RenderOptions
from balltrack.pipeline import rendering
from balltrack.structures import Event
from balltrack.synthetic import render_clip
from numbered_clips import write_clip
from trajectories import track_of

LABELS = (
    "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n0,1,40,70,0,0.9,detected,0\n"
    "1,1,44,70,0.04,0.9,detected,0\n2,0,0,0,0.08,0,none,0\n"
)


@pytest.fixture
def clip(tmp_path: Path) -> tuple[Path, Path]:
    labels = tmp_path / "clip.csv"
    labels.write_text(LABELS)
    return write_clip(tmp_path / "clip.mp4", 3), labels


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[RenderOptions]:
    """What the library is called with, instead of rendering."""
    calls: list[RenderOptions] = []

    def record(video: Path, track: object, output: Path, options: RenderOptions, **_: Any) -> range:
        calls.append(options)
        return range(3)

    monkeypatch.setattr(rendering, "render_overlay", record)
    return calls


def test_an_overlay_is_written_and_told_of(
    balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "overlay.mp4"
    outcome = balltrack("render", *clip, "-o", out)
    assert outcome.code == 0
    assert outcome.out == ""
    assert outcome.complaint.endswith(f"3 labels, 2 with a position → {out}")
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 3


def test_labels_are_counted_where_they_are_drawn(
    balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path
) -> None:
    outcome = balltrack("render", *clip, "-o", tmp_path / "overlay.mp4", "--start", "40ms")
    assert f"{clip[0]}: 2 labels, 1 with a position → " in outcome.complaint


def test_quiet_says_nothing(
    balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path
) -> None:
    outcome = balltrack("render", *clip, "-o", tmp_path / "overlay.mp4", "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_the_default_name_lies_in_the_current_folder(
    balltrack: Callable[..., Any],
    clip: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert balltrack("render", *clip).code == 0
    assert [path.name for path in Path.cwd().iterdir()] == ["clip_overlay.mp4"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], RenderOptions()),
        (["--trail"], RenderOptions(trail=8)),
        (["--trail", "20"], RenderOptions(trail=20)),
        (["--trail=0", "--frame-number"], RenderOptions(trail=0, frame_number=True)),
        (["--trail", "--confidence"], RenderOptions(confidence=True)),
        (["--crf", "30", "--reader", "pyav"], RenderOptions(crf=30, reader="pyav")),
        (["--start", "40ms", "--end", "0:02"], RenderOptions(start_s=0.04, end_s=2.0)),
    ],
)
def test_options_arrive(
    balltrack: Callable[..., Any],
    clip: tuple[Path, Path],
    tmp_path: Path,
    asked: list[RenderOptions],
    arguments: list[str],
    expected: RenderOptions,
) -> None:
    assert balltrack("render", *clip, "-o", tmp_path / "o.mp4", *arguments).code == 0
    assert asked == [expected]


def test_the_environment_sets_options(
    balltrack: Callable[..., Any],
    clip: tuple[Path, Path],
    tmp_path: Path,
    asked: list[RenderOptions],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BALLTRACK_RENDER_TRAIL", "5")
    balltrack("render", *clip, "-o", tmp_path / "o.mp4")
    assert asked == [RenderOptions(trail=5)]


def test_an_overlay_that_exists_is_kept_without_leave(
    balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "overlay.mp4"
    out.write_text("old")
    outcome = balltrack("render", *clip, "-o", out)
    assert (outcome.code, out.read_text()) == (2, "old")
    assert "-y replaces it" in outcome.complaint
    assert balltrack("render", *clip, "-o", out, "-y").code == 0
    assert out.read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--crf", "60"], 2, "crf must be between 0 and 51"),
        (["--start", "9"], 2, "clip.mp4: ends after 0.1 s, before the start asked for (9 s)"),
        (["--start", "2", "--end", "1"], 2, "end must lie after start"),
        (["--trail", "many"], 2, "'many' is not a valid integer"),
        (["--events", "rallies.csv"], 1, "lacks frame, x, y, expected Frame,Event,X,Y"),
        (["-o", "overlay.avi"], 2, "must end in .mp4, .m4v, .mov"),
        (["-o", "missing/overlay.mp4"], 1, "there is no folder"),
    ],
)
def test_wrong_requests(
    balltrack: Callable[..., Any],
    clip: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rallies.csv").write_text("FirstFrame,LastFrame\n1,2\n")
    outcome = balltrack("render", *clip, *arguments)
    assert outcome.code == code
    assert words in outcome.complaint
    there = ["clip.csv", "clip.mp4", "rallies.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == there


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "give LABELS, --heatmap, or both"),
        (["--heatmap", "--weights", "nothing"], 2, "unknown weights 'nothing'; known: classical,"),
        (["--heatmap", "--locate", "hough"], 2, "No such option"),
        (["--heatmap", "--trail", "3"], 2, "--trail has no effect without LABELS"),
        (["clip.csv", "--trail", "-15"], 2, "--trail takes no number below 0, got -15"),
        (["clip.csv", "--weights", "classical"], 2, "--weights has no effect without --heatmap"),
        (["--heatmap", "--weights", "classical", "-o", "clip.mp4", "-y"], 2, "is the input"),
        (["--heatmap", "--weights", "classical", "-o", "out.avi"], 2, "must end in .mp4"),
        (["--heatmap", "--start", "9"], 2, "ends after 0.1 s, before the start asked for"),
    ],
)
def test_wrong_requests_for_a_heatmap(
    balltrack: Callable[..., Any],
    clip: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = balltrack("render", "clip.mp4", *arguments)
    assert outcome.code == code
    assert words in outcome.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.csv", "clip.mp4"]


def test_a_heatmap_alone_is_told_of(
    balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "heat.mp4"
    outcome = balltrack("render", clip[0], "--heatmap", "--weights", "classical", "-o", out)
    assert outcome.code == 0
    assert outcome.complaint.endswith(f"clip.mp4: heatmaps of classical → {out}")
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 3


def test_inputs_are_not_outputs(balltrack: Callable[..., Any], clip: tuple[Path, Path]) -> None:
    before = clip[0].read_bytes()
    outcome = balltrack("render", *clip, "-o", clip[0], "-y")
    assert outcome.code == 2
    assert "is the input" in outcome.complaint
    assert clip[0].read_bytes() == before


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (
            LABELS + "3,1,4,4,,1,detected,0\n7,1,4,4,,1,detected,0\n",
            "there are labels for 2 more (3, 7)",
        ),
        (LABELS + "3,1,abc,4,,1,detected,0\n", "clip.csv:5: "),
    ],
)
def test_wrong_labels(
    balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path, labels: str, words: str
) -> None:
    clip[1].write_text(labels)
    outcome = balltrack("render", *clip, "-o", tmp_path / "overlay.mp4")
    assert outcome.code == 1
    assert words in outcome.complaint
    assert not (tmp_path / "overlay.mp4").exists()


@pytest.fixture
def events_asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Event, ...]]:
    calls: list[tuple[Event, ...]] = []

    def record(*_: object, events: tuple[Event, ...], **__: Any) -> range:
        calls.append(tuple(events))
        return range(3)

    monkeypatch.setattr(rendering, "render_overlay", record)
    return calls


def test_events_of_a_file_are_marked_and_those_of_another_video_refused_before_the_work(
    balltrack: Callable[..., Any],
    clip: tuple[Path, Path],
    tmp_path: Path,
    events_asked: list[tuple[Event, ...]],
) -> None:
    file, out = tmp_path / "events.csv", tmp_path / "o.mp4"
    file.write_text("Frame,Time,Event,X,Y,Confidence\n1,0.04,hit,44,70,0.8\n")
    assert balltrack("render", *clip, "-o", out, "-q", "--events", file).code == 0
    assert balltrack("render", *clip, "-o", out, "-q").code == 0
    several, entries = tmp_path / "several.json", [{"video": "other", "events": []}]
    entries.append({"video": clip[0].stem, "events": [{"frame": 2, "label": "bounce"}]})
    several.write_text(json.dumps(entries))
    assert balltrack("render", *clip, "-o", out, "-q", "--events", several).code == 0
    file.write_text("Frame,Time,Event,X,Y,Confidence\n800,32,hit,44,70,0.8\n")
    done = balltrack("render", *clip, "-o", out, "--events", file)
    assert events_asked[:2] == [(Event(1, "hit", 44.0, 70.0, 0.8),), ()]
    assert [(one.frame_index, one.kind) for one in events_asked[2]] == [(2, "bounce")]
    assert len(events_asked) == 3
    assert done.code == 1
    assert f"{file}: speaks of frame 800, but the video ends with frame" in done.complaint


def test_events_in_the_labels_are_found(
    balltrack: Callable[..., Any], tmp_path: Path, events_asked: list[tuple[Event, ...]]
) -> None:
    rally = render_clip(frame_count=120, frame_rate=25, seed=2, size=(160, 96), bounces=True)
    video = write_clip(tmp_path / "clip.mp4", 120)
    write_track(track_of(rally.truth.xy, fps=25), tmp_path / "clip.csv")  # says no times
    arguments = (video, tmp_path / "clip.csv", "-o", tmp_path / "o.mp4", "--events")
    done = balltrack("render", *arguments)
    assert (done.code, "clip.csv: says no camera shots" in done.err) == (0, True)
    assert "bounce" in {event.kind for event in events_asked[0]}


def test_events_are_found_by_the_times_of_a_variable_rate(
    balltrack: Callable[..., Any], tmp_path: Path, events_asked: list[tuple[Event, ...]]
) -> None:
    rally = render_clip(frame_count=240, frame_rate=25, seed=2, size=(160, 96), bounces=True)
    kept = [frame for frame in range(240) if frame < 120 or frame % 3 == 0]  # it flies faster then
    ticks = [40 * frame for frame in kept]
    video, labels = write_clip(tmp_path / "clip.mp4", len(kept), ticks=ticks), tmp_path / "c.csv"
    write_track(track_of(rally.truth.xy[kept], fps=25), labels)  # says no times
    assert balltrack("render", video, labels, "-o", tmp_path / "o.mp4", "-q", "--events").code == 0
    times_s = np.array(ticks) / 1000
    assert events_asked[0] == read_play(labels, None, times_s, (160, 96)).events


def test_a_missing_file_of_events_is_said_before_the_work(
    balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path
) -> None:
    done = balltrack("render", *clip, "-o", tmp_path / "o.mp4", "--events", tmp_path / "gone.csv")
    assert done.code == 1
    assert "gone.csv: there is no such file" in done.complaint
    assert not (tmp_path / "o.mp4").exists()
