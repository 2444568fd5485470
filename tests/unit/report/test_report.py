"""The page says what the rendered clip shows, and fetches nothing."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.cli.demo import write_clip
from balltrack.court.courts import find_court
from balltrack.court.measures import Bounce
from balltrack.court.plane import see_court
from balltrack.errors import LabelError
from balltrack.labels import write_track
from balltrack.labels.events import EventList, write_events
from balltrack.report.charts import MARK, court_map
from balltrack.report.findings import Findings, clock, headline
from balltrack.report.footage import SAMPLES, look
from balltrack.report.options import ReportOptions
from balltrack.report.page import write_report
from balltrack.report.svg import Scale
from balltrack.structures import Event, Source, Track
from balltrack.synthetic import SyntheticClip, render_clip
from balltrack.synthetic.scene import make_view

CUT, FRAMES, SIZE = 40, 90, (320, 180)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Made:
    """A page and what it was made of."""

    clip: SyntheticClip
    video: Path
    labels: Path
    events: Path
    page: Path
    findings: Findings

    @property
    def text(self) -> str:
        return self.page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Of a clip with a cut, whose name would be markup, told hits and a bounce on the court."""
    folder = tmp_path_factory.mktemp("report")
    clip = render_clip(size=SIZE, frame_count=FRAMES, cut_at=CUT, seed=5)
    video, labels, page = folder / "a<b>&.mp4", folder / "m.csv", folder / "report.html"
    events = folder / "e.csv"
    write_clip(clip, video)
    seen = clip.truth.visibility > 0
    track = Track(
        clip.truth.frame_index,
        np.full(FRAMES, np.nan),
        clip.truth.xy,
        seen.astype(np.float32),
        np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        np.zeros(FRAMES, np.int64),
    )
    write_track(track, labels, columns="all")
    place = np.array([[1.5, -3.0, 0.0]])
    x, y = make_view(0, SIZE, 5).camera.project(place)[0][0].tolist()
    told = [
        Event(5, "hit", *track.xy[seen][5].tolist(), 1.0),
        Event(20, "bounce", x, y, 1.0),
        Event(30, "hit", *track.xy[seen][30].tolist(), 1.0),
    ]
    write_events(EventList("a", tuple(told)), [5 / 30, 20 / 30, 1.0], events)
    ground = np.array([(-3.05, -6.7, 0), (3.05, -6.7, 0), (3.05, 6.7, 0), (-3.05, 6.7, 0)])
    corners = make_view(0, SIZE, 5).camera.project(ground)[0]
    plane = see_court(find_court("badminton"), [(a, b) for a, b in corners.tolist()])
    findings = write_report(
        video, labels, page, events=events, plane=plane, notes=["weights: <none>"]
    )
    return Made(clip, video, labels, events, page, findings)


class Elements(HTMLParser):
    """Tags and attributes in order, and the text in between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, css: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.tags if attrs.get("class") == css]


def pictures(page: str) -> Iterator[np.ndarray]:
    for data in re.findall(r"data:image/(?:jpeg|png);base64,([^\"]+)", page):
        image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        yield image


def test_the_page_needs_nothing_else(made: Made) -> None:
    assert "://" not in made.text
    page = Elements(made.text)
    assert not [tag for tag, _ in page.tags if tag in {"script", "link", "iframe", "object"}]
    for _, attributes in page.tags:
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:")


def test_names_are_text_not_markup(made: Made) -> None:
    page = Elements(made.text)
    assert "a<b>&.mp4" in page.words
    assert "<none>" in page.words
    assert "b" not in {tag for tag, attrs in page.tags if tag == "b" and attrs}


def test_times_and_shots_are_the_videos(made: Made) -> None:
    findings = made.findings
    assert [shot.first_frame for shot in findings.footage.shots] == [0, CUT]
    assert findings.track.shot.tolist() == [0] * CUT + [1] * (FRAMES - CUT)
    assert findings.track.time_s == pytest.approx(np.arange(FRAMES) / 30, abs=1e-3)


def test_the_ball_is_drawn_where_it_was(made: Made) -> None:
    page = Elements(made.text)
    drawn = [
        [float(value) for value in point.split(",")]
        for attributes in page.of("way")
        for point in (attributes["points"] or "").split()
    ]
    seen = made.clip.truth.xy[made.clip.truth.visibility > 0] + 0.5
    apart = np.abs(np.array(drawn)[:, None] - seen[None]).max(axis=2)
    assert (apart.min(axis=0) < 0.1).all()  # every position is drawn
    assert (apart.min(axis=1) < 0.1).all()  # and nothing else


def test_gaps_are_where_the_ball_is_not_seen(made: Made) -> None:
    hidden = int((made.clip.truth.visibility == 0).sum())
    assert hidden
    gaps = re.findall(r"no position on (\d+) frames? from", made.text)
    assert not re.search(r"\b1 frames", made.text)
    assert sum(map(int, gaps)) == hidden


def test_the_first_picture_is_the_empty_court(made: Made) -> None:
    shots = [
        image for image in pictures(made.text) if image.shape[1] == SIZE[0]
    ]  # thumbnails are smaller
    stages = [make_view(number, SIZE, 5).stage.astype(int) for number in (0, 1)]
    assert np.abs(stages[0] - stages[1]).mean() > 30
    for shot, stage in zip(shots[:2], stages, strict=True):
        assert np.abs(shot - stage).mean() < 8  # JPEG, and players who stood still


def test_rallies_events_and_court_are_told(made: Made) -> None:
    page = Elements(made.text)
    assert len(made.findings.rallies) == 1
    row = made.text.partition('id="rallies"')[2].partition("</section>")[0]
    assert re.search(r"<td>0:00\.2</td><td>0\.8 s</td><td>2</td><td>1</td>", row)
    # Two in the list of signs, of a shot's way and over time one each.
    assert len(page.of("mark hit")) == 1 + 2 * 2
    assert len(page.of("mark bounce")) == 1 + 2
    assert "<b>2</b><span>hits</span>" in made.text
    assert "<b>1</b><span>bounce</span>" in made.text
    names = re.findall(r'aria-label="(speeds.*?)"', made.text)
    assert names == ["speeds, px/s", "speeds, km/h"]
    assert "1.50, -3.00" in made.text
    assert len(page.of("bounced in")) == 1
    assert "badminton, 6.1 x 13.4 m (BWF Laws of Badminton" in made.text


def test_only_the_shots_asked_for_are_drawn(made: Made, tmp_path: Path) -> None:
    page = tmp_path / "one.html"
    write_report(made.video, made.labels, page, ReportOptions(shots=1), events=made.events)
    text = page.read_text()
    assert "1 of 2 camera shots" in text
    assert len(Elements(text).of("trajectory")) == 1
    assert "On the court" not in text


def test_labels_without_a_ball_make_a_page(made: Made, tmp_path: Path) -> None:
    labels, page = tmp_path / "none.csv", tmp_path / "none.html"
    labels.write_text("Frame,Visibility,X,Y\n0,0,0,0\n")
    write_report(made.video, labels, page)
    assert "The ball is on no frame." in page.read_text()


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        ("10,1,5,5\n11,1,5,5\n12,0,0,0\n13,0,0,0\n", "50%"),  # a part was looked at
        ("10,1,5,5\n11,1,5,5\n20,1,5,5\n", "3%"),  # formats that hold no frame without a ball
    ],
)
def test_the_share_of_frames_is_of_those_looked_at(
    made: Made, tmp_path: Path, rows: str, share: str
) -> None:
    labels = tmp_path / "part.csv"
    labels.write_text("Frame,Visibility,X,Y\n" + rows)
    figures = headline(write_report(made.video, labels, tmp_path / "part.html"))
    assert (share, "of frames with a ball") in figures
    assert ("0:03.0", "long") in figures


def test_labels_in_shares_of_the_picture_make_a_page(made: Made, tmp_path: Path) -> None:
    labels = tmp_path / "m_ball"
    labels.mkdir()
    (labels / "m_1.txt").write_text("0 0.5 0.25 0.01 0.01\n")
    found = write_report(made.video, labels, tmp_path / "yolo.html")
    info = found.footage.info
    assert found.track.xy[0].tolist() == [info.width / 2 - 0.5, info.height / 4 - 0.5]


def test_labels_of_a_longer_video_are_refused(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balltrack.report.page.look", None)  # refused before the video is read
    labels = tmp_path / "long.csv"
    labels.write_text("Frame,Visibility,X,Y\n90,1,4,4\n")
    with pytest.raises(LabelError, match="speaks of frame 90, but the video ends with frame 89"):
        write_report(made.video, labels, tmp_path / "long.html")
    assert not (tmp_path / "long.html").exists()


def test_a_long_shot_keeps_few_samples(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []

    def count(images: list[np.ndarray]) -> np.ndarray:
        kept.append(len(images))
        return images[0]

    monkeypatch.setattr("balltrack.report.footage.median_image", count)
    look(made.video)
    assert len(kept) == 2
    assert all(SAMPLES <= number < 2 * SAMPLES for number in kept)


def test_ticks_are_round_and_in_range() -> None:
    assert Scale(0, 1920, 0, 1).ticks(3) == [0, 1000]
    assert Scale(4.1, 9.7, 0, 1).ticks(5) == [6, 8]
    assert Scale(0.2, 0.5, 0, 1).ticks(3) == [0.2, 0.3, 0.4, 0.5]
    assert Scale(3, 3, 0, 1).ticks()


def test_bounces_beyond_the_map_stand_at_its_edge() -> None:
    far = Bounce(1, 0.1, 5.0, 5.0, -90.0, 90.0, False, 0.1, float("nan"))
    drawn = str(court_map(find_court("tennis"), (far,)))
    width, height = (float(v) for v in re.findall(r'viewBox="0 0 (\S+) (\S+)"', drawn)[0])
    (x, y) = (float(v) for v in re.findall(r'cx="(\S+)" cy="(\S+)"', drawn)[0])
    assert (MARK < x < width - MARK, MARK < y < height - MARK) == (True, True)


def test_clocks() -> None:
    assert (clock(62.34), clock(3723.4)) == ("1:02.3", "1:02:03")
    assert (clock(59.97), clock(119.97), clock(7199.99)) == ("1:00.0", "2:00.0", "2:00:00")
    assert (clock(0), clock(59.94), clock(3599.96)) == ("0:00.0", "0:59.9", "1:00:00")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page in")
def test_a_browser_shows_it(made: Made, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    picture = tmp_path / "page.png"
    where = [f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1100,1600"]
    address = made.page.as_uri()
    shown = subprocess.run(
        [CHROMIUM, *QUIET, *where, "--dump-dom", address],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    ).stdout
    ids = {"figures", "rallies", "shots", "heat", "speeds", "court", "facts"}
    assert ids <= {attributes.get("id") for _, attributes in Elements(shown).tags}
    subprocess.run(
        [CHROMIUM, *QUIET, *where, f"--screenshot={picture}", address],
        capture_output=True,
        check=True,
        timeout=240,
    )
    image = cv2.imread(str(picture))
    assert image is not None
    green = np.array(make_view(0, SIZE, 5).stage[-5, 5], dtype=int)  # of the first shot's picture
    assert (np.abs(image.astype(int) - green).max(axis=2) < 12).sum() > 1000
