"""What tells clips from others."""

from __future__ import annotations

from pathlib import Path

from balltrack.training.data.clips import ClipFiles
from balltrack.training.run.origin import clips_digest


def test_labels_may_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"video")
    labels = tmp_path / "a_ball"
    labels.mkdir()
    clip = ClipFiles("tennis", "hall", tmp_path / "a.mp4", labels)
    (labels / "a_1.txt").write_text("0 0.5 0.5 0.1 0.1")
    before = clips_digest([clip])
    assert clips_digest([clip]) == before
    (labels / "a_1.txt").write_text("0 0.5 0.6 0.1 0.1")
    assert clips_digest([clip]) != before
