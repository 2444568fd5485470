"""``balltrack bench --against``: another tool's command, in turn with ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from balltrack.benchmark.against import OUR_THREADS

TOOL = """
import sys, time
from pathlib import Path
video, out, log = sys.argv[1:4]
assert Path(video).stat().st_size > 0
assert not Path(out).exists(), "each round begins anew"
with open(log, "a") as file:
    print(out, file=file)
time.sleep(0.3)
sum(i * i for i in range(3_000_000))
Path(out).write_text("Frame,Visibility,X,Y")
"""


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    path = tmp_path / "their tool.py"
    path.write_text(TOOL)
    return path


@pytest.fixture
def bench(balltrack: Callable[..., Any], rendered: Path, tiny_weights: Path) -> Callable[..., Any]:
    """``bench --against`` with a command and more options."""

    def run(command: str, *more: str) -> Any:
        usual = ("bench", "--video", rendered, "--weights", tiny_weights, "--device", "cpu")
        return balltrack(*usual, "--against", command, "--verify", "none", *more)

    return run


def test_both_are_timed_in_turn_as_whole_processes(
    bench: Callable[..., Any], tool: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    command = f"{sys.executable} '{tool}' {{video}} {{out}} {log}"
    done = bench(command, "--rounds", "2")
    assert done.code == 0, done.err
    *table, last = done.out.splitlines()
    facts = json.loads(last)
    ours, theirs = facts["ours"], facts["theirs"]
    assert len(ours["seconds"]) == len(theirs["seconds"]) == len(log.read_text().split()) == 2
    assert min(theirs["seconds"]) > 0.3  # it sleeps as long
    for times in (ours, theirs):
        assert all(0.03 < cpu < 60 for cpu in times["cpu_seconds"])
    assert min(ours["seconds"]) > 0.3  # imports alone take that
    medians = facts["medians"]
    assert medians["theirs"]["seconds"] == median(theirs["seconds"])
    assert facts["ratio"] == pytest.approx(
        medians["theirs"]["seconds"] / medians["ours"]["seconds"], abs=1e-3
    )
    assert table[-1] == f"theirs takes {facts['ratio']:.2f} times as long as ours"
    said = [line.split()[0] for line in done.err.splitlines()]
    assert said == ["balltrack", sys.executable] * 2


def test_json_is_the_only_line(bench: Callable[..., Any], tool: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} '{tool}' {{video}} {{out}} {tmp_path / 'log'}"
    done = bench(command, "--rounds", "1", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["command"] == command


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("their-tool", 2, "names no video; write {video} where its path goes"),
        ("their-tool '{video}", 2, "cannot be read (No closing quotation)"),
        ("no-such-tool-here {video}", 2, "no-such-tool-here cannot be run (No such file"),
        (
            f"{sys.executable} -c 'import sys; print(1, file=sys.stderr); sys.exit(\"no ball\")'"
            " {video}",
            1,
            "ended with code 1: no ball",
        ),
        (f"{sys.executable} -c '' {{video}} {{out}}", 1, "ended well and wrote nothing to {out}"),
    ],
    ids=["no-video", "quotes", "no-program", "fails", "writes-nothing"],
)
def test_a_command_that_fails_is_one_line(
    bench: Callable[..., Any], command: str, code: int, said: str
) -> None:
    done = bench(command, "--rounds", "1", "-q")
    assert done.code == code
    assert said in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


@pytest.mark.parametrize("other", ["--compare", "--qualities", "--overlay"])
def test_it_goes_alone(bench: Callable[..., Any], other: str) -> None:
    done = bench("their-tool {video}", other)
    assert done.code == 2
    assert "--against goes without" in done.err


def test_their_threads_are_their_own_affair(
    bench: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours are told to sleep, and NumPy's to be one."""
    for name in OUR_THREADS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("THEIR_OWN", "kept")
    script = tmp_path / "tool.py"
    told = tmp_path / "told.json"
    script.write_text(
        "import json, os, pathlib, sys\n"
        f"pathlib.Path({str(told)!r}).write_text(json.dumps(dict(os.environ)))\n"
        "pathlib.Path(sys.argv[2]).write_text('Frame,Visibility,X,Y')\n"
    )
    done = bench(f"{sys.executable} '{script}' {{video}} {{out}}", "--rounds", "1")
    assert done.code == 0, done.err
    environment = json.loads(told.read_text())
    assert environment["THEIR_OWN"] == "kept"
    assert not {*OUR_THREADS} & {*environment}
