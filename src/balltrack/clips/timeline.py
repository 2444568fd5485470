"""Rallies as a cut list for editing programs: CMX 3600 EDL, Final Cut Pro 7 XML, OpenTimelineIO."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from balltrack.clips.plan import Clip
from balltrack.errors import OptionError
from balltrack.structures import VideoInfo

ADAPTERS = {".edl": "cmx_3600", ".xml": "fcp_xml", ".otio": "otio_json"}
_PACKAGES = {".edl": "otio_cmx3600_adapter", ".xml": "otio_fcp_adapter", ".otio": "opentimelineio"}


def check_timeline(path: Path) -> None:
    """Raise `OptionError` where a timeline cannot be written under this name, or not here."""
    suffix = path.suffix.lower()
    if suffix not in ADAPTERS:
        raise OptionError(f"{path}: the name of a timeline must end in {', '.join(ADAPTERS)}")
    if find_spec(_PACKAGES[suffix]) is None:
        raise OptionError(
            f"{path}: timelines need OpenTimelineIO: pip install 'balltrack[timeline]'"
        )


def write_timeline(clips: Sequence[Clip], info: VideoInfo, frame_count: int, path: Path) -> None:
    """Write the clips back to back, as cuts out of the whole video at its exact frames.

    Editing programs count frames at one rate: in a video of a variable rate, frame numbers
    are right and times are not.

    Args:
        clips: in order.
        info: of the video.
        frame_count: frames that it has.
        path: ends in .edl, .xml or .otio.

    Raises:
        OptionError: no such format, or the library for it is not installed.
    """
    check_timeline(path)
    import opentimelineio as otio  # noqa: PLC0415  # an extra

    rate = float(info.frame_rate)
    video = Path(info.path).absolute()

    def span(first: int, count: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(count, rate)
        )

    track = otio.schema.Track(name="Rallies", kind=otio.schema.TrackKind.Video)
    for clip in clips:
        media = otio.schema.ExternalReference(video.as_uri(), span(0, frame_count))
        media.name = video.name
        count = clip.last_frame - clip.first_frame + 1
        track.append(otio.schema.Clip(clip.title, media, span(clip.first_frame, count)))
    timeline = otio.schema.Timeline(name=f"{video.stem} rallies", tracks=[track])
    suffix = path.suffix.lower()
    settings = {"rate": rate} if suffix == ".edl" else {}
    otio.adapters.write_to_file(timeline, str(path), ADAPTERS[suffix], **settings)
