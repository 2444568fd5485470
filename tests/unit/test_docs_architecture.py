"""docs/architecture.md says what is there: rooms, floors, files, and the names in them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import balltrack

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(balltrack.__file__).parent
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_room_has_its_line_and_no_line_is_of_another() -> None:
    """Those within a room are named in its line."""
    lines = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", section("Rooms"), re.MULTILINE))
    rooms = {f"{path.parent.name}/" for path in SOURCE.glob("*/__init__.py")}
    modules = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {*lines} == rooms | modules
    for room in rooms:
        within = {f"{path.parent.name}/" for path in (SOURCE / room).glob("*/__init__.py")}
        assert {*re.findall(r"`(\w+/)`", lines[room])} == within, room


def test_the_floors_are_those_that_are_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert section("Floors").partition("```\n")[2].partition("\n```")[0].splitlines() == layers


def test_every_file_named_is_there() -> None:
    named = set(re.findall(r"`([\w/]+\.(?:py|md|toml))`", TEXT))
    assert len(named) > 20
    missing = {name for name in named if not ((SOURCE / name).exists() or (ROOT / name).exists())}
    assert missing == set()


def test_what_a_drill_touches_is_where_it_says() -> None:
    """``NAME`` (`file.py`): the word is defined in the file."""
    pairs = re.findall(r"`(\w+)`(?: and `(\w+)`)? \(((?:`[\w/]+\.py`(?:, )?)+)\)", TEXT)
    assert len(pairs) > 10
    for *names, places in pairs:
        for place in re.findall(r"`([^`]+)`", places):
            file = SOURCE / place if (SOURCE / place).exists() else ROOT / place
            for name in filter(None, names):
                defined = rf"^(?:class |def )?{name}\b"
                assert re.search(defined, file.read_text(encoding="utf-8"), re.MULTILINE), name
