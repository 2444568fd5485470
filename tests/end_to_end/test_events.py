"""Hits and bounces on the output of a real tracker, of a final that nothing was trained on."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from balltrack.cli.main import run

BY_EYE = Path(__file__).parents[1] / "reference" / "events_by_eye"


def scores(*arguments: object) -> dict[str, dict[str, float]]:
    """What `balltrack events` says of each kind."""
    text = StringIO()
    with redirect_stdout(text):
        assert run(["events", *map(str, arguments), "--json"]) == 0
    kinds: dict[str, dict[str, float]] = json.loads(text.getvalue())["kinds"]
    return kinds


@pytest.mark.shared
@pytest.mark.slow
def test_a_final_tracked_by_another_tracker(shared: Path) -> None:
    """215 points at 50 frames/s; the floors lie three points under what was measured."""
    final = shared / "data" / "events" / "tennis" / "roland-garros-2025-final"
    kinds = scores(final, "--truth", final, "--fps", 50, "--play")
    assert (kinds["bounce"]["true"], kinds["hit"]["true"]) == (704, 793)
    assert kinds["bounce"]["f1"] > 0.85
    assert kinds["hit"]["f1"] > 0.82


@pytest.mark.shared
@pytest.mark.parametrize(
    ("sport", "fps", "true", "least"),
    [("badminton", 30, (42, 255), (0.70, 0.85)), ("padel", 24, (76, 105), (0.88, 0.85))],
)
def test_strokes_of_sports_of_which_no_event_was_trained_on(
    shared: Path, sport: str, fps: int, true: tuple[int, int], least: tuple[float, float]
) -> None:
    """Positions by hand against events that were looked up in the pictures; the floors lie three
    points or more under what was measured."""
    data, seen = shared / "data" / sport, BY_EYE / f"{sport}.json"
    kinds = scores(data / "train", data / "dev", "--truth", seen, "--fps", fps)
    assert (kinds["bounce"]["true"], kinds["hit"]["true"]) == true
    assert kinds["bounce"]["f1"] > least[0]
    assert kinds["hit"]["f1"] > least[1]
