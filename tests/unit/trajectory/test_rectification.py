"""Which gaps are filled, with what, and what is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balltrack.errors import OptionError
from balltrack.structures import Candidate, FloatArray, FrameCandidates, Source, Track
from balltrack.trajectory.interpolation import interpolate
from balltrack.trajectory.motion import DEFAULT
from balltrack.trajectory.rectification import find_gaps, rectify
from balltrack.trajectory.sightings import Sightings

SIZE = (1280, 720)


def make_track(xy: npt.ArrayLike, shot: npt.ArrayLike | None = None) -> Track:
    xy = np.array(xy, dtype=np.float64)
    seen = np.isfinite(xy).all(axis=1)
    count = len(xy)
    return Track(
        frame_index=np.arange(count, dtype=np.int64),
        time_s=np.arange(count) / 30,
        xy=xy,
        score=np.where(seen, 0.9, 0).astype(np.float32),
        source=np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        shot=np.zeros(count, dtype=np.int64) if shot is None else np.array(shot, dtype=np.int64),
    )


def flight(count: int = 30, *hidden: int) -> FloatArray:
    t = np.arange(count)
    xy = np.stack([300.0 + 12 * t, 500.0 - 9 * t + 0.3 * t * t], axis=1)
    xy[list(hidden)] = np.nan
    return xy


def fill(track: Track, max_gap: int = 8) -> Track:
    return rectify(track, max_gap=max_gap, size=SIZE)


def test_a_gap_is_filled_and_says_so() -> None:
    track = fill(make_track(flight(30, 10, 11, 12)))
    assert track.source[10:13].tolist() == [Source.INPAINTED] * 3
    assert track.score[10:13].tolist() == [0, 0, 0]
    np.testing.assert_allclose(track.xy[10:13], flight()[10:13], atol=1.0)


@pytest.mark.parametrize("first", [1, 2, 20])
def test_a_gap_may_begin_anywhere_after_the_first_frame(first: int) -> None:
    """Upstream's condition ``i > 1`` never fills a gap that begins at frame 1."""
    assert fill(make_track(flight(30, first))).visible.all()


def test_nothing_before_the_first_and_after_the_last_seen_frame() -> None:
    xy = flight(30, 0, 1, 28, 29)
    assert np.flatnonzero(~fill(make_track(xy)).visible).tolist() == [0, 1, 28, 29]


def test_a_gap_longer_than_the_limit_stays() -> None:
    track = make_track(flight(30, *range(10, 15)))
    assert not fill(track, max_gap=4).visible[10:15].any()
    assert fill(track, max_gap=5).visible.all()


def test_a_limit_of_nothing_fills_nothing() -> None:
    track = make_track(flight(30, 10))
    np.testing.assert_array_equal(fill(track, max_gap=0).xy, track.xy)


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(OptionError, match="max_gap must be at least 0"):
        fill(make_track(flight()), max_gap=-1)


@pytest.mark.parametrize("cut", [10, 11, 12])
def test_no_gap_is_filled_across_a_cut(cut: int) -> None:
    track = make_track(flight(30, 10, 11), shot=np.arange(30) >= cut)
    assert not fill(track).visible[10:12].any()


def test_no_gap_is_filled_where_rows_are_missing() -> None:
    track = make_track(flight(30, 10))
    keep = np.arange(30) != 12
    columns = {n: column[keep] for n, column in vars(track).items() if n != "others"}
    assert fill(Track(**columns)).visible.all()
    keep = np.arange(30) != 11
    columns = {n: column[keep] for n, column in vars(track).items() if n != "others"}
    assert not fill(Track(**columns)).visible[10]


@pytest.mark.parametrize(("side", "filled"), [(0, False), (1, False), (2, True)])
def test_a_ball_that_may_have_left_through_the_top_is_not_filled(side: int, filled: bool) -> None:
    """30 px of a 288 px picture are the line, on both sides of the gap (TrackNetV3)."""
    line = 30.5 / 288 * 720 - 0.5  # the centre of grid pixel 30, in source pixels
    xy = np.stack([np.linspace(400, 500, 9), np.full(9, line + 2)], axis=1)
    xy[4] = np.nan
    if side < 2:
        xy[3 + 2 * side, 1] = line - 2
    assert fill(make_track(xy)).visible[4] == filled


def test_the_inpainter_is_asked_in_shares_of_the_picture() -> None:
    asked = []

    def inpaint(positions: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        asked.append((positions, mask))
        return np.where(mask[:, None], (0.4, 0.5), 0.0)

    xy = np.full((20, 2), (512.0, 350.0))
    xy[[4, 15]] = np.nan
    track = rectify(make_track(xy), inpaint=inpaint, max_gap=8, size=SIZE)
    ((positions, mask),) = asked
    assert np.flatnonzero(mask).tolist() == [4, 15]
    assert np.isnan(positions[mask]).all()
    assert positions[0].tolist() == [512 / 1280, 350 / 720]
    assert track.xy[[4, 15]].tolist() == [[512.0, 360.0]] * 2
    assert track.xy[0].tolist() == [512.0, 350.0]


def test_each_shot_is_asked_by_itself() -> None:
    lengths = []

    def inpaint(positions: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        lengths.append(len(positions))
        return interpolate(positions, mask)

    xy = flight(30, 5, 20)
    shot = np.repeat([0, 3, 4], [12, 6, 12])
    assert rectify(make_track(xy, shot), inpaint=inpaint, max_gap=8, size=SIZE).visible.all()
    assert lengths == [12, 12]


@pytest.mark.parametrize(
    "answer",
    [(np.nan, np.nan), (0.9, 0.1), (1.2, 0.5), (0.3, -0.1)],
    ids=["nothing", "a jump", "beside the picture", "above the picture"],
)
def test_an_implausible_answer_gives_way_to_interpolation(answer: tuple[float, float]) -> None:
    track = make_track(flight(30, 10, 11))
    poor = rectify(
        track,
        inpaint=lambda positions, mask: np.where(mask[:, None], answer, positions),
        max_gap=8,
        size=SIZE,
    )
    np.testing.assert_array_equal(poor.xy, fill(track).xy)


def test_a_gap_between_two_different_things_stays() -> None:
    """Slow on the left, slow on the right, and a leap of 500 px in two frames between."""
    xy = flight(20)
    xy[10:] = xy[:10] + np.array([500.0, 0.0])
    xy[10] = np.nan
    assert not fill(make_track(xy)).visible[10]


def test_a_ball_seen_before_but_faster_than_the_leap_is_filled() -> None:
    t = np.arange(20)[:, None]
    xy = np.array([100.0, 400.0]) + t * (55.0, 0.0)
    xy[10] = np.nan
    assert fill(make_track(xy)).xy[10] == pytest.approx([650.0, 400.0])


def test_an_answer_just_outside_the_picture_gives_way() -> None:
    """It is no jump: the ball flies along the right border, 2 px from it."""
    xy = np.stack([np.full(12, 1277.0), 300.0 + 4 * np.arange(12)], axis=1)
    truth = xy.copy()
    xy[5] = np.nan
    for answer, filled in ((1278.5, 1278.5), (1280.5, 1277.0)):
        track = rectify(
            make_track(xy),
            inpaint=lambda positions, mask, x=answer: np.where(
                mask[:, None], (x / 1280, truth[5, 1] / 720), positions
            ),
            max_gap=8,
            size=SIZE,
        )
        assert track.xy[5] == pytest.approx([filled, truth[5, 1]], abs=1e-6)


@pytest.mark.parametrize(("step", "filled"), [(25.0, True), (35.0, False)])
def test_how_far_a_ball_at_rest_may_leap_goes_with_the_height(step: float, filled: bool) -> None:
    """0.04 of 720 px are 28.8; of the width it would be 51.2."""
    xy = np.full((12, 2), (500.0, 400.0))
    xy[6:, 0] += 2 * step
    xy[5] = np.nan
    assert fill(make_track(xy)).visible[5] == filled


@pytest.mark.parametrize(("lost", "moved"), [([], True), ([9, 11], True), ([8, 9], False)])
def test_a_weak_answer_is_put_straight_by_what_is_close(lost: list[int], moved: bool) -> None:
    """Seen within two frames on both sides."""
    xy = flight(20, *lost)
    xy[10] += (0.0, 6.0)
    track = make_track(xy)
    track.source[10] = Source.LINKED
    assert (rectify(track, max_gap=0, size=SIZE).xy[10, 1] < xy[10, 1]) == moved


positions = st.one_of(st.none(), st.tuples(st.floats(0, 1279), st.floats(0, 719)))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(positions, st.booleans()), max_size=40),
    st.integers(0, 10),
)
def test_what_was_seen_is_untouched(rows: list[tuple[tuple | None, bool]], max_gap: int) -> None:
    xy = np.array([p or (np.nan, np.nan) for p, _ in rows], dtype=float).reshape(-1, 2)
    shot = np.cumsum([cut and i > 0 for i, (_, cut) in enumerate(rows)], dtype=np.int64)
    track = make_track(xy, shot)
    rng = np.random.default_rng(0)
    for inpaint in (None, lambda p, m: rng.uniform(0, 1, p.shape)):
        filled = rectify(track, inpaint=inpaint, max_gap=max_gap, size=SIZE)
        seen = track.visible
        for name in ("xy", "score", "source"):
            np.testing.assert_array_equal(getattr(filled, name)[seen], getattr(track, name)[seen])
        added = filled.visible & ~seen
        allowed = np.zeros(len(track), dtype=bool)
        for gap in find_gaps(track, max_gap=max_gap, size=SIZE):
            assert gap.stop - gap.start <= max_gap
            allowed[gap] = True
        assert not (added & ~allowed).any()
        assert (filled.source[added] == Source.INPAINTED).all()
        assert (filled.xy[added] > -0.5).all()
        assert (filled.xy[added] < np.array(SIZE) - 0.5).all()


def unsupported(xy: FloatArray, shot: npt.ArrayLike | None = None) -> Track:
    """Filled where no frame has a candidate."""
    sightings = Sightings()
    for i in range(len(xy)):
        sightings.remember(FrameCandidates(i, i / 30, 0, ()))
    return rectify(make_track(xy, shot), max_gap=8, size=SIZE, sightings=sightings)


@pytest.mark.parametrize(
    ("hidden", "filled"), [([10], True), ([10, 11], True), ([9, 10, 11], False)]
)
def test_without_a_candidate_a_brief_gap_of_a_steady_flight_is_filled(
    hidden: list[int], filled: bool
) -> None:
    track = unsupported(flight(30, *hidden))
    assert (track.source[hidden] == (Source.INPAINTED if filled else Source.NONE)).all()
    if filled:
        np.testing.assert_allclose(track.xy[hidden], flight()[hidden], atol=0.5)


def struck(share: float) -> FloatArray:
    """20 px a frame to the right, and from row 10 on by a share of it another way, too."""
    xy = np.stack([300.0 + 20 * np.arange(20), np.full(20, 400.0)], axis=1)
    xy[11:, 1] += 20 * share * np.arange(9)
    xy[10] = np.nan
    return xy


@pytest.mark.parametrize(
    ("share", "filled"), [(0.0, True), (0.5, True), (0.8, False), (-2.0, False)]
)
def test_at_a_stroke_the_ball_may_be_hidden(share: float, filled: bool) -> None:
    assert unsupported(struck(share)).visible[10] == filled
    assert unsupported(struck(share)[::-1]).visible[9] == filled


def test_a_steady_flight_is_seen_twice_on_either_side() -> None:
    """Within four rows, and in the same shot."""
    assert not unsupported(flight(30, 10, *range(12, 16))).visible[10]
    assert not unsupported(flight(30, *range(5, 9), 10)).visible[10]
    assert unsupported(flight(30, 10, 12)).visible[10]
    assert not unsupported(flight(30, 10), shot=np.arange(30) >= 12).visible[10]


def test_a_ball_that_lies_still_is_in_steady_flight() -> None:
    xy = np.tile([500.0, 400.0], (20, 1)) + np.arange(20)[:, None] % 2
    xy[10] = np.nan
    assert unsupported(xy).visible[10]


def test_a_trace_too_weak_to_fill_from_moves_nothing() -> None:
    """The flight alone says where the ball is then; a stronger trace draws it nearer."""
    xy, parameters = flight(30, 10), replace(DEFAULT, fill_score=0.35, path_share=0.5)
    filled = {}
    for score in (0.3, 0.4):
        sightings = Sightings()
        for i, (x, y) in enumerate(flight()):
            weak = (Candidate(x, y + 6, score),) if i == 10 else ()
            sightings.remember(FrameCandidates(i, i / 30, 0, weak))
        track = rectify(
            make_track(xy), max_gap=8, size=SIZE, sightings=sightings, parameters=parameters
        )
        filled[score] = track.xy[10]
    np.testing.assert_array_equal(filled[0.3], unsupported(xy).xy[10])
    np.testing.assert_allclose(filled[0.4][1] - filled[0.3][1], 3, atol=0.5)
