"""What the tracker hands to its stages, where a mistake would cost a little everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.options import RulesName, TrackOptions
from balltrack.pipeline import Tracker, arrivals, tracker
from balltrack.pipeline.arrivals import DECODED_AHEAD, WAITING
from balltrack.pipeline.rules import RULES, OwnRules
from balltrack.structures import Frame, FrameCandidates
from balltrack.verification.context import Grids
from bright_places import write_video
from moving_camera import filmed, panning


def test_a_file_is_followed_from_the_first_frame_that_moves() -> None:
    frames = list(OwnRules(TrackOptions(weights="classical")).shots(filmed(panning, 20)))
    assert [frame.place is None for frame in frames] == [True] + [False] * 19


@pytest.mark.parametrize("name", ["tracknetv3", "wasb"])
def test_by_the_rules_of_others_every_frame_is_looked_at(name: RulesName) -> None:
    """Theirs know nothing of frames that show a picture again."""
    assert RULES[name].sees_repeats is True


def test_the_second_look_knows_both_grids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Grids] = []

    def noted(
        found: Iterable[FrameCandidates], _: object, __: object, grids: Grids, **___: Any
    ) -> Iterator[FrameCandidates]:
        given.append(grids)
        return iter(found)

    monkeypatch.setattr(tracker, "verify", noted)
    images = [np.zeros((96, 128, 3), np.uint8)] * 12
    Tracker(TrackOptions()).track(write_video(tmp_path / "clip.mp4", images))
    ((pictures, images),) = given
    assert (pictures.source, pictures.target) == ((128, 96), (960, 720))
    assert (images.source, images.target) == ((128, 96), (512, 288))


@pytest.mark.parametrize("patient", [True, False])
def test_of_a_source_that_does_not_wait_more_is_kept(
    monkeypatch: pytest.MonkeyPatch, patient: bool
) -> None:
    kept: list[int] = []

    @contextmanager
    def noted(frames: Iterable[Frame], ahead: int, **_: object) -> Iterator[Iterable[Frame]]:
        kept.append(ahead)
        yield frames

    class Source:
        info = type("Info", (), {"path": "camera"})

    Source.patient = patient  # type: ignore[attr-defined]
    for room in (arrivals, tracker):
        monkeypatch.setattr(room, "prefetch", noted)
    with ExitStack() as stack:
        own = Tracker(TrackOptions(weights="classical"))
        assert list(own._decoded(Source(), iter([]), stack)) == []  # type: ignore[arg-type]
    assert kept == [DECODED_AHEAD if patient else WAITING, tracker.NUMBERED_AHEAD]
    assert DECODED_AHEAD < WAITING


@pytest.mark.usefixtures("tones_as_they_are")
def test_the_pictures_of_a_shot_come_in_one_light() -> None:
    view = np.tile(np.linspace(40, 180, 128, dtype=np.uint8)[:, np.newaxis], (72, 1, 3))
    dim = (view * 0.8).astype(np.uint8)
    frames = [Frame(i, i / 25, dim if i == 12 else view) for i in range(24)]
    seen = list(OwnRules(TrackOptions(weights="classical")).shots(frames))
    assert (
        np.abs(seen[12].image.astype(int) - view).mean() < 3 < np.abs(dim.astype(int) - view).mean()
    )


@pytest.mark.parametrize("patient", [True, False])
def test_frames_are_skipped_of_a_source_that_waits_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patient: bool
) -> None:
    told: list[bool] = []

    def noted(*_: object, patient: bool) -> None:
        told.append(patient)

    monkeypatch.setattr(tracker, "watch_play", noted)
    images = [np.zeros((96, 128, 3), np.uint8)] * 3
    own = Tracker(TrackOptions(weights="classical"))
    reader = own.open(write_video(tmp_path / "clip.mp4", images))
    reader.patient = patient
    monkeypatch.setattr(own, "open", lambda _: reader)
    with own.tracking("camera") as tracking:
        assert sum(map(len, tracking.pieces)) == len(images)
    assert told == [patient]
