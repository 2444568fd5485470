"""What cameras, encoders and broadcasters may do to a picture that shows play, or none."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from balltrack.models.play.arrays import SIZE
from balltrack.structures import Image
from balltrack.training.play.stills import Still

Picture = npt.NDArray[np.float32]

PLAY_ZOOM = 1.7
NEAR_ZOOM = 1.25
"""The strongest zoom into a picture of play that is still play; of one from near."""

WIDTH, HEIGHT = SIZE


def play_picture(still: Still, rng: np.random.Generator) -> Picture:
    """(72, 128, 3) float32 BGR in [0, 1]: play, as another camera might have shown it."""
    zoom = rng.uniform(1, NEAR_ZOOM if still.near else PLAY_ZOOM) if rng.random() < 0.5 else 1.0
    return _with_bars(_recoloured(_blurred(_moved(still.play, zoom, rng), rng), rng), rng)


def other_picture(still: Still, rng: np.random.Generator) -> Picture:
    """(72, 128, 3) float32 BGR in [0, 1]: a close-up, or now and then a plain colour."""
    if rng.random() < 0.02:
        return _recoloured(np.full((HEIGHT, WIDTH, 3), rng.integers(0, 256, 3), np.uint8), rng)
    chosen = still.close_ups[rng.integers(len(still.close_ups))]
    image = _moved(chosen, rng.uniform(1, 1.25), rng)
    if rng.random() < 0.4:
        image = _out_of_focus(image, rng)
    if rng.random() < 0.5:
        _overlay(image, still.play, rng)
    return _with_bars(_recoloured(_blurred(image, rng), rng), rng)


def _moved(image: Image, zoom: float, rng: np.random.Generator) -> Image:
    """Zoomed, turned a little, stretched, mirrored."""
    height, width = image.shape[:2]
    angle = rng.uniform(-5, 5) if rng.random() < 0.5 else 0.0
    stretch = np.exp(rng.uniform(-0.2, 0.2))
    scale = (
        np.array([WIDTH / width * max(1, stretch), HEIGHT / height * max(1, 1 / stretch)]) * zoom
    )
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), [0, 0, 1]])
    room = (scale * (width, height) - SIZE) / 2
    shift = np.array(SIZE) / 2 - scale * (width, height) / 2 + rng.uniform(-room, room)
    matrix = np.column_stack([np.diag(scale), shift]) @ turn
    if scale[0] < 0.7:
        image = np.asarray(cv2.blur(image, (2, 2)), np.uint8)
    moved = cv2.warpAffine(image, matrix, SIZE, borderMode=cv2.BORDER_REFLECT)
    return np.ascontiguousarray(moved[:, ::-1] if rng.random() < 0.5 else moved, np.uint8)


def _blurred(image: Image, rng: np.random.Generator) -> Image:
    """Out of focus, or smeared by a pan, now and then."""
    drawn = rng.random()
    if drawn < 0.15:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2)), np.uint8)
    elif drawn < 0.3:
        length = int(rng.integers(2, 7))
        size = (length, 1) if rng.random() < 0.7 else (1, length)
        image = np.asarray(cv2.blur(image, size), np.uint8)
    return image


def _recoloured(image: Image, rng: np.random.Generator) -> Picture:
    """Other hues, saturation, brightness and contrast; noise."""
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32)
    if rng.random() < 0.7:
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(-90, 90)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.3, 1.4), 0, 255)
    colours = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
    if rng.random() < 0.15:
        colours = cv2.cvtColor(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    picture = (colours.astype(np.float32) / 255) ** np.exp(rng.uniform(-0.6, 0.6))
    picture = picture * rng.uniform(0.6, 1.25) + rng.uniform(-0.08, 0.12)
    if rng.random() < 0.3:
        picture = picture + rng.normal(0, rng.uniform(0.01, 0.05), picture.shape)
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def _out_of_focus(image: Image, rng: np.random.Generator) -> Image:
    """All but the middle, where whoever is shown stands."""
    middle = (WIDTH / 2 + rng.uniform(-20, 20), HEIGHT * 0.55)
    size = (WIDTH * rng.uniform(0.25, 0.6), HEIGHT * rng.uniform(0.8, 1.2))
    sharp = cv2.ellipse(np.zeros((HEIGHT, WIDTH), np.float32), (middle, size, 0), 1.0, -1)
    sharp = cv2.GaussianBlur(sharp, (0, 0), 3)[..., None]
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(1.5, 5))
    return np.asarray(image * sharp + soft * (1 - sharp), np.uint8)


def _overlay(image: Image, play: Image, rng: np.random.Generator) -> None:
    """Corners of the picture of play, where scores are shown, put over another, in place."""
    shown = cv2.resize(play, SIZE, interpolation=cv2.INTER_AREA)
    for _ in range(int(rng.integers(1, 3))):
        width, height = int(WIDTH * rng.uniform(0.15, 0.4)), int(HEIGHT * rng.uniform(0.08, 0.2))
        left = 0 if rng.random() < 0.5 else WIDTH - width
        edge = int(HEIGHT * rng.uniform(0, 0.08))
        top = edge if rng.random() < 0.5 else HEIGHT - height - edge
        place = slice(top, top + height), slice(left, left + width)
        image[place] = shown[place]


def _with_bars(picture: Picture, rng: np.random.Generator) -> Picture:
    """Black bars above and below, or at the sides, now and then."""
    drawn = rng.random()
    if drawn < 0.04:
        bar = int(rng.integers(4, 12))
        picture[:bar] = picture[-bar:] = 0
    elif drawn < 0.08:
        bar = int(rng.integers(8, 30))
        picture[:, :bar] = picture[:, -bar:] = 0
    return picture
