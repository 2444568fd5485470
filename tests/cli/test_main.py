"""The group: quick to start, errors in one line, documented exit codes."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from balltrack.cli.main import COMMANDS
from balltrack.errors import OptionError, VideoError

HEAVY = {"torch", "cv2", "av", "scipy", "numpy", "rich"}
RAISED: list[BaseException] = []


@click.command()
@click.pass_context
def failing(ctx: click.Context) -> None:
    """Raises what the test put into RAISED, or exits with 1."""
    if not RAISED:
        ctx.exit(1)
    raise RAISED.pop()


@pytest.fixture
def fail(
    balltrack: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> Callable[[BaseException], object]:
    monkeypatch.setitem(COMMANDS, "failing", (f"{__name__}:failing", ""))

    def run(error: BaseException) -> object:
        RAISED[:] = [error]
        return balltrack("failing")

    return run


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"], []])
def test_the_list_of_commands_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from balltrack.cli.main import run; "
        f"run({arguments}); print('LOADED', *sorted(m for m in sys.modules if '.' not in m))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.partition("LOADED")[2].split())
    assert "click" in loaded
    assert not loaded & HEAVY


WITH_NUMPY = {
    *("track", "archive", "suggest", "convert", "label"),
    *("train", "teach", "fit-linking", "fit-events"),
}
"""Their options are declared beside what needs it."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_without_heavy_imports(name: str) -> None:
    program = (
        "import sys; from balltrack.cli.main import run; "
        f"code = run([{name!r}, '-h']); print('LOADED', *sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"Usage: balltrack {name}" in done.stdout
    heavy = {"torch", "cv2", "av", "scipy"} | ({"numpy"} if name not in WITH_NUMPY else set())
    assert not heavy & set(done.stdout.partition("LOADED")[2].split())


def test_importing_the_library_is_light_and_offers_the_public_names() -> None:
    program = (
        "import sys, balltrack; names = balltrack.__all__; v = balltrack.__version__; "
        "print(*sys.modules); print(v, *names)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    modules, names = done.stdout.splitlines()
    assert not HEAVY & set(modules.split())
    assert {"track_video", "TrackOptions", "write_track", "BalltrackError"} <= set(names.split())


def test_every_public_name_is_there() -> None:
    import balltrack  # noqa: PLC0415

    for name in balltrack.__all__:
        assert getattr(balltrack, name) is not None
    assert set(balltrack.__all__) <= set(dir(balltrack))
    with pytest.raises(AttributeError, match="no attribute 'trak_video'"):
        _ = balltrack.trak_video  # type: ignore[attr-defined]


def test_the_help_says_what_exit_codes_mean(balltrack: Callable[..., object]) -> None:
    said = " ".join(balltrack("--help").out.split())  # type: ignore[attr-defined]
    assert "0 done, 1 an input or output failed, 2 asked wrongly, 130 interrupted" in said
    for name in COMMANDS:
        assert f" {name} " in said


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (VideoError("a.mp4: is empty"), 1, "balltrack: a.mp4: is empty"),
        (OptionError("x must be\nat least 1"), 2, "balltrack: x must be at least 1"),
        (KeyboardInterrupt(), 130, "balltrack: interrupted"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/x/out.csv"),
            1,
            "balltrack: /x/out.csv: No space left on device; free some space and run again",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x"),
            1,
            "balltrack: /x: Permission denied",
        ),
        (
            RuntimeError("can't start new thread"),
            1,
            "balltrack: can't start new thread: the system allows no more; raise its limit "
            "(ulimit -u)",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_expected_errors_are_one_line(
    fail: Callable[[BaseException], object], error: BaseException, code: int, line: str
) -> None:
    outcome = fail(error)
    assert outcome.code == code  # type: ignore[attr-defined]
    assert outcome.err.strip() == line  # type: ignore[attr-defined]
    assert outcome.out == ""  # type: ignore[attr-defined]


def test_a_bug_keeps_its_traceback(fail: Callable[[BaseException], object]) -> None:
    for bug in (ZeroDivisionError(), RuntimeError("a bug")):
        with pytest.raises(type(bug)):
            fail(bug)


def test_a_command_may_choose_its_exit_code(
    balltrack: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "failing", (f"{__name__}:failing", ""))
    RAISED.clear()
    assert balltrack("failing").code == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["trak"], "no command 'trak'; there are track, archive, render"),
        (["weights", "info"], "Missing argument 'NAME|PATH'; see `balltrack weights info --help`"),
        (["weights", "list", "--jsn"], "No such option '--jsn'"),
        (["report", "--corners", "1,1"], "requires 4 arguments; see `balltrack report --help`"),
        (["--jsn"], "No such option '--jsn'"),
    ],
)
def test_what_is_asked_wrongly_is_one_line_that_says_where_to_look(
    balltrack: Callable[..., object], arguments: list[str], complaint: str
) -> None:
    outcome = balltrack(*arguments)
    assert outcome.code == 2  # type: ignore[attr-defined]
    assert complaint in outcome.complaint  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "arguments",
    [
        ["track", ""],
        ["track", "m.mp4", "-o", ""],
        ["archive", "", "-o", "x"],
        ["archive", "m.mp4", "-o", ""],
        ["clips", "m.mp4", "m.csv", "-o", ""],
        ["train", "", "-o", "x"],
    ],
)
def test_an_empty_name_is_not_the_current_folder(
    balltrack: Callable[..., object], arguments: list[str]
) -> None:
    outcome = balltrack(*arguments)
    assert outcome.code == 2  # type: ignore[attr-defined]
    assert "the name is empty" in outcome.complaint  # type: ignore[attr-defined]


def test_a_reader_that_goes_away_is_no_error() -> None:
    """``balltrack … | head``: nothing on stderr."""
    program = (
        "import sys, os; from balltrack.cli.main import run; os.close(1); r, w = os.pipe(); "
        "os.close(r); assert w == 1 or os.dup2(w, 1) == 1; sys.exit(run(['--help']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("arguments", [[], ["weights"]])
def test_without_a_command_the_help_keeps_its_lines(
    balltrack: Callable[..., object], arguments: list[str]
) -> None:
    outcome = balltrack(*arguments)
    assert outcome.code == 2  # type: ignore[attr-defined]
    assert outcome.err.startswith("Usage: balltrack")  # type: ignore[attr-defined]
    assert "\nOptions:\n" in outcome.err  # type: ignore[attr-defined]


def test_a_closed_stdout_is_no_error() -> None:
    """``balltrack … >&-``: Python has no stdout then."""
    program = "import sys; from balltrack.cli.main import run; sys.stdout = None; run(['--help'])"
    done = subprocess.run(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_printed_needs_an_open_stdout(
    balltrack: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    for command in ("info", "weights"):
        done = balltrack(command, "list")
        assert done.code == 1  # type: ignore[attr-defined]
        assert f"stdout is closed, and what `{command}` finds" in done.err  # type: ignore[attr-defined]
    done = balltrack("suggest", "clip.mp4")
    assert "stdout is closed; give -o a file" in done.err  # type: ignore[attr-defined]


@pytest.mark.skipif(os.name == "nt", reason="no such signals there")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("ignored", [False, True])
def test_an_ended_process_cleans_up(name: str, ignored: bool) -> None:
    """What a job scheduler or a closing terminal sends runs every ``finally`` on the way out."""
    program = (
        "import os, signal; from balltrack.cli import main\n"
        f"signal.signal(signal.{name}, signal.{'SIG_IGN' if ignored else 'SIG_DFL'})\n"
        "def work():\n"
        f"    try: os.kill(os.getpid(), signal.{name})\n"
        "    finally: print('cleaned up', flush=True)\n"
        "    return 0\n"
        "main.run = work\n"
        "main.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "cleaned up\n"
    assert done.returncode == (0 if ignored else 128 + getattr(signal, name))
