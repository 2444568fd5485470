"""How long the whole job takes, from a video file to a label file, stage by stage."""

from balltrack.benchmark.comparison import compare
from balltrack.benchmark.lengths import Length, measure_lengths
from balltrack.benchmark.report import ORIGINAL_REPORTS, STAGES, Report, Run, measure
from balltrack.benchmark.untrained import write_untrained

__all__ = [
    "ORIGINAL_REPORTS",
    "STAGES",
    "Length",
    "Report",
    "Run",
    "compare",
    "measure",
    "measure_lengths",
    "write_untrained",
]
