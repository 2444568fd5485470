"""What the server answers, and whom it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from balltrack.labels import read_track
from balltrack.review.corrections import Correction
from balltrack.review.queue import find_clips, one_clip
from balltrack.review.running import serve
from balltrack.review.server import PAGE, Review, make_app
from balltrack.review.session import Session
from balltrack.structures import Source
from numbered_clips import read_number

TOKEN, PORT = "secret-token", 8123
BASE = f"http://127.0.0.1:{PORT}"
CLIP = f"/{TOKEN}/clip/0"


@pytest.fixture
def review(video: Path, labels: Path) -> Iterator[Review]:
    one = Review([one_clip(video, labels, None)])
    yield one
    one.close()


@pytest.fixture
def client(review: Review) -> TestClient:
    return TestClient(make_app(review, TOKEN, PORT), base_url=BASE, raise_server_exceptions=False)


def test_the_page_and_all_that_it_needs(client: TestClient) -> None:
    page = client.get(f"/{TOKEN}/")
    assert page.url.path == f"{CLIP}/"
    assert "script-src" not in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for name, kind in PAGE.items():
        answer = client.get(f"/{TOKEN}/page/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "http://" not in answer.text.replace("http://www.w3.org", ""), "needs no network"
        assert "https://" not in answer.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        (f"/{TOKEN}x/clip/0/state", {}),
        (f"/clip/0/state?token={TOKEN}", {}),
        (f"{CLIP}/state", {"host": "evil.example"}),
        (f"{CLIP}/state", {"host": f"evil.example:{PORT}"}),
        (f"{CLIP}/state", {"host": "127.0.0.1:1"}),
        (f"{CLIP}/state", {"origin": "http://evil.example"}),
        (f"{CLIP}/state", {"origin": "null"}),
        (f"{CLIP}/state", {"origin": f"https://127.0.0.1:{PORT}"}),
        ("//etc/passwd", {}),
    ],
)
def test_strangers_are_refused(client: TestClient, path: str, headers: dict[str, str]) -> None:
    for answer in (client.get(path, headers=headers), client.post(path, headers=headers, json=[])):
        assert (answer.status_code, answer.text) == (403, "refused")


def test_this_machine_has_two_names(client: TestClient) -> None:
    host = f"localhost:{PORT}"
    headers = {"host": host, "origin": f"http://{host}"}
    assert client.get(f"{CLIP}/state", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/{TOKEN}/page/../../../pyproject.toml",
        f"/{TOKEN}/page/%2e%2e%2fserver.py",
        f"/{TOKEN}/page/server.py",
        f"/{TOKEN}/page//etc/passwd",
        f"/{TOKEN}/clip/1/state",
        f"/{TOKEN}/clip/..%2f0/state",
        f"{CLIP}/frame/40.jpg",
        f"{CLIP}/frame/-1.jpg",
        f"{CLIP}/m.csv",
        f"{CLIP}/frame/{'9' * 5000}.jpg",
        f"/{TOKEN}/clip/{'9' * 5000}/",
        f"/{TOKEN}/clip/1/",
    ],
)
def test_nothing_but_the_clips_is_given_out(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (403, 404, 405)


def test_frames_and_parts_of_the_video(client: TestClient, video: Path) -> None:
    answer = client.get(f"{CLIP}/frame/17.jpg")
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert read_number(image) == 17
    part = client.get(f"{CLIP}/video", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, video.read_bytes()[10:20])
    assert client.get(f"{CLIP}/playback").json()["ready"]


def test_changes_are_on_disk_when_they_are_answered(
    client: TestClient, review: Review, tmp_path: Path
) -> None:
    told = client.get(f"{CLIP}/state").json()
    assert (told["frames"], told["size"], told["clips"]) == (40, [160, 96], 1)
    assert told["rows"]["x"][9] is None
    assert told["to_visit"] == [20, 5, 12]
    row = {"frame": 9, "x": 38.5, "y": 40.0, "visibility": 2, "status": 1}
    answer = client.post(f"{CLIP}/change", json=[row], headers={"origin": BASE}).json()
    assert [one["source"] for one in answer["changed"]] == [1, 4, 1]
    assert '"frame":9,"x":38.5' in (tmp_path / "m_corrected.journal.jsonl").read_text()
    assert client.post(f"{CLIP}/undo", json=None).json()["changed"][1]["x"] is None
    assert client.post(f"{CLIP}/redo", json=None).json()["changed"][1]["x"] == 38.5
    assert client.post(f"{CLIP}/done", json=True).json()["done"]
    assert "9,2,38.50,40.00" in (tmp_path / "m_corrected.csv").read_text()
    assert client.get(f"/{TOKEN}/clips").json()[0]["done"]


def test_a_window_that_is_behind_is_told(client: TestClient) -> None:
    """What the other one said is not taken back by a row that knows nothing of it."""
    seen = client.get(f"{CLIP}/state").json()["version"]
    row = {"frame": 9, "x": 38.5, "y": 40.0, "visibility": 1}
    assert client.post(f"{CLIP}/change?seen={seen}", json=[row]).status_code == 200
    for action, body in (("change", [row | {"x": 1}]), ("undo", None), ("done", True)):
        answer = client.post(f"{CLIP}/{action}?seen={seen}", json=body)
        assert answer.status_code == 409
        assert "changed in another window" in answer.json()["error"]
    told = client.get(f"{CLIP}/state").json()
    assert (told["rows"]["x"][9], told["undo"], told["done"]) == (38.5, 1, False)
    assert client.post(f"{CLIP}/undo?seen=x").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{]",
        b"[]",
        b'"x"',
        b"[1]",
        b'[{"frame": 3}]',
        b'[{"frame": 99, "x": 1, "y": 1, "visibility": 1}]',
        b'[{"frame": 3, "x": 1e9, "y": 1, "visibility": 1}]',
        b'[{"frame": 3, "x": NaN, "y": 1, "visibility": 1}]',
        b'[{"frame": "3", "x": 1, "y": 1, "visibility": 1}]',
        b'[{"frame": 1.5, "x": 1, "y": 1, "visibility": 1}]',
        b'[{"frame": 3, "x": "1", "y": 1, "visibility": 1}]',
    ],
)
def test_garbage_changes_nothing(client: TestClient, body: bytes) -> None:
    answer = client.post(f"{CLIP}/change", content=body)
    assert answer.status_code == 400
    assert "not understood" in answer.json()["error"]
    assert client.get(f"{CLIP}/state").json()["undo"] == 0
    assert client.post(f"{CLIP}/delete", json=[]).status_code == 404
    huge = client.post(f"{CLIP}/change", content=b"[" + b" " * (5 << 20) + b"]")
    assert huge.status_code == 413


def test_a_queue_has_a_page_and_a_clip_that_cannot_be_opened_says_why(
    video: Path, labels: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    review = Review(find_clips(tmp_path))
    client = TestClient(make_app(review, TOKEN, PORT), base_url=BASE)
    assert client.get(f"/{TOKEN}/").url.path == f"/{TOKEN}/page/queue.html"
    assert [one["video"] for one in client.get(f"/{TOKEN}/clips").json()] == ["a.mp4", "m.mp4"]
    answer = client.get(f"/{TOKEN}/clip/0/state")
    assert answer.status_code == 500
    assert "a.mp4: cannot be read as a video" in answer.json()["error"]
    assert client.get(f"/{TOKEN}/clip/1/state").status_code == 200
    assert review.save() == []
    review.close()


def test_what_a_killed_review_left_is_written_when_the_next_begins(
    video: Path, labels: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of all clips, though none is opened; one that cannot be is told and keeps nobody else."""
    (tmp_path / "a.mp4").write_bytes(b"no video")
    (tmp_path / "a_corrected.journal.jsonl").write_text('{"video":"a.mp4","frames":3}\n')
    clips = find_clips(tmp_path)
    session = Session(clips[1])
    session.change([Correction(9, 38.5, 41.25, 1)])
    session.close()  # killed: nothing was saved
    output = tmp_path / "m_corrected.csv"
    assert not output.exists()

    def begin() -> None:
        with patch("uvicorn.Server.run"):
            assert serve(clips, 0, browse=False, ready=lambda _: None) == []

    begin()
    assert read_track(output).source[9] == Source.CORRECTED
    assert ["a.mp4: cannot be read as a video" in one for one in caplog.messages] == [True]
    written = output.stat().st_mtime_ns
    begin()
    assert output.stat().st_mtime_ns == written, "there was nothing new"
