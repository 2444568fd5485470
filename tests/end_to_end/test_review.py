"""``balltrack review`` as a person uses it: browser, mouse, keys, and a server that is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="balltrack[review] is not installed")

from balltrack.court.corners import read_corners
from balltrack.labels import read_labels, read_track
from balltrack.structures import Source
from review_page import OFF, SIZE, Page, served, write_rally
from webdriver import Browser, browsers

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("answered_signals")]


@pytest.fixture(scope="module")
def open_browser() -> Iterator[Callable[..., Browser]]:
    with browsers() as make:
        yield make


@pytest.fixture
def clip(tmp_path: Path) -> tuple[Path, Path, np.ndarray]:
    return write_rally(tmp_path)


def correct_ten(page: Page, truth: np.ndarray) -> None:
    """By the mouse in the frame and beside it, by the keys alone; the last is taken back."""
    browser = page.browser
    for frame in range(1, 6):
        page.go(frame)
        browser.click(*page.at(truth[frame]))
        page.kept(frame)
    page.go(6)
    browser.click(*page.at(truth[6] + OFF), to=page.at(truth[6]))
    page.kept(6)
    page.go(8)
    browser.click(*page.at(truth[8]), button=2)
    page.go(9)
    browser.press("n")
    page.kept(8)
    page.go(10)
    for key, times in (("ArrowLeft", 6), ("ArrowDown", 4)):
        for _ in range(times):
            browser.press("Alt", key)
    browser.press("v")
    browser.press("e")
    page.kept(20)
    page.go(14)
    browser.press("Enter")
    page.kept(21)
    page.go(12)
    browser.press("i")
    page.kept(22)
    page.go(20)
    browser.click(*page.in_loupe(-6, 4))
    page.kept(23)
    browser.press("Control", "z")
    browser.until(page.undoable(22))


def test_ten_frames_by_mouse_and_keys_survive_everything(
    open_browser: Callable[..., Browser], clip: tuple[Path, Path, np.ndarray]
) -> None:
    video, labels, truth = clip
    before = labels.read_bytes()
    with served(video) as (address, process):
        page = Page(open_browser(), address)
        browser = page.browser
        correct_ten(page, truth)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        browser.press("n")
        browser.until("document.getElementById('message').textContent.startsWith('not kept')")
    assert not (labels.parent / "clip_corrected.csv").exists()
    with served(video) as (address, process):
        page = Page(browser, address)
        page.browser.until(page.undoable(22))
        page.go(5)
        page.browser.press("e")
        page.kept(23)
        page.browser.press("u")
        page.browser.until(page.undoable(22))
        browser.run("location.reload()")
        page.shows(0)
        page.browser.until(page.undoable(22))
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=30)
        assert process.returncode == 0, complaint
        assert "7 moved, 2 removed, 1 confirmed, 3 filled, 1 event " in complaint
    assert labels.read_bytes() == before
    check(labels, truth)


def test_the_court_by_clicks_and_by_keys(
    open_browser: Callable[..., Browser], clip: tuple[Path, Path, np.ndarray]
) -> None:
    corners = np.array([[80.0, 330.0], [560.0, 330.0], [420.0, 90.0], [220.0, 90.0]])
    with served(clip[0]) as (address, process):
        page = Page(open_browser(), address)
        browser = page.browser
        browser.press("c")
        browser.press("Escape")
        browser.press("c")
        for corner in corners[:3]:
            browser.click(*page.at(corner))
        for _ in range(20):  # from the corner before
            browser.press("Shift", "ArrowLeft")
        browser.until("document.getElementById('message').textContent.includes('far left')")
        browser.press("Enter")
        browser.until(page.undoable(1))
        browser.until("document.getElementById('changed').textContent === 'kept: 1 court'")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert not (clip[1].parent / "clip_corrected.csv").exists()
    kept = read_corners(clip[1].parent / "clip_corrected.court.json")
    pixel = SIZE[0] / 600
    np.testing.assert_allclose(kept, corners, atol=1.5 * pixel)


# What hangs out of the window, and what is cut off in its own box.
LOST = """return [...document.querySelectorAll('body > :not(video) *')].filter((one) => {
  const { left, top, right, bottom, width } = one.getBoundingClientRect();
  const cut = one.clientWidth && one.scrollHeight > one.clientHeight + 1;
  return width && (cut || left < 0 || top < 0 || right > innerWidth || bottom > innerHeight);
}).map((one) => one.id || one.tagName);"""


@pytest.mark.parametrize("size", [(1280, 800), (1000, 700)])
def test_everything_is_in_the_window_and_in_reach_of_the_keys(
    open_browser: Callable[..., Browser], clip: tuple[Path, Path, np.ndarray], size: tuple[int, int]
) -> None:
    with served(clip[0]) as (address, _):
        page = Page(open_browser(size=size), address)
        browser = page.browser
        wide, high = browser.run("return [innerWidth, innerHeight]")
        browser.call("window/rect", width=2 * size[0] - wide, height=2 * size[1] - high)
        browser.until(f"innerWidth === {size[0]} && innerHeight === {size[1]}")
        before = page.at(OFF)
        browser.press("c")  # the longest message: nothing moves under the mouse
        assert (browser.run(LOST), page.at(OFF)) == ([], before)
        for key in ("Escape", "n", "?"):
            browser.press(key)
        page.kept(1)
        assert browser.run(LOST) == []
        reached = set()
        for key in ("Escape", *["Tab"] * 12):
            browser.press(key)
            reached.add(browser.run("return document.activeElement.id"))
        assert reached >= {"undo", "save", "done", "help", "view", "play", "doubtful", "advance"}
        for key, frame in (("PageDown", 89), ("PageUp", 0)):
            browser.press(key)
            page.shows(frame)


def check(labels: Path, truth: np.ndarray) -> None:
    """Exactly what was said is on disk."""
    corrected = labels.parent / "clip_corrected.csv"
    found, told, base = read_track(corrected), read_labels(corrected), read_track(labels)
    moved = [1, 2, 3, 4, 5, 6, 10]
    pixel = SIZE[0] / 600  # of the page, about
    assert np.abs(found.xy[moved[:6]] - truth[moved[:6]]).max() <= pixel
    np.testing.assert_allclose(found.xy[10], base.xy[10] + [-6, 4], atol=0.006)
    np.testing.assert_allclose(found.xy[12], (found.xy[10] + found.xy[14]) / 2, atol=0.011)
    assert found.source[[*moved, 14]].tolist() == [Source.CORRECTED] * 8
    assert found.source[[11, 12, 13]].tolist() == [Source.INPAINTED] * 3
    assert told.visibility[[8, 9, 10, 14]].tolist() == [0, 0, 2, 1]
    assert told.status[[10, 5]].tolist() == [1, -1]
    rest = [i for i in range(90) if i not in (*moved, 8, 9, *range(11, 15))]
    np.testing.assert_array_equal(found.xy[rest], base.xy[rest])
    np.testing.assert_array_equal(found.source[rest], base.source[rest])


def test_playing_shows_the_frames_of_the_video_in_light_and_dark(
    open_browser: Callable[..., Browser], clip: tuple[Path, Path, np.ndarray]
) -> None:
    with served(clip[0]) as (address, _):
        for dark in (False, True):
            page = Page(open_browser(dark=dark), address)
            page.browser.until("document.getElementById('video').readyState >= 2")
            page.browser.press(" ")
            page.browser.until("document.getElementById('play').textContent === 'Pause'")
            page.browser.until("parseInt(document.getElementById('frame').textContent) > 20")
            page.browser.press(" ")
            page.browser.until("document.body.dataset.shown > 20")
            paper = page.browser.run("return getComputedStyle(document.body).backgroundColor")
            assert paper == ("rgb(23, 25, 28)" if dark else "rgb(251, 251, 249)")


def test_the_next_doubtful_frame_and_a_folder(
    open_browser: Callable[..., Browser], clip: tuple[Path, Path, np.ndarray]
) -> None:
    video, labels, _ = clip
    text = labels.read_text().replace("0.9000,detected", "0.0000,inpainted", 40)
    labels.write_text(text.replace("0.0000,inpainted", "0.9000,detected", 39))
    (video.parent / "later.mp4").write_bytes(video.read_bytes())
    (video.parent / "torn.mp4").write_bytes(b"no video")
    with served(video.parent) as (address, _):
        browser = open_browser()
        browser.open(address)
        browser.until("document.querySelectorAll('#clips a').length === 3")
        assert "0 of 3 done" in browser.run("return document.body.innerText")
        page = Page(browser, f"{address}clip/0/")
        browser.press("d")
        page.shows(39)
        browser.press("Enter")
        page.kept(1)
        browser.press("d")
        browser.until("document.getElementById('message').textContent.includes('no frame is left')")
        browser.press("Control", "Enter")
        browser.until("document.getElementById('message').textContent === '1 of 3 done'")
        browser.open(f"{address}clip/2/")
        browser.until("document.getElementById('message').textContent.includes('torn.mp4')")
        assert browser.run("return document.querySelectorAll('nav button:enabled').length") == 0
        browser.run("document.getElementById('queue').click()")
        browser.until("document.querySelectorAll('#clips a').length === 3")
    assert read_track(video.parent / "clip_corrected.csv").source[39] == Source.CORRECTED
