"""What the second look does to a track, from file to rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from balltrack.detection.detector import Description
from balltrack.geometry import Fit, Scaling
from balltrack.models.verifier.patches import NOW, SIDE
from balltrack.options import TrackOptions
from balltrack.pipeline import rules, track_video, tracker
from balltrack.stages import UNOBSERVED, Observer
from balltrack.structures import Candidate, Frame, FrameCandidates, Source
from balltrack.trajectory.motion import DEFAULT
from balltrack.verification.belief import Belief
from balltrack.verification.patches import Patches
from bright_places import SIZE, BrightPlaces, look_with, picture, write_video


@pytest.fixture
def bright_places(monkeypatch: pytest.MonkeyPatch) -> None:
    look_with(monkeypatch, BrightPlaces())


class BrightMiddle:
    """Takes a ball to be where the middle of the middle frame is bright, and in that very place."""

    belief = Belief(1.0, 0.0)

    def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
        bright = patches[:, NOW, SIDE // 2, SIDE // 2].min(axis=-1) > 180
        still = np.zeros(len(patches))
        return np.column_stack([np.where(bright, -1.0, -6.0), still, still]).astype(np.float32)


@pytest.mark.usefixtures("bright_places")
@pytest.mark.parametrize("part", [{}, {"start_s": 0.2, "end_s": 0.5}])
def test_the_second_look_is_at_the_same_frames(
    part: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [picture(i) for i in range(11)] + [picture(i, background=10) for i in range(11, 17)]
    video = write_video(tmp_path / "clip.mp4", images)
    monkeypatch.setattr(tracker, "load_verifier", lambda *_: BrightMiddle())
    plain = track_video(video, TrackOptions(verify="none", link=False, rectify=False, **part))
    track = track_video(video, TrackOptions(link=False, rectify=False, **part))
    np.testing.assert_array_equal(track.frame_index, plain.frame_index)
    np.testing.assert_allclose(track.xy, plain.xy, atol=0.5)  # half a pixel to the picture's
    # the score held at 0.999, moved by -1 on the logit
    assert track.score == pytest.approx(1 / (1 + np.exp(1 - np.log(999))), abs=1e-4)


HARDLY_SEEN = [8, 9, 10]


class Told:
    """A detector that sees a ball fly evenly, and on three `HARDLY_SEEN` hardly sees it."""

    size = SIZE
    fit: Fit = "stretch"
    linking = replace(DEFAULT, fill_score=0.2, score_offset=-9.0)
    verifier = "verifier"
    lag = 0
    description = Description("told", "opencv", "cpu", "uint8", 1, 1)

    def candidates(
        self, frames: Iterable[Frame], scaling: Scaling, observer: Observer = UNOBSERVED
    ) -> Iterator[FrameCandidates]:
        for frame in frames:
            x = 10.0 + 5 * frame.index
            score = 0.25 if frame.index in HARDLY_SEEN else 0.99
            yield FrameCandidates(frame.index, frame.time_s, 0, (Candidate(x, 60, score),))


class Unimpressed:
    """A verifier whose second look changes nothing."""

    def __init__(self, fill_score: float) -> None:
        self.belief = Belief(0.2, 0.0, fill_score)

    def judge(self, patches: Patches) -> npt.NDArray[np.float32]:
        return np.zeros((len(patches), 3), np.float32)


@pytest.mark.parametrize(
    ("verify", "fill_score", "filled"),
    [("none", 0.9, True), ("auto", 0.2, True), ("auto", 0.3, False)],
)
def test_after_a_second_look_gaps_are_filled_by_its_score(
    verify: str,
    fill_score: float,
    filled: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And without one by the detector's."""
    monkeypatch.setattr(rules, "load_detector", lambda _: Told())
    monkeypatch.setattr(tracker, "load_verifier", lambda *_: Unimpressed(fill_score))
    video = write_video(tmp_path / "clip.mp4", [picture(0)] * 20)
    track = track_video(video, TrackOptions(verify=verify, inpaint="none"))
    assert (track.source[HARDLY_SEEN] == (Source.INPAINTED if filled else Source.NONE)).all()
    assert (np.delete(track.source, HARDLY_SEEN) == Source.DETECTED).all()


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [("torch", ("torch", "cuda:1")), ("opencv", ("auto", "auto"))],
)
def test_the_second_look_is_taken_where_the_network_runs(
    runtime: str, expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where there is no network, where one would run."""
    detector = Told()
    detector.description = Description("told", runtime, "cuda:1", "fp32", 1, 1)
    asked: list[tuple[str, str]] = []

    def load(_: object, options: TrackOptions) -> Unimpressed:
        asked.append((options.runtime, options.device))
        return Unimpressed(0.2)

    monkeypatch.setattr(rules, "load_detector", lambda _: detector)
    monkeypatch.setattr(tracker, "load_verifier", load)
    tracker.Tracker(TrackOptions())
    assert asked == [expected]


def test_strict_fills_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "load_detector", lambda _: Told())
    video = write_video(tmp_path / "clip.mp4", [picture(0)] * 20)
    options = TrackOptions(verify="none", inpaint="none")
    assert track_video(video, options).source[9] == Source.INPAINTED
    strict = track_video(video, replace(options, strict=True))
    assert (strict.source[HARDLY_SEEN] == Source.NONE).all()
    assert (np.delete(strict.source, HARDLY_SEEN) == Source.DETECTED).all()
