"""A video file in, a track out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch

from balltrack.detection.network import NetworkDetector
from balltrack.errors import DeviceError, OptionError, UnknownNameError, VideoError
from balltrack.geometry import Scaling
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.options import Ensemble, TrackOptions
from balltrack.pipeline import Progress, Tracker, track_video
from balltrack.scene.windows import Window
from balltrack.structures import (
    FloatArray,
    Frame,
    Source,
    Track,
)
from balltrack.weights.checkpoints import save_checkpoint
from balltrack.weights.registry import WeightsEntry
from bright_places import (
    FRAME_RATE,
    SIZE,
    SPEC,
    BrightPlaces,
    ball,
    look_with,
    picture,
    write_video,
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """A network as small as this only waits for its own threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_checkpoint(path, TrackNet(SPEC), {})
    return str(path)


def assert_same(first: Track, second: Track) -> None:
    for name in ("frame_index", "time_s", "xy", "score", "source", "shot"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


@pytest.fixture
def bright_places(monkeypatch: pytest.MonkeyPatch) -> None:
    look_with(monkeypatch, BrightPlaces())


@pytest.mark.parametrize(
    "length", [1, 3, 8, 9, 17, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 7))]
)
def test_one_row_a_frame_and_the_same_twice(tmp_path: Path, weights: str, length: int) -> None:
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(length)])
    options = TrackOptions(weights=weights, device="cpu", threshold=0.02)
    track = track_video(video, options)
    assert track.frame_index.tolist() == list(range(length))
    np.testing.assert_allclose(track.time_s, np.arange(length) / FRAME_RATE, atol=1e-6)
    assert_same(track, track_video(video, options))


def test_a_tracker_loads_once_and_tracks_many(
    tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = TrackOptions(weights=weights, device="cpu", threshold=0.02)
    videos = [
        write_video(tmp_path / f"{n}.mp4", [picture(i) for i in range(n)]) for n in (5, 12, 9)
    ]
    alone = [track_video(video, options) for video in videos]
    hashed: list[str] = []
    checked = WeightsEntry.checked_sha256

    def counting(entry: WeightsEntry) -> str:
        hashed.append(entry.name)
        return checked(entry)

    monkeypatch.setattr(WeightsEntry, "checked_sha256", counting)
    tracker = Tracker(options)
    for video, expected in zip(videos, alone, strict=True):
        assert_same(tracker.track(video), expected)
    assert sorted(hashed) == ["inpaintnet", "play", "tiny", "verifier"]


@pytest.mark.parametrize("ensemble", get_args(Ensemble))
@pytest.mark.parametrize("length", [1, 3, 8, 9, 17])
@pytest.mark.usefixtures("bright_places")
def test_every_frame_has_its_own_ball(tmp_path: Path, ensemble: Ensemble, length: int) -> None:
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(length)])
    track = track_video(
        video, TrackOptions(verify="none", ensemble=ensemble, link=False, rectify=False)
    )
    expected: FloatArray = np.array([ball(i) for i in range(length)], dtype=np.float64)
    assert np.all(track.source == Source.DETECTED)
    np.testing.assert_allclose(track.xy, expected, atol=1.0)


@pytest.mark.parametrize("length", [1, 9, 17])
def test_two_networks_find_what_either_finds(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LeftHalf(BrightPlaces):
        def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
            found = super().heatmaps(windows)
            found[..., SPEC.width // 2 :] = 0
            return found

    class RightHalf(BrightPlaces):
        spec = NetworkSpec("other", 3, 3, 48, 64, base_width=8, stem_stride=2)

        def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
            found = super().heatmaps(windows)
            found[..., : SPEC.width // 2] = 0
            return found

    look_with(monkeypatch, LeftHalf(), RightHalf())
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(length)])
    track = track_video(video, TrackOptions(verify="none", link=False, rectify=False))
    expected: FloatArray = np.array([ball(i) for i in range(length)], dtype=np.float64)
    on_the_border = np.abs(expected[:, 0] - SIZE[0] / 2) < 6  # each sees a part of it
    assert len(track) == length
    np.testing.assert_allclose(track.xy, expected, atol=4.0)
    np.testing.assert_allclose(track.xy[~on_the_border], expected[~on_the_border], atol=1.0)


def test_two_networks_must_look_at_pictures_of_one_size(tmp_path: Path, weights: str) -> None:
    video = write_video(tmp_path / "clip.mp4", [picture(0)])
    options = TrackOptions(weights=weights, also="tracknet-v3-small", device="cpu")
    with pytest.raises(OptionError, match="tracknet-v3-small looks at pictures of 512x288, "):
        track_video(video, options)


@pytest.mark.parametrize(
    ("ensemble", "score"), [("nonoverlap", 0.5), ("average", 0.6), ("weight", 0.66)]
)
def test_ensembles_weigh_a_frame_by_its_place_in_the_windows(
    ensemble: Ensemble, score: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SureInTheMiddle(BrightPlaces):
        def heatmaps(self, windows: Sequence[Window]) -> npt.NDArray[np.float32]:
            sureness = np.array([0.5, 0.5, 0.5, 0.9, 0.9, 0.5, 0.5, 0.5], dtype=np.float32)
            return super().heatmaps(windows) * sureness[:, None, None]

    look_with(monkeypatch, SureInTheMiddle())
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(17)])
    stride = None if ensemble == "nonoverlap" else 1
    options = TrackOptions(
        verify="none", ensemble=ensemble, stride=stride, threshold=0.4, link=False, rectify=False
    )
    assert track_video(video, options).score[8] == pytest.approx(score, abs=1e-6)


@pytest.mark.usefixtures("bright_places")
def test_a_cut_starts_a_new_shot(tmp_path: Path) -> None:
    images = [picture(i) for i in range(11)] + [picture(i, background=160) for i in range(11, 17)]
    track = track_video(
        write_video(tmp_path / "clip.mp4", images), TrackOptions(verify="none", rectify=False)
    )
    assert track.shot.tolist() == [0] * 11 + [1] * 6
    assert track.frame_index.tolist() == list(range(17))


@pytest.mark.usefixtures("bright_places")
@pytest.mark.parametrize(("hidden", "source"), [([9], Source.INPAINTED), ([7, 8, 9], Source.NONE)])
def test_linked_and_rectified_track_of_a_flying_ball(
    hidden: list[int], source: Source, tmp_path: Path
) -> None:
    """Where there is no trace, a frame amid the flight is filled in, and no long gap."""
    images = [picture(i) for i in range(17)]
    for i in hidden:
        images[i] = np.full_like(images[0], 60)
    video = write_video(tmp_path / "clip.mp4", images)
    track = track_video(video, TrackOptions(verify="none"))
    assert np.all(track.source[hidden] == source)
    assert np.all(np.delete(track.source, hidden) == Source.DETECTED)


@pytest.mark.usefixtures("bright_places")
def test_a_part_of_the_video(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(17)])
    track = track_video(
        video, TrackOptions(verify="none", start_s=0.2, end_s=0.4, link=False, rectify=False)
    )
    assert track.frame_index.tolist() == [5, 6, 7, 8, 9]  # 10 is shown when the part is over
    np.testing.assert_allclose(track.xy[0], ball(5), atol=1.0)


def test_damage_is_told_once(
    tmp_path: Path, weights: str, caplog: pytest.LogCaptureFixture
) -> None:
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(40)])
    content = bytearray(video.read_bytes())
    begin = content.index(b"mdat") + 1200
    content[begin : begin + 300] = bytes(300)
    video.write_bytes(content)
    track = track_video(video, TrackOptions(weights=weights, device="cpu"))
    assert 0 < len(track) <= 40
    told = [record.getMessage() for record in caplog.records if "damaged" in record.getMessage()]
    assert len(told) == 1


@pytest.mark.usefixtures("bright_places")
def test_progress_counts_to_the_last_frame(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(17)])
    reports: list[Progress] = []
    track_video(video, TrackOptions(verify="none"), progress=reports.append)
    assert [report.done for report in reports] == list(range(1, 18))
    assert {report.total for report in reports} == {17}


@pytest.mark.usefixtures("bright_places")
def test_a_part_beyond_the_end_is_an_error(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", [picture(i) for i in range(3)])
    with pytest.raises(OptionError, match="has no frame in the part asked for") as caught:
        track_video(video, TrackOptions(verify="none", start_s=100))
    assert "\n" not in str(caught.value)


def test_what_is_not_there_is_named(tmp_path: Path, weights: str) -> None:
    with pytest.raises(VideoError, match=r"nothing\.mp4"):
        track_video(tmp_path / "nothing.mp4", TrackOptions(weights=weights))
    with pytest.raises(UnknownNameError, match="no-such-weights"):
        track_video(tmp_path / "nothing.mp4", TrackOptions(weights="no-such-weights"))
    with pytest.raises(DeviceError, match="cuda:99"):
        track_video(tmp_path / "nothing.mp4", TrackOptions(weights=weights, device="cuda:99"))


def test_an_endless_stream_is_answered() -> None:
    """Memory does not grow with the length: answers come long before the end."""
    image = np.zeros((SPEC.height, SPEC.width, 3), dtype=np.uint8)
    taken = 0

    def live() -> Iterator[Frame]:
        nonlocal taken
        for taken in count(1):
            yield Frame(taken - 1, (taken - 1) / FRAME_RATE, image, shot=0)

    scaling = Scaling(SIZE, (SPEC.width, SPEC.height))
    answers = NetworkDetector(BrightPlaces(), TrackOptions()).candidates(live(), scaling)
    for index, answer in enumerate(islice(answers, 1000)):
        assert answer.frame_index == index
        assert taken <= index + 300
