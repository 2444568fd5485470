"""Ending a run between two steps instead of within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any, TypeVar

from balltrack.errors import TrainingStopped

T = TypeVar("T")

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class StopRequest:
    """Remembers the first signal that asks to end; a second one ends at once.

    Inside ``with``, in the main thread; elsewhere it never hears of one. Signals that are
    ignored, as ``nohup`` has it, stay ignored.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for name in NAMES:
                number = getattr(signal, name, None)  # Windows has no SIGHUP
                if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _note(self, number: int, _: FrameType | None) -> None:
        self.number = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def until(self, items: Iterable[T]) -> Iterator[T]:
        """The items, as long as nobody asks to end.

        Raises:
            TrainingStopped: somebody did.
        """
        for item in items:
            if self.number is not None:
                raise TrainingStopped("stopped", self.number)
            yield item
