"""What a report can be asked for."""

# ruff: noqa: RUF009  # what `option` returns is a field

from __future__ import annotations

from dataclasses import dataclass

from balltrack.declaring import option
from balltrack.options import ReaderName, SourceOptions


@dataclass(frozen=True, kw_only=True)
class ReportOptions(SourceOptions):
    """How a report is made; ``docs/options.md`` says what each option is."""

    shots: int = option(
        12,
        low=1,
        unit="shots",
        help="Draw so many camera shots, those with the most positions of the ball.",
    )
    reader: ReaderName = option("auto", help="What decodes, as `balltrack track` has it.")
