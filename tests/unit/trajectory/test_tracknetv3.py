"""InpaintNet by TrackNetV3's rules: which rows, and what is done with the answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from balltrack.models.trajectory.inpaintnet import InpaintNet
from balltrack.options import Ensemble
from balltrack.structures import Candidate, FrameCandidates, Source, Track
from balltrack.tracks import join_tracks
from balltrack.trajectory.tracknetv3 import CORNER, InpaintedPath, hidden, inpaint
from balltrack.weights.checkpoints import save_checkpoint
from reference import upstream_rules

SIZE = (1280, 720)
MODES: tuple[Ensemble, ...] = ("nonoverlap", "average", "weight")
Rows = list[upstream_rules.Row]


def track_of(rows: Rows) -> Track:
    seen = np.array([visible == 1 for visible, _, _ in rows])
    count = len(rows)
    xy = np.array([(x, y) for _, x, y in rows], dtype=np.float64)
    return Track(
        frame_index=np.arange(count, dtype=np.int64),
        time_s=np.arange(count) / 30,
        xy=np.where(seen[:, None], xy, np.nan),
        score=np.where(seen, 0.9, 0).astype(np.float32),
        source=np.where(seen, Source.DETECTED, Source.NONE).astype(np.int8),
        shot=np.zeros(count, dtype=np.int64),
    )


def rows_of(track: Track) -> Rows:
    xy = np.nan_to_num(track.xy).astype(int).tolist()
    return [(int(v), x, y) for v, (x, y) in zip(track.visible, xy, strict=True)]


def seen(pattern: str) -> Rows:
    """A row a letter: "o" low in the picture, "^" near its top, "." not seen."""
    return [{"o": (1, 600, 300), "^": (1, 600, 36), ".": (0, 0, 0)}[letter] for letter in pattern]


@pytest.mark.parametrize(
    ("pattern", "filled"),
    [
        ("oo..oo", "  xx  "),
        ("oooooo", "      "),
        ("......", "      "),
        ("..oooo", "xx    "),  # before the first one seen
        ("..^ooo", "      "),
        (".oo..o", "x  xx "),
        ("o...oo", "      "),  # begins at frame 1
        ("oo...o", "  xxx "),
        ("oooo..", "      "),  # lasts to the end
        ("oo^..o", "      "),  # left through the top
        ("ooo..^", "      "),  # or came back through it
        ("oo.o.^.oo", "  x      "),
        ("oo" + "." * 300 + "o", "  " + "x" * 300 + " "),  # however long
    ],
)
def test_which_rows_are_filled(pattern: str, filled: str) -> None:
    mask = hidden(track_of(seen(pattern)), 0.05 * SIZE[1])
    assert "".join(" x"[one] for one in mask.astype(int)) == filled
    assert upstream_rules.hidden(seen(pattern), 0.05 * SIZE[1]) == mask.astype(int).tolist()


def test_exactly_at_the_top_is_not_lower() -> None:
    assert not hidden(track_of(seen("oo.^")), 36.0).any()
    assert hidden(track_of(seen("oo.^")), 35.99).any()


def constant(x: float, y: float, seen_rows: list[torch.Tensor] | None = None):
    """A network that always answers so, and keeps what it was asked."""

    def network(rows: torch.Tensor) -> torch.Tensor:
        if seen_rows is not None:
            seen_rows.append(rows)
        return torch.tensor([x, y]).expand(len(rows), rows.shape[1], 2)

    return network


@pytest.mark.parametrize("mode", MODES)
def test_filled_rows_say_so_and_seen_ones_stay_within_a_pixel(mode: Ensemble) -> None:
    track = track_of([(1, 641 + i, 363) for i in range(20)] + seen("..") + seen("o" * 15))
    found = inpaint(track, constant(0.25, 0.5), mode, SIZE)
    filled = found.source == Source.INPAINTED
    assert np.flatnonzero(filled).tolist() == [20, 21]
    assert (np.abs(found.xy[filled] - (320, 360)) <= 1).all()
    assert (found.score[filled] == 0).all()
    off = track.xy[~filled] - found.xy[~filled]
    assert ((off >= 0) & (off <= 1)).all()
    assert (found.score[~filled] == track.score[~filled]).all()


def test_the_network_is_asked_in_shares_of_the_picture() -> None:
    asked: list[torch.Tensor] = []
    rows = [*seen("o" * 5 + "." + "o" * 9), (1, 320, 180)]
    inpaint(track_of(rows), constant(0.5, 0.5, asked), "weight", SIZE)
    (batch,) = asked
    assert batch.shape == (1, 16, 3)
    assert batch[0, 15].tolist() == [0.25, 0.25, 0]
    assert batch[0, 5].tolist() == [0, 0, 1]


def test_the_top_left_corner_is_no_ball() -> None:
    """Both shares below 50 px over the grid's diagonal, whether seen or filled."""
    edge = int(CORNER * SIZE[1])
    rows = [*seen("oo"), (1, 50, edge - 2), (1, 50, edge + 2), (1, 200, 5), *seen("o" * 15)]
    found = rows_of(inpaint(track_of(rows), constant(0.5, 0.5), "weight", SIZE))
    assert [visible for visible, _, _ in found[:6]] == [1, 1, 0, 1, 1, 1]
    gone = inpaint(track_of(seen("ooo..ooooooooooooo")), constant(0.01, 0.01), "average", SIZE)
    assert gone.source[3:5].tolist() == [Source.NONE] * 2


@pytest.mark.parametrize("mode", MODES)
def test_fewer_rows_than_a_window(mode: Ensemble) -> None:
    """Upstream writes no row at all where windows overlap; here they stay what they were."""
    track = track_of(seen("oo..ooo"))
    found = inpaint(track, constant(0.5, 0.5), mode, SIZE)
    assert len(found) == 7
    assert found.visible[2:4].all() == (mode == "nonoverlap")


def test_a_stream_of_candidates_comes_out_as_one_piece() -> None:
    path = InpaintedPath(constant(0.5, 0.5), "weight")
    found = [(Candidate(600.0, 300.0, 0.8),) if i not in (9, 10) else () for i in range(30)]
    entries = [FrameCandidates(i, i / 30, 0, each) for i, each in enumerate(found)]
    (piece,) = path.rows(entries, 30.0, SIZE)
    assert np.flatnonzero(piece.source == Source.INPAINTED).tolist() == [9, 10]
    assert len(join_tracks(path.rows([], 30.0, SIZE))) == 0


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, InpaintNet]:
    torch.manual_seed(11)
    network = InpaintNet("image").eval()
    path = tmp_path_factory.mktemp("weights") / "inpaintnet.safetensors"
    save_checkpoint(Path(path), network, {})
    return str(path), network


@settings(max_examples=40)
@given(
    places=st.lists(
        st.none() | st.tuples(st.integers(0, 1279), st.integers(1, 719)), min_size=16, max_size=60
    ),
    mode=st.sampled_from(MODES),
)
def test_every_track_comes_out_as_the_plain_script_has_it(
    untrained: tuple[str, InpaintNet], places: list[tuple[int, int] | None], mode: Ensemble
) -> None:
    weights, network = untrained
    rows = [(0, 0, 0) if place is None else (1, *place) for place in places]
    found = inpaint(track_of(rows), network, mode, SIZE)
    assert rows_of(found) == upstream_rules.inpainted(weights, rows, SIZE, mode)
