"""Threads of libraries are told how to get on before the libraries load."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from balltrack.cli.main import let_threads_sleep


def test_what_the_user_says_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    let_threads_sleep()
    assert (os.environ["OMP_WAIT_POLICY"], os.environ["OPENBLAS_NUM_THREADS"]) == ("PASSIVE", "3")


def test_the_command_line_says_so_before_anything_computes() -> None:
    """Each is read once, when torch and NumPy load."""
    code = (
        "import atexit, os, sys; import balltrack.cli.main as main; early = {*sys.modules}; "
        "loaded = sorted({'numpy', 'torch'} & early); "
        "say = lambda: print(loaded, os.environ['OPENBLAS_NUM_THREADS']); "
        "atexit.register(say); sys.argv = ['balltrack', '--version']; main.main()"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[] 1"
