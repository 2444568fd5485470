"""A file appears whole or not at all, and what prevents it is one line."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from balltrack import outputs
from balltrack.errors import OutputError, VideoError
from balltrack.outputs import made_folder, make_folder, whole_file, whole_folder


def test_what_was_there_stays_until_the_block_has_ended(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with target.open() as reader:
        with whole_file(target) as partial:
            partial.write_text("new")
            assert partial.suffix == ".csv"
            assert target.read_text() == "old"
        assert reader.read() == "old"  # who has it open sees no half of the new one
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="permissions are another thing there")
def test_links_and_permissions_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "there" / "real.csv", tmp_path / "link.csv"
    real.parent.mkdir()
    link.symlink_to(real)
    for text in ("made", "replaced"):
        with whole_file(link) as partial:
            partial.write_text(text)
        assert (link.is_symlink(), real.read_text()) == (True, text)
        assert real.stat().st_mode & 0o777 == (0o600 if text == "replaced" else 0o644 & ~umask())
        real.chmod(0o600)
    left = real.with_name(outputs.partial_path(real).name)
    left.write_text("of a process that was killed")
    outputs.clear_partials(link)
    assert list(real.parent.iterdir()) == [real]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("failure", "raised", "message"),
    [
        (OSError(errno.ENOSPC, "No space left"), OutputError, "(No space left); nothing was kept"),
        (OSError("as FFmpeg says it"), OutputError, "(as FFmpeg says it); nothing was kept"),
        (ArithmeticError("a library's own"), OutputError, "(a library's own); nothing was kept"),
        (VideoError("in.mp4: damaged"), VideoError, "in.mp4: damaged"),
        (RuntimeError("a fault of ours"), RuntimeError, "a fault of ours"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
)
def test_a_failure_leaves_nothing_but_what_was_there(
    tmp_path: Path, failure: BaseException, raised: type[BaseException], message: str
) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")

    def fail() -> None:
        with whole_file(target, ArithmeticError) as partial:
            partial.write_text("half")
            raise failure

    with pytest.raises(raised) as caught:
        fail()
    if raised is OutputError:
        assert str(caught.value) == f"{target}: cannot be written {message}"
    else:
        assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_text() == "old"


@pytest.mark.parametrize("failing", ["block", "move"])
def test_a_folder_is_replaced_whole_or_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "old").touch()

    def write() -> None:
        with whole_folder(folder, lambda _: True) as partial:
            (partial / "new").touch()
            assert [path.name for path in folder.iterdir()] == ["old"]
            if failing == "block":
                raise OSError(errno.ENOSPC, "No space left")
            if failing == "move":
                monkeypatch.setattr(outputs, "_patiently", refuse_second)

    def refuse_second(move: Callable[[Path], object], path: Path) -> None:
        if path == folder:
            raise OSError(errno.EIO, "Input/output error")
        move(path)

    with pytest.raises(OutputError, match="nothing was kept"):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["labels"]
    assert [path.name for path in folder.iterdir()] == ["old"]
    monkeypatch.undo()
    failing = ""
    write()
    assert [path.name for path in tmp_path.iterdir()] == ["labels"]
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_what_came_into_a_folder_meanwhile_stays(tmp_path: Path) -> None:
    folder = tmp_path / "labels"

    def write() -> None:
        with whole_folder(folder, lambda path: not (path / "mine").exists()):
            folder.mkdir()
            (folder / "mine").touch()

    with pytest.raises(OutputError, match="holds other files as well"):
        write()
    assert (folder / "mine").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["labels"]


def test_who_is_given_the_unfinished_file_is_heard_of_the_finished_one(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"

    def fail() -> None:
        with whole_file(target) as partial:
            raise OutputError(f"{partial}: cannot write the video")

    with pytest.raises(OutputError) as caught:
        fail()
    assert str(caught.value) == f"{target}: cannot write the video"


def test_places_that_cannot_hold_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "file").write_text("")
    for path, reason in (
        (tmp_path, "is a folder; name a file in it"),
        (tmp_path / "absent" / "a", f"there is no folder {tmp_path / 'absent'}; create it first"),
        (tmp_path / "file" / "a", f"there is no folder {tmp_path / 'file'}; create it first"),
        (pipe, "is not a regular file; give a file name"),
        (tmp_path / ("n" * 300), "cannot be written (File name too long); nothing was kept"),
    ):
        with pytest.raises(OutputError) as caught, whole_file(path):
            pytest.fail("the block must not begin")
        assert str(caught.value) == f"{path}: {reason}"
    assert pipe.is_fifo()


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 251 + ".csv")
    with whole_file(target) as partial:
        partial.write_text("new")
    assert target.read_text() == "new"


def test_a_new_folder_that_stays_empty_is_taken_away_again(tmp_path: Path) -> None:
    new, old = tmp_path / "a" / "b", tmp_path / "old"
    old.mkdir()
    for folder in (new, old):
        with made_folder(folder):
            assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    with made_folder(new):
        (new / "kept").touch()
    assert (new / "kept").is_file()


def test_a_folder_is_made_or_named(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        make_folder(tmp_path / "file" / "b")
    assert (
        str(caught.value) == f"{tmp_path / 'file' / 'b'}: cannot make the folder (Not a directory)"
    )
