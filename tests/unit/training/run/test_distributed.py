"""Two processes that share a batch train the network that one process does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from balltrack.errors import OptionError
from balltrack.overlay.writer import VideoWriter
from balltrack.synthetic import render_clip
from balltrack.training.run.distributed import Processes

# Batch norm as it is in inference: torch has no synchronised one for CPUs, and halves of a
# batch have other means. Everything else is compared: samples, loss, gradients, clipping,
# AdamW, averages, mined places.
RUN = """
import sys
from pathlib import Path
import torch
from torch import nn
from balltrack.models import specs
from balltrack.models.tracknet import TrackNet
from balltrack.training.heatmaps import mining
from balltrack.training.heatmaps.train_heatmaps import train_heatmaps
from balltrack.training.options import TrainOptions

torch.set_num_threads(1)
mining.SCORE = 0.02  # so early it is sure of nothing
specs.SPECS["tiny"] = specs.NetworkSpec(
    "tiny", 4, 4, 96, 160, "concat", base_width=8, stem_stride=2
)
TrackNet.train = lambda self, mode=True: nn.Module.train(self, False)
reports = []
train_heatmaps(
    TrainOptions(
        (Path(sys.argv[1]),), Path(sys.argv[2]), "tiny", steps=3, epoch_steps=3, batch_size=4,
        crop=64, warmup=1, mine_steps=1, bf16=False, mixup=1.0, device="cpu",
    ),
    reports.append,
)
print(len(reports))
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two short matches on disk."""
    for number in range(2):
        match = tmp_path / "data" / "badminton" / "train" / f"match{number}"
        match.mkdir(parents=True)
        clip = render_clip(size=(160, 96), frame_count=20, seed=number)
        with VideoWriter(match / "a.mp4", clip.size, clip.frame_rate) as writer:
            for frame in clip.frames():
                writer.write(frame.image, frame.time_s)
        rows = ["Frame,Visibility,X,Y"]
        truth = clip.truth
        for index, seen, xy in zip(truth.frame_index, truth.visibility, truth.xy, strict=True):
            x, y = np.rint(xy).astype(int) if seen else (0, 0)
            if index % 3:  # frames without a label: the halves of a batch weigh differently
                rows.append(f"{index},{seen},{x},{y}")
        (match / "a_ball.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "data"


def start(data: Path, output: Path, **environment: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(data), str(output)],
        env=os.environ | {key: str(value) for key, value in environment.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes: subprocess.Popen[str]) -> list[str]:
    ended = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), ended
    return [out.strip() for out, _ in ended]


@pytest.mark.slow
def test_two_processes_train_what_one_does(data: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meeting = {"WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    one = start(data, tmp_path / "one")
    two = [start(data, tmp_path / "two", RANK=i, LOCAL_RANK=i, **meeting) for i in range(2)]
    assert finish(one, *two) == ["1", "1", "0"]  # the first of two alone reports
    states: list[dict[str, Any]] = [
        torch.load(tmp_path / name / "state.pt") for name in ("one", "two")
    ]
    for part in ("network", "average"):
        for name, tensor in states[0][part].items():
            torch.testing.assert_close(states[1][part][name], tensor, atol=2e-5, rtol=1e-4)
    assert len(torch.cat(states[0]["hard_places"])) > 0
    for first, second in zip(*(state["hard_places"] for state in states), strict=True):
        torch.testing.assert_close(first, second, atol=0.01, rtol=0)
    assert len((tmp_path / "two" / "log.jsonl").read_text().splitlines()) == 1


def test_a_batch_is_shared_evenly_or_not_at_all() -> None:
    assert Processes().part(5) == range(5)
    processes = Processes()
    processes.rank, processes.count = 1, 2
    assert processes.part(6) == range(3, 6)
    with pytest.raises(OptionError, match="multiple of the 2 processes, got 5"):
        processes.part(5)
    assert processes.spread(list("abcde")) == ["b", "d"]
