"""How long an archive takes on many workers that come and go: a simulation, event by event.

    python -m balltrack.benchmark.season --hours 1000000 --workers 4000

Workers take the next part of a video as `archive.season` gives them: parts first, then the join.
One that is lost, as spot machines are, loses the part that it is at, and another begins somewhat
later. Times are those that were measured; what they are is stated with the result.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Archive:
    """What is simulated.

    Attributes:
        hours: of video in all.
        match_hours: of one video.
        part_hours: longest part.
        workers: that track at once.
        track_s: of a worker for an hour of video.
        skip_s: of a worker to decode an hour of video that lies before its part.
        join_s: of a worker for the path through an hour of candidates, where there are parts.
        load_s: until a worker is ready.
        loss_hours: of a worker's life, on average; 0 is for ever.
        replace_s: until a worker that was lost has its successor.
        gb_hour: gigabytes of an hour of video.
        store_gb_s: gigabytes a second that the store gives to all workers together.
        seed: of chance.
    """

    hours: float = 1_000_000
    match_hours: float = 1.5
    part_hours: float = 2.0
    workers: int = 4000
    track_s: float = 3600.0
    skip_s: float = 900.0
    join_s: float = 30.0
    load_s: float = 15.0
    loss_hours: float = 0.0
    replace_s: float = 120.0
    gb_hour: float = 1.0
    store_gb_s: float = 0.0
    seed: int = 1


def simulate(archive: Archive) -> dict[str, float]:
    """Hours that it takes, hours of workers, and what of them was of no use.

    Returns:
        ``hours`` from begin to end; ``worker_hours`` busy; ``lost_hours`` of parts that were begun
        and lost; ``busy`` share of the workers' time; ``read_tb`` from the store, ``read_gb_s`` on
        average; ``losses`` of workers.
    """
    chance = random.Random(archive.seed)
    tasks = _tasks(archive)
    life = 3600 * archive.loss_hours
    free = [(archive.load_s, worker) for worker in range(archive.workers)]
    heapq.heapify(free)
    busy_s = lost_s = read_gb = end_s = 0.0
    losses = 0
    while tasks:
        seconds, gigabytes = tasks.pop()
        now, worker = heapq.heappop(free)
        dies_in = chance.expovariate(1 / life) if life else float("inf")
        read_gb += gigabytes
        if dies_in < seconds:
            tasks.append((seconds, gigabytes))
            losses += 1
            lost_s += dies_in
            busy_s += dies_in
            heapq.heappush(free, (now + dies_in + archive.replace_s + archive.load_s, worker))
            continue
        busy_s += seconds
        end_s = max(end_s, now + seconds)
        heapq.heappush(free, (now + seconds, worker))
    return {
        "hours": end_s / 3600,
        "worker_hours": busy_s / 3600,
        "lost_hours": lost_s / 3600,
        "busy": busy_s / (end_s * archive.workers),
        "read_tb": read_gb / 1000,
        "read_gb_s": read_gb / end_s,
        "losses": losses,
    }


def _tasks(archive: Archive) -> list[tuple[float, float]]:
    """Seconds and gigabytes of each, the last one first.

    Chance has no memory: a worker's life is drawn anew for each of its parts.
    """
    videos = max(1, round(archive.hours / archive.match_hours))
    parts = max(1, -(-archive.match_hours // archive.part_hours))
    length = archive.match_hours / parts
    gigabytes = archive.gb_hour * archive.match_hours
    share = archive.store_gb_s / archive.workers
    fetch_s = gigabytes / share if share else 0.0  # before its work; a worker does one at a time
    one: list[tuple[float, float]] = []
    for part in range(int(parts)):
        seconds = length * archive.track_s + part * length * archive.skip_s
        one.append((fetch_s + seconds, gigabytes))
    if parts > 1:
        one.append((archive.match_hours * archive.join_s, 0.0))
    return one[::-1] * videos


def main() -> None:
    """Simulate what the command line says, and print it as JSON."""
    parser = argparse.ArgumentParser(description="Simulate an archive on many workers.")
    for name, default in asdict(Archive()).items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(default), default=default, help=str(default)
        )
    archive = Archive(**vars(parser.parse_args()))
    found = {name: round(value, 3) for name, value in simulate(archive).items()}
    print(json.dumps(asdict(archive) | found))


if __name__ == "__main__":
    main()
