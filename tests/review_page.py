"""The page of ``balltrack review`` as a person sees it, and a rally to be put right in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from balltrack.cli.demo import write_clip
from balltrack.labels import write_track
from balltrack.structures import Source, Track
from balltrack.synthetic import render_clip
from webdriver import Browser

SIZE = (640, 360)
OFF = np.array([6.0, -4.0])
"""By which all labels are wrong, in pixels."""


def write_rally(folder: Path) -> tuple[Path, Path, np.ndarray]:
    """A rendered rally of 90 frames, its labels all a little off, and where the ball is."""
    rendered = render_clip(size=SIZE, frame_count=90, cut_at=60, hidden=False, seed=3)
    video, labels = folder / "clip.mp4", folder / "clip.csv"
    write_clip(rendered, video)
    truth = rendered.truth.xy
    seen = np.isfinite(truth[:, 0])
    assert seen[:40].all()
    track = Track(
        frame_index=np.arange(90),
        time_s=np.arange(90) / 30,
        xy=truth + OFF,
        score=np.where(seen, 0.9, 0).astype(np.float32),
        source=np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        shot=(np.arange(90) >= 60).astype(np.int64),
    )
    write_track(track, labels, columns="all")
    return video, labels, truth


@contextmanager
def served(video: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "balltrack", "review", str(video), "--no-open", *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


class Page:
    """The page as a person sees it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        browser.open(address)
        self.shows(0)

    def shows(self, frame: int) -> None:
        """Wait until a frame is on the canvas."""
        self.browser.until(f"document.body.dataset.shown === '{frame}'")

    def go(self, frame: int) -> None:
        """By keys alone: tens, then ones."""
        now = int(self.browser.run("return document.body.dataset.shown"))
        tens, ones = divmod(abs(frame - now), 10)
        key = "ArrowRight" if frame > now else "ArrowLeft"
        for _ in range(tens):
            self.browser.press("Shift", key)
        for _ in range(ones):
            self.browser.press(key)
        self.shows(frame)

    def kept(self, count: int) -> None:
        """Wait until the page knows of so many changes that can be undone."""
        self.browser.until("document.getElementById('changed').textContent.includes('kept')")
        self.browser.until(self.undoable(count))

    def undoable(self, count: int) -> str:
        request = "const r = new XMLHttpRequest(); r.open('GET', 'state', false); r.send();"
        return f"(() => {{ {request} return JSON.parse(r.response).undo === {count}; }})()"

    def at(self, xy: np.ndarray) -> tuple[float, float]:
        """Where a place of the video is on the page."""
        script = "const b = document.getElementById('view').getBoundingClientRect();"
        script += " return [b.left, b.top, b.width, b.height]"
        left, top, wide, high = self.browser.run(script)
        scale = min(wide / SIZE[0], high / SIZE[1])
        x, y = (xy + 0.5) * scale + [(wide - SIZE[0] * scale) / 2, (high - SIZE[1] * scale) / 2]
        return left + x, top + y

    def in_loupe(self, dx: float, dy: float) -> tuple[float, float]:
        """Where a place beside the ball is in the enlarged picture, in pixels of the video."""
        script = "const b = document.getElementById('loupe').getBoundingClientRect();"
        left, top = self.browser.run(f"{script} return [b.left, b.top]")
        return left + 132 + dx * 8, top + 132 + dy * 8
