"""The only place that chains the stages: a video → a track, and a track → an overlay.

Everything streams; of the frames that were already looked at only their candidates stay in
memory.
"""

from balltrack.pipeline.detection import cut_windows, detect, detect_together, run_network
from balltrack.pipeline.path_choice import choose_path
from balltrack.pipeline.progress import Progress, Report
from balltrack.pipeline.rendering import render_overlay
from balltrack.pipeline.second_look import second_look
from balltrack.pipeline.tracking import track_video

__all__ = [
    "Progress",
    "Report",
    "choose_path",
    "cut_windows",
    "detect",
    "detect_together",
    "render_overlay",
    "run_network",
    "second_look",
    "track_video",
]
