"""Every error that balltrack raises on purpose.

    BalltrackError                    exit code 1
    ├── VideoError      (OSError)     a video that cannot be opened, decoded or written
    ├── OutputError     (OSError)     a place that cannot be written to
    ├── LabelError      (ValueError)  a label file that cannot be read; says file and line
    ├── DatasetError    (ValueError)  a training or evaluation folder that is not one
    ├── WeightsError    (ValueError)  a weights file that is missing, damaged or does not fit
    │   └── ConversionError           a network that a runtime cannot take; torch can
    ├── OptionError     (ValueError)  exit code 2: something was asked for that does not exist
    │   ├── UnknownNameError          a name that no registry holds; lists those it does
    │   └── DeviceError               a device this machine does not have
    └── TrainingStopped               exit code 128 + the signal's number: training was asked to end

The built-in bases stay catchable: code that expects ``OSError`` from opening a
video needs no import from here. A message says what, where and what to do, in
one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

NOTE = 25
"""Level in the log of what a user has to know although nothing is wrong, below warnings."""


class BalltrackError(Exception):
    """Base of every error raised on purpose; ``exit_code`` is the command line's."""

    exit_code = 1


class VideoError(BalltrackError, OSError):
    """A video cannot be opened, decoded or written."""


class OutputError(BalltrackError, OSError):
    """An output cannot be written where it was asked for."""


class LabelError(BalltrackError, ValueError):
    """A label file is malformed; the message starts with ``file:line``."""


class DatasetError(BalltrackError, ValueError):
    """A folder does not hold the clips and labels that training or evaluation needs."""


class WeightsError(BalltrackError, ValueError):
    """A weights file is missing, damaged, or does not fit its network."""


class ConversionError(WeightsError):
    """A network that a runtime cannot take; torch can."""


class OptionError(BalltrackError, ValueError):
    """An option has a value outside its range."""

    exit_code = 2


class UnknownNameError(OptionError):
    """A name is in no registry."""

    def __init__(self, kind: str, name: str, known: Iterable[str], advice: str = "") -> None:
        self._said = kind, name, sorted(known), advice
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(sorted(known))}{advice}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, list[str], str]]:
        return type(self), self._said  # as a process sends it to another


class DeviceError(OptionError):
    """The asked-for device is not on this machine."""


class TrainingStopped(BalltrackError):  # noqa: N818  # asked for, not a failure
    """A signal ended a training run; what it had learnt is saved.

    Args:
        message: of one line.
        signal: its number; a shell expects 128 more as the exit code.
    """

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal
        self.exit_code = 128 + signal

    def __reduce__(self) -> tuple[type[Self], tuple[str, int]]:
        return type(self), (str(self), self.signal)


def counted(number: int, noun: str) -> str:
    """``1 frame``, ``2 frames``, for messages; a noun in -ss takes -es."""
    ending = "" if number == 1 else "es" if noun.endswith("ss") else "s"
    return f"{number} {noun}{ending}"
