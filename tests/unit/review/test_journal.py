"""The journal: what was said stays said, through any end of the process."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balltrack.errors import LabelError, OutputError
from balltrack.review.corrections import Correction, CourtSeen
from balltrack.review.journal import Journal, read_journal

LARGEST = 4096
COURT = b'{"corners": [[1, 2], [3, 4]]}\n'
OWNER = {"video": "m.mp4", "frames": 40}


def at(frame: int, x: float = 3.0) -> Correction:
    return Correction(frame, x, 4.0, 1)


def court(shift: float) -> CourtSeen:
    return CourtSeen(((10.0 + shift, 90.0), (150.0, 90.0), (100.0, 20.0), (60.0, 20.0)))


def frames_of(steps: Sequence[Correction | CourtSeen]) -> set[int]:
    return {one.frame for one in steps if isinstance(one, Correction)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    acts=st.lists(
        st.one_of(st.integers(0, 5), st.sampled_from(["court", "undo", "redo", "restart"]))
    ),
    torn=st.booleans(),
)
def test_whatever_is_done_a_new_process_knows_it(
    acts: list[int | str], torn: bool, tmp_path: Path
) -> None:
    """Against a plain model: a list of steps, and of those taken back."""
    path = tmp_path / "j.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path, OWNER)
    steps: list[Correction | CourtSeen] = []
    undone: list[Correction | CourtSeen] = []
    for number, act in enumerate(acts):
        if act == "undo":
            assert journal.undo() == frames_of(steps[-1:])
            undone += [steps.pop()] if steps else []
        elif act == "redo":
            assert journal.redo() == frames_of(undone[-1:])
            steps += [undone.pop()] if undone else []
        elif act == "court":
            steps.append(court(number))
            journal.see_court(court(number))
            undone.clear()
        elif act == "restart":
            journal.close()
            if torn and path.exists():
                with path.open("ab") as file:
                    file.write(b'{"do": [{"frame": 1, "x"')
            journal = Journal(path, OWNER)
        else:
            assert isinstance(act, int)
            step = at(act, float(number))
            journal.do([step])
            steps.append(step)
            undone.clear()
        assert journal.now == {one.frame: one for one in steps if isinstance(one, Correction)}
        courts = [one.corners for one in steps if isinstance(one, CourtSeen)]
        assert journal.corners == (courts[-1] if courts else None)
        assert journal.counts == (len(steps), len(undone))
    journal.close()


def test_nothing_said_leaves_nothing(tmp_path: Path) -> None:
    Journal(tmp_path / "j.jsonl", OWNER).close()
    assert list(tmp_path.iterdir()) == []


def test_another_clips_journal_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal = Journal(path, OWNER)
    journal.do([at(1)])
    journal.close()
    with pytest.raises(LabelError, match="is the journal of another video "):
        Journal(path, OWNER | {"frames": 41})
    lines = path.read_bytes().splitlines(keepends=True)
    for bad in (
        b"[]\n",
        b"{]\n",
        b'{"redo": 1}\n',
        b'{"do": [{"frame": 1}]}\n',
        b'{"a": 1}\n',
        b'{"do": [{"frame": 40, "x": null, "y": null, "visibility": 0}]}\n',
        b'{"do": [{"frame": 1, "x": NaN, "y": 1, "visibility": 1}]}\n',
        b'{"corners": [[1' + b"0" * 400 + b", 1], [2, 1], [2, 2], [1, 2]]}\n",
        b'{"corners": ' + b"[" * 100_000 + b"\n",
        COURT,
    ):
        path.write_bytes(lines[0] + bad + lines[1])
        with pytest.raises(LabelError, match=r"j.jsonl:2: is not a line of a journal"):
            Journal(path, OWNER)
    with pytest.raises(OutputError, match="cannot be written"):
        Journal(tmp_path / "none" / "j.jsonl", OWNER)


def test_an_older_journal_that_names_labels_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal = Journal(path, OWNER | {"labels": "0123", "blind": True})
    journal.do([at(1)])
    journal.close()
    journal = Journal(path, OWNER)
    journal.do([at(2)])
    journal.close()
    assert list(read_journal(path).now) == [1, 2]


@contextmanager
def full_disk() -> Iterator[None]:
    resource = pytest.importorskip("resource", reason="only Unix limits the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_refused_does_not_come_back(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal = Journal(path, OWNER)
    journal.do([at(1)])
    with full_disk():
        with pytest.raises(OutputError, match=r"j.jsonl: cannot be written \(File too large\)"):
            journal.do([at(frame) for frame in range(100)])
        journal.do([at(7)])
    assert list(journal.now) == [1, 7]
    journal.close()
    assert list(read_journal(path).now) == [1, 7]


@pytest.mark.parametrize(
    "row",
    [
        (1, None, None, 1),
        (1, 2.0, None, 1),
        (1, 2.0, 3.0, 0),
        (1, 2.0, 3.0, 4),
        (-1, 2.0, 3.0, 1),
        (1, 2.0, 3.0, 1, 3),
        (1, math.inf, 3.0, 1),
        (1, 2.0, math.nan, 1),
    ],
)
def test_a_correction_is_checked(row: tuple[int, float | None, float | None, int]) -> None:
    with pytest.raises(ValueError, match=r"frame -?1"):
        Correction(*row)
