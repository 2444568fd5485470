"""docs/python.md and docs/notebook.ipynb: every example runs, and every public name has one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import balltrack as library
from balltrack.cli.demo import write_clip
from balltrack.synthetic import render_clip

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def cells() -> list[str]:
    notebook = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [source for source in sources if not source.startswith("%")]


def test_the_page_shows_every_public_name() -> None:
    named = set(re.findall(r"\w+", "\n".join(BLOCKS))) | set(re.findall(r"`(\w+)`", PAGE))
    assert set(library.__all__) - {"__version__"} <= named


def test_the_examples_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(render_clip(size=(320, 180), frame_count=40), Path("match.mp4"))
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, "docs/python.md", "exec"), names)
    said = capsys.readouterr().out
    assert "40 frames, the ball on" in said
    assert "gone.mp4: " in said
    assert {"match.csv", "all.csv", "match.jsonl", "overlay.mp4"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_the_notebook_tracks_its_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for cell in cells():
        exec(compile(cell, "docs/notebook.ipynb", "exec"), names)
    score = re.search(r"right \d+ of 60, strict F1 ([\d.]+)", capsys.readouterr().out)
    assert score
    assert float(score[1]) > 0.8
    assert (tmp_path / "overlay.mp4").is_file()


def test_the_index_names_every_document() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"\]\(([\w.-]+)\)", index) if "/" not in name}
    there = {path.name for path in DOCS.iterdir() if path.suffix in {".md", ".ipynb"}}
    assert named == there - {"README.md"}
