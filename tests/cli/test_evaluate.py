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
        image = np.zeros((size[1], size[0], 3), dtype=np.uint8)
        for _ in range(frames):
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
    assert run["options"] is None
    assert run["criterion"]["grid"] == [512, 288]


def test_the_table_is_whole_and_says_how_it_was_measured(files, balltrack):
    done = balltrack("evaluate", "out/a.csv", "--truth", "truth/a_ball.csv", "--size", "1280x720")
    assert done.code == 0
    assert "predictions: right at <= 4 px, 512x288 grid" in done.out
    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines() if line.split()}
    assert rows["a"] == rows["total"]
    assert rows["total"] == [
        *("4", "1", "1", "1", "0", "1"),
        *("0.5000", "0.5000", "0.5000", "0.5000", "0.3333", "0.4000", "2.00"),
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
        (["out", "--truth", "truth"], 1, "no video beside truth/a_ball.csv"),
        (["--truth", "truth"], 2, "give either PRED or --weights"),
        (["out", "--truth", "truth", "--weights", "w"], 2, "give either PRED or --weights"),
        (["out"], 2, "Missing option '--truth'"),
        (["out", "--truth", "truth", "--size", "720p"], 2, "'720p' is not a size; write 1280x720"),
        (["out", "--truth", "truth", "--grid", "source", "--tolerance", "0"], 2, "above 0, got 0"),
        (["gone.csv", "--truth", "truth"], 1, "gone.csv: there is no such file or folder"),
        (["out", "--truth", "out"], 1, "out: holds no *_ball.csv or Label.csv"),
        (["--truth", "truth", "--weights", "w"], 1, "no video beside truth/a_ball.csv to track"),
        (
            ["out", "--truth", "truth", "--size", "64x36"],
            1,
            "a: labels reach far outside the 64x36",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, code, message, files, balltrack):
    done = balltrack("evaluate", *arguments)
    assert done.code == code
    assert message in done.complaint
    assert done.out == ""


def test_a_bad_row_says_file_and_line(files, balltrack):
    Path("out/a.csv").write_text("Frame,Visibility,X,Y\n0,1,abc,4\n")
    done = balltrack("evaluate", "out", "--truth", "truth", "--grid", "source")
    assert done.code == 1
    assert done.complaint == "balltrack: out/a.csv:2: x must be a number, got 'abc'"


def test_weights_are_tracked_and_evaluated_one_after_the_other(files, balltrack, monkeypatch):
    make_video(Path("truth/a.mp4"), (1280, 720))
    asked = []

    def track_video(path, options, *, progress):
        asked.append((Path(path).name, options))
        progress(Progress(4, 4, "track"))
        found = 1 if options.weights == "poor" else 4
        source = np.where(np.arange(4) < found, Source.DETECTED, Source.NONE).astype(np.int8)
        xy = np.array([[100.0, 100], [900, 100], [200, 100], [300, 100]])
        xy[source == Source.NONE] = np.nan
        return Track(
            np.arange(4), np.arange(4) / 25, xy, np.zeros(4, np.float32), source, np.zeros(4, int)
        )

    monkeypatch.setattr(evaluation_weights, "track_video", track_video)
    done = balltrack(
        *("evaluate", "--truth", "truth", "--weights", "poor", "--weights", "good"),
        *("--device", "cpu", "--ensemble", "weight", "--no-link", "--max-gap", "3", "--json"),
    )
    assert done.code == 0, done.err
    poor, good = json.loads(done.out)["runs"]
    assert (poor["total"]["tp"], poor["total"]["fn"], poor["total"]["tn"]) == (1, 2, 1)
    assert (good["total"]["tp"], good["total"]["fp2"]) == (3, 1)
    assert good["options"]["weights"] == "good"
    assert [name for name, _ in asked] == ["a.mp4", "a.mp4"]
    chosen = asked[0][1]
    assert (chosen.device, chosen.ensemble, chosen.link) == ("cpu", "weight", False)
    assert (chosen.max_gap, chosen.rectify) == (3, True)
