"""A program that runs ``balltrack ARGUMENTS…`` again and again, and kills it at random moments.

    python killed_runs.py KILLS SEED FOLDER ARGUMENTS…

Each run is a fork of this process, which has loaded everything: what takes time is the work. After
each, the files in FOLDER have to be those of a run in one go, or not there at all; a run that ends
before it is killed is one more check, and then all begins again. At least one ends. Prints how many
runs were killed and how many ended.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from importlib import import_module
from pathlib import Path


def main() -> None:
    kills, seed = int(sys.argv[1]), int(sys.argv[2])
    folder, arguments = Path(sys.argv[3]), sys.argv[4:]
    load()
    moments = random.Random(seed)
    began = time.monotonic()
    assert finish(start(arguments)) == 0
    longest = time.monotonic() - began
    right = outputs(folder)
    assert right
    assert not left_over(folder)
    clear(folder)
    killed = ended = 0
    while killed < kills or not ended or left_over(folder):
        process = start(arguments)
        if killed < kills:
            time.sleep(moments.uniform(0, longest))
            os.kill(process, signal.SIGKILL)
        code = finish(process)
        for name, content in outputs(folder).items():
            assert content == right[name], f"{name} is not that of a run in one go"
        if code == -signal.SIGKILL:
            killed += 1
            if outputs(folder).keys() == right.keys() and not left_over(folder):
                clear(folder)  # it had done all but end; another run would not replace that
            continue
        assert code == 0, f"exit code {code} after {killed} kills"
        assert outputs(folder).keys() == right.keys()
        assert not left_over(folder), left_over(folder)
        ended += 1
        clear(folder)
    print(killed, ended)


def load() -> None:
    """Everything that a run imports; nothing that starts a thread."""
    for name in ("cli.track", "events", "pipeline", "runtimes.on_torch.runtime", "overlay.writer"):
        import_module(f"balltrack.{name}")


def start(arguments: list[str]) -> int:
    process = os.fork()
    if process == 0:
        from balltrack.cli.main import run  # noqa: PLC0415

        os._exit(run(arguments))
    return process


def finish(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def outputs(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in files(folder) if not is_left_over(p)}


def left_over(folder: Path) -> list[Path]:
    return [p for p in files(folder) if is_left_over(p)]


def is_left_over(path: Path) -> bool:
    return path.name.startswith(".balltrack-") or path.suffix == ".journal"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def clear(folder: Path) -> None:
    for path in files(folder):
        path.unlink()


if __name__ == "__main__":
    main()
