"""The only place that chains the stages: a video → a track, and a track → an overlay (`rendering`).

Everything streams; of the frames that were already looked at only what is still needed stays in
memory.
"""

import os

from balltrack.options import TrackOptions
from balltrack.pipeline.progress import OnProgress, Progress
from balltrack.pipeline.tracker import Tracker, Tracking
from balltrack.structures import Track

__all__ = ["OnProgress", "Progress", "Tracker", "Tracking", "track_video"]


def track_video(
    path: str | os.PathLike[str],
    options: TrackOptions = TrackOptions(),  # noqa: B008  # frozen
    *,
    progress: OnProgress | None = None,
) -> Track:
    """Where the ball is on every frame of one video; for several, keep a `Tracker`.

    Args:
        path: of the video.
        options: see `TrackOptions`.
        progress: called after every frame.

    Returns:
        One row for each frame that decodes in the asked-for part, in source pixels.

    Raises:
        BalltrackError: as `Tracker` and `Tracker.track`.
    """
    return Tracker(options).track(path, progress=progress)
