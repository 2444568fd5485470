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
