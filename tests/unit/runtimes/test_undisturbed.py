"""Ctrl-C during a conversion ends the command, once the conversion is done."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from balltrack.runtimes.cache import undisturbed

BEGIN = """
import signal
from balltrack.runtimes.cache import undisturbed
signal.signal(signal.SIGINT, signal.default_int_handler)
"""

INTERRUPTED = """
try:
    with undisturbed():
        signal.raise_signal(signal.SIGINT)
        print("all of it")
except KeyboardInterrupt:
    print("interrupted")
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""


def test_ctrl_c_is_heard_after_the_block() -> None:
    """In a process of its own, in which nothing else listens."""
    words = [sys.executable, "-c", BEGIN + INTERRUPTED]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split("\n")) == (0, ["all of it", "interrupted", ""])


def test_what_fails_fails() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="broken"), undisturbed():
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGINT) == before


def test_other_threads_change_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def run() -> None:
        with undisturbed():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]
