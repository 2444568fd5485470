"""The page of ``balltrack review`` in a browser, in short: its scripts load, and keep what is said.

`test_review.py` has the rest, which is slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="balltrack[review] is not installed")

from balltrack.labels import read_track
from balltrack.structures import Source
from review_page import SIZE, Page, served, write_rally
from webdriver import Browser, browsers

pytestmark = pytest.mark.usefixtures("answered_signals")

# Pictures come when they are released.
HELD_BACK = """
window.held = [];
const decode = HTMLImageElement.prototype.decode;
HTMLImageElement.prototype.decode = function () {
  return new Promise((come) => held.push(come)).then(() => decode.call(this));
};
window.release = () => held.splice(0).forEach((come) => come());"""

# A timeline of frames that all have a ball, a few more or less than a column of pixels has.
GAPS_IN_TIMELINE = """
window.gaps = null;
import(new URL('../../page/timeline.js', location)).then(({ drawTimeline }) => {
  gaps = [600, 900, 1000, 1700].map((frames) => {
    const canvas = document.createElement('canvas');
    canvas.style = 'width: 1000px; height: 108px';
    document.body.append(canvas);
    const of = (value) => Array(frames).fill(value);
    const rows = { doubt: of(0), source: of(1), status: of(-1), found: of(-1), shot: of(0) };
    drawTimeline(canvas, { rows, corrected: new Set(), frame: 0, frames });
    const line = canvas.getContext('2d').getImageData(0, 30, canvas.width, 1).data;
    canvas.remove();
    return line.filter((value, place) => place % 4 === 3 && value === 0).length;
  });
});"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers() as open_browser:
        yield open_browser()


def says(text: str) -> str:
    return f"document.getElementById('message').textContent.includes({text!r})"


def reads(name: str, text: str) -> str:
    return f"document.getElementById('{name}').textContent === {text!r}"


def kept_of(browser: Browser) -> Callable[[], list[int]]:
    """The frames that the server knows to be corrected."""
    script = "const r = new XMLHttpRequest(); r.open('GET', 'state', false); r.send();"
    return lambda: browser.run(f"{script} return JSON.parse(r.response).corrected")


def test_step_click_undo_and_reload(browser: Browser, tmp_path: Path) -> None:
    video, _, truth = write_rally(tmp_path)
    with served(video) as (address, _):
        page = Page(browser, address)
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


def test_what_is_shown_is_what_is_changed(browser: Browser, tmp_path: Path) -> None:
    """Whatever was asked for, and whoever else says something meanwhile."""
    video, _, truth = write_rally(tmp_path)
    with served(video) as (address, process):
        page, kept = Page(browser, address), kept_of(browser)
        browser.run(HELD_BACK)
        browser.press("Shift", "ArrowRight")  # its picture does not come yet
        browser.press("n")
        page.kept(1)
        browser.run("release()")
        browser.until(reads("frame", "0 of 89"))
        assert kept() == [0]
        browser.press("End")
        browser.run("release()")
        page.shows(89)
        browser.press("u")  # off the screen
        browser.run("release()")
        page.shows(0)
        browser.run("decode = HTMLImageElement.prototype.decode; held.push = (come) => come();")

        browser.press("c")
        browser.click(*page.at(truth[0]), button=2)
        for key in ("n", "v", "e"):
            browser.press(key)
        assert browser.run(f"return {says('(1 of 4)')}")
        browser.press("Escape")
        assert kept() == []

        for frame in (10, 16):
            page.go(frame)
            browser.click(*page.at(truth[frame]))
        page.go(13)
        browser.press("n")
        browser.press("i")
        browser.until(says("no ball in frame 13"))
        page.go(11)
        browser.press("i")
        browser.until(says("no ball in frame 13"))
        assert sorted(kept()) == [10, 13, 16]

        row = "[{frame: 11, x: 5, y: 5, visibility: 1}]"
        browser.run(f"fetch('change', {{ method: 'POST', body: JSON.stringify({row}) }})")
        browser.until(page.undoable(4))
        browser.press("e")  # it would take the ball back to where it was here
        browser.until(says("another window"))
        browser.until(reads("ball", "5.0, 5.0"))
        process.kill()
        process.wait()
        browser.press("n")
        browser.until(says("not kept: balltrack has stopped"))
        browser.press("Shift", "ArrowRight")  # to a picture that was not there yet
        browser.until(f"!{says('not kept')} && {says('balltrack has stopped')}")
        assert browser.run("return document.getElementById('frame').textContent") == "11 of 89"


def test_events_visits_playing_and_focus(browser: Browser, tmp_path: Path) -> None:
    video, labels, _ = write_rally(tmp_path)
    events = tmp_path / "ev.csv"
    events.write_text("Frame,Time,Event,X,Y,Confidence\n3,,bounce,50,60,0.9\n80,,hit,50,60,0.9\n")
    wanted = tmp_path / "next.csv"
    wanted.write_text(f"Video,Frame\n{video},80\n{video},3\n")
    more = ("--events", str(events), "--frames", str(wanted))
    with served(video, str(labels), *more) as (address, _):
        page = Page(browser, address)
        browser.run("window.lost = 0; addEventListener('unhandledrejection', () => lost++)")
        for key, frame in (("d", 80), ("d", 3), ("d", 80), ("d", 3), ("D", 80), ("D", 80)):
            browser.press(key)
            page.shows(frame)
        browser.press("d")
        page.shows(3)
        browser.until(reads("event", "bounce, found"))
        for told in ("bounce", "none", "hit"):
            browser.press("e")
            browser.until(reads("event", told))
        browser.until(reads("changed", "kept: 1 confirmed, 1 event"))
        browser.press("s")
        browser.until(says("written"))
        browser.press("ArrowRight")
        assert browser.run("return document.getElementById('message').textContent") == ""

        for name, then in (("advance", ""), ("help", "Escape")):
            browser.run(f"document.getElementById('{name}').click()")
            browser.press(*[then] if then else [])
            browser.until("document.activeElement.id === 'view'")
        browser.until("document.getElementById('video').readyState >= 2")
        for _ in range(4):
            browser.press(" ")
        browser.press("End")
        page.shows(89)
        for _ in range(9):
            browser.press("ArrowLeft")
        page.shows(80)
        browser.press(" ")
        browser.until(reads("play", "Pause"))
        browser.until(reads("play", "Play"))  # at the end
        page.shows(89)
        assert browser.run("return lost") == 0


def test_the_picture_stays_where_it_is_and_fits(browser: Browser, tmp_path: Path) -> None:
    """Whatever is said above it, in windows of any width."""
    video, *_ = write_rally(tmp_path)
    box = "const { top, width } = document.getElementById('view').getBoundingClientRect();"
    say = "for (const id of ['title', 'message']) document.getElementById(id).textContent ="
    with served(video) as (address, _):
        page = Page(browser, address)
        for wide, least in ((1280, 900), (900, 600), (600, 560), (500, 460)):
            browser.call("window/rect", width=wide, height=800)
            browser.run(f"{say} 'short'")
            top, width = browser.run(f"{box} return [top, width]")
            assert width >= least
            browser.run(f"{say} 'long-'.repeat(60)")
            assert browser.run(f"{box} return top") == top
            assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        browser.call("window/rect", width=1280, height=860)
        browser.run(GAPS_IN_TIMELINE)
        browser.until("gaps")
        assert browser.run("return gaps") == [0, 0, 0, 0]
        page.shows(0)
