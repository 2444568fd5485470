"""Pictures and labels stay together through crop, zoom, flip and drift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from balltrack.training.data.clips import Clip
from balltrack.training.data.frame_store import FrameStore, store_clips
from balltrack.training.heatmaps.cutting import cut_windows
from balltrack.training.heatmaps.sampling import Sample, Sampler

CPU = torch.device("cpu")


def test_the_label_is_where_the_ball_is(clips: list[Clip]) -> None:
    store = store_clips(clips[:2], CPU)
    sampler = Sampler(store, 8, (64, 64), seed=1)
    kinds: dict[str, int] = {"zoomed in": 0, "zoomed out": 0, "flipped": 0, "drifting": 0}
    for step in range(40):
        windows = sampler.windows(step, range(4), 0.0)
        images = cut_windows(store, windows, (64, 64), CPU)
        for window, image in zip(windows, images, strict=True):
            inside = ((window.xy > 4) & (window.xy < 59)).all(axis=-1)  # NaN compares false
            for i in np.flatnonzero(inside):
                x, y = window.xy[i].tolist()
                left, top = round(x) - 4, round(y) - 4
                patch = image[1 + i, :, top : top + 9, left : left + 9].float().mean(0)
                glow = (patch - 130).clamp(min=0)  # the background is darker
                offsets = torch.arange(9.0)
                assert left + (glow.sum(0) @ offsets) / glow.sum() == pytest.approx(x, abs=0.6)
                assert top + (glow.sum(1) @ offsets) / glow.sum() == pytest.approx(y, abs=0.6)
                kinds["zoomed in"] += window.box[0] < 60
                kinds["zoomed out"] += window.box[0] > 68
                kinds["flipped"] += window.flip
                kinds["drifting"] += bool((window.corners[0] != window.corners[-1]).any())
    assert min(kinds.values()) > 10, kinds


def test_a_batch_is_the_windows_one_by_one(clips: list[Clip], store: FrameStore) -> None:
    for clip in clips:
        clip.xy[:] = np.nan  # room for drawn balls
    sampler = Sampler(store, 8, (64, 96), seed=0, paste=1.0)
    windows = sampler.windows(0, range(12), 0.0)
    assert any(window.ball for window in windows)
    together = cut_windows(store, windows, (64, 96), CPU)
    assert together.shape == (12, 9, 3, 64, 96)
    assert together.dtype == torch.uint8
    for window, image in zip(windows, together, strict=True):
        assert torch.equal(cut_windows(store, [window], (64, 96), CPU)[0], image)


def test_a_plain_crop_is_a_copy_of_the_frame(clips: list[Clip], store: FrameStore) -> None:
    sampler = Sampler(store, 4, (32, 48), seed=3)
    drawn = sampler.windows(0, range(1), 0.0)[0]
    rows = np.array([41, 42, 43, 43])  # of the second clip, whose frames begin at row 40
    corners = np.array([[5, 7], [6, 7], [7, 7], [8, 7]])
    window = replace(
        drawn, rows=rows, background=4, corners=corners, corner=corners[0], box=(48, 32),
        flip=False, ball=None,
    )  # fmt: skip
    (image,) = cut_windows(store, [window], (32, 48), CPU)
    for cut, row, (x, y) in zip(image[1:], rows, corners, strict=True):
        assert torch.equal(cut, clips[1].frames[row - 40, :, y : y + 32, x : x + 48])
    assert torch.equal(image[0], clips[1].backgrounds[1, :, 7:39, 5:53])
    (mirrored,) = cut_windows(store, [replace(window, flip=True)], (32, 48), CPU)
    assert torch.equal(mirrored.flip(-1), image)


def test_a_whole_frame_is_cut_where_the_crop_is_the_frame(store: FrameStore) -> None:
    sampler = Sampler(store, 4, (96, 160), seed=0)
    windows: list[Sample] = [w for s in range(8) for w in sampler.windows(s, range(2), 0.0)]
    images = cut_windows(store, windows, (96, 160), CPU)
    for window, image in zip(windows, images, strict=True):
        if window.box == (160, 96):
            picture = image.flip(-1) if window.flip else image
            assert torch.equal(picture[1:], store.frames[window.rows])


def test_the_store_holds_every_clip_once(clips: list[Clip], store: FrameStore) -> None:
    assert len(store.frames) == 245
    assert store.first_frame == (0, 40, 240)
    assert store.first_background == (0, 3, 6)
    assert store.motion.shape == (245, 6, 10)
    for clip, stored in zip(clips, store.clips, strict=True):
        assert torch.equal(clip.frames, stored.frames)
        assert stored.frames.untyped_storage().data_ptr() == store.frames.data_ptr()
