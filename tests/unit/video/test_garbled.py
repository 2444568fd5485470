"""Files that were cut off, overwritten, or made to harm: frames, or one line; no other file."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balltrack.errors import BalltrackError
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from complaints import complaint
from numbered_clips import write_clip

COUNT = 12
ENDINGS = (".mp4", ".mkv", ".ts", ".avi", ".flv", ".webm")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    contents = {}
    for ending in ENDINGS:
        codec = "libvpx-vp9" if ending == ".webm" else "libx264"
        path = write_clip(folder / f"clip{ending}", COUNT, codec=codec)
        contents[ending] = path.read_bytes()
    return contents


def read_all(path: Path) -> None:
    info = probe(path)
    assert info.width * info.height < 1 << 28
    with open_video(path, size=(80, 48), quiet=True) as reader:
        numbers = [frame.index for frame in reader.frames()]
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=25)
@given(data=st.data())
def test_damage_anywhere(
    clips: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    ending: str,
    data: st.DataObject,
) -> None:
    content = bytearray(clips[ending])
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        patch = data.draw(st.binary(min_size=1, max_size=12))
        content[start : start + len(patch)] = patch
    length = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path = tmp_path_factory.mktemp("garbled") / f"a{ending}"
    path.write_bytes(content[:length])
    said = complaint(read_all, path)
    assert said is None or (str(path) in said and "\n" not in said)


@given(st.binary(max_size=400))
def test_garbage_is_no_video(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("garbage") / "a.mp4"
    path.write_bytes(content)
    said = complaint(read_all, path)
    assert said is None or str(path) in said


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\n{}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("text", [PLAYLIST, "ffconcat version 1.0\nfile '{}'\n"])
@pytest.mark.parametrize("ending", [".mp4", ".m3u8", ".ts"])
def test_a_file_that_names_others_opens_none_of_them(
    clips: dict[str, bytes], tmp_path: Path, text: str, ending: str
) -> None:
    """A playlist under a video's name: neither what lies elsewhere nor what a server has.

    Under a playlist's own name it may name files of this machine, but no server.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever).start()
    (tmp_path / "elsewhere").mkdir()
    secret = tmp_path / "elsewhere" / "secret.ts"
    secret.write_bytes(clips[".ts"])
    try:
        local = (str(secret), "../elsewhere/secret.ts", f"file://{secret}", f"concat:{secret}")
        remote = f"http://127.0.0.1:{server.server_port}/a.ts"
        for named in (remote, *(local if ending != ".m3u8" else ())):
            (tmp_path / "here").mkdir(exist_ok=True)
            path = tmp_path / "here" / f"a{ending}"
            path.write_text(text.format(named))
            with pytest.raises(BalltrackError):
                read_all(path)
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []
