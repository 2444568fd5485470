"""InpaintNet's training: what is drawn, what is hidden, resuming, and learning at all."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from balltrack.errors import DatasetError, OptionError, TrainingStopped
from balltrack.training.inpainting.filling_error import compare_fillers
from balltrack.training.inpainting.hiding import Hider, Trajectory, hide, read_trajectories
from balltrack.training.inpainting.train_inpainting import (
    InpaintingOptions,
    train_inpainting,
)
from balltrack.trajectory.inpainting import InpaintNetInpainter
from balltrack.trajectory.interpolation import interpolate
from balltrack.weights.arrays import read_inpaintnet
from balltrack.weights.checkpoints import load_inpaintnet
from simulated_candidates import SIZE, rally


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three matches of two sports, one of them for development."""
    for seed, place in enumerate(["tennis/train/a", "padel/train/b", "padel/dev/c"]):
        folder = tmp_path / "data" / place
        folder.mkdir(parents=True)
        rows = rally(np.random.default_rng(seed), 120)
        lines = [f"{i},1,{x:.1f},{y:.1f}" for i, (x, y) in enumerate(rows)]
        lines[7] = "7,0,0,0"
        (folder / "r_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *lines]) + "\n")
    return tmp_path / "data"


def options(data: Path, output: Path, **changes: object) -> InpaintingOptions:
    small = {"steps": 6, "epoch_steps": 3, "batch_size": 8}
    return InpaintingOptions([data], output, **(small | changes))


def test_held_out_folders_are_not_read(data: Path) -> None:
    found = read_trajectories([data], held_out=["dev"])
    assert sorted(t.group for t in found) == ["padel", "tennis"]
    assert read_trajectories([data], held_out=["b"])[0].name.endswith("padel/dev/c/r")
    assert np.flatnonzero(np.isnan(found[0].xy[:, 0])).tolist() == [7]
    assert found[0].xy[0] == pytest.approx(rally(np.random.default_rng(1), 1)[0] / SIZE, abs=1e-4)


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no"):
        train_inpainting(options(tmp_path, tmp_path / "out"))


def test_labels_without_a_ball_are_refused() -> None:
    with pytest.raises(DatasetError, match="no visible ball"):
        Hider([Trajectory("a", "b", np.full((50, 2), np.nan))], 8)
    never_long = np.tile([[0.5, 0.5], [np.nan, np.nan], [np.nan, np.nan]], (20, 1))
    with pytest.raises(DatasetError, match="hardly any ball"):
        Hider([Trajectory("a", "b", never_long)], 8).batch(np.random.default_rng(0), 4, 16)


def test_what_is_hidden_was_visible_and_is_seen_on_both_sides() -> None:
    rng = np.random.default_rng(0)
    window = rally(rng, 16) / SIZE
    window[2] = np.nan
    masks = np.stack([hide(window, rng, 8) for _ in range(300)])
    assert not masks[:, [2, 0, 15]].all(axis=0).any()
    assert not masks[:, 2].any()
    middle = masks[masks.any(axis=1)]
    assert middle[:, 7].all()
    lengths = []
    for mask in middle:
        start = np.flatnonzero(~mask[:7])[-1] + 1
        stop = 7 + np.flatnonzero(~mask[7:])[0]
        lengths.append(stop - start)
    assert set(lengths) == set(range(1, 9))
    assert (~middle).sum(axis=1).min() >= 4


def test_fast_balls_are_hidden_more_often() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(16)[:, None]
    slow, fast = 0.5 + t * (0.0005, 0.0), 0.1 + t * (0.04, 0.0)
    share = [np.mean([hide(w, rng, 8).any() for _ in range(200)]) for w in (slow, fast)]
    assert share[1] > 2 * share[0]


def test_batches_stay_in_the_picture_and_have_something_to_hide(data: Path) -> None:
    hider = Hider(read_trajectories([data]), 16)
    for length in (16, 24):
        windows, mask = hider.batch(np.random.default_rng(1), 64, length)
        assert windows.shape == (64, length, 2)
        assert mask.any(axis=1).all()
        assert np.isfinite(windows[mask]).all()
        assert np.nanmin(windows) >= -1e-9
        assert np.nanmax(windows) <= 1 + 1e-9


def test_what_falls_falls_down_in_training() -> None:
    """However a flight is mirrored, resized or reversed: y bends downwards, never up."""
    t = np.arange(40)
    flight = np.stack([0.2 + 0.007 * t, 0.8 - 0.035 * t + 0.035 / 40 * t**2], axis=1)
    flights = [Trajectory("a", "tennis", flight)]
    windows, _ = Hider(flights, 8).batch(np.random.default_rng(0), 64, 16)
    bend = np.diff(windows[..., 1], 2, axis=1)
    assert np.isfinite(bend).sum() > 500
    assert np.nanmin(bend) > 0
    across = np.sign(np.nanmean(np.diff(windows[..., 0], axis=1), axis=1))
    assert {-1.0, 1.0} == set(across.tolist())


@pytest.mark.parametrize("coordinates", ["image", "window"])
def test_what_was_trained_is_what_is_loaded(data: Path, tmp_path: Path, coordinates: str) -> None:
    """With the coordinates it was trained in, and with or without torch."""
    path = train_inpainting(options(data, tmp_path / "out", steps=3, coordinates=coordinates))
    network, named = read_inpaintnet(str(path))
    assert named == coordinates == load_inpaintnet(str(path)).coordinates
    rows = np.random.default_rng(0).random((2, 16, 3), dtype=np.float32)
    with torch.no_grad():
        expected = load_inpaintnet(str(path))(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(network(rows), expected, atol=1e-5)


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_inpainting(options(data, tmp_path / "whole"))
    hider_batch = Hider.batch

    def stopped(hider: Hider, rng: np.random.Generator, size: int, length: int) -> object:
        handler = signal.getsignal(signal.SIGTERM)
        if callable(handler):  # within the first step; later it is restored
            handler(signal.SIGTERM, None)
        return hider_batch(hider, rng, size, length)

    with monkeypatch.context() as patch:
        patch.setattr(Hider, "batch", stopped)
        with pytest.raises(TrainingStopped, match="stopped after step 3 of 6"):  # its epoch's last
            train_inpainting(options(data, tmp_path / "cut"))
    cut = train_inpainting(options(data, tmp_path / "cut"))
    expected = load_inpaintnet(str(whole)).state_dict()
    for name, tensor in load_inpaintnet(str(cut)).state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_a_line_is_logged_each_epoch(data: Path, tmp_path: Path) -> None:
    seen = []
    train_inpainting(options(data, tmp_path / "out"), seen.append)
    lines = [json.loads(line) for line in (tmp_path / "out/log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [report.step for report in seen] == [3, 6]
    assert all(line["error_px"] > 0 for line in lines)


def test_a_state_of_something_else_is_refused(data: Path, tmp_path: Path) -> None:
    torch.save({"network": {}}, tmp_path / "state.pt")
    with pytest.raises(DatasetError, match="belongs to another network"):
        train_inpainting(options(data, tmp_path))


def test_options_out_of_range_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="steps must be at least 1"):
        options(data, tmp_path, steps=0)
    with pytest.raises(OptionError, match="coordinates must be one of image, window"):
        options(data, tmp_path, coordinates="pixels")


@pytest.mark.slow
def test_it_learns_to_fill_gaps(data: Path, tmp_path: Path) -> None:
    path = train_inpainting(
        options(data, tmp_path / "out", steps=400, epoch_steps=100, batch_size=64)
    )
    log = [json.loads(line) for line in (tmp_path / "out/log.jsonl").read_text().splitlines()]
    assert log[-1]["error_px"] < 0.5 * log[0]["error_px"]
    inpaint = InpaintNetInpainter(*read_inpaintnet(str(path)))
    errors = compare_fillers({"net": inpaint}, read_trajectories([data]), [4])
    assert errors["net"][4].median < 8


def test_fillers_are_compared_on_hidden_rows_only() -> None:
    xy = np.stack([np.linspace(0.2, 0.8, 60), np.full(60, 0.5)], axis=1)
    xy[30] = np.nan  # no stretch may touch it

    def off_by_three_pixels(positions: np.ndarray, mask: np.ndarray) -> np.ndarray:
        assert np.isnan(positions[mask]).all()
        return interpolate(positions, mask) + np.array([3 / 512, 0])

    table = compare_fillers(
        {"exact": interpolate, "off": off_by_three_pixels},
        [Trajectory("r", "tennis", xy)],
        [2, 40],
        stride=1,
    )
    assert table["exact"][2].rows == 2 * (30 - 18 + 1 + 29 - 18 + 1)
    assert table["exact"][2].mean == pytest.approx(0, abs=1e-9)
    assert table["off"][2].median == pytest.approx(3)
    assert table["off"][2].within == 1
    assert table["off"][40].rows == 0
