"""``balltrack demo``: a clip, labels, an overlay and a count."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from balltrack.cli import demo
from balltrack.errors import WeightsError
from balltrack.labels import read_track
from balltrack.video.probe import probe
from balltrack.weights.registry import find_entry


def test_the_demonstration_leaves_three_files_and_a_count(
    balltrack: Callable[..., Any],
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "FRAMES", 8)
    arguments = ("demo", "--output", tmp_path / "d", "--weights", tiny_weights, "--device", "cpu")
    done = balltrack(*arguments)
    assert done.code == 0, done.err
    assert done.out.startswith("found ")
    assert " of 8 balls within 4 px on the 512x288 grid" in done.out
    made = sorted(path.name for path in (tmp_path / "d").iterdir())
    assert made == ["clip.mp4", "out.csv", "overlay.mp4"]
    assert len(read_track(tmp_path / "d" / "out.csv")) == 8
    assert probe(tmp_path / "d" / "overlay.mp4").frame_count == 8
    again = balltrack(*arguments)
    assert again.code == 2
    assert "exists; -y replaces it" in again.complaint
    assert balltrack(*arguments, "-y").code == 0


def test_a_folder_that_cannot_be_made_is_one_line(
    balltrack: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = balltrack("demo", "--output", tmp_path / "file" / "d")
    assert done.code == 1
    assert "cannot make the folder" in done.complaint


def test_a_device_that_is_not_there_leaves_nothing_behind(
    balltrack: Callable[..., Any], tiny_weights: Path, tmp_path: Path
) -> None:
    done = balltrack("demo", "--output", tmp_path / "d", "--weights", tiny_weights, "--device=x")
    assert done.code == 2
    assert "unknown device 'x'" in done.complaint
    assert not (tmp_path / "d").exists()


def test_a_demonstration_that_fails_leaves_no_empty_folder(
    balltrack: Callable[..., Any],
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise WeightsError("no clip today")

    monkeypatch.setattr(demo, "write_clip", refuse)
    folder = tmp_path / "new" / "d"
    done = balltrack("demo", "--output", folder, "--weights", tiny_weights, "--device", "cpu")
    assert "no clip today" in done.complaint
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_the_shipped_weights_find_the_rendered_ball(
    balltrack: Callable[..., Any], tmp_path: Path
) -> None:
    try:
        find_entry("tracknet-v3-small")
    except (WeightsError, ValueError):
        pytest.fail("tracknet-v3-small does not ship")
    done = balltrack("demo", "--output", tmp_path, "--device", "cpu", "-q")
    counts = re.match(r"found (\d+) of (\d+) balls .*; (\d+) elsewhere, (\d+) where none", done.out)
    assert counts, done.out
    found, shown, elsewhere, of_none = map(int, counts.groups())
    assert shown == 138  # of 150 frames
    assert found >= shown - 1
    assert (elsewhere, of_none <= 2) == (0, True)
