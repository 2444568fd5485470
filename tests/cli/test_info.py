"""``balltrack info``: what the container says, for people and for programs."""

from __future__ import annotations

import json

import av
import numpy as np
import pytest


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 48
        for _ in range(10):
            image = np.zeros((48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def test_json_is_one_line(video, balltrack):
    done = balltrack("info", video, "--json")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    found = json.loads(done.out)
    assert found["path"] == str(video)
    assert (found["width"], found["height"]) == (64, 48)
    assert (found["frame_rate"], found["frame_count"]) == (25.0, 10)
    assert found["has_audio"] is False


def test_lines_for_people(video, balltrack):
    done = balltrack("info", video)
    assert done.code == 0
    lines = dict(line.split(":", 1) for line in done.out.splitlines())
    assert lines["size"].strip() == "64x48"
    assert lines["frame rate"].strip() == "25 frames/s (25)"
    assert lines["frames"].strip() == "10"
    assert lines["sound"].strip() == "no"


def test_a_missing_video_is_one_line(tmp_path, balltrack):
    done = balltrack("info", tmp_path / "gone.mp4")
    assert done.code == 1
    assert str(tmp_path / "gone.mp4") in done.complaint
