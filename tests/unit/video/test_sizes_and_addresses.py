"""Pictures that change their size midway, and addresses where a file belongs."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.errors import VideoError
from balltrack.video.probe import probe
from balltrack.video.reader import open_video
from numbered_clips import read_number, write_clip


def test_a_size_that_changes_is_said_once_and_positions_stay_in_the_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = [
        write_clip(tmp_path / f"{width}.ts", 12, size=(width, height), options={"g": "6"})
        for width, height in ((160, 96), (320, 192), (160, 96))
    ]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    with open_video(joined) as reader:
        frames = list(reader.frames())
    assert {frame.image.shape for frame in frames} == {(96, 160, 3)}
    numbers = [read_number(frame.image) for frame in frames]
    assert numbers == [*range(12)] * 3
    said = [message for message in caplog.messages if "first size" in message]
    assert said == [
        f"{joined}: its pictures are 320x192 from frame 12 on; positions are in the first size, "
        "160x96"
    ]


@pytest.mark.parametrize("address", ["rtsp://camera/1", "http://host/a.mp4", "srt:/host"])
def test_an_address_is_not_called_a_missing_file(address: str) -> None:
    for asked in (address, Path(address)):
        with pytest.raises(VideoError, match="is an address, which `track` alone reads"):
            probe(asked)
    with pytest.raises(VideoError, match="no such file"):
        probe("c:/match.mp4")
