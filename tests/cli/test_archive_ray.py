"""``balltrack archive --ray`` on a cluster of nodes: the labels of a local run, whoever dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shot_match import write_matches

if sys.platform == "win32":
    pytest.skip("Ray's clusters of several nodes are not for Windows", allow_module_level=True)
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
ray = pytest.importorskip(
    "ray", reason="RAY IS NOT INSTALLED: the archive on a cluster is not tested; pip install ray"
)

HOW = ("--weights", "classical", "--columns", "all", "--part-minutes", 0.06, "--threads", 1)
LENGTHS = {"a": (12, 20), "day1/long": (40, 200), "day2/b": (25,)}
STORE_BYTES = 80_000_000


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_matches(tmp_path_factory.mktemp("season"), LENGTHS)


@pytest.fixture(scope="module")
def local(matches: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("local")
    done = subprocess.run(command(matches, out, "--workers", 1), check=False)
    assert done.returncode == 0
    return written(out)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without work, and two nodes that have some."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    answer = signal.getsignal(signal.SIGTERM)  # Ray gives another
    node = {"object_store_memory": STORE_BYTES}
    head = node | {"num_cpus": 0, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(2):
            nodes.add_node(num_cpus=1, **node)
        nodes.wait_for_nodes()
        yield nodes
    finally:
        nodes.shutdown()
        signal.signal(signal.SIGTERM, answer)


def command(matches: Path, out: Path, *more: object) -> list[str]:
    words = [sys.executable, "-m", "balltrack", "archive", matches, "-o", out, *HOW, *more]
    return [*map(str, words)]


Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin(cluster: Any, matches: Path, tmp_path: Path) -> Iterator[Begin]:
    """Begin a run on the cluster, which says into a file what it does; none outlives the test."""
    begun: list[subprocess.Popen[str]] = []

    def run(*more: object) -> subprocess.Popen[str]:
        words = command(matches, tmp_path / "out", "--workers", 2, "--ray", cluster.address, *more)
        with (tmp_path / "said").open("a") as said:
            begun.append(subprocess.Popen(words, stderr=said, text=True))
        return begun[-1]

    yield run
    for process in begun:
        process.kill()
        process.wait()


def end(process: subprocess.Popen[str], folder: Path) -> str:
    """Wait for its end, which is a good one, and give what it has said."""
    for _ in range(2400):
        if process.poll() is not None:
            break
        time.sleep(0.1)
    assert process.poll() == 0, (folder / "said").read_text()
    return (folder / "said").read_text()


def written(folder: Path) -> dict[str, bytes]:
    """Everything but the manifest, which says how long it took."""
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in found.items() if not name.startswith("manifest/")}


def await_one(process: subprocess.Popen[str], folder: Path, pattern: str) -> Path:
    """The first file of a pattern that appears."""
    for _ in range(6000):
        for path in folder.glob(f"out/{pattern}"):
            if not path.name.startswith("."):
                return path
        assert process.poll() is None, (folder / "said").read_text()
        time.sleep(0.02)
    raise AssertionError(f"{pattern} did not appear: " + (folder / "said").read_text())


def actors() -> list[int]:
    """Process ids of the workers, as Ray names them."""
    import psutil  # noqa: PLC0415

    named = [(one.pid, one.info["cmdline"]) for one in psutil.process_iter(["cmdline"])]
    return [pid for pid, words in named if words and words[0].startswith("ray::Bench")]


def kill(pids: Sequence[int]) -> None:
    assert pids, "no worker of Ray's was found"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_workers_that_are_killed_cost_nothing(
    begin: Begin, local: dict[str, bytes], tmp_path: Path
) -> None:
    process = begin("-v")
    await_one(process, tmp_path, "manifest/**/*.json")
    kill(actors()[:1])
    end(process, tmp_path)
    assert written(tmp_path / "out") == local


@pytest.mark.slow
def test_a_driver_that_is_killed_is_gone_on_with(
    begin: Begin, local: dict[str, bytes], tmp_path: Path
) -> None:
    process = begin("-v")
    part = await_one(process, tmp_path, ".parts/day1/long.mp4/*")
    process.kill()
    process.wait()
    before = part.stat().st_mtime_ns
    process = begin("-v")
    await_one(process, tmp_path, "day1/long.csv")
    with suppress(FileNotFoundError):  # it was joined, and is not needed any more
        assert part.stat().st_mtime_ns == before
    end(process, tmp_path)
    assert written(tmp_path / "out") == local


def test_a_node_that_goes_away_is_nobodys_fault(
    cluster: Any, begin: Begin, local: dict[str, bytes], tmp_path: Path
) -> None:
    """Last, because the node does not come back. Its videos are not tried more often for it."""
    process = begin("-v", "--retries", 0)
    await_one(process, tmp_path, "manifest/**/*.json")
    own = re.findall(r"this process is on node (\w+)", (tmp_path / "said").read_text())
    others = [
        node for node in cluster.list_all_nodes() if node.node_id not in own and not node.head
    ]
    cluster.remove_node(others[0], allow_graceful=False)
    end(process, tmp_path)
    assert written(tmp_path / "out") == local
