"""TrackNetV3's published rules, followed in the plainest way: a video → Frame,Visibility,X,Y.

    python tests/reference/upstream_rules.py VIDEO WEIGHTS OUT.csv --eval-mode weight

What ``balltrack track --rules tracknetv3`` is compared with. Of balltrack it takes the networks
and nothing else: frames come from cv2.VideoCapture, sizes from Pillow, the background from
np.median over all frames in memory. The rules are those of qaz812345/TrackNetV3 (predict.py,
test.py, dataset.py, without --large_video), on the versions that its requirements.txt names:
there an np.float32 times a Python number is a float64, which is written out here.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from balltrack.weights.checkpoints import load_inpaintnet, load_network

WIDTH, HEIGHT = 512, 288
CORNER = 50 / math.sqrt(HEIGHT**2 + WIDTH**2)
SEQUENCE = 16

Row = tuple[int, int, int]
"""Visibility, X and Y of a frame."""


def read_frames(video: str, count: int | None) -> list[np.ndarray]:
    """Every frame, or the first so many, RGB at its own size."""
    capture = cv2.VideoCapture(video)
    frames = []
    while count is None or len(frames) < count:
        read, image = capture.read()
        if not read:
            break
        frames.append(image[:, :, ::-1])
    return frames


def small(image: np.ndarray) -> np.ndarray:
    """(3, HEIGHT, WIDTH) uint8."""
    resized = Image.fromarray(np.ascontiguousarray(image)).resize(
        (WIDTH, HEIGHT), Image.Resampling.BICUBIC
    )
    return np.moveaxis(np.array(resized), -1, 0)


def apart(frame: np.ndarray, median: np.ndarray) -> np.ndarray:
    """(1, HEIGHT, WIDTH) uint8: what is above 255 begins at 0 again."""
    summed = np.sum(np.absolute(frame - median), 2) % 256
    resized = Image.fromarray(summed.astype("uint8")).resize(
        (WIDTH, HEIGHT), Image.Resampling.BICUBIC
    )
    return np.array(resized)[None]


def answers(weights: str, frames: list[np.ndarray], mode: str) -> list[torch.Tensor]:
    """The (HEIGHT, WIDTH) heatmap of every frame."""
    network, _ = load_network(weights)
    length = network.spec.frames_in
    shown = [small(frame) for frame in frames]
    before = []
    background = network.spec.background
    if background != "none":
        median = np.median(np.array(frames), axis=0)
    if background == "concat":
        before = [small(median.astype("uint8"))]
    elif background == "subtract":
        shown = [apart(frame, median) for frame in frames]
    elif background == "subtract_concat":
        pairs = zip(shown, frames, strict=True)
        shown = [np.concatenate([image, apart(frame, median)]) for image, frame in pairs]

    def heatmaps(numbers: Sequence[int]) -> torch.Tensor:
        channels = np.concatenate([*before, *(shown[n] for n in numbers)]) / 255.0
        with torch.no_grad():
            return network.heatmaps(network(torch.from_numpy(channels)[None].float()))[0]

    if mode == "nonoverlap":
        found = []
        for start in range(0, len(frames), length):
            numbers = [min(start + i, len(frames) - 1) for i in range(length)]
            found += heatmaps(numbers)
        return found[: len(frames)]
    windows = len(frames) - length + 1
    return ensemble((heatmaps(range(s, s + length)) for s in range(windows)), windows, length, mode)


def ensemble_weight(length: int, mode: str) -> torch.Tensor:
    if mode == "average":
        return torch.ones(length) / length
    weight = torch.tensor([float(min(i + 1, length - i)) for i in range(length)])
    return weight / weight.sum()


def ensemble(outputs, windows: int, length: int, mode: str) -> list[torch.Tensor]:
    """One answer a frame from those of windows that begin at every frame."""
    weight = ensemble_weight(length, mode)
    kept: dict[int, torch.Tensor] = {}
    found = []
    outputs = iter(outputs)
    for frame in range(windows + length - 1):
        if frame < windows:
            kept[frame] = next(outputs)
        kept.pop(frame - length, None)
        nothing = torch.zeros_like(next(iter(kept.values()))[0])
        starts = range(frame - length + 1, frame + 1)
        stack = torch.stack([kept[s][frame - s] if s in kept else nothing for s in starts])
        if frame >= windows:
            found.append(stack.sum(0) / (length - (frame - windows + 1)))
        elif frame < length - 1:
            found.append(stack.sum(0) / (frame + 1))
        else:
            found.append((stack * weight.view(-1, *[1] * nothing.dim())).sum(0))
    return found


def locate(heatmap: torch.Tensor, scale: tuple[float, float]) -> Row:
    above = (heatmap > 0.5).numpy().astype("uint8") * 255
    x = y = w = h = 0
    if above.any():
        contours, _ = cv2.findContours(above, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            box = cv2.boundingRect(contour)
            if box[2] * box[3] > w * h:
                x, y, w, h = box
    return row(int(int(x + w / 2) * scale[0]), int(int(y + h / 2) * scale[1]))


def row(x: int, y: int) -> Row:
    return 0 if x == 0 and y == 0 else 1, x, y


def hidden(rows: list[Row], top: float) -> list[int]:
    """1 where InpaintNet is to fill."""
    mask = [0] * len(rows)
    last = len(rows) - 1
    gone = 0
    while True:
        while gone < last and rows[gone][0] == 1:
            gone += 1
        back = gone
        while back < last and rows[back][0] == 0:
            back += 1
        if back == gone:
            return mask
        low = rows[back][2] > top
        if (gone == 0 and low) or (gone > 1 and rows[gone - 1][2] > top and low):
            mask[gone:back] = [1] * (back - gone)
        gone = back


def inpainted(weights: str, rows: list[Row], size: tuple[int, int], mode: str) -> list[Row]:
    network = load_inpaintnet(weights)
    scale = (size[0] / WIDTH, size[1] / HEIGHT)
    places = np.array([(x / size[0], y / size[1]) for _, x, y in rows])
    mask = np.array(hidden(rows, size[1] * 0.05))[:, None]

    def filled(numbers: Sequence[int]) -> torch.Tensor:
        seen = torch.from_numpy(places[list(numbers)]).float()
        wanted = torch.from_numpy(mask[list(numbers)]).float()
        with torch.no_grad():
            answer = network(torch.cat([seen, wanted], dim=1)[None])[0]
        return corner(answer * wanted + seen * (1 - wanted))

    if mode == "nonoverlap":
        found = []
        for start in range(0, len(rows), SEQUENCE):
            found += filled([min(start + i, len(rows) - 1) for i in range(SEQUENCE)])
        found = found[: len(rows)]
    else:
        windows = len(rows) - SEQUENCE + 1
        each = (filled(range(s, s + SEQUENCE)) for s in range(windows))
        found = [corner(place) for place in ensemble(each, windows, SEQUENCE, mode)]
    return [
        row(int(float(x) * WIDTH * scale[0]), int(float(y) * HEIGHT * scale[1])) for x, y in found
    ]


def corner(places: torch.Tensor) -> torch.Tensor:
    """(…, 2) with what lies near the top left corner at 0."""
    near = (places[..., 0] < CORNER) & (places[..., 1] < CORNER)
    return torch.where(near[..., None], torch.zeros(()), places)


def follow(
    video: str, weights: str, mode: str, inpaintnet: str | None = None, count: int | None = None
) -> list[Row]:
    """One row a frame, of the whole video or of its first ``count`` frames."""
    frames = read_frames(video, count)
    height, width = frames[0].shape[:2]
    scale = (width / WIDTH, height / HEIGHT)
    rows = [locate(heatmap, scale) for heatmap in answers(weights, frames, mode)]
    return inpainted(inpaintnet, rows, (width, height), mode) if inpaintnet else rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("video")
    parser.add_argument("weights", help="a name that ships, or a file, TrackNet_best.pt too")
    parser.add_argument("output", type=Path)
    parser.add_argument(
        "--eval-mode", default="weight", choices=("nonoverlap", "average", "weight")
    )
    parser.add_argument("--inpaintnet", help="InpaintNet_best.pt")
    parser.add_argument("--frames", type=int, help="the first so many alone")
    given = parser.parse_args()
    rows = follow(given.video, given.weights, given.eval_mode, given.inpaintnet, given.frames)
    with given.output.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("Frame", "Visibility", "X", "Y"))
        table.writerows((number, *one) for number, one in enumerate(rows))


if __name__ == "__main__":
    main()
