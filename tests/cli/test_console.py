"""What is said while a command works."""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass

import pytest
from rich.console import Console

from balltrack.cli import console
from balltrack.errors import NOTE


@dataclass
class Step:
    done: int
    total: int | None


@pytest.mark.parametrize(
    ("step", "rate", "text"),
    [
        (Step(0, 390), 0.0, "0/390 frames"),
        (Step(120, 390), 60.0, "120/390 frames, 60.0 frames/s, 0:04 left"),
        (Step(390, 390), 130.0, "390/390 frames, 130.0 frames/s"),
        (Step(400, 390), 100.0, "400/390 frames, 100.0 frames/s"),
        (Step(50, None), 50.0, "50 frames, 50.0 frames/s"),
        (Step(10, 108010), 1.0, "10/108010 frames, 1.0 frames/s, 30:00:00 left"),
    ],
)
def test_progress_says_how_far_how_fast_and_how_long(step: Step, rate: float, text: str) -> None:
    assert console.describe(step, rate) == text


def test_without_a_terminal_there_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 9.0, 10.0, 14.0, 18.0])  # the network took 9 s to load
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    with console.progress("tracking", quiet=False) as report:
        for done in (1, 11, 51, 91):
            report(Step(done, 191))
    assert capsys.readouterr().err.splitlines() == [
        "tracking: 1/191 frames",
        "tracking: 51/191 frames, 10.0 frames/s, 0:14 left",
    ]


def test_on_a_terminal_there_is_a_bar_that_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(console, "stderr", terminal)
    with console.progress("tracking", quiet=False) as report:
        report(Step(100, 200))
        terminal.file.flush()
    assert "100/200 frames" in screen.getvalue()
    assert not screen.getvalue().endswith("\n")


def test_quiet_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("tracking", quiet=True) as report:
        report(Step(1, 2))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("quiet", "verbose", "shown"),
    [
        (
            False,
            False,
            ["balltrack: note: wait", "balltrack: warning: b two lines", "balltrack: error: c"],
        ),
        (True, False, ["balltrack: error: c"]),
        (
            False,
            True,
            [
                "balltrack: debug: a",
                "balltrack: note: wait",
                "balltrack: warning: b two lines",
                "balltrack: error: c",
            ],
        ),
    ],
)
def test_the_library_is_heard_as_loudly_as_asked(
    capsys: pytest.CaptureFixture[str], quiet: bool, verbose: bool, shown: list[str]
) -> None:
    console.listen(quiet=quiet, verbose=verbose)
    logger = logging.getLogger("balltrack.video.reader")
    logger.debug("a")
    logger.log(NOTE, "wait")
    logger.warning("b\ntwo lines")
    logger.error("c")
    assert capsys.readouterr().err.splitlines() == shown


def test_messages_are_not_wrapped_or_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console.listen(quiet=False, verbose=False)
    logging.getLogger("balltrack").warning("/a/[red]b%s.mp4", "x" * 200)
    assert capsys.readouterr().err == f"balltrack: warning: /a/[red]b{'x' * 200}.mp4\n"


def test_other_libraries_warnings_are_for_the_curious(capsys: pytest.CaptureFixture[str]) -> None:
    for verbose in (False, True):
        console.listen(quiet=False, verbose=verbose)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn("deprecated thing", stacklevel=1)
        assert ("deprecated thing" in capsys.readouterr().err) == verbose


def test_a_warning_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The overlay's pass over a video finds again what tracking has found."""
    console.listen(quiet=False, verbose=False)
    for text in ("its frame rate varies", "its frame rate varies", "damaged"):
        logging.getLogger("balltrack").warning("%s", text)
    assert capsys.readouterr().err.splitlines() == [
        "balltrack: warning: its frame rate varies",
        "balltrack: warning: damaged",
    ]
