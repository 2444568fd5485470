"""``balltrack bench``: the same track, and figures that add up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.benchmark import measurement
from balltrack.benchmark.measurement import ORIGINAL_REPORTS, STAGES, measure
from balltrack.benchmark.stopwatch import Stopwatch
from balltrack.errors import BalltrackError
from balltrack.options import Ensemble, TrackOptions
from balltrack.pipeline import Tracker, track_video


@pytest.mark.parametrize("ensemble", ["nonoverlap", "weight"])
@pytest.mark.parametrize("link", [True, False])
def test_who_watches_sees_every_stage_and_changes_nothing(
    rendered: Path, tiny_weights: Path, ensemble: Ensemble, link: bool
) -> None:
    options = TrackOptions(
        weights=str(tiny_weights),
        device="cpu",
        precision="fp32",
        ensemble=ensemble,
        link=link,
        threshold=0.05,
        start_s=0.1,
    )
    watch = Stopwatch()
    timed = Tracker(options, observer=watch).track(rendered)
    usual = track_video(rendered, options)
    for field in ("frame_index", "xy", "score", "source", "shot"):
        np.testing.assert_array_equal(getattr(timed, field), getattr(usual, field))
    assert set(watch.seconds) == set(STAGES) - {"start", "write"}
    assert all(seconds > 0 for seconds in watch.seconds.values())


@pytest.fixture(scope="module")
def arguments(rendered: Path, tiny_weights: Path) -> list[object]:
    return ["bench", "--video", rendered, "--weights", tiny_weights, "--device", "cpu"]


def test_two_runs_whose_stages_add_up(
    balltrack: Callable[..., Any], arguments: list[object]
) -> None:
    done = balltrack(*arguments)
    assert done.code == 0, done.err
    *table, last = done.out.splitlines()
    facts = json.loads(last)
    assert facts["frames"] == 20
    assert facts["original_reports_s"] == ORIGINAL_REPORTS
    for run in (facts["first"], facts["second"]):
        sequential = sum(s for name, s in run["stages"].items() if name != "decode")
        assert 0.5 * run["seconds"] < sequential <= run["seconds"] + 0.01
        assert run["frames_per_s"] == pytest.approx(20 / run["seconds"], rel=0.01)
    assert facts["first"]["stages"]["start"] > 0.1
    assert "start" not in facts["second"]["stages"]
    assert facts["second"]["seconds"] < facts["first"]["seconds"]
    assert facts["peak_memory_mb"] > 50
    assert facts["decode_only_frames_per_s"] > 0
    assert facts["machine"]["device"] == "cpu"
    said = "\n".join(table)
    assert facts["second"]["cpu_seconds"] > 0
    assert facts["seconds_a_match_hour"] == pytest.approx(
        3600 * 30 / facts["second"]["frames_per_s"], rel=0.001
    )
    for word in (*STAGES, *ORIGINAL_REPORTS, "14.3", "12.6", "22.0", "peak memory", "threads"):
        assert word in said


def test_the_measured_process_hands_its_errors_over(rendered: Path) -> None:
    options = TrackOptions(weights="nonsense", device="cpu")
    with pytest.raises(BalltrackError, match="unknown weights 'nonsense'") as caught:
        measure(rendered, options)
    assert caught.value.exit_code == 2


def test_a_broken_process_is_one_line(
    balltrack: Callable[..., Any], arguments: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    done = balltrack(*arguments, "--quiet")
    assert done.code == 1
    assert done.complaint.endswith("the measuring process ended with code 1")


def test_json_alone(
    balltrack: Callable[..., Any], arguments: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = measurement.Run(2.0, 3.0, {"network": 1.5}, 10.0, 0.5)
    made = measurement.Measurement(
        "a.mp4", 20, run, run, 99.0, 300.0, 12.0, "torch", "bf16", 1, {}, {}
    )
    monkeypatch.setattr("balltrack.benchmark.measurement.measure", lambda *_, **__: made)
    done = balltrack(*arguments, "--json", "--quiet")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    assert json.loads(done.out)["first"]["stages"] == {"network": 1.5}


def made_up(weights: str, runtime: str, seconds: float) -> measurement.Measurement:
    run = measurement.Run(seconds, 2 * seconds, {"network": 0.5}, 20 / seconds, seconds / 4)
    machine = {"device_name": "CPU", "threads": 2, "versions": {"torch": "2", "openvino": "1"}}
    chosen = {"weights": weights}
    return measurement.Measurement(
        "a.mp4",
        20,
        run,
        run,
        40 / seconds,
        100 * seconds,
        None,
        runtime,
        "fp32",
        1,
        chosen,
        machine,
    )


def test_a_comparison_measures_in_turn_and_keeps_the_best(
    balltrack: Callable[..., Any], rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    seconds = iter([4.0, 3.0, 2.0, 8.0, 5.0, 1.0, 3.0, 6.0])

    def pretend(_: Path, options: TrackOptions, *, overlay: bool) -> measurement.Measurement:
        assert not overlay
        asked.append((options.weights, options.runtime))
        return made_up(options.weights, options.runtime, next(seconds))

    monkeypatch.setattr("balltrack.benchmark.comparison.measure", pretend)
    monkeypatch.setattr("balltrack.detection.registry.find_entry", Path)
    monkeypatch.setattr(
        "balltrack.benchmark.comparison.available_runtimes", lambda *_: ["openvino", "torch"]
    )
    done = balltrack(
        *("bench", "--video", rendered, "--device", "cpu", "--compare", "--rounds", 2),
        *("--weights", "first", "--weights", "second"),
    )
    assert done.code == 0, done.err
    jobs = [(weights, name) for weights in ("first", "second") for name in ("openvino", "torch")]
    assert asked == jobs * 2
    *table, last = done.out.splitlines()
    facts = json.loads(last)
    assert facts["rounds"] == 2
    bests = [
        (r["options"]["weights"], r["runtime"], r["second"]["seconds"]) for r in facts["reports"]
    ]
    assert [(weights, name) for weights, name, _ in bests] == jobs
    assert [seconds for *_, seconds in bests] == [4.0, 1.0, 2.0, 6.0]
    assert [r["peak_memory_mb"] for r in facts["reports"]] == [500.0, 300.0, 300.0, 800.0]
    assert [r["seconds_a_match_hour"] for r in facts["reports"]] == [21600, 5400, 10800, 32400]
    said = "\n".join(table)
    for word in (
        "openvino 1 fp32",
        "torch 2 fp32",
        "first",
        "second",
        "50 %",
        "5400",
        "the reader",
    ):
        assert word in said


def test_several_weights_are_for_comparing(
    balltrack: Callable[..., Any], rendered: Path, tiny_weights: Path
) -> None:
    done = balltrack("bench", "--video", rendered, "--weights", "a", "--weights", "b")
    assert (done.code, done.complaint) == (
        2,
        "balltrack: several --weights and --networks are for --compare; give one",
    )
    done = balltrack("bench", "--video", rendered, "--compare", "--rounds", "0")
    assert "rounds must be at least 1, got 0" in done.complaint


def test_without_a_video_the_13_s_job_is_rendered(
    balltrack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from balltrack.cli import bench  # noqa: PLC0415
    from balltrack.video.probe import probe  # noqa: PLC0415

    assert bench.RENDERED_FRAMES == 390
    monkeypatch.setattr(bench, "RENDERED_FRAMES", 6)
    seen = []

    def look(video: Path, _: TrackOptions, **__: bool) -> None:
        seen.append(probe(video))
        raise BalltrackError("enough")

    monkeypatch.setattr("balltrack.benchmark.measurement.measure", look)
    assert balltrack("bench", "--quiet").complaint == "balltrack: enough"
    assert (seen[0].width, seen[0].height, seen[0].frame_rate) == (1280, 720, 30)
    assert seen[0].frame_count == 6
    assert not Path(seen[0].path).exists()


def test_lengths_cost_a_frame_the_same(
    balltrack: Callable[..., Any], arguments: list[object]
) -> None:
    done = balltrack(*arguments, "--lengths", "0.5,2")
    assert done.code == 0, done.err
    *table, last = done.out.splitlines()
    found = json.loads(last)["lengths"]
    assert [length["length_s"] for length in found] == [0.5, 2.0]
    assert found[0]["frames"] < found[1]["frames"]
    assert all(length["ms_a_frame"] > 0 for length in found)
    assert all(length["run"]["first_row_s"] < length["run"]["seconds"] for length in found)
    assert "CPU ms a frame" in "\n".join(table)
    assert "repeated to 0.5 s" in done.err


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (("--lengths", "ten"), "lengths are seconds with commas between, got 'ten'"),
        (
            ("--lengths", "10", "--compare"),
            "--lengths goes without --compare, --qualities and --overlay",
        ),
        (("--rounds", "2"), "--rounds has no effect without --compare, --qualities or --against"),
        (("--qualities", "--quality", "fast"), "--quality has no effect with --qualities"),
        (("--strict", "--max-gap", "3"), "--max-gap has no effect with --strict"),
        (("--networks", "all"), "several --weights and --networks are for --compare"),
    ],
)
def test_what_does_not_go_together(
    balltrack: Callable[..., Any],
    rendered: Path,
    given: tuple[str, ...],
    complaint: str,
) -> None:
    done = balltrack("bench", "--video", rendered, *given)
    assert done.code == 2
    assert complaint in done.complaint


def test_an_overlay_is_timed_beside_encoding(
    balltrack: Callable[..., Any], arguments: list[object]
) -> None:
    done = balltrack(*arguments, "--overlay")
    assert done.code == 0, done.err
    *table, last = done.out.splitlines()
    cost = json.loads(last)["overlay"]
    assert all(cost[name] > 0 for name in ("seconds", "cpu_seconds", "encode_seconds"))
    assert "encoding alone" in "\n".join(table)
    assert 0 < json.loads(last)["first"]["first_row_s"] < json.loads(last)["first"]["seconds"]
