"""A journal gives back what was whole when its process was killed, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balltrack.errors import OutputError
from balltrack.journal import LONGEST, MAGIC, Journal, journal_of, remove_journal

resource = pytest.importorskip("resource", reason="Windows has no limit to the size of files")

ABOUT = {"version": "1", "start": 1.5, "end": None}
RECORDS = [b"one", b"two" * 100, b"\0" * 8, b"four"]


def write(path: Path, records: list[bytes], about: dict[str, object] = ABOUT) -> list[bytes]:
    """Append records; what was there before."""
    before: list[bytes] = []
    with Journal(path, about, before.append) as journal:
        assert list(journal.records()) == before
        for record in records:
            journal.append(record)
    return before


def test_what_was_written_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    assert write(path, RECORDS[:2]) == []
    assert write(path, RECORDS[2:]) == RECORDS[:2]
    assert write(path, []) == RECORDS


def test_what_is_torn_anywhere_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    write(path, RECORDS)
    whole = path.read_bytes()
    ends = [len(whole) - sum(8 + len(r) for r in RECORDS[n:]) for n in range(5)]
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        kept = [record for record, end in zip(RECORDS, ends[1:], strict=True) if end <= length]
        assert write(path, []) == kept
        assert write(path, [b"next"]) == kept
        assert write(path, []) == [*kept, b"next"]


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"\xff" * 4096, b"\x01\0\0\0\0\0\0\0x"])
def test_a_tail_that_is_no_record_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "a.journal"
    write(path, RECORDS)
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    assert write(path, []) == RECORDS
    assert path.read_bytes() == whole


@given(st.data())
def test_damage_costs_what_follows_it_and_no_more(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "a.journal"
    write(path, RECORDS)
    whole = bytearray(path.read_bytes())
    first = len(whole) - sum(8 + len(record) for record in RECORDS)
    place = data.draw(st.integers(first, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    kept = write(path, [])
    assert kept == RECORDS[: len(kept)]
    assert len(kept) < len(RECORDS)


@given(st.binary(max_size=200))
def test_garbage_is_no_journal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("journal") / "a.journal"
    path.write_bytes(content)
    if MAGIC.startswith(content):  # killed while it was begun
        assert write(path, RECORDS) == []
    else:
        with pytest.raises(OutputError, match="no journal; move it elsewhere"):
            write(path, [])
        remove_journal(path)
        assert path.read_bytes() == content
    path.write_bytes(MAGIC + content)
    assert write(path, []) == []


def test_what_no_record_can_be_is_cut_off_with_all_that_follows(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    write(path, RECORDS)

    def take(record: bytes) -> None:
        if record == RECORDS[2]:
            raise ValueError

    Journal(path, ABOUT, take).close()
    assert write(path, []) == RECORDS[:2]


def test_what_has_changed_is_said_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.journal"
    write(path, RECORDS)
    assert write(path, [b"new"], ABOUT | {"end": 3.0}) == []
    assert caplog.messages == [f"{path}: end was None, is 3.0; begins anew"]
    assert write(path, [], ABOUT | {"end": 3.0}) == [b"new"]


def test_a_length_that_nothing_has_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    write(path, [])
    with path.open("ab") as file:
        file.write((LONGEST + 1).to_bytes(4, "little") + b"\0" * 4)
        file.truncate(8 << 30)  # a hole: 8 GiB of nothing
    assert write(path, RECORDS) == []
    assert path.stat().st_size < 4096


def test_two_processes_are_kept_apart(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / "a.journal"
    write(path, RECORDS)
    program = (
        "import sys, pathlib; from balltrack.journal import Journal; "
        f"j = Journal(pathlib.Path({str(path)!r}), {ABOUT!r}, print); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert any(b"open" in line for line in other.stdout), "it has ended"
        with pytest.raises(OutputError, match="another balltrack is at work on this"):
            write(path, [])
        other.kill()
    assert write(path, []) == RECORDS


def test_what_is_in_the_way_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "other").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    for name, reason in (
        ("pipe", "no regular file"),
        ("link", "cannot be opened"),
        (".", "cannot be opened"),
        ("absent/a.journal", "cannot be opened"),
    ):
        with pytest.raises(OutputError, match=reason):
            write(tmp_path / name, [])
    assert (tmp_path / "other").read_text() == ""


def test_a_full_disk_keeps_what_there_was_room_for(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    write(path, [])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 30, hard))
    try:
        with pytest.raises(OutputError, match="File too large") as caught:
            write(path, [b"0123456789", b"0123456789"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert write(path, []) == [b"0123456789"]


def test_it_lies_beside_the_output() -> None:
    assert journal_of(Path("out/a.csv")) == Path("out/a.csv.journal")
