"""Ctrl-C during a conversion ends the command, once the conversion is done."""

from __future__ import annotations

import signal
import threading

import pytest

from balltrack.runtimes.cache import undisturbed


@pytest.mark.usefixtures("answered_signals")
def test_ctrl_c_is_heard_after_the_block() -> None:
    done = []

    def work() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("answered_signals")
def test_what_fails_fails() -> None:
    with pytest.raises(ValueError, match="broken"), undisturbed():
        raise ValueError("broken")
    with undisturbed():
        pass


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
