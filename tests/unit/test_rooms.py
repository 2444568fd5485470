"""Rooms stay small enough to be looked through."""

from pathlib import Path

import balltrack

SOURCE = Path(balltrack.__file__).parent
MOST = 12


def test_no_room_has_more_than_a_dozen_modules() -> None:
    rooms = {path.parent for path in SOURCE.rglob("*.py")} - {SOURCE / "cli"}  # one file a command
    sizes = {
        str(room.relative_to(SOURCE)): sum(file.name != "__init__.py" for file in room.glob("*.py"))
        for room in rooms
    }
    assert {room: size for room, size in sizes.items() if size > MOST} == {}


def test_every_room_is_named_where_the_rooms_are_explained() -> None:
    text = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in SOURCE.glob("*/__init__.py")]
    modules = [path.stem for path in SOURCE.glob("*.py") if not path.stem.startswith("__")]
    assert [name for name in rooms if f"`{name}/`" not in text] == []
    assert [name for name in modules if f"`{name}`" not in text] == []
