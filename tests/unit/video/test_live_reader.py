"""Pictures that arrive: pipes, addresses that break off, cameras."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from balltrack.errors import OptionError, VideoError
from balltrack.video.live import camera, is_live
from balltrack.video.live import stream as live_stream
from balltrack.video.reader import open_video
from numbered_clips import numbered_image, read_number, write_clip

COUNT = 30


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MPEG transport stream of numbered frames, which all stand alone."""
    path = tmp_path_factory.mktemp("live") / "clip.ts"
    return write_clip(path, COUNT, rate=25, options={"g": "1"})


@pytest.fixture
def pipe(stream: Path, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = Thread(target=lambda: path.write_bytes(stream.read_bytes()))
    writer.start()
    yield path
    writer.join()


@pytest.mark.parametrize(
    ("source", "live"),
    [
        ("-", True),
        ("0", True),
        ("rtsp://camera/1", True),
        ("HTTPS://host/live.m3u8", True),
        ("match.mp4", False),
        ("rtsp.mp4", False),
        ("ftp://host/a.mp4", False),
    ],
)
def test_what_is_live(source: str, live: bool) -> None:
    assert is_live(source) == live


def test_a_file_called_by_a_number_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_live("7")
    Path("7").write_text("")
    assert not is_live("7")


def test_a_pipe_gives_what_the_file_gives(pipe: Path, stream: Path) -> None:
    assert is_live(str(pipe))
    with open_video(stream, size=(80, 48)) as reader:
        expected = list(reader.frames())
    with open_video(pipe, size=(80, 48)) as reader:
        assert reader.patient
        assert (reader.info.frame_count, reader.info.duration_s) == (None, None)
        found = list(reader.frames())
    assert [frame.index for frame in found] == list(range(COUNT))
    for one, other in zip(found, expected, strict=True):
        assert one.time_s == pytest.approx(other.time_s)
        np.testing.assert_array_equal(one.image, other.image)


def test_a_pipe_of_no_video_is_said(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = Thread(target=lambda: path.write_text("no video " * 1000))
    writer.start()
    with pytest.raises(VideoError, match=r"pipe: cannot be read as a live video"):
        open_video(path)
    writer.join()
    assert open_pipes(path) == 0


def open_pipes(path: Path) -> int:
    """How often this process has it open; its writers are gone."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open files are only listed on Linux")
    return sum(entry.resolve() == path.resolve() for entry in descriptors.iterdir())


def read_all(reader: Any) -> None:
    assert len(list(reader.frames())) == COUNT


def read_one(reader: Any) -> None:
    next(reader.frames())


@pytest.mark.parametrize("use", [read_all, read_one, lambda reader: reader.frames(), lambda _: 0])
def test_a_pipe_is_freed_however_far_it_was_read(
    use: Callable[[Any], object], stream: Path, tmp_path: Path
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with suppress(BrokenPipeError):
            path.write_bytes(stream.read_bytes())

    writer = Thread(target=write)
    writer.start()
    reader = open_video(path)
    assert open_pipes(path) >= 1
    use(reader)
    reader.close()
    reader.close()
    writer.join()
    assert open_pipes(path) == 0


def test_who_waits_for_a_pipe_can_be_interrupted(stream: Path, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)  # held open: the pipe never ends
    Thread(target=lambda: os.write(descriptor, stream.read_bytes())).start()
    seen: list[int] = []
    with open_video(path) as reader:
        thread = Thread(target=lambda: seen.extend(frame.index for frame in reader.frames()))
        thread.start()
        while len(seen) < COUNT // 2:
            thread.join(0.05)
        assert thread.is_alive()
        reader.interrupt()
        thread.join(10)
        assert not thread.is_alive()
    os.close(descriptor)


class Server:
    """Sends each of ``answers`` to one visitor after the other, without saying how long it is."""

    def __init__(self, answers: list[bytes]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not answers:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answers.pop(0))

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/live.ts"
        Thread(target=self._server.serve_forever).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_an_address_that_breaks_off_goes_on(
    stream: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live_stream, "PAUSES_S", (0.05, 0.05))
    content = stream.read_bytes()
    half = content[: len(content) // 2 // 188 * 188]
    server = Server([half, content])
    try:
        with open_video(server.address) as reader:
            assert not reader.patient
            frames = list(reader.frames())
    finally:
        server.close()
    numbers = [read_number(frame.image) for frame in frames]
    assert numbers[-COUNT:] == list(range(COUNT))
    assert 5 < len(frames) - COUNT < COUNT
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert (np.diff([frame.time_s for frame in frames]) > 0).all()
    told = [record.getMessage().rpartition(": ")[2] for record in caplog.records]
    assert [text for text in told if not text.startswith("broke off")] == [
        "is there again",
        "has ended",
        f"1 picture called corrupt, the first frame {len(frames) - COUNT - 1}; "
        "--skip-corrupt finds no ball there",  # the one at which it broke off
    ]


def test_an_address_without_a_server_is_said() -> None:
    with pytest.raises(VideoError, match=r"http://127\.0\.0\.1:1/x: cannot be read"):
        open_video("http://127.0.0.1:1/x")


class Camera:
    """In place of `cv2.VideoCapture`: so many pictures, as fast as they are asked for."""

    def __init__(self, _: object, count: int = COUNT + 1) -> None:
        self._left = count

    def read(self) -> tuple[bool, Any]:
        self._left -= 1
        return self._left >= 0, numbered_image(max(self._left, 0), 160, 96)

    def get(self, _: int) -> float:
        return 0.0

    def release(self) -> None:
        RELEASED.append(self)


RELEASED: list[Camera] = []


@pytest.mark.parametrize("use", [lambda reader: next(reader.frames()), lambda _: 0])
def test_a_camera_is_released_however_far_it_was_read(
    use: Callable[[Any], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera.cv2, "VideoCapture", Camera)
    RELEASED.clear()
    with open_video("0") as reader:
        use(reader)
    assert RELEASED


def test_a_camera_is_released_where_an_option_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.cv2, "VideoCapture", Camera)
    RELEASED.clear()
    with pytest.raises(OptionError, match="end must lie after start"):
        open_video("0", start_s=2.0, end_s=1.0)
    assert RELEASED


def test_a_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.cv2, "VideoCapture", Camera)
    with open_video("0", size=(80, 48)) as reader:
        assert not reader.patient
        assert (reader.info.width, reader.info.height, reader.info.frame_rate) == (160, 96, 25)
        frames = list(reader.frames())
    assert [read_number(frame.image) for frame in frames] == list(range(COUNT - 1, -1, -1))
    assert (np.diff([frame.time_s for frame in frames]) > 0).all()


def test_a_camera_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.cv2, "VideoCapture", lambda name: Camera(name, 0))
    with pytest.raises(VideoError, match="9: no camera of this number or name"):
        open_video("9")


def test_a_clock_is_no_frame_rate(tmp_path: Path) -> None:
    """What a browser sends says that it has 1000 frames a second."""
    content = write_clip(
        tmp_path / "sent.webm",
        30,
        codec="libvpx-vp9",
        rate=1000,
        ticks=[40 * number for number in range(30)],
    ).read_bytes()
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = Thread(target=lambda: path.write_bytes(content))
    writer.start()
    with open_video(path) as reader:
        assert reader.info.frame_rate == 25
        assert [read_number(frame.image) for frame in reader.frames()] == [*range(30)]
    writer.join()
