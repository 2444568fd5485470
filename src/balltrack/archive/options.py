"""What an archive can be asked for, beside how its videos are tracked."""

from dataclasses import dataclass

from balltrack.declaring import Checked, option


@dataclass(frozen=True, kw_only=True)
class ArchiveOptions(Checked):
    """How the work is shared out; ``docs/archive.md`` says more."""

    workers: int | None = option(
        None,
        low=1,
        unit="processes",
        unset="one for two cores; on a Ray cluster as many as it has room for",
        help="Processes that track, each with a tracker of its own, no more than there are videos "
        "and parts left; cores are shared out.",
    )
    part_minutes: float = option(
        120.0,
        low=0.01,
        unit="minutes",
        help="Cut videos that are longer into parts for several processes. The rows stay those of "
        "one pass; every part decodes all that lies before it.",
    )
    retries: int = option(
        1, low=0, help="Try a video so often again, before it is set aside with its error."
    )
