"""``--reader``: every pass over a video is read with what was asked for.

Two differences between the readers tell which one it was. Where a file is damaged OpenCV ends
without a word, and PyAV goes on. To another size they average a little differently.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from balltrack.labels import read_track
from balltrack.structures import Track
from numbered_clips import damage
from seeing_network import SIZE
from told_clips import Spot, picture, write_pictures

COUNT = 24
WHOLE_PASS, BROKEN_OFF = 23, 12
"""Frames that PyAV and OpenCV give of the damaged clip."""


def pictures(size: tuple[int, int]) -> list[np.ndarray]:
    return [picture([Spot(30.3 + 7 * i, size[1] / 2 + i, 0.8)], size) for i in range(COUNT)]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of key frames, one of which cannot be decoded."""
    path = tmp_path_factory.mktemp("clips") / "damaged.mp4"
    return damage(write_pictures(path, pictures(SIZE), options={"g": "1"}), [BROKEN_OFF])


@pytest.fixture
def common(seeing: Path) -> tuple[object, ...]:
    return ("--weights", seeing, "--device", "cpu", "--runtime", "torch", "--threads", 1)


@pytest.fixture
def track(
    balltrack: Callable[..., Any], common: tuple[object, ...], tmp_path: Path
) -> Callable[..., Track]:
    def tracked(video: Path, *options: object) -> Track:
        out = tmp_path / "out.jsonl"
        done = balltrack("track", video, *common, "-o", out, "-y", "-q", *options)
        assert done.code == 0, done.err
        return read_track(out)

    return tracked


def frames_of(video: Path) -> int:
    with av.open(str(video)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize(
    ("reader", "count"), [("auto", WHOLE_PASS), ("pyav", WHOLE_PASS), ("opencv", BROKEN_OFF)]
)
def test_track_and_its_overlay(
    track: Callable[..., Track], damaged: Path, tmp_path: Path, reader: str, count: int
) -> None:
    overlay = tmp_path / "overlay.mp4"
    found = track(damaged, "--reader", reader, "--verify", "none", "--overlay", overlay)
    assert len(found) == frames_of(overlay) == count


@pytest.mark.parametrize(("reader", "count"), [("pyav", WHOLE_PASS), ("opencv", BROKEN_OFF)])
def test_render(
    balltrack: Callable[..., Any], damaged: Path, tmp_path: Path, reader: str, count: int
) -> None:
    (tmp_path / "labels.csv").write_text("Frame,Visibility,X,Y\n0,1,9,9\n")
    out = tmp_path / "overlay.mp4"
    done = balltrack("render", damaged, tmp_path / "labels.csv", "-o", out, "--reader", reader)
    assert done.code == 0, done.err
    assert frames_of(out) == count


def test_report_and_the_track_before_it(
    balltrack: Callable[..., Any], damaged: Path, seeing: Path, tmp_path: Path
) -> None:
    """Of the same frames: a report refuses a track that goes on after its video."""
    common = ("--detector", seeing, "--device", "cpu", "--verify", "none", "-q")
    done = balltrack("report", damaged, "-o", tmp_path / "r.html", "--reader", "opencv", *common)
    assert (done.code, done.err) == (0, "")


def test_the_second_look(track: Callable[..., Track], tmp_path: Path) -> None:
    """At the network's own size both read the same pixels; the second look's are of another."""
    clip = write_pictures(tmp_path / "clip.mp4", pictures(SIZE))
    first = [track(clip, "--reader", name, "--verify", "none") for name in ("pyav", "opencv")]
    np.testing.assert_array_equal(first[0].score, first[1].score)
    both = [track(clip, "--reader", name) for name in ("pyav", "opencv")]
    assert not np.array_equal(both[0].score, both[1].score)
    np.testing.assert_allclose(both[0].score, both[1].score, atol=0.1)


@pytest.fixture
def truth(damaged: Path) -> Path:
    labels = damaged.with_name("damaged_ball.csv")
    rows = [f"{i},1,{30 + 7 * i},{SIZE[1] // 2 + i}" for i in range(COUNT)]
    labels.write_text("\n".join(["Frame,Visibility,X,Y", *rows]) + "\n")
    return labels


@pytest.mark.parametrize(("reader", "count"), [("pyav", WHOLE_PASS), ("opencv", BROKEN_OFF)])
def test_evaluate(
    balltrack: Callable[..., Any],
    common: tuple[object, ...],
    truth: Path,
    reader: str,
    count: int,
) -> None:
    arguments = ("--verify", "none", "--truth", truth, "--json", "-q")
    done = balltrack("evaluate", *common, "--reader", reader, *arguments)
    assert done.code == 0, done.err
    (run,) = json.loads(done.out)["runs"]
    assert run["total"]["missing_rows"] == COUNT - count


def test_bench(balltrack: Callable[..., Any], common: tuple[object, ...], damaged: Path) -> None:
    """In a process of its own; other options that change what is measured come along."""
    given = ("--reader", "opencv", "--batch-size", 3, "--precision", "bf16", "--start", "0.2")
    done = balltrack("bench", "--video", damaged, *common, *given, "--verify", "none", "--json")
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts["frames"] == BROKEN_OFF - 4  # at 20 frames/s
    assert (facts["runtime"], facts["precision"], facts["batch_size"]) == ("torch", "bf16", 3)
    assert facts["machine"]["threads"] == 1
