"""Pictures that are damaged or encrypted: counted in any case, without a ball where asked."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.labels import read_track
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from numbered_clips import packets, write_clip

COUNT = 60
DAMAGED = (13, 33)
CIPHER = {
    "fflags": "bitexact",  # the same noise every time
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "00000000000000000000000000000009",
    "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
}


def write_damaged(path: Path) -> Path:
    """The second halves of some pictures are noise; headers are whole, and all decode."""
    write_clip(path, COUNT, size=(320, 192), options={"g": "20", "bf": "0"})
    content, noise = bytearray(path.read_bytes()), random.Random(0)
    places = packets(path)
    for number in DAMAGED:
        start, size = places[number]
        for place in range(start + size // 2, start + size - 2):
            content[place] ^= noise.randrange(1, 256)
    path.write_bytes(content)
    return path


def lose(path: Path, packet: int) -> Path:
    """Leave one transport packet out, as a bad reception does."""
    content = path.read_bytes()
    path.write_bytes(content[: 188 * packet] + content[188 * (packet + 1) :])
    return path


def invisible(labels: Path) -> list[int]:
    track = read_track(labels)
    assert track.frame_index.tolist() == [*range(len(track))]
    return np.flatnonzero(~track.visible).tolist()


def test_damaged_pictures(balltrack: Callable[..., Any], brightest: str, tmp_path: Path) -> None:
    video, labels = write_damaged(tmp_path / "damaged.mp4"), tmp_path / "damaged.csv"
    asked = ("track", video, "--weights", brightest, "--all-shots", "-o", labels, "-y", "--no-link")
    done = balltrack(*asked)
    said = "damaged.mp4: 2 pictures called corrupt, the first frame 13"
    assert (done.code, said in done.err) == (0, True)
    before = invisible(labels)
    assert not {*DAMAGED} & {*before}
    done = balltrack(*asked, "--skip-corrupt")
    assert (done.code, said in done.err) == (0, True)
    assert len(read_track(labels)) == COUNT
    assert {*DAMAGED} <= {*invisible(labels)}
    assert len(invisible(labels)) <= len(before) + 4  # the others are mostly as they were


def test_a_lost_transport_packet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Only the container knows."""
    video = write_clip(tmp_path / "lost.ts", COUNT, size=(320, 192), options={"bf": "0"})
    size = video.stat().st_size // 188
    with open_video(lose(video, size // 2)) as reader:
        assert len([*reader.frames()]) >= COUNT - 2
        assert len(reader.corrupt) == 1
    assert "1 picture called corrupt" in caplog.text


def test_what_is_whole_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for suffix in ("mp4", "mkv", "ts", "avi"):
        with open_video(write_clip(tmp_path / f"whole.{suffix}", 30)) as reader:
            assert len([*reader.frames()]) == 30
            assert not reader.corrupt
    assert not caplog.records


def test_an_encrypted_video_is_called_so(
    balltrack: Callable[..., Any], brightest: str, tmp_path: Path
) -> None:
    video = write_clip(
        tmp_path / "secret.mp4", 30, size=(320, 192), options={"bf": "0"}, container=CIPHER
    )
    assert probe(video).encrypted
    assert json.loads(balltrack("info", video, "--json").out)["encrypted"]
    assert "encrypted" in balltrack("info", video).out
    labels = tmp_path / "secret.csv"
    asked = ("track", video, "--weights", brightest, "--all-shots", "-o", labels, "-y")
    done = balltrack(*asked, "--skip-corrupt")
    assert (done.code, "pictures encrypted, the first frame 0" in done.err) == (0, True)
    assert invisible(labels) == [*range(len(read_track(labels)))] != []
    with open_video(video, quiet=True) as reader:
        assert {frame.index for frame in reader.frames()} == reader.corrupt


@pytest.mark.parametrize("codec", ["libx265", "mpeg4"])
def test_one_that_shows_nothing_is_refused_as_encrypted(
    balltrack: Callable[..., Any], brightest: str, tmp_path: Path, codec: str
) -> None:
    video = write_clip(tmp_path / "secret.mp4", 30, size=(320, 192), codec=codec, container=CIPHER)
    done = balltrack("track", video, "--weights", brightest, "-o", tmp_path / "out.csv")
    assert (done.code, "is encrypted; save it without copy" in done.err) == (1, True)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.shared
def test_one_that_does_not_open_is_called_encrypted(
    balltrack: Callable[..., Any], shared: Path
) -> None:
    done = balltrack("info", shared / "awkward" / "sample_fragmented_clearkey.mp4")
    assert (done.code, "is encrypted; save it without copy" in done.complaint) == (1, True)
