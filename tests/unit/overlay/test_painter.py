"""What is painted, seen on a plain picture: every changed pixel belongs to the overlay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from av.video.reformatter import Colorspace
from hypothesis import given, settings
from hypothesis import strategies as st

from balltrack.options import RenderOptions
from balltrack.overlay.painter import MARKERS, OverlayPainter
from balltrack.structures import Event, Image, Source, Track
from balltrack.video.yuv import PlanarFrame, PlaneConverter, planes_of

SIZE = (640, 360)
NOWHERE = (np.nan, np.nan)
POSITIONED = [Source.DETECTED, Source.LINKED, Source.INPAINTED]


def make_track(
    positions: Sequence[tuple[float, float]],
    *,
    source: Source = Source.DETECTED,
    shots: Sequence[int] | None = None,
    numbers: Sequence[int] | None = None,
    score: float = 0.87,
) -> Track:
    xy = np.array(positions, dtype=np.float64).reshape(-1, 2)
    seen = np.isfinite(xy).all(axis=1)
    count = len(xy)
    return Track(
        frame_index=np.array(range(count) if numbers is None else numbers, dtype=np.int64),
        time_s=np.arange(count) / 25,
        xy=xy,
        score=np.where(seen & (source != Source.INPAINTED), score, 0).astype(np.float32),
        source=np.where(seen, source, Source.NONE).astype(np.int8),
        shot=np.zeros(count, np.int64) if shots is None else np.array(shots, dtype=np.int64),
    )


def plain(level: int = 90, size: tuple[int, int] = SIZE) -> Image:
    return np.full((size[1], size[0], 3), level, dtype=np.uint8)


def paint(painter: OverlayPainter, index: int, image: Image, shot: int = -1) -> Image:
    """What a viewer sees of an image that was painted on."""
    picture = PlaneConverter(image.shape[1::-1], Colorspace.ITU601).from_bgr(image)
    painted = painter.paint(PlanarFrame(index, index / 25, image, shot, picture=picture))
    return np.asarray(painted.to_ndarray(format="bgr24"), dtype=np.uint8)


def change(track: Track, index: int, **options: object) -> npt.NDArray[np.int64]:
    """(h, w) how much each pixel of frame ``index`` is changed, as the largest channel."""
    painter = OverlayPainter(track, RenderOptions(**options), SIZE)  # type: ignore[arg-type]
    painted = paint(painter, index, plain())
    return np.abs(painted.astype(np.int64) - painted[0, -1]).max(axis=2)


def touched(painted: Image) -> npt.NDArray[np.bool_]:
    """(h, w) whether a pixel of a plain picture is not as it was; its upper right one is."""
    return np.asarray((painted != painted[0, -1]).any(axis=2))


def centre(changed: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    y, x = np.nonzero(changed)
    weights = changed[y, x]
    return np.array([np.average(x, weights=weights), np.average(y, weights=weights)])


@pytest.mark.parametrize("source", POSITIONED)
@settings(deadline=None, max_examples=40)
@given(x=st.floats(40, 600), y=st.floats(40, 320))
def test_marker_lies_on_the_ball(source: Source, x: float, y: float) -> None:
    changed = change(make_track([(x, y)], source=source), 0, trail=0)
    np.testing.assert_allclose(centre(changed), [x, y], atol=0.25)


@pytest.mark.parametrize("source", POSITIONED)
def test_the_ball_itself_stays_in_sight(source: Source) -> None:
    track = make_track([(300 + i / 2, 200) for i in range(9)], source=source)
    changed = change(track, 8)
    assert (changed[199:202, 303:306] <= 15).all(), "what antialiasing leaves"
    assert changed.any()


def test_markers_differ() -> None:
    """In colour, in how much is drawn, and the dashed one has gaps in its ring."""
    painted = {}
    for source in POSITIONED:
        painter = OverlayPainter(make_track([(300, 200)], source=source), RenderOptions(), SIZE)
        painted[source] = paint(painter, 0, plain())
    colours = {
        tuple(image[190:211, 290:311].reshape(-1, 3).max(axis=0)) for image in painted.values()
    }
    assert len(colours) == 3

    def bright(source: Source) -> int:
        return int((painted[source].max(axis=2) > 150).sum())

    def bright_round_the_ring(source: Source) -> float:
        angles = np.radians(np.arange(360))
        x, y = (300 + 6 * np.cos(angles)).round(), (200 + 6 * np.sin(angles)).round()
        return float((painted[source][y.astype(int), x.astype(int)].max(axis=1) > 200).mean())

    assert bright(Source.LINKED) < 0.8 * bright(Source.DETECTED)
    assert bright_round_the_ring(Source.DETECTED) > 0.95
    assert 0.2 < bright_round_the_ring(Source.INPAINTED) < 0.8


@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709, Colorspace.BT2020])
@pytest.mark.parametrize("source", POSITIONED)
def test_colours_on_the_screen_are_the_markers(source: Source, matrix: Colorspace) -> None:
    """Seen through the matrix of the stream, in the middle of a stroke."""
    size = (3840, 2160)
    painter = OverlayPainter(
        make_track([(2000, 1000)], source=source), RenderOptions(), size, matrix
    )
    converter = PlaneConverter(size, matrix)
    picture = converter.from_bgr(plain(90, size))
    painter.paint(PlanarFrame(0, 0.0, plain(), picture=picture))
    seen = picture.reformat(format="bgr24", src_colorspace=matrix).to_ndarray()
    at = 36 / 2**0.5 if source == Source.INPAINTED else 0.0  # the middle of its first dash
    x, y = (2000 + at, 1000 + at) if at else (2036, 1000)
    np.testing.assert_allclose(seen[round(y), round(x)], MARKERS[source].color, atol=6)


def test_text_is_white_with_a_dark_edge_and_no_hue() -> None:
    picture = PlaneConverter(SIZE, Colorspace.ITU601).from_bgr(plain())
    painter = OverlayPainter(make_track([]), RenderOptions(frame_number=True), SIZE)
    painter.paint(PlanarFrame(1234, 0.0, plain(), picture=picture))
    luma, blue, red = planes_of(picture)
    assert luma.max() > 225
    assert luma.min() < 45
    assert np.abs(np.stack([blue, red]).astype(int) - 128).max() <= 3


@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
def test_a_marker_is_seen_on_any_ground(level: int) -> None:
    painter = OverlayPainter(make_track([(300, 200)]), RenderOptions(), SIZE)
    painted = paint(painter, 0, plain(level))[185:216, 285:316].astype(int)
    ground = np.array([level] * 3)
    assert np.abs(painted - ground).sum(axis=2).max() > 300


def test_sizes_follow_the_picture() -> None:
    drawn = []
    for size in ((640, 360), (1280, 720), (2560, 1440)):
        painter = OverlayPainter(make_track([(200, 150)]), RenderOptions(), size)
        painted = paint(painter, 0, plain(90, size))
        drawn.append(np.ptp(np.nonzero(touched(painted))[1]))
    assert drawn[1] == pytest.approx(2 * drawn[0], rel=0.15)
    assert drawn[2] == pytest.approx(2 * drawn[1], rel=0.15)


def test_a_turned_picture_has_the_same_sizes() -> None:
    drawn = []
    for size in ((1280, 720), (720, 1280)):
        painter = OverlayPainter(make_track([(200, 150)]), RenderOptions(), size)
        painted = paint(painter, 0, plain(90, size))
        drawn.append(np.ptp(np.nonzero(touched(painted))[1]))
    assert drawn[0] == drawn[1]


def test_the_trail_fades_and_ends() -> None:
    positions = [(60 + 40 * i, 180.0) for i in range(12)]
    changed = change(make_track(positions), 11, trail=6)
    strengths = [int(changed[170:190, 55 + 40 * i : 66 + 40 * i].sum()) for i in range(11)]
    assert strengths[:5] == [0] * 5
    assert all(older < newer for older, newer in pairwise(strengths[4:]))
    assert strengths[5] > 0


@pytest.mark.parametrize("trail", [0, 1, 3])
def test_the_trail_is_as_long_as_asked(trail: int) -> None:
    positions = [(60 + 40 * i, 180.0) for i in range(12)]
    changed = change(make_track(positions), 11, trail=trail)
    left = int(np.nonzero(changed)[1].min())
    assert left == pytest.approx(60 + 40 * (11 - trail), abs=10)


def test_the_trail_goes_on_where_the_ball_is_lost() -> None:
    changed = change(make_track([(60 + 40 * i, 180.0) for i in range(5)] + [NOWHERE]), 5, trail=3)
    assert changed[:, 130:230].any()
    assert not changed[:, :120].any()


def test_the_trail_has_a_gap_where_frames_have_no_position() -> None:
    positions = [(100.0, 180.0), (140.0, 180.0), NOWHERE, (260.0, 180.0), (300.0, 180.0)]
    changed = change(make_track(positions), 4)
    assert changed[:, 120].any()
    assert changed[:, 280].any()
    assert not changed[:, 160:240].any()


def test_the_trail_has_a_gap_where_frames_have_no_row() -> None:
    track = make_track([(100.0, 180.0), (300.0, 180.0), (340.0, 180.0)], numbers=[0, 4, 5])
    changed = change(track, 5)
    assert changed[:, 90:110].any()
    assert not changed[:, 120:280].any()


def test_no_trail_crosses_a_cut_of_the_track() -> None:
    track = make_track([(100.0, 180.0), (140.0, 180.0), (400.0, 180.0)], shots=[0, 0, 1])
    assert not change(track, 2)[:, :350].any()


def test_no_trail_crosses_a_cut_of_the_frames() -> None:
    """Label files without a shot column say shot 0 throughout."""
    track = make_track([(100.0, 180.0), (140.0, 180.0), (400.0, 180.0), (440.0, 180.0)])
    painter = OverlayPainter(track, RenderOptions(), SIZE)
    painted = [paint(painter, i, plain(), shot) for i, shot in enumerate([0, 0, 1, 1])]
    assert touched(painted[1])[:, 90:110].any(), "there is a trail within the shot"
    assert not touched(painted[3])[:, :350].any()
    assert touched(painted[3])[:, 390:410].any()


def test_frames_without_a_row_carry_no_marker() -> None:
    track = make_track([(100.0, 180.0)], numbers=[3])
    for index in (0, 2, 4, 99):
        assert not change(track, index).any()
    assert change(track, 3).any()


def test_an_empty_track_paints_nothing() -> None:
    assert not change(make_track([]), 0).any()


@pytest.mark.parametrize(
    "xy", [(-3.0, -3.0), (645.0, 100.0), (639.5, 359.5), (0.0, 180.0), (-1e12, 5.0), (300.0, 1e9)]
)
def test_positions_at_and_beyond_the_edge(xy: tuple[float, float]) -> None:
    track = make_track([xy, (320.0, 180.0), xy])
    painter = OverlayPainter(track, RenderOptions(confidence=True), SIZE)
    for index in range(3):
        assert paint(painter, index, plain()).shape == (360, 640, 3)


def test_text_is_drawn_on_request() -> None:
    track = make_track([(300.0, 200.0)])
    bare = change(track, 0)
    numbered = change(track, 0, frame_number=True)
    scored = change(track, 0, confidence=True)
    assert not bare[:40, :100].any()
    assert numbered[:40, :100].any()
    assert not bare[190:211, 320:380].any()
    assert scored[190:211, 320:380].any()
    assert change(make_track([]), 0, frame_number=True).any(), "on every frame"


def test_confidence_stays_in_the_picture_and_is_not_made_up() -> None:
    right = change(make_track([(620.0, 200.0)]), 0, confidence=True)
    assert right[190:211, 560:600].any(), "to the left of the ring"
    filled = make_track([(300.0, 200.0)], source=Source.INPAINTED)
    np.testing.assert_array_equal(change(filled, 0, confidence=True), change(filled, 0))


def changed(painter: OverlayPainter, index: int) -> npt.NDArray[np.bool_]:
    return np.abs(paint(painter, index, plain()).astype(int) - plain()).max(axis=2) > 20


def test_an_event_is_marked_where_it_was_for_a_while() -> None:
    """At 25 frames/s for 8 frames (0.3 s), while the ball flies on."""
    nobody = make_track([NOWHERE] * 30)
    event = Event(10, "bounce", 200.0, 150.0, 0.9)
    elsewhere = [Event(10, "serve", 50.0, 50.0, 0.9), Event(12, "hit", np.nan, np.nan, 0.9)]
    painter = OverlayPainter(nobody, RenderOptions(), SIZE, events=[event, *elsewhere])
    marked = {index: changed(painter, index) for index in range(8, 22)}
    assert [index for index, pixels in marked.items() if pixels.any()] == list(range(10, 18))
    rows, columns = np.nonzero(marked[12][:, :201])  # the left half of the ring
    assert (rows.min() + rows.max()) / 2 == pytest.approx(150, abs=1)
    assert columns.min() == pytest.approx(200 - (rows.max() - rows.min()) / 2, abs=1)
    assert not marked[12][147:154, 197:204].any()  # the ball itself stays in sight
    assert marked[12][:, 220:300].any()  # its name


def test_an_event_stays_marked_as_long_at_every_frame_rate() -> None:
    nobody = make_track([NOWHERE] * 30)
    event = Event(0, "hit", 200.0, 150.0, 0.9)
    painter = OverlayPainter(nobody, RenderOptions(), SIZE, events=[event], frame_rate=60.0)
    assert [changed(painter, index).any() for index in (0, 17, 18)] == [True, True, False]
