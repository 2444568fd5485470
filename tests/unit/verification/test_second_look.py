"""A second look: the right candidates, scores and places that move as told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from av.video.reformatter import Colorspace
from hypothesis import given
from hypothesis import strategies as st

from balltrack.geometry import Scaling
from balltrack.models.verifier.patches import NOW, SIDE
from balltrack.streaks import Streak
from balltrack.structures import Candidate, FloatArray, FrameCandidates, Image
from balltrack.synthetic.scene import draw_smear
from balltrack.verification.belief import Belief
from balltrack.verification.context import Grids
from balltrack.verification.patches import Asked, Patches, cut_patches
from balltrack.verification.second_look import (
    BATCH,
    look_again,
    picture_size,
    verify,
)
from balltrack.video.yuv import PicturedFrame, PlanarPicture, PlaneConverter

SIZE = (160, 90)
SAME = Grids(Scaling(SIZE, SIZE), Scaling(SIZE, SIZE))


def pictured(index: int, image: Image) -> PicturedFrame:
    """A frame with this picture, as it is kept."""
    height, width = image.shape[:2]
    planes = PlaneConverter((width, height), Colorspace.ITU601).from_bgr(image)
    picture = PlanarPicture(planes, (width, height), Colorspace.ITU601)
    return PicturedFrame(index, index / 30, image, picture=picture)


def frames(numbers: Sequence[int]) -> Iterator[PicturedFrame]:
    """Pictures that are their number all over."""
    for i in numbers:
        yield pictured(i, np.full((90, 160, 3), i, np.uint8))


def entries(
    count: int, *candidates: Candidate, shots: Sequence[int] | None = None
) -> list[FrameCandidates]:
    return [
        FrameCandidates(i, i / 30, shots[i] if shots else 0, tuple(candidates))
        for i in range(count)
    ]


class Reader:
    """Says how bright the middle of the middle frame is."""

    belief = Belief(0.1, 20.0)

    def __init__(self) -> None:
        self.asked: list[int] = []

    def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
        self.asked.append(len(patches))
        brightness = patches[:, NOW, SIDE // 2, SIDE // 2, 0]
        return np.column_stack([brightness, np.zeros((len(patches), 2))]).astype(np.float32)


def test_a_frame_without_a_picture_keeps_its_scores() -> None:
    ball = Candidate(50, 40, 0.3)
    there = [i for i in range(40) if i != 7]
    judged = list(verify(entries(40, ball), frames(there), Reader(), SAME))
    assert [entry.frame_index for entry in judged] == list(range(40))
    assert judged[7].candidates == (ball,)
    assert judged[8].candidates[0].score != ball.score


def test_a_video_that_ends_early_the_second_time_loses_nothing() -> None:
    ball = Candidate(50, 40, 0.3)
    judged = list(verify(entries(30, ball), frames(range(12)), Reader(), SAME))
    assert len(judged) == 30
    assert all(entry.candidates == (ball,) for entry in judged[12:])


def test_evidence_goes_to_the_candidate_that_it_is_about() -> None:
    def picture() -> PicturedFrame:
        image = np.zeros((90, 160, 3), np.uint8)
        for level, (x, y) in ((50, (50, 40)), (100, (100, 60)), (150, (20, 10))):
            image[y - 2 : y + 4, x - 2 : x + 4] = level
        return pictured(0, image)

    # twice as large in the source
    spots = [Candidate(100.5, 80.5, 0.9), Candidate(200.5, 120.5, 0.5), Candidate(40.5, 20.5, 0.1)]
    scaling = Grids(Scaling((320, 180), SIZE), Scaling((320, 180), SIZE))
    ((_, look),) = look_again(entries(1, *spots), iter([picture()]), Reader(), scaling)
    np.testing.assert_allclose(look.evidence, [50, 100, 150], atol=6)
    assert look.xy.tolist() == [[100.5, 80.5], [200.5, 120.5], [40.5, 20.5]]


def test_a_verifier_that_cuts_patches_itself_judges_those() -> None:
    class Cutter(Reader):
        def cut(self, asked: Asked) -> Patches:
            return cut_patches(asked) // 2

    ball = Candidate(50, 40, 0.3)
    half, whole = (
        look_again(entries(40, ball), frames(range(40)), one, SAME) for one in (Cutter(), Reader())
    )
    for (_, cut), (_, plain) in zip(half, whole, strict=True):
        np.testing.assert_array_equal(cut.evidence, plain.evidence // 2)
    assert plain.evidence[0] > 30


def test_frames_without_candidates_cost_nothing() -> None:
    reader = Reader()
    assert len(list(verify(entries(50), frames(range(50)), reader, SAME))) == 50
    assert reader.asked == []


@pytest.mark.parametrize("known", [0, 10, 31, 32, 33, 60])
def test_what_is_known_is_left_as_it_is_and_the_rest_judged_as_ever(known: int) -> None:
    """One candidate a frame: a batch is `BATCH` frames."""
    ball = Candidate(80.0, 45.0, 0.5)
    fresh = list(verify(entries(60, ball), frames(range(60)), Reader(), SAME))
    assert all(entry.candidates != (ball,) for entry in fresh)
    given = fresh[:known] + entries(60, ball)[known:]
    reader = Reader()
    assert list(verify(given, frames(range(60)), reader, SAME, known=known)) == fresh
    batches = [BATCH, 60 - BATCH]
    assert reader.asked == ([] if known == 60 else batches[known // BATCH :])


class Told:
    """Says what it is told."""

    belief = Belief(1.0, 0.0)

    def __init__(self, *verdicts: tuple[float, float, float]) -> None:
        self.verdicts = np.array(verdicts, np.float32)

    def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
        assert len(patches) == len(self.verdicts)
        return self.verdicts


def test_scores_are_put_right_and_the_best_comes_first() -> None:
    first, second = Candidate(50, 40, 0.6), Candidate(90, 40, 0.4)
    told = Told((-2.0, 0, 0), (3.0, 0, 0))
    (entry,) = verify(entries(1, first, second), frames([0]), told, SAME)
    assert [c.x for c in entry.candidates] == [90, 50]
    logit = np.log([0.4 / 0.6, 0.6 / 0.4]) + np.array([3.0, -2.0])
    assert [c.score for c in entry.candidates] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_a_candidate_goes_to_where_the_ball_is_seen_as_far_as_that_is_sure() -> None:
    # 3.2, 1.5 lies on pixel 5, 3 of a picture twice as large
    scaling = Grids(Scaling((80, 45), SIZE), Scaling((80, 45), SIZE))
    there = Candidate(3.2, 1.5, 0.5)
    for logit in (-40.0, -1.0, 0.0, 2.0, 40.0):
        told = Told((logit, 8.0, -1.5))
        (entry,) = verify(entries(1, there), frames([0]), told, scaling)
        (moved,) = entry.candidates
        sure = 1 / (1 + np.exp(-logit))
        assert moved.x == pytest.approx(3.2 + sure * ((7 + 8.0 + 0.5) / 2 - 0.5 - 3.2))
        assert moved.y == pytest.approx(1.5 + sure * ((4 - 1.5 + 0.5) / 2 - 0.5 - 1.5))


def test_no_candidate_leaves_the_picture() -> None:
    corners = [Candidate(0.0, 0.0, 0.5), Candidate(159.0, 89.0, 0.5)]
    told = Told((40.0, -10.0, -3.0), (40.0, 10.0, 3.0))
    (entry,) = verify(entries(1, *corners), frames([0]), told, SAME)
    assert [(c.x, c.y) for c in entry.candidates] == [(0, 0), (159, 89)]


@given(st.floats(0, 1), st.floats(-30, 30), st.floats(0.01, 2), st.floats(-5, 5))
def test_a_score_stays_a_score(score: float, told: float, weight: float, neutral: float) -> None:
    belief = Belief(weight, neutral)
    (moved,) = belief.put_right(np.array([score]), np.array([told]))
    (more,) = belief.put_right(np.array([score]), np.array([told + 1]))
    assert 0 < moved < 1
    assert more >= moved
    (kept,) = belief.put_right(np.array([score]), np.array([neutral]))
    assert kept == pytest.approx(np.clip(score, 1e-3, 1 - 1e-3))


@pytest.mark.parametrize(
    ("source", "size"),
    [((1920, 1080), (1280, 720)), ((640, 480), (960, 720)), ((1280, 720), (1280, 720))],
)
def test_pictures_are_of_one_height(source: tuple[int, int], size: tuple[int, int]) -> None:
    assert picture_size(source) == size


def test_a_streak_is_measured_unless_the_detector_has_one() -> None:
    """In pixels of the source, at half of whose size the pictures are kept."""
    images = [np.full((180, 320, 3), 60, np.uint8) for _ in range(31)]
    draw_smear(images[15], np.column_stack([np.linspace(120, 140, 40), np.full(40, 80)]), 3.0)
    own = Streak(1.0, 2.0, 3.0, 1.0, 4.0)
    seen = [Candidate(262.0, 163.0, 0.5), Candidate(262.0, 163.0, 0.5, streak=own)]
    half = Scaling((640, 360), (320, 180))
    shown_ = (pictured(i, image) for i, image in enumerate(images))
    looks = list(verify(entries(31, *seen), shown_, Reader(), Grids(half, half)))
    measured, kept = (candidate.streak for candidate in looks[15].candidates)
    assert kept == own
    assert measured is not None
    assert (measured.x, measured.y) == pytest.approx((260.5, 160.5), abs=0.7)
    assert measured.length == pytest.approx(2 * 26, abs=2)
    assert measured.angle % 180 == pytest.approx(0, abs=2)
    assert looks[3].candidates[0].streak is None


def test_what_is_hardly_the_ball_is_not_measured() -> None:
    class Doubter(Reader):
        def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
            return np.full((len(patches), 3), (-5, 0, 0), np.float32)

    images = [np.full((90, 160, 3), 60, np.uint8) for _ in range(31)]
    draw_smear(images[15], np.column_stack([np.linspace(70, 90, 40), np.full(40, 40)]), 3.0)
    shown_ = (pictured(i, image) for i, image in enumerate(images))
    (seen,) = (
        look.candidates[0]
        for look in verify(entries(31, Candidate(80.0, 40.0, 0.5)), shown_, Doubter(), SAME)
        if look.frame_index == 15
    )
    assert seen.streak is None


def test_beside_a_camera_that_pans_patches_show_the_same_place() -> None:
    """The scene stands still in all nine pictures of a patch; what a ball does there would show."""
    rng = np.random.default_rng(3)
    scene = np.repeat(np.repeat(rng.integers(40, 200, (90, 160), np.uint8), 4, 0), 4, 1)
    corners = [(6 * i, 2 * i) for i in range(40)]
    images = [scene[y : y + 180, x : x + 320, None].repeat(3, axis=2) for x, y in corners]
    half = Scaling((640, 360), (320, 180))
    places = [np.array([[1, 0, x], [0, 1, y]], np.float64) for x, y in corners]
    ball = Candidate(320.5, 180.5, 0.5)

    class Watcher(Reader):
        unlike = 0.0

        def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
            apart = np.abs(patches.astype(int) - patches[:, NOW, None])
            self.unlike = max(self.unlike, float(apart.mean()))
            return super().judge(patches)

    def unlike(places: Sequence[FloatArray | None]) -> float:
        frames = (pictured(i, image) for i, image in enumerate(images))
        shown = (replace(frame, place=places[frame.index]) for frame in frames)
        watcher = Watcher()
        assert len(list(verify(entries(40, ball), shown, watcher, Grids(half, half)))) == 40
        return watcher.unlike

    assert unlike(places) < 1.5
    assert unlike([None] * 40) > 20
