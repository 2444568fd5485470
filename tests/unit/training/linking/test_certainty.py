"""How sure a row is: fitted on venues that were not trained on, and put into the track."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from balltrack.cli.demo import write_clip
from balltrack.detection.classical import LINKING, ClassicalDetector
from balltrack.detection.fitted import fitted_parameters
from balltrack.options import TrackOptions
from balltrack.structures import Candidate, FrameCandidates
from balltrack.synthetic import render_clip
from balltrack.training.data.clips import ClipFiles
from balltrack.training.linking.certainty import SaidRows, fit_confidence, said_rows
from balltrack.trajectory.motion import DEFAULT, LinkingParameters, confidence, score_of
from balltrack.trajectory.path import PathFinder


def rows(seed: int, offset: float, slope: float, count: int = 4000) -> SaidRows:
    """Rows that are right as often as offset + slope * logit(score) says."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(0.2, 0.95, count)
    chance = 1 / (1 + np.exp(-offset - slope * np.log(score / (1 - score))))
    return SaidRows(score.astype(np.float32), rng.random(count) < chance)


def test_what_is_stated_becomes_what_is_true() -> None:
    venues = {"a": rows(1, 1.5, 0.7), "b": rows(2, 1.5, 0.7, count=500)}
    told: list[str] = []
    fit = fit_confidence(venues, DEFAULT, told.append)
    assert (fit.sure_offset, fit.sure_slope) == pytest.approx((1.5, 0.7), abs=0.1)
    unseen = rows(3, 1.5, 0.7)
    stated = confidence(unseen.score, fit)
    for low in (0.6, 0.7, 0.8, 0.9):
        tenth = (stated >= low) & (stated < low + 0.1)
        assert stated[tenth].mean() == pytest.approx(unseen.right[tenth].mean(), abs=0.05)
    assert [line.split(":")[0] for line in told] == ["confidence of a", "confidence of b"]


def test_too_little_to_tell_changes_nothing() -> None:
    always = SaidRows(np.full(90, 0.8, np.float32), np.ones(90, bool))
    assert fit_confidence({"a": always}, DEFAULT) == DEFAULT
    assert fit_confidence({"a": rows(1, 1.5, 0.7, count=20)}, DEFAULT) == DEFAULT
    assert fit_confidence({}, DEFAULT) == DEFAULT


def test_a_confidence_tells_the_score_that_it_was_made_of() -> None:
    score = np.array([0.0, 0.02, 0.3, 0.9, 0.999], np.float32)
    for fit in (DEFAULT, LinkingParameters(sure_offset=2.5, sure_slope=0.4)):
        stated = confidence(score, fit).astype(np.float32)
        np.testing.assert_allclose(score_of(stated, fit), score, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["classical", "tracknet-v1", "tracknet-v2", "tracknet-v3", "tracknet-v3-small"]
)
def test_what_ships_says_how_sure_its_rows_are(name: str) -> None:
    fitted = LINKING if name == "classical" else fitted_parameters(name)
    assert (fitted.sure_offset, fitted.sure_slope) != (DEFAULT.sure_offset, DEFAULT.sure_slope)


def test_rows_are_taken_as_they_were_before_a_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = render_clip(frame_count=40, size=(640, 360))
    write_clip(clip, tmp_path / "a.mp4")
    truth = zip(clip.truth.frame_index, clip.truth.visibility, clip.truth.xy, strict=True)
    lines = [f"{i},{seen},{x if seen else 0},{y if seen else 0}" for i, seen, (x, y) in truth]
    (tmp_path / "a_ball.csv").write_text("\n".join(["Frame,Visibility,X,Y", *lines]))
    files = ClipFiles("badminton", "hall", tmp_path / "a.mp4", tmp_path / "a_ball.csv")
    found = []
    for fit in (replace(LINKING, sure_offset=0.0, sure_slope=1.0), LINKING):
        monkeypatch.setattr(ClassicalDetector, "linking", fit)
        found.append(said_rows([files], TrackOptions(weights="classical"))["badminton/hall"])
    assert len(found[0].score) > 5
    np.testing.assert_allclose(found[0].score, found[1].score, atol=1e-4)


def test_without_a_fit_the_score_is_stated_and_what_is_unseen_states_nothing() -> None:
    score = np.array([0.0, 0.25, 1.0], np.float32)
    assert confidence(score, DEFAULT).tolist() == pytest.approx([0, 0.25, 1], abs=1e-5)
    fitted = confidence(score, LinkingParameters(sure_offset=2.0))
    assert fitted[0] == 0
    assert fitted[1] > 0.25


@pytest.mark.parametrize(("link", "stated"), [(True, 0.95), (False, 0.7)])
def test_a_linked_track_states_its_confidence(link: bool, stated: float) -> None:
    """logit(0.7) is 0.847; half of it and 2.52 is logit(0.95)."""
    seen = [
        FrameCandidates(i, i / 25, 0, (Candidate(100.0 + 5 * i, 80.0, 0.7),)) for i in range(12)
    ]
    finder = PathFinder(link=link, parameters=LinkingParameters(sure_offset=2.52, sure_slope=0.5))
    (track,) = finder.rows(seen, 25.0, (640, 360))
    assert track.score.tolist() == pytest.approx([stated] * 12, abs=0.001)
    assert {int(source) for source in track.source} == {1}
