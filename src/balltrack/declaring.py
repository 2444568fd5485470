"""How an option is declared: one field of a dataclass, with all there is to it.

    max_gap: int = option(8, low=0, unit="frames", help="Longest gap to fill.")

Its dataclass refuses what the field does not take, the command line makes ``--max-gap`` of it
(`balltrack.cli.options`), and ``docs/options.md`` is written from that (`balltrack.cli.reference`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field, fields
from numbers import Integral, Real
from os import PathLike, fspath
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from balltrack.errors import OptionError

Value = TypeVar("Value")


_KINDS: dict[type[Any], tuple[str, tuple[type[Any], ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("a whole number", (Integral,)),
    float: ("a number", (Real,)),
    str: ("text", (str, PathLike)),
}
"""What values of a kind are called, and the types that are taken for it, NumPy's too."""


def check_kind(name: str, value: object, kind: type[Any]) -> None:
    """Raise `OptionError` unless value is of a kind: bool, int, float or str."""
    called, types = _KINDS[kind]
    if not isinstance(value, types) or (isinstance(value, bool) and kind is not bool):
        raise OptionError(f"{name} must be {called}, got {value!r}")


def check_array(name: str, array: object, shape: tuple[int, ...], dtype: object) -> None:
    """Raise `OptionError` unless it is a NumPy array of such a shape and type."""
    got = f"{getattr(array, 'shape', '')} {getattr(array, 'dtype', type(array).__name__)}".strip()
    if got != (wanted := f"{shape} {dtype}"):
        raise OptionError(f"{name} must be {wanted}, got {got}")


def check_range(name: str, value: float, low: float, high: float = float("inf")) -> None:
    """Raise `OptionError` unless it is a number, and low <= value <= high."""
    check_kind(name, value, float)
    if not low <= value <= high:
        limit = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
        raise OptionError(f"{name} must be {limit}, got {value:g}")


def check_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Raise `OptionError` unless value is one of choices."""
    if value not in choices:
        raise OptionError(f"{name} must be one of {', '.join(choices)}; got {value!r}")


def check_part(start_s: float | None, end_s: float | None) -> None:
    """Raise `OptionError` unless the part of a video ends after it begins."""
    if end_s is not None and end_s <= (start_s or 0):
        raise OptionError(f"end must lie after start, got {end_s:g} s")


class Option(NamedTuple):
    """An option as its field declares it.

    Attributes:
        name: of the field.
        kind: of its values: bool, int, float or str.
        choices: the only values there are; empty where the kind says it all.
        default: the library's and the command line's.
        help, low, high, unit, unset, metavar, flags, bare: see `option`.
    """

    name: str
    kind: type[Any]
    choices: tuple[str, ...]
    default: Any
    help: str
    low: float | None
    high: float
    unit: str
    unset: str
    metavar: str
    flags: tuple[str, ...]
    bare: bool

    def taken(self, value: Any) -> Any:
        """``value`` as plain Python has it: a path as text, a scalar of NumPy's as a number.

        Raises:
            OptionError: the option does not take it.
        """
        if isinstance(value, PathLike):
            value = fspath(value)
        elif getattr(value, "shape", None) == () and hasattr(value, "item"):
            value = value.item()
        self._check(value)
        return value

    def _check(self, value: Any) -> None:
        if value is None and self.default is None:
            return
        label = self.flags[0].removeprefix("--").replace("-", "_") if self.flags else self.name
        if self.choices:
            check_choice(label, value, self.choices)
        else:
            check_kind(label, value, self.kind)
        if self.low is not None:
            check_range(label, value, self.low, self.high)


def option(  # noqa: PLR0913  # one parameter for each thing there is to say
    default: Value,
    *,
    help: str,  # noqa: A002  # the word of every command line library
    low: float | None = None,
    high: float = float("inf"),
    unit: str = "",
    unset: str = "",
    metavar: str = "",
    flags: tuple[str, ...] = (),
    bare: bool = False,
) -> Value:
    """A field of an options dataclass that is an option; the choices are those of its ``Literal``.

    Args:
        default: None where the value is found out later; None is then allowed.
        help: one or two sentences for ``-h`` and the reference.
        low, high: the range of a number, both ends in it; ``high`` needs ``low``.
        unit: what a number counts, "frames"; "seconds" are given on the command line in
            ffmpeg's syntax for times.
        unset: what None comes to, in words.
        metavar: how the help writes the value, where unit and type do not say it.
        flags: on the command line, the long one first; where none are given, ``--name``, and
            ``--no-name`` for what is on by default.
        bare: the flag may stand without a value, for the default.
    """
    declared = {
        "help": help,
        "low": low,
        "high": high,
        "unit": unit,
        "unset": unset,
        "metavar": metavar,
        "flags": flags,
        "bare": bare,
    }
    return field(default=default, metadata=declared)


def options_of(owner: type[Any]) -> tuple[Option, ...]:
    """Every option that a dataclass declares, in the order of its fields."""
    hints = get_type_hints(owner)
    return tuple(
        Option(each.name, *_values(hints[each.name]), each.default, **each.metadata)
        for each in fields(owner)
        if each.metadata
    )


def _values(hint: Any) -> tuple[type[Any], tuple[str, ...]]:
    """Kind and choices: (int, ()) of ``int | None``, (str, ("a", "b")) of ``Literal["a", "b"]``."""
    if get_origin(hint) is Literal:
        return str, get_args(hint)
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return (kinds[0] if kinds else hint), ()


class Checked:
    """Refuses at birth what an option does not take, and keeps plain values."""

    def __post_init__(self) -> None:
        for each in options_of(type(self)):
            object.__setattr__(self, each.name, each.taken(getattr(self, each.name)))
