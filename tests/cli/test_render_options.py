"""``balltrack render``: every option changes the pictures, and where it says it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from balltrack.labels import write_track
from balltrack.video.reader import open_video
from flying_ball import COUNT, SIZE, flying
from numbered_clips import write_clip

Drawn = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("clip")
    labels = folder / "clip.jsonl"
    track = flying(COUNT)
    write_track(replace(track, score=0.9 * track.score), labels)
    return write_clip(folder / "clip.mp4", COUNT, size=SIZE, options={"crf": "4"}), labels


@pytest.fixture
def drawn(balltrack: Callable[..., Any], clip: tuple[Path, Path], tmp_path: Path) -> Drawn:
    """Run ``balltrack render`` with the options given: (frames, h, w, 3) of the overlay."""
    out = tmp_path / "overlay.mp4"

    def render(*options: object) -> np.ndarray:
        done = balltrack("render", *clip, "-o", out, "-y", "-q", *options)
        assert done.code == 0, done.err
        with av.open(str(out)) as container:
            frames = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
        return np.stack(frames).astype(int)

    return render


def box(first: np.ndarray, second: np.ndarray, level: int = 60) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of where two pictures differ by more than the level."""
    y, x = np.nonzero(np.abs(first - second).max(axis=-1) > level)
    return (x.min(), y.min(), x.max(), y.max()) if len(x) else None


def test_trail(drawn: Drawn) -> None:
    """It reaches as far back as it is long, in frames."""
    ball = flying(COUNT).xy[15]
    none, two, usual, asked = (
        drawn("--crf", 0, *options) for options in (["--trail", 0], ["--trail", 2], [], ["--trail"])
    )
    np.testing.assert_array_equal(usual, asked)
    for length, longer in ((2, two), (8, usual)):
        found = box(none[15], longer[15], level=5)  # a trail fades
        assert found is not None
        assert found[0] == pytest.approx(flying(COUNT).xy[15 - length][0], abs=5)
        assert found[2] <= ball[0] + 2


def test_frame_number(drawn: Drawn) -> None:
    """In a corner, another one on every frame."""
    plain, numbered = drawn("--crf", 4), drawn("--crf", 4, "--frame-number")
    for index in (3, 11):
        found = box(plain[index], numbered[index])
        assert found is not None
        assert found[2] < SIZE[0] / 2
        assert found[3] < SIZE[1] / 4
    assert box(numbered[3] - plain[3], numbered[11] - plain[11]) is not None


def test_confidence(drawn: Drawn) -> None:
    """Beside the ball."""
    found = box(drawn("--crf", 4)[10], drawn("--crf", 4, "--confidence")[10])
    assert found is not None
    x, y = flying(COUNT).xy[10]
    assert abs((found[0] + found[2]) / 2 - x) < 60
    assert abs((found[1] + found[3]) / 2 - y) < 60


def test_no_confidence_is_made_up(
    balltrack: Callable[..., Any], tmp_path: Path, rendered: Path
) -> None:
    labels, out = tmp_path / "four.csv", tmp_path / "o.mp4"
    labels.write_text("Frame,Visibility,X,Y\n0,1,40,30\n1,1,41,31\n")
    done = balltrack("render", rendered, labels, "-o", out, "--confidence", "--crf", 0)
    assert done.code == 0
    assert f"warning: {labels}: says no confidence; none is drawn" in done.err
    plain = tmp_path / "p.mp4"
    assert balltrack("render", rendered, labels, "-o", plain, "--crf", 0, "-q").code == 0
    for one, other in zip(*(open_video(file).frames() for file in (out, plain)), strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_crf(drawn: Drawn) -> None:
    """Nearer to the lossless picture the lower it is; 20 where nothing is said."""
    lossless = drawn("--crf", 0)
    *off, usual = (
        np.abs(drawn(*options) - lossless).mean()
        for options in (["--crf", 10], ["--crf", 20], ["--crf", 45], [])
    )
    assert off[0] < off[1] < off[2]
    assert usual == pytest.approx(off[1], rel=0.02)  # x264 is not always the same to the bit


def test_start_and_end(drawn: Drawn) -> None:
    whole = drawn("--crf", 0, "--trail", 0)
    part = drawn("--crf", 0, "--trail", 0, "--start", "0.2", "--end", "600ms")  # at 25 frames/s
    assert len(part) == 10
    np.testing.assert_array_equal(part[0], whole[5])
    np.testing.assert_array_equal(part[-1], whole[14])
