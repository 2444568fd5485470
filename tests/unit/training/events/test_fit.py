"""Training of the events network: its samples are right, it learns, and it goes on where it was."""

from __future__ import annotations

import json
import signal
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from balltrack.errors import DatasetError, OptionError, TrainingStopped
from balltrack.events import EventFinder, Finder, LiveEventFinder
from balltrack.models.trajectory.eventnet import EventNet
from balltrack.models.trajectory.eventnet_arrays import LIVE, WHOLE
from balltrack.training.events import batches, fit
from balltrack.training.events.batches import Drawer
from balltrack.training.events.fit import train_events
from balltrack.training.events.noise import corrupted, shown_twice, stretched
from balltrack.training.events.options import EventOptions
from balltrack.training.events.sequences import (
    Course,
    classes_of,
    read_sequences,
    simulated_sequence,
    targets,
)
from balltrack.weights.arrays import read_eventnet, read_livenet

RNG = np.random.default_rng
ROOT = Path(__file__).parents[4]
WEIGHTS = ROOT / "weights"


def write_table(path: Path, count: int = 60) -> None:
    """A ball that goes down and up again every ten frames, bouncing at the bottom."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ["Frame,Visibility,X,Y,Status"]
    for frame in range(count):
        phase = (frame % 20) / 10
        y = 300 + 30 * (10 - abs(phase - 1) * 10)
        rows.append(f"{frame},1,{200 + 5 * frame},{y:.1f},{2 if frame % 20 == 10 else 0}")
    path.write_text("\n".join(rows) + "\n")


def options(folder: Path, **settings: object) -> EventOptions:
    write_table(folder / "data" / "game" / "a_ball.csv")
    small = {"steps": 4, "epoch_steps": 2, "batch_size": 3, "length": 48, "rallies": 3}
    return EventOptions(
        [folder / "data"],
        folder / "run",
        **(small | settings),  # type: ignore[arg-type]
    )


def test_an_event_is_half_on_the_rows_beside_it() -> None:
    wanted = targets(classes_of([(2, "hit"), (7, "bounce"), (8, "hit"), (99, "hit")], 10))
    np.testing.assert_allclose(wanted.sum(axis=1), 1)
    np.testing.assert_allclose(wanted[:5, 1], [0, 0.5, 1, 0.5, 0])
    np.testing.assert_allclose(wanted[7], [0, 1 / 3, 2 / 3])


def test_tables_are_read_with_their_events(tmp_path: Path) -> None:
    write_table(tmp_path / "train" / "a_ball.csv")
    write_table(tmp_path / "held" / "b_ball.csv")
    (tmp_path / "train" / "c_ball.csv").write_text("Frame,Visibility,X,Y\n0,1,5,5\n")
    (course,) = read_sequences([tmp_path], 25, (1280, 720), ["held"])
    np.testing.assert_array_equal(np.flatnonzero(course.classes == 2), [10, 30, 50])
    np.testing.assert_allclose(course.places[0], [(200 - 639.5) / 720, (300 - 359.5) / 720])
    fast = read_sequences([tmp_path / "train"], 50, (1280, 720))
    assert [len(course.places) for course in fast] == [30, 30]
    assert {course.fps for course in fast} == {25.0}
    np.testing.assert_array_equal(np.flatnonzero(fast[0].classes), [5, 15, 25])
    with pytest.raises(DatasetError, match="no label table with a column Status or Event"):
        read_sequences([tmp_path], 25, (1280, 720), ["held", "train"])
    with pytest.raises(DatasetError, match="there is no such folder"):
        read_sequences([tmp_path / "nothing"], 25, (1280, 720))


def test_stretching_keeps_events_where_they_happen() -> None:
    places = np.arange(40.0)[:, None] * [1, 2]
    faster, classes = stretched(places, classes_of([(10, "hit"), (30, "bounce")], 40), 1.2)
    assert len(faster) == 47
    for row, kind in ((12, 1), (36, 2)):
        assert classes[row] == kind
        np.testing.assert_allclose(faster[row], places[round(row / 1.2)], atol=1e-9)
    assert (classes > 0).sum() == 2


@pytest.mark.parametrize("period", [4, 5, 6])
def test_a_picture_that_is_shown_twice_has_its_event_once(period: int) -> None:
    pictures = np.arange(40.0)[:, None] * [1, 1]
    happened = classes_of([(10, "hit"), (30, "bounce")], 40)
    for phase in range(period):
        frames, classes = shown_twice(pictures, happened, period, phase)
        shown = frames[:, 0].astype(int)
        assert sorted(set(shown)) == list(range(40))
        assert len(shown) == pytest.approx(40 * period / (period - 1), abs=1.5)
        twice = np.flatnonzero(np.diff(shown) == 0)
        assert set(np.diff(twice)) == {period}
        assert [(shown[row], classes[row]) for row in np.flatnonzero(classes)] == [(10, 1), (30, 2)]
        assert all(shown[row - 1] < shown[row] for row in np.flatnonzero(classes))


def test_noise_loses_and_misleads_but_not_always() -> None:
    clean = np.arange(100.0)[:, None] * [0.003, 0.002]
    classes = classes_of([(50, "hit")], 100)
    seen = [corrupted(clean, classes, RNG(seed)) for seed in range(200)]
    lost = np.array([np.isnan(one[:, 0]).mean() for one in seen])
    assert 0.3 < (lost == 0).mean() < 0.7
    assert lost.max() < 0.7
    away = np.concatenate([np.abs(one - clean).max(axis=1) for one in seen])
    assert 0.001 < (away > 0.05).mean() < 0.1
    at_hit = np.isnan(np.array([one[50, 0] for one in seen])).mean()
    assert at_hit > 1.2 * np.isnan(np.array([one[5, 0] for one in seen])).mean()


def test_a_ball_is_as_fast_where_pictures_are_shown_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[np.ndarray, np.ndarray]] = []

    def network_rows(places: np.ndarray, times: np.ndarray) -> np.ndarray:
        given.append((places, times))
        return np.zeros((len(places), WHOLE.features))

    for name, value in {
        "ZOOM": 0,
        "SHIFT": 0,
        "PACES": (1, 1),
        "network_rows": network_rows,
    }.items():
        monkeypatch.setattr(batches, name, value)
    monkeypatch.setattr(batches, "corrupted", lambda places, classes, rng: places)
    course = Course(np.arange(200)[:, None] * [0.0, 0.001], np.zeros(200, np.int8), 30.0)
    drawer, rng = Drawer([course], 128), RNG(3)
    for _ in range(200):
        drawer.window(rng)
    twice = []
    for places, times in given:
        assert np.ptp(places[:, 1]) / np.ptp(times) == pytest.approx(0.03, rel=0.02)
        twice.append(bool((np.diff(places[:, 1]) == 0).any()))
    assert np.mean(twice) == pytest.approx(batches.REPEATED, abs=0.1)


def test_windows_have_one_size() -> None:
    short = Course(np.zeros((9, 2)), np.zeros(9, np.int8), 30.0)
    drawer = Drawer([short, simulated_sequence(RNG(0))], 64)
    for seed in range(20):
        rows, wanted, there = drawer.window(RNG(seed))
        assert rows.shape == (64, WHOLE.features)
        assert wanted.shape == (64, 3)
        assert not rows[there == 0].any()
        assert not wanted[there == 0].any()


@pytest.mark.parametrize("late", [0, 1])
def test_a_live_row_answers_for_those_before_it(
    late: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who says on each row what happened so many rows before loses nothing."""
    happened = np.eye(3, dtype=np.float32)[[0] * 20 + [2] + [0] * 9 + [1] + [0] * 17]
    there = (np.arange(48) < 40).astype(np.float32)
    window = (np.zeros((48, LIVE.features), np.float32), happened, there)
    monkeypatch.setattr(Drawer, "window", lambda self, rng: window)
    network = EventNet(LIVE)
    said = np.stack([np.roll(happened, back + late, axis=0) for back in range(9)], axis=1)
    said[40:] = [0, 1, 0]  # where there is no row, anything
    monkeypatch.setattr(network, "forward", lambda rows: torch.from_numpy(said * 30)[None])
    course = simulated_sequence(RNG(0))
    loss = fit.EventLoss(network, [course], options(tmp_path, live=True))(0)["loss"].item()
    assert (loss < 1e-3) == (late == 0)


def test_a_live_run_makes_a_live_network(tmp_path: Path) -> None:
    network = read_livenet(str(train_events(options(tmp_path, live=True))))
    answers = network(np.ones((2, LIVE.features), np.float32), network.memory(2))
    assert answers.shape == (2, 9, 3)


def test_a_run_that_was_cut_off_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = options(tmp_path / "whole"), options(tmp_path / "cut")
    train_events(whole)
    window = Drawer.window

    def stopped(drawer: Drawer, rng: np.random.Generator) -> object:
        handler = signal.getsignal(signal.SIGTERM)
        if callable(handler):  # within the first step; later it is restored
            handler(signal.SIGTERM, None)
        return window(drawer, rng)

    with monkeypatch.context() as patch:
        patch.setattr(Drawer, "window", stopped)
        with pytest.raises(TrainingStopped, match="stopped after step 2 of 4"):  # its epoch's last
            train_events(cut)
    train_events(cut)
    answers = [
        read_eventnet(str(o.output / "last.safetensors"))(np.ones((9, WHOLE.features), np.float32))
        for o in (whole, cut)
    ]
    np.testing.assert_array_equal(*answers)


@pytest.mark.slow
@pytest.mark.parametrize("live", [False, True])
def test_it_learns_to_see_the_bounces_it_is_shown(live: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    chosen = options(tmp_path, live=live, steps=120, epoch_steps=60, batch_size=8, simulated=0.0)
    weights = str(train_events(chosen))
    finder: Finder
    if live:
        finder = LiveEventFinder(read_livenet(weights), 0.5, 0.5)
    else:
        finder = EventFinder(read_eventnet(weights), 0.5, 0.5)
    from balltrack.events import timed  # noqa: PLC0415
    from balltrack.labels import read_track  # noqa: PLC0415

    track = timed(read_track(tmp_path / "data" / "game" / "a_ball.csv"), 30)
    found = finder.find(track, (1280, 720))
    assert [(e.frame_index, e.kind) for e in found] == [
        (10, "bounce"),
        (30, "bounce"),
        (50, "bounce"),
    ]


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="steps must be a multiple of"):
        EventOptions([tmp_path], tmp_path, steps=100, epoch_steps=30)
    with pytest.raises(OptionError, match="simulated must be between 0 and 1"):
        EventOptions([tmp_path], tmp_path, simulated=2)


def test_what_is_kept_is_the_average(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for name, decay in (("average", fit.EMA), ("last", 0.0)):
        monkeypatch.setattr(fit, "EMA", decay)
        kept.append(load_file(train_events(options(tmp_path / name))))
    assert any(not torch.equal(kept[0][name], kept[1][name]) for name in kept[0])


@pytest.mark.parametrize(("name", "live"), [("events", False), ("events-live", True)])
def test_the_shipped_weights_are_what_the_defaults_make(name: str, live: bool) -> None:
    """The options that the file says it was trained with are those of `EventOptions`."""
    with safe_open(WEIGHTS / f"{name}.safetensors", "numpy") as file:
        said = json.loads(file.metadata()["training"])
    ours = {f.name: str(f.default) for f in fields(EventOptions) if f.default is not MISSING}
    assert said == ours | {"live": str(live)}


def test_the_documents_say_the_thresholds() -> None:
    finder = EventFinder(lambda rows: rows)
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert f"(hit {finder.hit_threshold:g}, bounce {finder.bounce_threshold:g})" in text
    rallies = f"{EventOptions.rallies:,} simulated rallies"
    assert rallies in (WEIGHTS / "events.md").read_text(encoding="utf-8")
