"""``balltrack shots``: which shots there are, for people and for programs."""

from __future__ import annotations

import json


def test_a_line_a_shot(rendered, balltrack):
    done = balltrack("shots", rendered)
    assert (done.code, done.err) == (0, "")
    header, *rows = done.out.splitlines()
    assert header == "Shot,First,Last,Time,Play,Probability"
    cells = [row.split(",") for row in rows]
    assert [row[:3] for row in cells] == [["0", "0", "10"], ["1", "11", "19"]]
    assert [row[3] for row in cells] == ["0.000", "0.367"]
    assert all(row[4] in "01" and 0 <= float(row[5]) <= 1 for row in cells)


def test_an_object_a_shot(rendered, balltrack):
    done = balltrack("shots", rendered, "--json", "--start", "0.2")
    assert done.code == 0
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [(shot["number"], shot["first"], shot["last"]) for shot in found] == [
        (0, 6, 10),
        (1, 11, 19),
    ]
    assert {type(shot["play"]) for shot in found} == {bool}


def test_what_cannot_be_read_is_one_line(tmp_path, balltrack):
    done = balltrack("shots", tmp_path / "gone.mp4")
    assert (done.code, done.out) == (1, "")
    assert str(tmp_path / "gone.mp4") in done.complaint
    (tmp_path / "text.mp4").write_text("no video")
    assert balltrack("shots", tmp_path / "text.mp4").code == 1


def test_a_part_without_frames(rendered, balltrack):
    assert balltrack("shots", rendered, "--start", "100").code == 2
