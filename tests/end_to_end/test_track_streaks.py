"""Streaks are measured for whoever writes them, and for nobody else."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from balltrack.cli.main import run
from balltrack.verification import second_look


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many patches were measured at a time."""
    asked: list[int] = []
    measure = second_look.measure_streaks

    def counting(patches: object) -> object:
        asked.append(len(patches))  # type: ignore[arg-type]
        return measure(patches)  # type: ignore[arg-type]

    monkeypatch.setattr(second_look, "measure_streaks", counting)
    return asked


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from balltrack.cli.demo import write_clip  # noqa: PLC0415
    from balltrack.synthetic import render_clip  # noqa: PLC0415

    path = tmp_path_factory.mktemp("rally") / "rally.mp4"
    write_clip(render_clip(size=(640, 360), frame_count=24), path)
    return path


def track(clip: Path, out: Path, *options: str) -> list[dict[str, str]]:
    given = ["--device", "cpu", "--runtime", "torch", "--precision", "fp32", "-y", "-q", *options]
    assert run(["track", str(clip), "-o", str(out), *given]) == 0
    with out.open(newline="") as file:
        return list(csv.DictReader(file))


def test_four_columns_measure_none_and_are_the_same(
    clip: Path, tmp_path: Path, measured: list[int]
) -> None:
    few = track(clip, tmp_path / "few.csv")
    assert sum(measured) == 0
    full = track(clip, tmp_path / "full.csv", "--columns", "all")
    assert sum(measured) > 0
    assert any(row["BlurLength"] for row in full)
    assert [row["Visibility"] for row in few] == [row["Visibility"] for row in full]
    for one, other in zip(few, full, strict=True):
        assert abs(float(one["X"]) - float(other["X"])) <= 0.51
        assert abs(float(one["Y"]) - float(other["Y"])) <= 0.51


def test_a_point_of_the_streak_needs_them(clip: Path, tmp_path: Path, measured: list[int]) -> None:
    track(clip, tmp_path / "out.csv", "--point", "leading")
    assert sum(measured) > 0


def test_a_journal_without_streaks_is_none_for_a_run_with_them(clip: Path, tmp_path: Path) -> None:
    """Else rows before the kill would lack what those after it have."""
    from balltrack.options import TrackOptions  # noqa: PLC0415
    from balltrack.pipeline import Tracker  # noqa: PLC0415

    options, journal = TrackOptions(device="cpu", runtime="torch"), tmp_path / "out.csv.journal"
    known = []
    for streaks in (False, False, True):
        with Tracker(options, streaks=streaks).tracking(clip, journal=journal) as tracking:
            known.append(tracking.known)
            found = list(tracking.pieces)
    assert known == [0, 24, 0]
    assert any((piece.blur > 0).any() for piece in found)
