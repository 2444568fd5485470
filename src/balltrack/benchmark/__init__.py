"""How long the whole job takes, from a video file to a label file, stage by stage."""

from balltrack.benchmark.comparison import compare
from balltrack.benchmark.report import ORIGINAL_REPORTS, STAGES, Report, Run, measure

__all__ = ["ORIGINAL_REPORTS", "STAGES", "Report", "Run", "compare", "measure"]
