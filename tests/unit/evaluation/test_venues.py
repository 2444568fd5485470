"""Which venue a clip belongs to, and what its ground is."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.errors import BalltrackError
from balltrack.evaluation.pairing import find_truths
from balltrack.evaluation.venues import surfaces, venues

LABELS = "Frame,Visibility,X,Y\n"


@pytest.fixture
def truths(tmp_path, monkeypatch):
    """Two venues of tennis in folders of their own, and a match in TrackNetV2's tree."""
    monkeypatch.chdir(tmp_path)
    for name in ("t/dev/clay/a_ball.csv", "t/train/grass/a_ball.csv", "t/train/m1/csv/b_ball.csv"):
        Path(name).parent.mkdir(parents=True)
        Path(name).write_text(LABELS)
    return find_truths([Path("t")])


def test_a_venue_is_the_folder_of_a_clip(truths):
    assert venues(truths) == {
        "dev/clay/a": "clay",
        "train/grass/a": "grass",
        "train/m1/csv/b": "m1",
    }


def test_the_nearest_table_counts_and_a_named_one_for_all(truths):
    Path("venues.csv").write_text("Venue, Surface,note\nclay,clay,\nGRASS,grass,wet\nm1,mat,\n")
    Path("t/dev/venues.csv").write_text("venue,surface\nclay,red clay\n")
    assert [*surfaces(truths).values()] == ["red clay", "grass", "mat"]
    assert [*surfaces(truths, Path("venues.csv")).values()] == ["clay", "grass", "mat"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "t/dev/clay/a_ball.csv: no venues.csv in its folder or above; write one with"),
        ("venue,surface\nclay,clay\n", "venues.csv: no surface for the venue grass; add a row"),
        ("venue,surface\nclay,\n", "venues.csv:2: clay has no surface; write one"),
        ("venue,surface\nclay,a\nClay,b\n", "venues.csv:3: Clay is there twice; keep one row"),
        ("venue,ground\nclay,clay\n", "venues.csv:1: the header lacks surface, expected venue,s"),
        ("", "venues.csv:1: there is no header, expected venue,surface"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_line(truths, table, message):
    if table is not None:
        Path("t/venues.csv").write_text(table)
    with pytest.raises(BalltrackError, match=message):
        surfaces(truths)
