"""The simulation of docs/scale.md: right where it can be reckoned, and its commands run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from balltrack.benchmark.season import Archive, simulate

SCALE = (Path(__file__).resolve().parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
PLAIN = Archive(hours=100, match_hours=1, workers=10, track_s=3600, join_s=0, load_s=0, skip_s=900)


def changed(**what: float) -> dict[str, float]:
    return simulate(Archive(**{**vars(PLAIN), **what}))  # type: ignore[arg-type]


def test_without_losses_it_is_division() -> None:
    found = simulate(PLAIN)
    assert found["hours"] == pytest.approx(10)
    assert found["worker_hours"] == pytest.approx(100)
    assert found["busy"] == pytest.approx(1)
    assert found["read_tb"] == pytest.approx(0.1)
    assert found["losses"] == found["lost_hours"] == 0


def test_parts_decode_what_lies_before_them() -> None:
    """Two halves: the second decodes the first, a quarter of half an hour; both fetch all."""
    found = changed(part_hours=0.5)
    assert found["worker_hours"] == pytest.approx(100 * (1 + 0.5 * 0.25))
    assert found["read_tb"] == pytest.approx(0.2)


def test_a_store_that_is_slow_holds_all_up() -> None:
    """10 workers share 0.001 GB/s, a GB each: 10,000 s before each hour."""
    assert changed(store_gb_s=0.001)["hours"] == pytest.approx(10 * (1 + 10_000 / 3600))


def test_what_is_lost_is_done_again() -> None:
    """A life of two hours: an hour's part outlives it with a chance of exp(-1/2)."""
    found = changed(hours=20_000, loss_hours=2, replace_s=0)
    tries = 20_000 * 2.71828**0.5
    assert found["losses"] == pytest.approx(tries - 20_000, rel=0.05)
    assert found["worker_hours"] == pytest.approx(20_000 + found["lost_hours"])
    assert found["lost_hours"] > 4_000
    short = changed(hours=20_000, loss_hours=2, replace_s=0, part_hours=0.25, skip_s=0)
    assert short["lost_hours"] < found["lost_hours"] / 3


@pytest.mark.parametrize(
    "line",
    sorted(set(re.findall(r"^    python (-m balltrack\.benchmark\.season.*)$", SCALE, re.M))),
)
def test_the_commands_of_the_page_run(line: str) -> None:
    """At a hundredth of the size."""
    words = shlex.split(line)
    small = [sys.executable, *words, "--hours", "1000", "--workers", "40"]
    done = subprocess.run(small, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["hours"] > 0


def test_the_page_has_commands() -> None:
    assert SCALE.count("    python -m balltrack.benchmark.season") >= 2
