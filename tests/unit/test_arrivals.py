"""How long rows take, with frames that come in another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np

from balltrack.pipeline.arrivals import Arrivals
from balltrack.structures import Frame, Track
from trajectories import track_of

IMAGE = np.zeros((1, 1, 3), np.uint8)


def row(number: int) -> tuple[Track, None]:
    track = track_of([(1.0, 1.0)])
    return Track(**{**vars(track), "frame_index": np.array([number])}), None


def watched(arrivals: Arrivals, numbers: list[int]) -> None:
    for _ in arrivals.iterate("decode", [Frame(number, 0.0, IMAGE) for number in numbers]):
        pass


def test_a_row_takes_from_its_frame_until_the_next_is_asked_for() -> None:
    arrivals = Arrivals()
    watched(arrivals, [0, 1])

    def pieces() -> Iterator[tuple[Track, None]]:
        time.sleep(0.1)
        yield row(0)
        time.sleep(0.2)
        yield row(1)

    assert [int(piece.frame_index[0]) for piece, _ in arrivals.leaving(pieces())] == [0, 1]
    assert arrivals.latency_s(0.0) >= 0.1
    assert arrivals.latency_s(0.0) + 0.15 <= arrivals.latency_s(1.0)
    assert (arrivals.came, arrivals.dropped) == (2, 0)


def test_frames_without_a_row_were_dropped() -> None:
    arrivals = Arrivals()
    watched(arrivals, [0, 1, 2, 3, 4, 5])
    leaving = arrivals.leaving([row(0), row(3), row(4)])
    for _ in range(3):
        next(leaving)
    assert arrivals.dropped == 2
    list(leaving)
    assert arrivals.dropped == 3  # the last one, too: there is no more to come


def test_only_frames_that_are_decoded_count() -> None:
    arrivals = Arrivals()
    assert list(arrivals.iterate("locate", [1, 2])) == [1, 2]
    assert arrivals.came == 0
    assert np.isnan(arrivals.latency_s(0.5))


def test_frames_may_come_while_rows_leave() -> None:
    arrivals = Arrivals()
    thread = threading.Thread(target=watched, args=(arrivals, list(range(30_000))))
    thread.start()
    while not arrivals.came:
        time.sleep(0.001)
    numbers = range(0, 30_000, 300)
    rows = (row(number) for number in numbers if number < arrivals.came)
    left = sum(1 for _ in arrivals.leaving(rows))
    thread.join()
    assert left >= 1
    assert arrivals.came == 30_000
