"""What the verifier learns from: patches of candidates, and where the ball is in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from balltrack.cli.demo import write_clip
from balltrack.errors import DatasetError, VideoError
from balltrack.models.verifier.patches import NOW
from balltrack.structures import Candidate, FrameCandidates, Labels
from balltrack.synthetic import render_clip
from balltrack.training.data.candidate_clips import CandidateClip
from balltrack.training.data.clips import ClipFiles
from balltrack.training.verifier.patch_store import STORED_SIDE, PatchStore, make_patch_store

COUNT, SIZE = 12, (640, 360)
MIDDLE = STORED_SIDE // 2


class Seen:
    """A rendered clip; of the ball the network sees every second, 3 px off, and always a lamp."""

    def __init__(self, folder: Path) -> None:
        clip = render_clip(size=SIZE, frame_count=COUNT)
        self.files = ClipFiles("tennis", "hall", folder / "a.mp4", folder / "a_ball.csv")
        write_clip(clip, self.files.video)
        self.labels = clip.truth
        self.asked = 0

    def candidates(self) -> Iterator[FrameCandidates]:
        for i in range(COUNT):
            found = [Candidate(600.0, 20.0, 0.4)]
            x, y = self.labels.xy[i].tolist()
            if i % 2 and np.isfinite(x):
                found.insert(0, Candidate(x + 3, y, 0.8))
            yield FrameCandidates(i, i / 30, 0, tuple(found))

    def clips(self, labels: Labels | None = None) -> Iterator[tuple[ClipFiles, CandidateClip]]:
        self.asked += 1
        known = self.labels if labels is None else labels
        yield self.files, CandidateClip(list(self.candidates()), known, SIZE, 30.0, "tennis")


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    return Seen(tmp_path)


def store_of(seen: Seen, folder: Path, labels: Labels | None = None, **origin: str) -> PatchStore:
    folder.mkdir(exist_ok=True)
    return make_patch_store(
        folder, lambda: seen.clips(labels), ["padel", "tennis"], 0, {"a": "1", "b": "2"} | origin
    )


def test_every_candidate_has_a_patch_with_the_ball_where_it_is(seen: Seen, tmp_path: Path) -> None:
    store = store_of(seen, tmp_path / "run")
    visible = int(np.isfinite(seen.labels.xy[:, 0]).sum())
    assert store.patches.shape[1:] == (9, STORED_SIDE, STORED_SIDE, 3)
    assert set(store.sport.tolist()) == {1}
    assert np.count_nonzero(store.score == 0.4) == COUNT
    # a ball without a candidate always has a patch of its own, others sometimes
    assert np.count_nonzero(np.isnan(store.score)) >= visible // 2
    assert store.is_ball.sum() >= visible
    near = store.score == 0.8
    # pictures are 720 high, twice the source
    assert np.abs(store.ball[near] - (-6, 0)).max() <= 0.51
    assert not store.is_ball[store.score == 0.4].any()


def test_the_ball_is_seen_there(seen: Seen, tmp_path: Path) -> None:
    """A rendered ball is lighter than what is around it."""
    store = store_of(seen, tmp_path / "run")
    inside = np.flatnonzero(store.is_ball)
    lighter = 0
    for row in inside:
        x, y = np.rint(store.ball[row] + MIDDLE).astype(int)
        picture = store.patches[row, NOW].astype(float).mean(-1)
        around = np.median(picture[max(0, y - 20) : y + 20, max(0, x - 20) : x + 20])
        lighter += picture[y - 1 : y + 2, x - 1 : x + 2].mean() > around + 20
    assert lighter >= 0.8 * len(inside)


def test_patches_are_made_once(seen: Seen, tmp_path: Path) -> None:
    first = store_of(seen, tmp_path / "run")
    again = store_of(seen, tmp_path / "run")
    assert seen.asked == 1
    np.testing.assert_array_equal(first.patches, again.patches)
    np.testing.assert_array_equal(first.ball, again.ball)


def test_patches_of_another_origin_are_not_taken(seen: Seen, tmp_path: Path) -> None:
    store_of(seen, tmp_path / "run")
    with pytest.raises(DatasetError, match=r"npz: its patches were cut with another b; give"):
        store_of(seen, tmp_path / "run", b="3")
    with pytest.raises(DatasetError, match=r"cut with another a and another b; give"):
        store_of(seen, tmp_path / "run", a="3", b="1")
    assert seen.asked == 1


def test_patches_that_were_deleted_are_cut_anew(seen: Seen, tmp_path: Path) -> None:
    first = store_of(seen, tmp_path / "run")
    patches = np.array(first.patches)
    (tmp_path / "run" / "patches.bin").unlink()
    np.testing.assert_array_equal(store_of(seen, tmp_path / "run").patches, patches)
    (tmp_path / "run" / "patches.bin").write_bytes(b"half")
    np.testing.assert_array_equal(store_of(seen, tmp_path / "run").patches, patches)


def test_a_clip_that_cannot_be_read_is_what_is_named(seen: Seen, tmp_path: Path) -> None:
    """Not the folder that was to be written, and nothing half written stays."""
    seen.files.video.write_bytes(b"no video")
    with pytest.raises(VideoError, match=r"a\.mp4"):
        store_of(seen, tmp_path / "run")
    assert list((tmp_path / "run").iterdir()) == []


def test_what_was_broken_off_is_made_again(seen: Seen, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "patches.bin").write_bytes(b"half")
    assert len(store_of(seen, folder).patches) > COUNT


def test_a_frame_called_invisible_amid_a_flight_teaches_nothing(seen: Seen, tmp_path: Path) -> None:
    truth = seen.labels
    assert np.isfinite(truth.xy[4:7]).all()
    xy, visibility = truth.xy.copy(), truth.visibility.copy()
    xy[5], visibility[5] = np.nan, 0
    labels = Labels(truth.frame_index, visibility, xy, truth.status)
    store = store_of(seen, tmp_path / "run", labels)
    assert np.count_nonzero(store.score == 0.4) == COUNT - 1


def test_balls_alone_teach_nothing(seen: Seen, tmp_path: Path) -> None:
    unlabelled = Labels(
        np.empty(0, np.int64), np.empty(0, np.int8), np.empty((0, 2)), np.empty(0, np.int8)
    )
    with pytest.raises(DatasetError, match="saw nothing in the clips"):
        store_of(seen, tmp_path / "run", unlabelled)
    truth = seen.labels
    blind = Labels(
        truth.frame_index,
        np.zeros(COUNT, np.int8),
        np.full((COUNT, 2), np.nan),
        np.full(COUNT, -1, np.int8),
    )
    with pytest.raises(DatasetError, match="need both balls and clutter"):
        store_of(seen, tmp_path / "other", blind)
