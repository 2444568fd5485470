"""The only place that chains the stages: a video → a track, and a track → an overlay (`rendering`).

Everything streams; of the frames that were already looked at only what is still needed stays in
memory.
"""

from balltrack.pipeline.progress import OnProgress, Progress
from balltrack.pipeline.tracker import Tracker, Tracking, track_video

__all__ = ["OnProgress", "Progress", "Tracker", "Tracking", "track_video"]
