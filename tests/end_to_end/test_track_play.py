"""Shots that show no play have no ball, and all the others come out as they did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from balltrack import TrackOptions, track_video
from balltrack.detection import network
from balltrack.journal import Journal, read_records
from balltrack.pipeline import Tracker, rules, skipped
from balltrack.pipeline.parts import cut_into_parts, join_parts, record_part
from balltrack.pipeline.recording import unpack
from balltrack.runtimes.runtime import Runtime
from balltrack.scene.play import PlayWatch
from balltrack.scene.windows import Window
from balltrack.structures import TRACK_COLUMNS, Image, Track
from balltrack.tracks import join_tracks
from balltrack.verification.second_look import FRESH
from balltrack.video.probe import probe
from seeing_network import save_seeing
from told_clips import Spot, picture, write_pictures

SIZE = (320, 240)
CUT, COUNT = 30, 50
BETWEEN = range(60, 160)  # frames of a shot without play, behind two with it
EARLIER = range(20, 30)  # those of one between these two
GREY = 140  # of the second shot
LIVE = {"lag": 20}


def looks_grey(shown: Image) -> float:
    """Log-odds as the network's: a grey picture shows no play."""
    return 4.0 if np.median(shown) > GREY / 2 else -4.0


def scene(index: int, grey: bool) -> Image:
    dark = picture([Spot(40 + 5 * index, 150 - 2 * index, 0.9)], SIZE)
    return np.maximum(dark, np.uint8(GREY)) if grey else dark


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("play")
    save_seeing(folder / "seeing.safetensors")
    write_pictures(folder / "two.mp4", [scene(i, i >= CUT) for i in range(COUNT)])
    write_pictures(folder / "grey.mp4", [scene(i, True) for i in range(CUT, COUNT)])
    shown = [scene(i % COUNT, i in BETWEEN or i in EARLIER) for i in range(BETWEEN.stop + 60)]
    write_pictures(folder / "several.mp4", shown)
    return folder


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "read_playnet", lambda _: looks_grey)


def options_for(folder: Path, **more: object) -> TrackOptions:
    options = TrackOptions(
        str(folder / "seeing.safetensors"),
        device="cpu",
        runtime="torch",
        verify="none",
        ensemble="nonoverlap",
        threads=1,
    )
    return replace(options, **more)  # type: ignore[arg-type]


def tracked(folder: Path, name: str, **more: object) -> Track:
    return track_video(folder / name, options_for(folder, **more))


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


@pytest.mark.parametrize("verify", ["none", "verifier"])
def test_nobody_looks_at_a_shot_without_play(
    folder: Path, verify: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the rows are those that there would be if somebody had."""
    asked: list[set[int]] = []
    with_known_left_out = network.run_network

    def counted(
        windows: Iterable[Window], runtime: Runtime, *sizes: int, at_once: bool
    ) -> Iterator[tuple[Window, Any]]:
        looking = Counting(runtime)
        yield from with_known_left_out(windows, looking, *sizes, at_once=at_once)
        asked.append(looking.shown)

    monkeypatch.setattr(network, "run_network", counted)
    found = tracked(folder, "several.mp4", verify=verify)
    monkeypatch.setattr(skipped, "SkippingWatch", PlayWatch)
    whole = tracked(folder, "several.mp4", verify=verify)

    assert asked == [set(range(len(whole))) - set(BETWEEN), set(range(len(whole)))]
    assert whole.visible[: EARLIER.start].mean() > 0.9
    for field in TRACK_COLUMNS:
        np.testing.assert_array_equal(getattr(found, field), getattr(whole, field), field)


class Counting:
    """A runtime that remembers which frames it was asked about."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.spec = runtime.spec
        self.shown: set[int] = set()

    def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
        self.shown |= {frame.index for window in windows for frame in window.frames}
        return self._runtime.heatmaps(windows)


@pytest.mark.parametrize("verify", [pytest.param("none", marks=pytest.mark.slow), "verifier"])
def test_a_run_that_was_killed_goes_on_in_a_shot_that_nobody_looks_at(
    folder: Path, tmp_path: Path, verify: str
) -> None:
    tracker = Tracker(options_for(folder, verify=verify))
    journal = tmp_path / "journal"
    with tracker.tracking(folder / "several.mp4", journal=journal) as tracking:
        whole = join_tracks(tracking.pieces)
    records = list(read_records(journal))
    entries = [entry for record in records[1:] for entry in unpack(record)]
    assert [entry.frame_index for entry in entries if not entry.play] == [*BETWEEN]
    for kept in range(1, len(records)):
        with Journal(cut := tmp_path / f"{kept}", json.loads(records[0]), lambda _: None) as part:
            for record in records[1:kept]:
                part.append(record)
        with tracker.tracking(folder / "several.mp4", journal=cut) as tracking:
            again = join_tracks(tracking.pieces)
        for field in TRACK_COLUMNS:
            np.testing.assert_array_equal(getattr(again, field), getattr(whole, field), field)


def test_parts_pass_over_what_a_run_in_one_go_does(folder: Path, tmp_path: Path) -> None:
    tracker = Tracker(options_for(folder))
    whole = tracker.track(folder / "several.mp4")
    files = []
    for part in cut_into_parts(len(whole), FRESH):
        record_part(tracker, folder / "several.mp4", file := tmp_path / f"{part[0]}.part", part, {})
        files.append(file)
    assert len(files) > 2
    joined = join_tracks(join_parts(tracker, probe(folder / "several.mp4"), files))
    for field in TRACK_COLUMNS:
        np.testing.assert_array_equal(getattr(joined, field), getattr(whole, field), field)


def test_published_rules_know_no_such_thing() -> None:
    assert rules.WasbRules.load_play is not rules.OwnRules.load_play
    with pytest.raises(Exception, match="all_shots"):
        TrackOptions("tracknet-v3", rules="wasb", all_shots=True)
