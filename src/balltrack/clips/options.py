"""What cutting can be asked for."""

# ruff: noqa: RUF009  # what `option` returns is a field

from __future__ import annotations

from dataclasses import dataclass

from balltrack.declaring import Checked, option
from balltrack.options import ReaderName


@dataclass(frozen=True, kw_only=True)
class ClipOptions(Checked):
    """How rallies are cut; ``docs/options.md`` says what each option is."""

    before: float = option(
        1.0, low=0, unit="seconds", flags=("--before",), help="Shown before a rally's first frame."
    )
    after: float = option(
        1.0, low=0, unit="seconds", flags=("--after",), help="Shown after a rally's last frame."
    )
    min_strokes: int = option(
        0, low=0, unit="strokes", help="Leave out rallies of fewer: what is left are highlights."
    )
    exact: bool = option(
        False,
        help="Begin and end at the very frame, by encoding again; without it the video's own "
        "data are copied, from the last key frame before the clip.",
    )
    vertical: bool = option(
        False, help="Upright pictures, 9:16, that follow the ball; encodes again, exactly."
    )
    crf: int = option(
        20, low=0, high=51, help="Quality where it is encoded (x264), from 0 (lossless)."
    )
    reader: ReaderName = option(
        "auto", help="What decodes where it is encoded again, as `balltrack track` has it."
    )

    @property
    def encodes(self) -> bool:
        """Whether pictures are made anew."""
        return self.exact or self.vertical
