"""How long the whole job takes, from a video file to a label file, stage by stage."""

from balltrack.benchmark.comparison import compare
from balltrack.benchmark.lengths import Length, measure_lengths
from balltrack.benchmark.measurement import ORIGINAL_REPORTS, STAGES, Measurement, Run, measure
from balltrack.benchmark.untrained import write_untrained

__all__ = [
    "ORIGINAL_REPORTS",
    "STAGES",
    "Length",
    "Measurement",
    "Run",
    "compare",
    "measure",
    "measure_lengths",
    "write_untrained",
]
