"""The stopwatch counts every second once; the machine is described."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import av
import numpy as np
import pytest
import torch

from balltrack.benchmark import machine
from balltrack.benchmark.lengths import measure_lengths, repeat
from balltrack.benchmark.measurement import measure
from balltrack.benchmark.stopwatch import Stopwatch
from balltrack.benchmark.untrained import write_untrained
from balltrack.errors import OptionError, UnknownNameError, VideoError
from balltrack.models.specs import SPECS
from balltrack.options import TrackOptions
from balltrack.video.reader import open_video
from balltrack.weights.checkpoints import load_network
from balltrack.weights.header import read_header
from balltrack.weights.registry import WeightsEntry, list_weights

SMALL = "tracknet-v3-small"


class Clock:
    """A time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    return clock


def working(items: Iterator[int] | range, clock: Clock, seconds: float) -> Iterator[int]:
    """Passes items on after a while; takes a while to end, too."""
    for item in items:
        clock.sleep(seconds)
        yield item
    clock.sleep(0.5)


def test_stages_that_pull_from_one_another_count_their_own_time(clock: Clock) -> None:
    watch = Stopwatch()
    first = watch.iterate("first", working(range(3), clock, 1.0))
    second = watch.iterate("second", working(first, clock, 10.0))
    with watch.stage("third"):
        for _ in second:
            clock.sleep(100.0)
    assert watch.seconds == {"first": 3.5, "second": 30.5, "third": 300.0}
    assert sum(watch.seconds.values()) == clock.now


def test_a_stage_counts_up_to_an_error(clock: Clock) -> None:
    watch = Stopwatch()

    def fail() -> None:
        with watch.stage("outer"):
            clock.sleep(1.0)
            with watch.stage("inner"):
                clock.sleep(2.0)
                raise KeyError

    with pytest.raises(KeyError):
        fail()
    with watch.stage("outer"):
        clock.sleep(4.0)
    assert watch.seconds == {"outer": 5.0, "inner": 2.0}


def test_another_thread_takes_nothing_from_this_one(clock: Clock) -> None:
    watch = Stopwatch()

    def elsewhere() -> None:
        with watch.stage("thread"):
            clock.sleep(3.0)

    with watch.stage("main"):
        thread = Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert watch.seconds == {"main": 3.0, "thread": 3.0}


def test_leaving_early_closes_what_is_upstream(clock: Clock) -> None:
    closed = []

    def upstream() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    items = Stopwatch().iterate("stage", upstream())
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_the_machine_is_described() -> None:
    class OnTwoThreads:
        device, threads = "cpu", 2

    facts = machine.describe(OnTwoThreads())  # type: ignore[arg-type]
    assert (facts["device"], facts["threads"]) == ("cpu", 2)
    installed = {torch.__version__, torch.__version__.partition("+")[0]}  # +cu130 is torch's alone
    assert facts["versions"]["torch"] in installed
    assert facts["cpu"] == facts["device_name"] != ""


def test_peak_memory_outlives_its_cause() -> None:
    ballast = np.ones(25_000_000)  # 200 MB
    during = machine.peak_memory_mb()
    assert during > ballast.nbytes / 1e6
    del ballast
    assert machine.peak_memory_mb() > during - 5  # the kernel counts in batches


def test_an_interruption_leaves_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measuring process is killed then, and cannot clean up after itself."""
    folders: list[Path] = []

    def interrupt(command: list[str], **_: object) -> None:
        folders.append(Path(json.loads(command[-1])["folder"]))
        assert folders[0].is_dir()
        raise KeyboardInterrupt

    monkeypatch.setattr("subprocess.run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        measure("clip.mp4", TrackOptions())
    assert not folders[0].exists()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 frames at 25 frames/s whose brightness tells their number, with B-frames."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "2", "crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(20):
            image = np.full((48, 64, 3), 10 * i + 20, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("length_s", "frames"), [(0.4, 10), (0.8, 20), (2.0, 50), (4.0, 100)])
def test_a_clip_is_repeated_as_it_is(
    clip: Path, tmp_path: Path, length_s: float, frames: int
) -> None:
    long = repeat(clip, tmp_path / "long.mp4", length_s)
    with open_video(long, reader="pyav") as video:
        given = list(video.frames())
    # It ends where a packet does, in the order of decoding.
    assert abs(len(given) - frames) <= 3
    numbers = [round((float(frame.image.mean()) - 20) / 10) for frame in given[:-3]]
    assert numbers == [i % 20 for i in range(len(numbers))]
    times = [frame.time_s for frame in given[:-3]]
    np.testing.assert_allclose(np.diff(times), 1 / 25, atol=1e-3)


@pytest.mark.parametrize("length_s", [0.0, -1.0, math.nan, math.inf])
def test_lengths_are_checked_before_anything_is_written(length_s: float, clip: Path) -> None:
    with pytest.raises(OptionError, match="lengths must be above 0 seconds"):
        measure_lengths(clip, [1.0, length_s], TrackOptions())


def test_what_has_no_video_to_repeat_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "x.mp4"
    file.write_text("nothing")
    with pytest.raises(VideoError, match="cannot be repeated") as caught:
        repeat(file, tmp_path / "y.mp4", 1.0)
    assert "\n" not in str(caught.value)


def test_untrained_networks_say_so_and_are_the_same_again(tmp_path: Path) -> None:
    (file,) = write_untrained(["tracknet-v3-small"], [], tmp_path)
    assert "untrained, speed only" in file.name
    assert read_header(file).metadata["provenance"] == "untrained, speed only"
    content = file.read_bytes()
    state = torch.random.get_rng_state()
    for _ in range(5):
        write_untrained(["tracknet-v3-small"], [], tmp_path)
        assert file.read_bytes() == content, "or every time another conversion is kept"
    assert torch.equal(torch.random.get_rng_state(), state)
    load_network(str(file))


def test_all_networks_are_those_without_trained_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.weights.checkpoints.save_checkpoint", lambda *_: None)
    monkeypatch.setattr("balltrack.benchmark.untrained._settle", lambda _: None)
    names = [file.name.split(" ")[0] for file in write_untrained(["all"], [], tmp_path)]
    registered = {entry.spec for entry in list_weights()}
    assert SMALL in registered
    assert names == [name for name in SPECS if name not in registered]
    given = tmp_path / "given.safetensors"
    monkeypatch.setattr(
        "balltrack.benchmark.untrained.find_entry",
        lambda _: WeightsEntry("given", given, "tracknet-v2"),
    )
    files = write_untrained(["all"], [str(given)], tmp_path)
    assert not any("tracknet-v2" in file.name for file in files)
    assert len(write_untrained([SMALL, SMALL], [SMALL], tmp_path)) == 1
    with pytest.raises(UnknownNameError, match="unknown network 'nonsense'"):
        write_untrained(["nonsense"], [], tmp_path)
