import numpy as np
import torch

from balltrack.training.heatmaps.pasting import Ball, draw_ball, paint_balls


def paste_ball(
    frames: torch.Tensor, repeated: np.ndarray, rng: np.random.Generator, *, flip: bool = False
) -> Ball:
    """Draw a ball and paint it in place; returns it."""
    ball = draw_ball((frames.shape[-1], frames.shape[-2]), repeated, rng)
    ball = ball.flipped(frames.shape[-1]) if flip else ball
    frames.copy_(paint_balls(frames[None], [ball])[0])
    return ball


def _grey(height: int = 96, width: int = 128) -> torch.Tensor:
    return torch.full((8, 3, height, width), 90, dtype=torch.uint8)


def test_the_label_is_the_leading_end_of_what_was_drawn() -> None:
    seen = 0
    for seed in range(40):
        frames = _grey()
        ball = paste_ball(frames, np.zeros(8, np.bool_), np.random.default_rng(seed))
        for image, (x, y), streak in zip(frames, ball.xy, ball.streak, strict=True):
            change = (image.float() - 90).abs().sum(dim=0).numpy()
            if not np.isfinite(x):
                assert not change.any()
            elif 20 < x < 107 and 20 < y < 75 and change.sum() > 200:
                rows, columns = np.indices(change.shape)
                middle = np.array([(columns * change).sum(), (rows * change).sum()]) / change.sum()
                assert np.hypot(*(middle + streak / 2 - [x, y])) < 1.0
                seen += 1
    assert seen > 100


def test_a_repeated_frame_shows_the_ball_where_it_was() -> None:
    repeated = np.array([False, False, True, False, False, False, True, False])
    for seed in range(20):
        frames = _grey()
        xy = paste_ball(frames, repeated, np.random.default_rng(seed)).xy
        for i in (2, 6):
            if np.isfinite(xy[[i - 1, i]]).all():
                assert np.array_equal(xy[i], xy[i - 1])
                assert torch.equal(frames[i], frames[i - 1])


def test_the_same_draw_gives_the_same_ball() -> None:
    first, second = _grey(), _grey()
    for frames in (first, second):
        paste_ball(frames, np.zeros(8, np.bool_), np.random.default_rng(7))
    assert torch.equal(first, second)


def test_the_ball_of_the_mirrored_picture_is_the_mirrored_ball() -> None:
    for seed in range(10):
        plain, mirrored = _grey(), _grey()
        repeated = np.zeros(8, np.bool_)
        xy = paste_ball(plain, repeated, np.random.default_rng(seed)).xy
        flipped = paste_ball(mirrored, repeated, np.random.default_rng(seed), flip=True).xy
        assert (plain.flip(-1).int() - mirrored.int()).abs().max() <= 1
        assert np.allclose(127 - xy[:, 0], flipped[:, 0], equal_nan=True)


def test_several_windows_are_painted_as_each_alone() -> None:
    rng = np.random.default_rng(0)
    balls = [draw_ball((128, 96), np.zeros(8, np.bool_), rng) for _ in range(3)]
    together = paint_balls(torch.stack([_grey()] * 3), balls)
    for window, ball in zip(together, balls, strict=True):
        assert torch.equal(window, paint_balls(_grey()[None], [ball])[0])
