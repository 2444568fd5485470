"""Whether a runtime gives the network's answers, compared with torch in fp32 on one window; and on
how many threads, and in which precision, it gives them sooner."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from balltrack.models.specs import NetworkSpec
from balltrack.runtimes.cache import keep, workspace
from balltrack.runtimes.device import NumberFormat, device_name, usable_cores
from balltrack.runtimes.runtime import Runtime
from balltrack.scene.differences import beside_background
from balltrack.scene.windows import Window
from balltrack.structures import Frame, Image
from balltrack.weights.handle import Weights

_log = logging.getLogger("balltrack")

Key = TypeVar("Key", bound=Hashable)

TOLERANCES: dict[NumberFormat, float] = {
    "fp32": 1e-3,
    "fp16": 0.01,
    "bf16": 0.05,
    "int8": 0.1,
}
"""Most that a probability may differ. What rounding does is several times less (docs/
experiments.md has it measured); a wrong kernel or a swapped channel is off by far more."""

FILE = "self-check.json"

TIMES_FILE = "cpu-milliseconds.json"

ENOUGH_S = 1.0
"""Of timing, after which no further round begins."""

MOST_ROUNDS = 8

AS_FAST = 1.1
"""One thread is taken where it needs at most so many times as long as all: the others are for
decoding and what else there is to do. Cores that share a matrix unit gain nothing from each
other."""


GAINS_FILE = "int8-gain.json"

INT8_PAYS = 1.4
"""int8 is taken where the best of the others needs so many times as long: it costs half a point of
strict F1 here and there, which a tenth of the time would not be worth."""

NOTHING_TO_GAIN_MS = 20.0
"""A network that answers a window sooner is left as it is."""


def agrees(runtime: Runtime, weights: Weights, folder: Path) -> bool:
    """Whether ``runtime`` is within `TOLERANCES` of torch in fp32; a warning says if it is not.

    The first time on a machine this costs a run of the network in fp32; the outcome is kept.

    Args:
        runtime: one with the network of ``weights``.
        weights: open ones.
        folder: of the cache, for this runtime, its version, its precision and these weights.
    """
    if (runtime.name, runtime.precision, runtime.device) == ("torch", "fp32", "cpu"):
        return True  # the reference itself
    machine = device_name(runtime.device)
    known = _read(folder / FILE)
    if machine not in known:
        known[machine] = largest_difference(runtime, weights)
        _write(known, folder / FILE)
    allowed = TOLERANCES[runtime.precision]
    if known[machine] <= allowed:  # a NaN is not
        return True
    _log.warning(
        "%s %s on %s: probabilities are off by up to %.2g from torch in fp32, %.2g is allowed; "
        "it is not taken",
        runtime.name,
        runtime.precision,
        machine,
        known[machine],
        allowed,
    )
    return False


def largest_difference(runtime: Runtime, weights: Weights) -> float:
    """Of any probability on the test window from that of torch in fp32 on the CPU.

    Of grey levels the share of all heat that is not the same: rounding makes a pixel that is
    undecided between empty and ball jump from one to the other, and of the ball's few are.
    """
    from balltrack.runtimes.on_torch import runtime as on_torch  # noqa: PLC0415  # loads torch

    reference = on_torch.load(weights, "cpu", "fp32", None)
    windows = [sample_window(runtime.spec)]
    expected = reference.heatmaps(windows)
    difference = np.abs(runtime.heatmaps(windows) - expected)
    if runtime.spec.target == "grey-levels":
        return float(difference.sum() / max(expected.sum(), 1.0))
    return float(difference.max())


def sample_window(spec: NetworkSpec) -> Window:
    """A bright ball flying over a coloured, noisy scene; always the same."""
    rng = np.random.default_rng(0)
    size = (spec.width, spec.height)
    patches = rng.integers(0, 256, (9, 16, 3), dtype=np.uint8)
    scene: Image = np.asarray(cv2.resize(patches, size), dtype=np.uint8)
    frames = []
    for i in range(spec.frames_in):
        noise = rng.integers(0, 24, scene.shape, dtype=np.uint8)
        image = cv2.add(scene, noise)
        place = (spec.width // 4 + 6 * i, spec.height // 3 + 2 * i)
        cv2.circle(image, place, 3, (255, 255, 255), cv2.FILLED)
        frames.append(Frame(i, i / 30, np.asarray(image, dtype=np.uint8), 0))
    if spec.image_channels != 3:
        beside = beside_background(((frame, scene) for frame in frames), spec.background)
        return Window(tuple(frame for frame, _ in beside), None, spec.answered)
    background = scene if spec.background == "concat" else None
    return Window(tuple(frames), background, spec.answered)


def best_threads(load: Callable[[int | None], Runtime], folder: Path) -> int | None:
    """1, or None for all: on how many threads of a CPU a network is best run.

    Both are timed the first time on a machine; the outcome is kept.

    Args:
        load: the network on so many threads.
        folder: as that of `agrees`.
    """
    times = known_times(folder)
    if not times and usable_cores() > 1:
        times = measured_times({1: (load(1), 1), usable_cores(): (load(None), usable_cores())})
        noted = {_times_key(threads): spent for threads, spent in times.items()}
        _write(_read(folder / TIMES_FILE) | noted, folder / TIMES_FILE)
    return 1 if times and times[1] <= AS_FAST * times[usable_cores()] else None


def known_times(folder: Path) -> dict[int, float]:
    """Threads → ms a window on this machine, on one and on all; empty where nobody has timed it."""
    noted = _read(folder / TIMES_FILE)
    both = {threads: noted.get(_times_key(threads), -1.0) for threads in (1, usable_cores())}
    return both if min(both.values()) > 0 else {}


def int8_pays(
    load: Callable[[NumberFormat], tuple[Runtime, bool]],
    other: NumberFormat,
    folder: Path,
    threads: int | None,
) -> bool:
    """Whether a network is so much faster in int8 than otherwise that int8 is worth taking.

    Both are timed the first time on a machine; the outcome is kept.

    Args:
        load: the network in a precision, and whether its answers are right.
        other: what it would be in, "fp32" or "bf16".
        folder: as that of `agrees`, for this other.
        threads: that are asked for; None is as many as are best.
    """
    machine = _times_key(threads or usable_cores())
    known = _read(folder / GAINS_FILE)
    if machine not in known:
        known[machine] = _int8_gain(load, other)
        _write(known, folder / GAINS_FILE)
    return known[machine] >= INT8_PAYS


def _int8_gain(load: Callable[[NumberFormat], tuple[Runtime, bool]], other: NumberFormat) -> float:
    """How many times as long ``other`` needs; 0 where int8 is not to be thought of.

    That is where there is nothing to gain, where int8 is not right, and for networks of which
    nobody has measured what it costs.
    """
    exact, _ = load(other)
    threads = exact.threads
    measured = exact.spec.architecture == "tracknet"
    if not measured or measured_times({other: (exact, threads)})[other] < NOTHING_TO_GAIN_MS:
        return 0.0
    rounded, right = load("int8")
    if not right:
        return 0.0
    times = measured_times({other: (exact, threads), "int8": (rounded, threads)})
    return times[other] / times["int8"]


def measured_times(runtimes: Mapping[Key, tuple[Runtime, int]]) -> dict[Key, float]:
    """ms that each takes for a window where its threads have cores to themselves.

    That is their CPU time, shared among them: unlike the time on the wall it stays what it is
    while other programs are at work. Threads that wait for one another's matrix unit take more
    of it. The least of several, in turn, since noise only adds.

    Args:
        runtimes: name → the network, and on how many threads.
    """
    window = sample_window(next(iter(runtimes.values()))[0].spec)
    rounds: list[dict[Key, float]] = []
    began = time.perf_counter()
    for runtime, _ in runtimes.values():
        runtime.heatmaps([window])  # the first takes longer
    while not rounds or (time.perf_counter() - began < ENOUGH_S and len(rounds) < MOST_ROUNDS):
        rounds.append({})
        for name, (runtime, threads) in runtimes.items():
            started = time.process_time()
            runtime.heatmaps([window])
            rounds[-1][name] = 1000 * (time.process_time() - started) / threads
    return {name: min(one[name] for one in rounds) for name in runtimes}


def _times_key(threads: int) -> str:
    return f"{device_name('cpu')}, {threads} of {usable_cores()}"


def _read(file: Path) -> dict[str, float]:
    try:
        known: Any = json.loads(file.read_text(encoding="utf-8"))
        return {str(machine): float(difference) for machine, difference in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(known: dict[str, float], file: Path) -> None:
    with workspace(file.parent) as place:
        unfinished = place / file.name
        unfinished.write_text(json.dumps(known), encoding="utf-8")
        keep(unfinished, file.parent)
