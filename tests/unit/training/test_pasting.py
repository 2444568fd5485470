import numpy as np
import torch

from balltrack.training.pasting import paste_ball


def _grey(height: int = 96, width: int = 128) -> torch.Tensor:
    return torch.full((8, 3, height, width), 90, dtype=torch.uint8)


def test_the_label_is_the_middle_of_what_was_drawn() -> None:
    seen = 0
    for seed in range(40):
        frames = _grey()
        xy = paste_ball(frames, np.zeros(8, np.bool_), np.random.default_rng(seed))
        for image, (x, y) in zip(frames, xy, strict=True):
            change = (image.float() - 90).abs().sum(dim=0).numpy()
            if not np.isfinite(x):
                assert not change.any()
            elif 20 < x < 107 and 20 < y < 75 and change.sum() > 200:
                rows, columns = np.indices(change.shape)
                middle = np.array([(columns * change).sum(), (rows * change).sum()]) / change.sum()
                assert np.hypot(*(middle - [x, y])) < 1.0
                seen += 1
    assert seen > 100


def test_a_repeated_frame_shows_the_ball_where_it_was() -> None:
    repeated = np.array([False, False, True, False, False, False, True, False])
    for seed in range(20):
        frames = _grey()
        xy = paste_ball(frames, repeated, np.random.default_rng(seed))
        for i in (2, 6):
            if np.isfinite(xy[[i - 1, i]]).all():
                assert np.array_equal(xy[i], xy[i - 1])


def test_the_same_draw_gives_the_same_ball() -> None:
    first, second = _grey(), _grey()
    for frames in (first, second):
        paste_ball(frames, np.zeros(8, np.bool_), np.random.default_rng(7))
    assert torch.equal(first, second)
