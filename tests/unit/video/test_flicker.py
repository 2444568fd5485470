"""Light that flickers is made steady, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from av.video.frame import VideoFrame

from balltrack.structures import Image, VideoInfo
from balltrack.video.file_reader import FileReader, Picture
from balltrack.video.filters.flicker import FEWEST, SteadyReader
from balltrack.video.reader import open_video

SIZE = (192, 144)
COUNT = 40
LATER = slice(FEWEST + 2, None)
"""Pictures by which it is known that light flickers."""

Light = Callable[[int], npt.NDArray[np.float64]]


def still(_: int) -> npt.NDArray[np.float64]:
    return np.ones((SIZE[1], 1))


def pulse(number: int) -> npt.NDArray[np.float64]:
    """As lamps of 50 Hz are seen at 30 pictures a second."""
    return np.full((SIZE[1], 1), 1 + 0.08 * np.sin(2 * np.pi * 0.345 * number))


def bands(number: int) -> npt.NDArray[np.float64]:
    """The same by a camera that reads its rows one after the other."""
    rows = np.arange(SIZE[1])[:, np.newaxis] / SIZE[1]
    return np.asarray(1 + 0.1 * np.sin(2 * np.pi * (1.5 * rows + 0.345 * number)))


def dawn(number: int) -> npt.NDArray[np.float64]:
    """It slowly grows light."""
    return np.full((SIZE[1], 1), 1 + 0.01 * number)


def scene(seed: int = 0) -> Image:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 200, (9, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def lit(image: Image, light: npt.NDArray[np.float64]) -> Image:
    return np.clip(image * light[..., np.newaxis], 0, 255).astype(np.uint8)


class Lit(FileReader):
    """Gives pictures of a scene in some light."""

    def __init__(self, light: Light, form: str = "yuv420p", **more: Any) -> None:
        super().__init__(
            VideoInfo("lit", *SIZE, Fraction(30), COUNT, None, "raw", form, 0, False, False)
        )
        self._light, self._form = light, form
        self._moving, self._cut = more.get("moving", 0), more.get("cut", COUNT)

    def image(self, number: int) -> Image:
        """What there is to see in steady light."""
        return np.roll(scene(int(number >= self._cut)), self._moving * number, axis=1)

    def pictures(self) -> Any:
        for number in range(COUNT):
            image = lit(self.image(number), self._light(number))
            frame = VideoFrame.from_ndarray(image, format="bgr24").reformat(format=self._form)
            yield Picture(0.0, lambda size: np.zeros((*size[::-1], 3), np.uint8), frame)


def seen(reader: FileReader) -> list[VideoFrame]:
    frames = [picture.decoded for picture in reader.pictures()]
    assert len(frames) == COUNT
    return [frame for frame in frames if frame is not None]


def unrest(frames: list[VideoFrame]) -> float:
    """Mean change from one picture to the next, grey levels."""
    images = np.stack([frame.to_ndarray(format="bgr24").astype(float) for frame in frames])
    return float(np.abs(np.diff(images, axis=0)).mean())


@pytest.mark.parametrize("light", [pulse, bands])
@pytest.mark.parametrize("form", ["yuv420p", "yuvj420p", "yuv444p", "yuv420p10le"])
def test_flickering_light_becomes_steady(light: Light, form: str) -> None:
    before, after = seen(Lit(light, form))[LATER], seen(SteadyReader(Lit(light, form)))[LATER]
    assert unrest(after) < unrest(before) / 5
    means = [
        np.mean([f.to_ndarray(format="bgr24").mean() for f in each]) for each in (before, after)
    ]
    assert means[1] == pytest.approx(means[0], rel=0.02)
    assert {frame.format.name for frame in after} == {form}


@pytest.mark.parametrize(
    ("light", "more"),
    [
        (still, {}),
        (dawn, {}),
        (still, {"moving": 3}),
        (still, {"cut": 20}),
        (still, {"moving": -40}),
    ],
)
def test_all_other_pictures_pass_as_they_are(light: Light, more: dict[str, int]) -> None:
    given: list[VideoFrame] = []

    class Noting(Lit):
        def pictures(self) -> Any:
            for picture in super().pictures():
                given.append(picture.decoded)
                yield picture

    found = seen(SteadyReader(Noting(light, **more)))
    assert all(one is other for one, other in zip(found, given, strict=True))


@pytest.mark.parametrize("form", ["bgr24", "nv12", "gray"])
def test_what_has_no_planes_of_chroma_passes_as_it_is(form: str) -> None:
    before, after = seen(Lit(pulse, form)), seen(SteadyReader(Lit(pulse, form)))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.to_ndarray(), other.to_ndarray())


def test_behind_a_cut_the_light_is_that_of_the_new_picture() -> None:
    reader = Lit(pulse, cut=20)
    frames = seen(SteadyReader(reader))
    first, second = frames[LATER.start : 20], frames[24:]
    assert unrest(first) < 1.0
    assert unrest(second) < 2.0
    for number in (19, 20, 39):
        image = frames[number].to_ndarray(format="bgr24").astype(int)
        assert np.abs(image - reader.image(number)).mean() < 12  # the light of one picture at most


def test_black_stays_black_and_colours_grow_with_the_light() -> None:
    class Halves(Lit):
        def image(self, number: int) -> Image:
            image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            image[:, SIZE[0] // 4 :] = (40, 90, 160)
            return image

    for frame in seen(SteadyReader(Halves(pulse)))[LATER]:
        image = frame.to_ndarray(format="bgr24").astype(int)
        assert image[:, : SIZE[0] // 4 - 4].max() <= 2
        assert np.abs(image[:, SIZE[0] // 4 + 4 :] - (40, 90, 160)).max() <= 6


def test_the_decoders_own_pictures_are_not_written_on(tmp_path: Path) -> None:
    """Others are decoded from them: each comes as though it alone had been put right."""
    path = tmp_path / "lit.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"crf": "10", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(COUNT):
            frame = VideoFrame.from_ndarray(lit(scene(), bands(number)), format="bgr24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with open_video(path) as reader:
        whole = [frame.image for frame in reader.frames()]
    with SteadyReader(open_video(path)) as reader:
        steady = [frame.image for frame in reader.frames()]
    for number in range(LATER.start, COUNT):
        gains = np.median(steady[number] / np.maximum(whole[number], 1.0), axis=(1, 2))
        apart = steady[number] - whole[number] * gains[:, np.newaxis, np.newaxis]
        assert np.abs(apart).mean() < 1.5
        assert np.abs(gains - 1).max() > 0.05


def test_full_range_counts_from_its_own_black() -> None:
    assert unrest(seen(SteadyReader(Lit(pulse, "yuvj420p")))[LATER]) < 1.2


def test_the_first_picture_behind_a_cut_is_left_alone_and_soon_the_light_is_the_middle_one() -> (
    None
):
    before, after = seen(Lit(pulse, cut=20)), seen(SteadyReader(Lit(pulse, cut=20)))
    np.testing.assert_array_equal(before[20].to_ndarray(), after[20].to_ndarray())
    means = [frame.to_ndarray(format="bgr24").mean() for frame in after[26:32]]
    assert np.mean(means) == pytest.approx(scene(1).mean(), rel=0.025)
