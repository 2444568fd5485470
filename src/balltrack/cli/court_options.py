"""Places in a picture, on the command line."""

from __future__ import annotations

import re
from typing import Any

import click

_POINT = re.compile(r"(-?\d+\.?\d*),(-?\d+\.?\d*)")


class Point(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    """A place in source pixels, ``312.5,640``, as (x, y)."""

    name = "point"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        match = _POINT.fullmatch(str(value).strip())
        if match is None:
            self.fail(
                f"{value!r} is not a place; write x,y in pixels, such as 312.5,640", param, ctx
            )
        return float(match[1]), float(match[2])
