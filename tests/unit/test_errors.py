"""The tree of errors, and how messages count."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

from balltrack import errors
from balltrack.errors import BalltrackError, counted


def test_the_tree_is_drawn_as_it_is() -> None:
    names = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, BalltrackError)
    }
    drawing = str(errors.__doc__).partition("\n\n")[2].partition("\n\n")[0]
    drawn = [re.match(r"[ │├└─]*(\w+) *(?:\((\w+)\))?", line) for line in drawing.splitlines()]
    assert {match[1] for match in drawn if match} == names
    for match in drawn:
        assert match is not None
        if match[2]:
            assert match[2] in {base.__name__ for base in vars(errors)[match[1]].__mro__}


def test_training_raises_no_error_of_its_own() -> None:
    """It would be missing from the tree, and from its drawing."""
    room = Path(str(errors.__file__)).parent / "training"
    bases = {
        ast.unparse(base)
        for path in room.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    assert not {base for base in bases if hasattr(errors, base)}


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "label", "0 labels"),
        (1, "label", "1 label"),
        (2, "frame", "2 frames"),
        (1, "miss", "1 miss"),
        (3, "miss", "3 misses"),
    ],
)
def test_one_is_not_many(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


@pytest.mark.parametrize(
    "error",
    [
        errors.VideoError("a.mp4: no such file"),
        errors.UnknownNameError("weights", "x", ["b", "a"], "; or a file"),
        errors.TrainingStopped("stopped", 15),
        errors.DeviceError("no cuda"),
    ],
)
def test_errors_reach_another_process(error: BalltrackError) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert (type(there), str(there), there.exit_code) == (type(error), str(error), error.exit_code)
