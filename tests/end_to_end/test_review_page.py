"""The page of ``balltrack review`` in a browser, in short: its scripts load, and keep what is said.

`test_review.py` has the rest, which is slow.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="balltrack[review] is not installed")

from balltrack.labels import read_track
from balltrack.structures import Source
from review_page import SIZE, Page, served, write_rally
from webdriver import browsers


@pytest.mark.usefixtures("answered_signals")
def test_step_click_undo_and_reload(tmp_path: Path) -> None:
    video, _, truth = write_rally(tmp_path)
    with browsers() as open_browser, served(video) as (address, _):
        page = Page(open_browser(), address)
        browser = page.browser
        page.go(2)
        browser.click(*page.at(truth[2]))
        page.kept(1)
        page.go(3)
        browser.press("n")
        page.kept(2)
        browser.press("u")
        browser.until(page.undoable(1))
        browser.run("location.reload()")
        page.shows(0)
        browser.until(page.undoable(1))
        browser.press("s")
        browser.until("document.getElementById('message').textContent.startsWith('written')")
    track = read_track(tmp_path / "clip_corrected.csv")
    assert np.flatnonzero(track.source == Source.CORRECTED).tolist() == [2]
    assert np.abs(track.xy[2] - truth[2]).max() <= SIZE[0] / 600
