"""What cameras and streaming services send, HLS and RTSP, from servers on this machine."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import av
import numpy as np
import pytest

from balltrack.video.live import stream
from balltrack.video.reader import open_video
from numbered_clips import read_number, write_clip

COUNT = 60
RATE = 25


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sent") / "clip.mp4"
    return write_clip(path, COUNT, rate=RATE, options={"g": "10"})


@pytest.fixture(scope="module")
def segments(clip: Path) -> Path:
    """The clip as an HLS playlist of six segments, beside the clip."""
    playlist = clip.with_name("whole.m3u8")
    options = {"hls_time": "0.4", "hls_list_size": "0"}
    with (
        av.open(str(clip)) as source,
        av.open(str(playlist), "w", format="hls", options=options) as target,
    ):
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copy
                target.mux(packet)
    return playlist


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address(segments: Path) -> Iterator[str]:
    """Of the folder that the segments lie in."""
    handler = partial(_Quiet, directory=str(segments.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def numbers(source: str, until: Callable[[list[int]], bool] = lambda _: False) -> list[int]:
    """Of the frames that come, whose times must be ever later."""
    found, times = [], []
    with open_video(source) as reader:
        for frame in reader.frames():
            found.append(read_number(frame.image))
            if not math.isnan(frame.time_s):  # RTSP says it from its first report on
                times.append(frame.time_s)
            if until(found):
                reader.interrupt()
    assert (np.diff(times) > 0).all(), times
    assert len(times) > 0.9 * len(found)
    return found


def test_a_playlist_that_has_ended_is_read_whole_and_once(address: str) -> None:
    assert numbers(f"{address}/whole.m3u8") == list(range(COUNT))


def test_a_playlist_that_grows_is_followed_to_its_end(segments: Path, address: str) -> None:
    """As a camera's does: it is asked for again and again, and ends when the last line says so."""
    lines = segments.read_text().splitlines()
    head, body = lines[:4], lines[4:-1]
    growing = segments.with_name("growing.m3u8")

    def show(count: int, *end: str) -> None:
        partial = growing.with_suffix(".tmp")
        partial.write_text("\n".join([*head, *body[: 2 * count], *end, ""]))
        partial.replace(growing)

    def grow() -> None:
        for count in range(4, len(body) // 2 + 1):
            time.sleep(0.5)
            show(count)
        show(len(body) // 2, "#EXT-X-ENDLIST")

    show(3)
    writer = Thread(target=grow)
    writer.start()
    found = numbers(f"{address}/growing.m3u8")
    writer.join()
    assert found == list(range(found[0], COUNT))
    assert found[0] <= 20  # what is live begins near its end, never after it


@pytest.fixture
def camera(clip: Path) -> Iterator[str]:
    """An RTSP server of the folder of the clip, in a process of its own."""
    pytest.importorskip("aio_rtsp_toolkit")
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    program = (
        "import asyncio, aio_rtsp_toolkit.server as server; asyncio.run(server.serve("
        f"{str(clip.parent)!r}, '127.0.0.1', {ports[0]}, control_port={ports[1]}))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL) as server:
        while server.poll() is None:
            with socket.socket() as test:
                if test.connect_ex(("127.0.0.1", ports[0])) == 0:
                    break
            time.sleep(0.05)
        yield f"rtsp://127.0.0.1:{ports[0]}/{clip.name}"
        server.kill()


def test_rtsp(camera: str) -> None:
    """It ends with its clip, is there again, and is followed until nobody wants more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "PAUSES_S", (0.05, 0.5))
        found = numbers(camera, lambda seen: len(seen) == COUNT + 20)
    assert found[:COUNT] == list(range(COUNT))
    again = found[COUNT:]
    assert len(again) >= 20
    assert again == list(range(again[0], again[0] + len(again)))
