"""Hits and bounces on the output of a real tracker, of a final that nothing was trained on."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from balltrack.cli.main import run


@pytest.mark.shared
@pytest.mark.slow
def test_a_final_tracked_by_another_tracker(shared: Path) -> None:
    """215 points at 50 frames/s; the floors lie three points under what was measured."""
    final = shared / "data" / "events" / "tennis" / "roland-garros-2025-final"
    arguments = ["events", final, "--truth", final, "--fps", 50, "--play", "--json"]
    text = StringIO()
    with redirect_stdout(text):
        assert run([str(argument) for argument in arguments]) == 0
    kinds = json.loads(text.getvalue())["kinds"]
    assert (kinds["bounce"]["true"], kinds["hit"]["true"]) == (704, 793)
    assert kinds["bounce"]["f1"] > 0.85
    assert kinds["hit"]["f1"] > 0.82
