"""A job in a process of its own, which pays for interpreter, imports and weights as a user's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from typing import Any

from balltrack.errors import BalltrackError
from balltrack.options import TrackOptions


def run_job(video: str | os.PathLike[str], options: TrackOptions, **more: bool) -> dict[str, Any]:
    """What `job.measure_here` answers, with ``more`` of its arguments.

    Raises:
        BalltrackError: what tracking raised there, or that the process broke down.
    """
    job: dict[str, Any] = {"video": os.fspath(video), "options": asdict(options), "more": more}
    with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
        job |= {"folder": folder, "spawned": time.monotonic()}
        done = subprocess.run(
            [sys.executable, "-m", "balltrack.benchmark.job", json.dumps(job)],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise BalltrackError(
            f"{job['video']}: the measuring process ended with code {done.returncode}"
        ) from None
    if "error" in answer:
        failure = BalltrackError(answer["error"])
        failure.exit_code = answer["exit_code"]
        raise failure
    return answer
