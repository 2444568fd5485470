"""The whole way from rallies to clips, and to what goes with them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from av.error import FFmpegError

from balltrack.clips.copying import copy_clips
from balltrack.clips.encoding import encode_clips
from balltrack.clips.following import follow
from balltrack.clips.joining import join_clips
from balltrack.clips.options import ClipOptions
from balltrack.clips.packets import FrameTable, Span
from balltrack.clips.plan import Clip
from balltrack.clips.subtitles import with_suffixes, write_subtitles
from balltrack.clips.timeline import write_timeline
from balltrack.errors import OptionError
from balltrack.labels.subtitles import Cue
from balltrack.outputs import whole_file
from balltrack.pipeline.progress import OnProgress
from balltrack.structures import Track, VideoInfo

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beside:
    """What is written beside the clips, each where it has a name.

    Attributes:
        joined: all clips back to back.
        subtitles: a name without suffix for .srt and .vtt of the whole video.
        timeline: a cut list of the whole video.
    """

    joined: Path | None = None
    subtitles: Path | None = None
    timeline: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """Every file that is written."""
        named = [path for path in (self.joined, self.timeline) if path is not None]
        return [*named, *self.video_subtitles, *self.joined_subtitles]

    @property
    def video_subtitles(self) -> list[Path]:
        """Of the whole video."""
        return [] if self.subtitles is None else with_suffixes(self.subtitles)

    @property
    def joined_subtitles(self) -> list[Path]:
        """Of the joined clips: beside them, under the name that players look for."""
        if self.subtitles is None or self.joined is None:
            return []
        return with_suffixes(self.joined.with_suffix(""))


@dataclass(frozen=True)
class Cut:
    """A clip that was written.

    Attributes:
        clip: what was asked for.
        path: of the file.
        early, late: frames that the file shows before and after those asked for.
    """

    clip: Clip
    path: Path
    early: int
    late: int


def cut_clips(
    info: VideoInfo,
    table: FrameTable,
    clips: Sequence[Clip],
    paths: Sequence[Path],
    options: ClipOptions,
    *,
    beside: Beside = Beside(),
    track: Track | None = None,
    progress: OnProgress | None = None,
) -> list[Cut]:
    """Write every clip, and what goes with them: all of it or nothing.

    Without ``options.encodes`` the video's packets are copied from the key frame at or before
    a clip's first frame. What MP4 cannot take as it is (or AVI, which does not say when its
    pictures are shown), and clips that would show what an edit list hides, are encoded all the
    same, with a warning.

    Args:
        info, table: of the video.
        clips: of `plan_clips`.
        paths: one a clip, .mp4.
        options: how they are cut.
        beside: what else is written.
        track: of the ball, for ``options.vertical``.
        progress: called after every frame, where frames are decoded.

    Raises:
        VideoError: the video cannot be read.
        OptionError: ``vertical`` without a track, or of a video that is upright.
        OutputError: something cannot be written; nothing is kept.
    """
    with ExitStack() as outputs:

        def begun(path: Path) -> Path:
            return outputs.enter_context(whole_file(path, FFmpegError))

        parts = [begun(path) for path in paths]
        cuts = _cut(info, table, clips, parts, options, track, progress)
        cuts = [
            Cut(cut.clip, path, cut.early, cut.late) for cut, path in zip(cuts, paths, strict=True)
        ]
        starts = [cut.clip.start_s for cut in cuts]
        shown = _lead_ins(table, cuts)
        for path in beside.video_subtitles:
            write_subtitles(_cues(clips, starts, [0.0] * len(clips)), begun(path))
        if beside.joined is not None:
            starts = join_clips(parts, begun(beside.joined))
            for path in beside.joined_subtitles:
                write_subtitles(_cues(clips, starts, shown), begun(path))
        if beside.timeline is not None:
            write_timeline(clips, info, len(table.times_s), begun(beside.timeline))
    return cuts


def _cut(
    info: VideoInfo,
    table: FrameTable,
    clips: Sequence[Clip],
    parts: Sequence[Path],
    options: ClipOptions,
    track: Track | None,
    progress: OnProgress | None,
) -> list[Cut]:
    if not options.encodes:
        spans = [table.span(clip.first_frame, clip.last_frame) for clip in clips]
        reason = _why_not_copied(info, table, spans)
        if reason is None:
            copy_clips(info, clips, spans, parts, table.delay)
            return [
                Cut(clip, part, span.early, span.late)
                for clip, part, span in zip(clips, parts, spans, strict=True)
            ]
        log.warning("%s: %s; encoded again", info.path, reason)
    crops = None
    if options.vertical:
        if track is None:
            raise OptionError("vertical follows the ball: give --labels too")
        size, rate = (info.width, info.height), float(info.frame_rate)
        crops = {clip.number: follow(track, clip, size, rate) for clip in clips}
    encode_clips(info, clips, parts, options, crops=crops, progress=progress)
    return [Cut(clip, part, 0, 0) for clip, part in zip(clips, parts, strict=True)]


def _why_not_copied(info: VideoInfo, table: FrameTable, spans: Sequence[Span]) -> str | None:
    """None where the clips can be copied."""
    if not table.copyable:
        return f"{info.codec} cannot be copied into MP4"
    if any(span.hidden for span in spans):
        return "copied clips would show frames that its edit list hides"
    return None


def _lead_ins(table: FrameTable, cuts: Sequence[Cut]) -> list[float]:
    """Seconds that each file shows before its clip begins."""
    return [
        cut.clip.start_s - float(table.times_s[cut.clip.first_frame - cut.early]) for cut in cuts
    ]


def _cues(clips: Sequence[Clip], starts: Sequence[float], lead_ins: Sequence[float]) -> list[Cue]:
    """Each rally's own time, where clips begin at ``starts``; never two at once."""
    cues: list[Cue] = []
    for clip, start, lead_in in zip(clips, starts, lead_ins, strict=True):
        begin = start + lead_in + clip.rally.start_s - clip.start_s
        cues.append(Cue(begin, begin + clip.rally.length_s, clip.title))
    return cues
