"""Shots that show no play have no ball, and all the others come out as they did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack import TrackOptions, track_video
from balltrack.pipeline import rules
from balltrack.structures import Image, Track
from seeing_network import save_seeing
from told_clips import Spot, picture, write_pictures

SIZE = (320, 240)
CUT, COUNT = 30, 50
GREY = 140  # of the second shot
LIVE = {"lag": 20}


def looks_grey(shown: Image) -> float:
    """Log-odds as the network's: a grey picture shows no play."""
    return 4.0 if np.median(shown) > GREY / 2 else -4.0


def scene(index: int) -> Image:
    dark = picture([Spot(40 + 5 * index, 150 - 2 * index, 0.9)], SIZE)
    return np.maximum(dark, np.uint8(GREY)) if index >= CUT else dark


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("play")
    save_seeing(folder / "seeing.safetensors")
    write_pictures(folder / "two.mp4", [scene(i) for i in range(COUNT)])
    write_pictures(folder / "grey.mp4", [scene(i) for i in range(CUT, COUNT)])
    return folder


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "read_playnet", lambda _: looks_grey)


def tracked(folder: Path, name: str, **more: object) -> Track:
    options = TrackOptions(
        str(folder / "seeing.safetensors"),
        device="cpu",
        runtime="torch",
        verify="none",
        ensemble="nonoverlap",
        threads=1,
    )
    return track_video(folder / name, replace(options, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("live", [{}, LIVE], ids=["final", "live"])
def test_a_shot_without_play_has_no_ball(folder: Path, live: dict[str, int]) -> None:
    found, kept = (
        tracked(folder, "two.mp4", **live),
        tracked(folder, "two.mp4", all_shots=True, **live),
    )
    assert found.shot.tolist() == [0] * CUT + [1] * (COUNT - CUT)
    assert kept.visible[CUT:].mean() > 0.9, "something is seen there"
    assert not found.visible[CUT:].any()
    assert found.play.tolist() == kept.play.tolist() == [True] * CUT + [False] * (COUNT - CUT)
    for field in ("xy", "score", "source"):
        np.testing.assert_array_equal(getattr(found, field)[:CUT], getattr(kept, field)[:CUT])


@pytest.mark.parametrize("live", [{}, LIVE], ids=["final", "live"])
def test_a_clip_of_one_shot_is_left_as_it_is(folder: Path, live: dict[str, int]) -> None:
    found, kept = (
        tracked(folder, "grey.mp4", **live),
        tracked(folder, "grey.mp4", all_shots=True, **live),
    )
    assert found.visible.mean() > 0.9
    for field in ("xy", "score", "source", "play"):
        np.testing.assert_array_equal(getattr(found, field), getattr(kept, field))


def test_published_rules_know_no_such_thing() -> None:
    assert rules.WasbRules.load_play is not rules.OwnRules.load_play
    with pytest.raises(Exception, match="all_shots"):
        TrackOptions("tracknet-v3", rules="wasb", all_shots=True)
