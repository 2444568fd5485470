"""The worst misses: which they are, and the page that shows them."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from balltrack.errors import DatasetError, OutputError
from balltrack.evaluation.comparison import Outcome
from balltrack.evaluation.page.misses import find_misses, worst
from balltrack.evaluation.page.page import write_page
from balltrack.evaluation.page.pictures import take_pictures
from balltrack.evaluation.repeated import find_repeated
from balltrack.evaluation.report import Clip, Report, evaluate_clips
from balltrack.options import TrackOptions
from balltrack.overlay.writer import VideoWriter
from balltrack.structures import Labels, Source, Track

SIZE = (320, 180)
BALL, ELSEWHERE = (60.0, 80.0), (260.0, 100.0)
MARKUP = '<b>&"a'
WORDS = {"r": BALL, "w": ELSEWHERE, "-": (np.nan, np.nan)}


def render(path: Path, brightness: list[int]) -> Path:
    """A frame of one grey each, with a white ball."""
    with VideoWriter(path, SIZE, Fraction(25), crf=5) as writer:
        for i, level in enumerate(brightness):
            image = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
            cv2.circle(image, (round(BALL[0]), round(BALL[1])), 4, (255, 255, 255), -1)
            writer.write(image, i / 25)
    return path


def clip(name: str, balls: str, words: str, scores: list[float], video: Path | None = None) -> Clip:
    n = len(balls)
    visibility = np.array([int(ball) for ball in balls], np.int8)
    xy = np.array([WORDS[word] for word in words])
    source = np.where(np.isfinite(xy[:, 0]), Source.DETECTED, Source.NONE).astype(np.int8)
    labels = Labels(
        np.arange(n),
        visibility,
        np.where(visibility[:, None] > 0, BALL, np.nan),
        np.full(n, -1, np.int8),
    )
    track = Track(
        np.arange(n),
        np.arange(n) / 25,
        xy,
        np.array(scores, np.float32),
        source,
        np.zeros(n, np.int64),
    )
    return Clip(name, labels, track, SIZE, video)


@pytest.fixture
def report(tmp_path) -> Report:
    """FP1 on frames 1-2, FN on 3, FP2 on 4-5, in a clip whose name is markup."""
    video = render(tmp_path / "a.mp4", [40, 50, 60, 70, 80, 90])
    scores = [0.9, 0.6, 0.8, 0, 0.5, 0.3]
    return evaluate_clips([clip(MARKUP, "111100", "rww-ww", scores, video)])


def test_misses_are_runs_with_their_surest_frame(report):
    misses = {miss.outcome: miss for miss in find_misses(report.clips)}
    assert {kind: (m.first, m.last, m.frame) for kind, m in misses.items()} == {
        Outcome.FP1: (1, 2, 2),
        Outcome.FN: (3, 3, 3),
        Outcome.FP2: (4, 5, 4),
    }
    assert misses[Outcome.FP1].weight[:2] == (pytest.approx(1.4), 2)


def test_the_surest_and_longest_come_first_and_outcomes_take_turns():
    compared = evaluate_clips(
        [
            clip("a", "11011", "-w-rw", [0, 0.4, 0, 1, 0.9]),
            clip("b", "1100", "--ww", [0, 0, 0.5, 0.6]),
        ]
    )
    misses = find_misses(compared.clips)
    assert len(misses) == 5
    shown = [(m.outcome.name, m.clip, m.first) for m in worst(misses, 4)]
    assert shown == [("FP1", "a", 4), ("FP1", "a", 1), ("FP2", "b", 2), ("FN", "b", 0)]
    assert [m.outcome.name for m in worst(misses, 2)] == ["FP1", "FP2"]
    assert [(m.outcome.name, m.clip) for m in worst(misses, 99)][3:] == [("FN", "b"), ("FN", "a")]


def test_crops_are_of_the_frames_around_and_show_truth_and_prediction(report, tmp_path):
    (name,) = report.clips
    misses = worst(find_misses(report.clips), 9)
    strips = dict(
        zip(
            [m.outcome for m in misses],
            take_pictures(misses, report.clips[name], tmp_path / "a.mp4"),
            strict=True,
        )
    )
    at_truth, at_prediction = strips[Outcome.FP1].crops  # they lie far apart
    assert [view.frame for view in at_truth] == [1, 2, 3]
    assert (at_truth[0].left, at_truth[0].top) == (40, 65)  # 40 x 30 around (60, 80)
    images = [cv2.imdecode(np.frombuffer(v.jpeg, np.uint8), cv2.IMREAD_COLOR) for v in at_truth]
    assert [image.shape for image in images] == [(30, 40, 3)] * 3
    assert [round(float(image[0, 0].mean()), -1) for image in images] == [50, 60, 70]
    assert images[0][15, 20].min() > 200  # the ball is in the middle
    assert (at_prediction[0].left, at_prediction[0].top) == (240, 85)
    assert len(strips[Outcome.FN].crops) == len(strips[Outcome.FP2].crops) == 1
    assert strips[Outcome.FN].overview is not None
    assert strips[Outcome.FN].overview.width == SIZE[0]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(report, tmp_path):
    page = tmp_path / "misses.html"
    page.write_text("old")
    assert write_page(report, page) == (3, 3)
    text = page.read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.seen.count("section") == 3
    assert "b" not in tags.seen  # the clip's name is text
    assert "FP1 &lt;b&gt;&amp;&#34;a, frames 1-2 (2 frames)" in text
    assert "detected with score 0.80, 321.6 px away (512x288 grid)" in text
    assert "truth: easy, ball at 0.0 px/frame on 512x288, nothing found" in text
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert links
    for link in links:
        kind, _, data = link.partition(",")
        assert kind == "data:image/jpeg;base64"
        assert base64.b64decode(data).startswith(b"\xff\xd8")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_names_of_files_are_text_wherever_they_stand(report, tmp_path):
    """Of the clip in every heading, of the weights in the title."""
    options = TrackOptions(weights='<i>&".safetensors')
    write_page(replace(report, options=options), tmp_path / "p.html")
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<p>&lt;i&gt;&amp;&#34;: right at &lt;= 4 px, 512x288 grid</p>" in text
    assert text.count("&lt;b&gt;&amp;&#34;a, frame") == 3
    assert not re.search("<[bi]>", text)
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []


def test_each_picture_says_what_became_of_its_frame(report, tmp_path):
    """The shown frame in bold, its neighbours with their own outcomes, crops outlined."""
    write_page(report, tmp_path / "p.html")
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    first = text.partition("<section>")[2].partition("</section>")[0]  # FP1 on frames 1-2
    figures = re.findall(r"<figure( class=\"shown\")?>.*?<figcaption>(.*?)</figcaption>", first)
    row = ["frame 1: FP1", "frame 2: FP1", "frame 3: FN"]
    assert [caption for _, caption in figures] == [row[1], *row, *row]
    assert [bool(shown) for shown, _ in figures] == [True, False, True, False, False, True, False]
    overview, *crops = re.findall(r"<svg.*?</svg>", first)
    assert 'role="img" aria-label="frame 2: FP1"' in overview
    assert re.findall(r'<rect class="crop" x="(\d+)" y="(\d+)"', overview) == [
        ("40", "65"),
        ("240", "85"),
    ]
    assert not any("<rect" in crop for crop in crops)


def test_a_neighbour_without_a_label_says_so(tmp_path):
    video = render(tmp_path / "a.mp4", [40, 50])
    short = evaluate_clips([clip("a", "1", "-", [0], video)])
    write_page(short, tmp_path / "p.html")
    assert "frame 1: not labelled" in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_marks_lie_where_the_positions_are(report, tmp_path):
    write_page(report, tmp_path / "p.html")
    text = (tmp_path / "p.html").read_text(encoding="utf-8")
    # Tolerance 4 of 512x288 is 2.5 source pixels of 320x180; pixel centres are at halves.
    assert '<ellipse class="truth" cx="60.5" cy="80.5" rx="2.5" ry="2.5"/>' in text
    assert 'class="found" d="M261.5 101.5L263.0 103.0' in text


def test_the_number_of_misses_is_bounded(report, tmp_path):
    assert write_page(report, tmp_path / "p.html", limit=1) == (1, 3)
    assert (tmp_path / "p.html").read_text(encoding="utf-8").count("<section>") == 1


def test_a_truth_that_outlasts_its_video(tmp_path):
    video = render(tmp_path / "a.mp4", [40, 50])
    short = evaluate_clips([clip("a", "1111", "rr--", [1, 1, 0, 0], video)])
    write_page(short, tmp_path / "p.html")
    assert "The video ends before this frame." in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_nothing_missed_makes_a_page_too(tmp_path):
    video = render(tmp_path / "a.mp4", [40, 50])
    perfect = evaluate_clips([clip("a", "11", "rr", [1, 1], video)])
    assert write_page(perfect, tmp_path / "p.html") == (0, 0)


def test_a_page_that_cannot_be_made_leaves_nothing(report, tmp_path):
    with pytest.raises(DatasetError, match="no video beside the truth of a to take pictures"):
        write_page(evaluate_clips([clip("a", "1", "-", [0])]), tmp_path / "p.html")
    with pytest.raises(OutputError, match=r"p\.html: there is no folder .*gone"):
        write_page(report, tmp_path / "gone" / "p.html")
    taken = tmp_path / "folder"
    taken.mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_page(report, taken)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "folder"}


def test_repeated_frames_are_found_in_the_pictures(tmp_path):
    video = tmp_path / "r.mp4"
    with VideoWriter(video, SIZE, Fraction(30), crf=23) as writer:
        rng = np.random.default_rng(0)
        court = cv2.GaussianBlur(rng.integers(0, 255, (180, 320, 3), np.uint8), (0, 0), 3)
        for i, step in enumerate([0, 1, 2, 2, 3, 4, 4, 5]):
            image = court.copy()
            cv2.circle(image, (60 + 12 * step, 80), 3, (255, 255, 255), -1)
            writer.write(image, i / 30)
    assert find_repeated(video).tolist() == [3, 6]
    assert find_repeated(video, last=5).tolist() == [3]
