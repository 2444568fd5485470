"""``balltrack label``: videos → clips with labels, as training reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.cli.demo import write_clip
from balltrack.labels import read_labels
from balltrack.synthetic import render_clip
from balltrack.training.data.clips import find_clips


@pytest.mark.slow
def test_what_the_shipped_network_is_sure_of_is_right(
    balltrack: Callable[..., Any], tmp_path: Path
) -> None:
    match = tmp_path / "data" / "tennis" / "unlabelled" / "court"
    match.mkdir(parents=True)
    clip = render_clip(frame_count=40, size=(640, 360))
    write_clip(clip, match / "a.mp4")
    more = tmp_path / "more"
    done = balltrack("label", tmp_path / "data", "-o", more, "--device", "cpu")
    assert done.code == 0, done.err
    assert json.loads(done.out) == {"data": str(more)}
    (found,) = find_clips(more, "train")
    labels = read_labels(found.labels)
    assert f"a.mp4: {len(labels)} of 40 frames" in done.err
    off = np.hypot(*(labels.xy - clip.truth.xy[labels.frame_index]).T)
    shown = np.isfinite(off)  # where it is hidden it is labelled, too, amid a flight that is seen
    assert shown.sum() > 20
    assert np.median(off[shown]) < 4


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 1, "no video under <sport>/unlabelled/<match>"),
        (["more"], 2, "unexpected extra argument (more)"),
        (["--steps", "3"], 2, "--steps"),
    ],
)
def test_what_is_asked_wrongly(
    balltrack: Callable[..., Any],
    tmp_path: Path,
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    done = balltrack("label", tmp_path, "-o", tmp_path / "out", *arguments)
    assert done.code == code
    assert complaint in done.complaint
    assert not (tmp_path / "out").exists()
