"""``balltrack evaluate``: files or weights in, a table or one JSON document out."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from balltrack.evaluation import weights as evaluation_weights
from balltrack.pipeline import Progress
from balltrack.structures import Source, Track

TRUTH = "Frame,Visibility,X,Y\n0,1,100,100\n1,0,0,0\n2,2,200,100\n3,1,300,100\n"
PREDICTION = "Frame,Visibility,X,Y\n0,1,103,104\n1,0,0,0\n2,1,200,200\n"
COUNTS = {"frames": 4, "tp": 1, "tn": 1, "fp1": 1, "fp2": 0, "fn": 1, "missing_rows": 1}


def make_video(path: Path, size: tuple[int, int], frames: int = 4) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = size
        for number in range(frames):
            image = np.full((size[1], size[0], 3), 40 * number, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A truth without a video, and a prediction for it, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("truth").mkdir()
    Path("out").mkdir()
    Path("truth/a_ball.csv").write_text(TRUTH)
    Path("out/a.csv").write_text(PREDICTION)


def test_json_is_one_line_with_every_figure(files, balltrack):
    done = balltrack("evaluate", "out", "--truth", "truth", "--size", "1280x720", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    (run,) = json.loads(done.out)["runs"]
    assert {name: run["total"][name] for name in COUNTS} == COUNTS
    assert run["total"]["recall"] == 0.5
    assert run["total"]["strict_recall"] == pytest.approx(1 / 3)
    assert run["clips"] == {"a": run["total"]}
    assert run["options"] is run["used"] is None
    assert run["criterion"]["grid"] == [512, 288]


def test_a_tracker_that_found_nothing_is_scored(files, balltrack):
    """Of several clips: what cannot be said of them is null."""
    for name in "abc":
        Path(f"truth/{name}_ball.csv").write_text(TRUTH)
        Path(f"out/{name}.csv").write_text(
            "Frame,Visibility,X,Y\n" + "".join(f"{frame},0,0,0\n" for frame in range(4))
        )
    done = balltrack("evaluate", "out", "--truth", "truth", "--size", "1280x720", "--json")
    assert (done.code, done.err) == (0, "")
    (run,) = json.loads(done.out)["runs"]
    assert (run["total"]["precision"], run["total"]["recall"]) == (None, 0)
    assert run["details"]["intervals"]["ratios"]["precision"] == [None, None]


def test_the_table_is_whole_and_says_how_it_was_measured(files, balltrack):
    done = balltrack("evaluate", "out/a.csv", "--truth", "truth/a_ball.csv", "--size", "1280x720")
    assert done.code == 0
    assert "predictions: right at <= 4 px, 512x288 grid" in done.out
    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines() if line.split()}
    assert rows["a"] == rows["total"]
    assert rows["total"] == [
        *("4", "1", "1", "1", "0", "1"),
        *("0.5000", "0.5000", "0.5000", "0.5000", "0.3333", "0.4000", "2.00", "78.75"),
    ]
    assert "right by visibility: no ball 1/1, easy 1/2, hard 0/1" in done.out
    assert "right by source: detected 1/2" in done.out
    assert "labelled frames without a row in the prediction: 1" in done.out


def test_the_size_is_that_of_the_video_beside_the_truth(files, balltrack):
    make_video(Path("truth/a.mp4"), (640, 360))
    done = balltrack("evaluate", "out", "--truth", "truth", "--json", "--size", "1280x720")
    total = json.loads(done.out)["runs"][0]["total"]
    assert total["error_px"]["median"] == 4.0  # 5 px of a 640x360 video; 2 of a 1280x720 one


def test_source_pixels_need_no_size_and_the_tolerance_is_in_them(files, balltrack):
    for tolerance, tp in (("5", 0), ("5.001", 1)):
        done = balltrack(
            "evaluate",
            "out",
            "--truth",
            "truth",
            "--grid=source",
            "--tolerance",
            tolerance,
            "--json",
        )
        assert json.loads(done.out)["runs"][0]["total"]["tp"] == tp


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["out", "--truth", "truth"], 2, "no video beside truth/a_ball.csv"),
        (["--truth", "truth"], 2, "give either PRED or --weights"),
        (["out", "--truth", "truth", "--weights", "w"], 2, "give either PRED or --weights"),
        (
            ["out", "--truth", "truth", "--threshold", "0.3", "--no-link"],
            2,
            "--threshold, --link has no effect with PRED; it belongs to --weights",
        ),
        (
            ["out", "--truth", "truth", "--reader", "pyav"],
            2,
            "--reader has no effect with PRED alone; add --details, --json or --page",
        ),
        (["--truth", "t", "--weights", "w", "--size", "64x36"], 2, "--size has no effect with --w"),
        (["out", "--truth", "t", "--page-misses", "3"], 2, "--page-misses has no effect without"),
        (["out", "--truth", "t", "-y"], 2, "--overwrite has no effect without --page"),
        (
            ["--truth", "truth", "--weights=classical", "--stride=2"],
            2,
            "--stride has no effect with",
        ),
        (["--truth", "t", "--weights=a", "--weights=b", "--page=p"], 2, "give --weights once"),
        (["out", "--truth", "truth", "--page", "truth/a_ball.csv"], 2, "is the input; choose"),
        (["out", "--truth", "truth", "--page", "gone/p.html"], 1, "there is no folder gone"),
        (
            ["out", "--truth", "truth", "--grid", "source", "--page", "p.html"],
            1,
            "no video beside the truth of a to take pictures from",
        ),
        (["out"], 2, "Missing option '--truth'"),
        (["out", "--truth", "truth", "--size", "720p"], 2, "'720p' is not a size; write 1280x720"),
        (["out", "--truth", "truth", "--grid", "source", "--tolerance", "0"], 2, "above 0, got 0"),
        (["gone.csv", "--truth", "truth"], 1, "gone.csv: there is no such file or folder"),
        (["out", "--truth", "out"], 1, "out: holds no *_ball.csv or Label.csv"),
        (["--truth", "truth", "--weights", "w"], 1, "no video beside truth/a_ball.csv to track"),
        (
            ["out", "--truth", "truth", "--size", "64x36"],
            1,
            "positions reach far outside a picture of 64x36",
        ),
        (
            ["out", "--truth", "truth", "--grid", "source", "--page", "p.csv"],
            2,
            "p.csv: the page is an .html",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, code, message, files, balltrack):
    done = balltrack("evaluate", *arguments)
    assert done.code == code
    assert message in done.complaint
    assert done.out == ""


def test_options_of_the_environment_are_for_all_commands(files, balltrack, monkeypatch):
    monkeypatch.setenv("BALLTRACK_DEVICE", "cpu")
    monkeypatch.setenv("BALLTRACK_MAX_GAP", "3")
    assert balltrack("evaluate", "out", "--truth", "truth", "--grid", "source").code == 0


def test_details_of_predictions_without_videos(files, balltrack):
    arguments = ("evaluate", "out", "--truth", "truth", "--size", "1280x720", "--details")
    done = balltrack(*arguments)
    assert (done.code, done.err) == (0, "")
    # Two positions of one score: precision 1/2; recall 1/2 as TrackNetV3 has it, strict 1/3.
    assert "average precision: 0.2500, strict 0.1667, from 2 positions of one score" in done.out
    assert "95% intervals by clip: not given for 1 clip, they need at least 3" in done.out
    assert "gaps by length in frames: 2: 1 (2 frames, 1 misplaced)" in done.out
    assert "repeated frames: not looked for, there are no videos beside the truth" in done.out
    rows = {line.split("  ")[0].strip(): line for line in done.out.splitlines()}
    assert "visibility easy" in rows
    assert rows["speed 24- px/frame"].split()[3:9] == ["2", "0", "0", "1", "0", "1"]
    details = json.loads(balltrack(*arguments[:-1], "--json").out)["runs"][0]["details"]
    assert details["average_precision"]["total"]["total"] == {
        "positions": 2,
        "scored": False,
        "average_precision": 0.25,
        "strict_average_precision": pytest.approx(1 / 6),
    }
    assert details["average_precision"]["clips"] == {
        "a": details["average_precision"]["total"]["total"]
    }
    assert details["intervals"] == {"level": 0.95, "resamples": 2000, "clips": 1, "ratios": None}
    assert details["by_visibility"]["hard"]["fp1"] == 1
    assert details["by_speed"]["unknown"]["frames"] == 1
    assert details["by_shot"]["a"]["0"]["frames"] == 4
    assert details["by_gap_length"] == {"2": {"gaps": 1, "not_found": 1, "misplaced": 1}}
    assert details["by_repetition"] is None


def test_intervals_are_given_from_three_clips_on(files, balltrack):
    for name in "bc":
        Path(f"truth/{name}_ball.csv").write_text(TRUTH)
        Path(f"out/{name}.csv").write_text(PREDICTION)
    done = balltrack("evaluate", "out", "--truth", "truth", "--grid=source", "--details")
    assert "95% intervals by clip (3 clips): accuracy 0.2500-0.2500" in done.out
    assert "strict F1 0.0000-0.0000" in done.out


def test_repeated_frames_are_told_apart_where_there_are_videos(files, balltrack):
    make_video(Path("truth/a.mp4"), (320, 180))
    Path("truth/a_ball.csv").write_text("Frame,Visibility,X,Y\n0,1,10,10\n3,1,10,10\n")
    Path("out/a.csv").write_text("Frame,Visibility,X,Y\n0,1,10,10\n")
    done = balltrack("evaluate", "out", "--truth", "truth", "--json")
    (run,) = json.loads(done.out)["runs"]
    found = run["details"]["by_repetition"]
    assert found["clips"] == 1
    assert (found["new"]["tp"], found["new"]["fn"], found["repeated"]["frames"]) == (1, 1, 0)


def test_a_page_of_misses_is_written_once_it_may_be(files, balltrack):
    make_video(Path("truth/a.mp4"), (1280, 720))
    arguments = ("evaluate", "out", "--truth", "truth", "--page", "misses.html")
    done = balltrack(*arguments)
    assert done.code == 0
    assert done.complaint == "2 of 2 misses → misses.html"
    assert "FP1 a, frame 2" in Path("misses.html").read_text(encoding="utf-8")
    again = balltrack(*arguments, "--page-misses", "1")
    assert (again.code, again.complaint) == (2, "balltrack: misses.html: exists; -y replaces it")
    done = balltrack(*arguments, "--page-misses", "1", "-y", "--quiet", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["runs"][0]["total"]["fp1"] == 1
    assert Path("misses.html").read_text(encoding="utf-8").count("<section>") == 1


def test_a_bad_row_says_file_and_line(files, balltrack):
    Path("out/a.csv").write_text("Frame,Visibility,X,Y\n0,1,abc,4\n")
    done = balltrack("evaluate", "out", "--truth", "truth", "--grid", "source")
    assert done.code == 1
    assert done.complaint == "balltrack: out/a.csv:2: x must be a number, got 'abc'"


def test_weights_are_tracked_and_evaluated_one_after_the_other(files, balltrack, monkeypatch):
    make_video(Path("truth/a.mp4"), (1280, 720))
    asked = []

    def track(self, path, *, progress):
        options = self.options
        asked.append((Path(path).name, options))
        progress(Progress(4, 4, "track"))
        found = 1 if options.weights == "poor" else 4
        source = np.where(np.arange(4) < found, Source.DETECTED, Source.NONE).astype(np.int8)
        xy = np.array([[100.0, 100], [900, 100], [200, 100], [300, 100]])
        xy[source == Source.NONE] = np.nan
        return Track(
            np.arange(4), np.arange(4) / 25, xy, np.zeros(4, np.float32), source, np.zeros(4, int)
        )

    def load(self, options, *, streaks):
        assert not streaks  # no figure needs them
        self.options = options

    monkeypatch.setattr(evaluation_weights.Tracker, "__init__", load)
    monkeypatch.setattr(evaluation_weights.Tracker, "track", track)
    about = {"balltrack": "1", "lag": None, "runtime used": "torch", "sha256 of good": "ab"}
    monkeypatch.setattr(evaluation_weights.Tracker, "describe", lambda *_: about)
    done = balltrack(
        *("evaluate", "--truth", "truth", "--weights", "poor", "--weights", "good"),
        *("--device", "cpu", "--ensemble", "weight", "--no-link", "--max-gap", "3", "--json"),
    )
    assert done.code == 0, done.err
    poor, good = json.loads(done.out)["runs"]
    assert (poor["total"]["tp"], poor["total"]["fn"], poor["total"]["tn"]) == (1, 2, 1)
    assert (good["total"]["tp"], good["total"]["fp2"]) == (3, 1)
    assert good["options"]["weights"] == "good"
    assert good["used"] == {"balltrack": "1", "runtime used": "torch", "sha256 of good": "ab"}
    assert [name for name, _ in asked] == ["a.mp4", "a.mp4"]
    chosen = asked[0][1]
    assert (chosen.device, chosen.ensemble, chosen.link) == ("cpu", "weight", False)
    assert (chosen.max_gap, chosen.rectify) == (3, True)


def test_of_a_corrected_file_the_corrected_rows_alone_are_truth(files, balltrack):
    """The others are the tracker's own, and would agree with themselves."""
    head = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n"
    rows = ["0,1,103,104,,0.9,detected,0", "1,0,0,0,,1,none,0", "2,1,200,100,,1,corrected,0"]
    rows += ["3,1,300,100,,0.8,detected,0", "4,0,0,0,,0,none,0"]
    Path("truth/a_ball.csv").write_text(head + "\n".join(rows) + "\n")
    done = balltrack("evaluate", "out", "--truth", "truth", "--size", "1280x720", "--json")
    (run,) = json.loads(done.out)["runs"]
    counts = {name: run["total"][name] for name in ("frames", "tp", "tn", "fp1", "fp2", "fn")}
    assert counts == {"frames": 2, "tp": 0, "tn": 1, "fp1": 1, "fp2": 0, "fn": 0}


def test_so_are_they_where_the_video_is_tracked(tmp_path, balltrack):
    make_video(tmp_path / "a.mp4", (160, 96))
    head = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n"
    rows = "0,1,10,10,,0.9,detected,0\n1,1,20,20,,1,corrected,0\n2,0,0,0,,1,none,0\n"
    (tmp_path / "a_ball.csv").write_text(head + rows)
    asked = ("--weights", "classical", "--truth", tmp_path / "a_ball.csv", "--json", "-q")
    (run,) = json.loads(balltrack("evaluate", *asked).out)["runs"]
    assert run["total"]["frames"] == 2
