"""What a report says, before it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from balltrack.clips.rallies import play_of, with_times
from balltrack.court.measures import Bounce, find_bounces, ground_speed
from balltrack.court.plane import CourtPlane
from balltrack.events.rallies import Rally
from balltrack.events.velocity import velocity
from balltrack.labels.events import BOUNCE, HIT
from balltrack.report.footage import Footage
from balltrack.structures import Event, FloatArray, Source, Track
from balltrack.tracks import says_how_found


@dataclass(frozen=True)
class Findings:
    """Everything that is known of a video's ball.

    Attributes:
        footage: of the video.
        track: with the video's own times and shots.
        events: hits and bounces.
        rallies: made of them.
        speed: (N,) source pixels a second, NaN where unknown.
        plane: of the court; None where nobody told where it is.
        bounces: on it.
        ground_kmh: (N,) along it, NaN where unknown; empty without a plane.
        facts: how it was made, as far as known: name and value.
    """

    footage: Footage
    track: Track
    events: tuple[Event, ...]
    rallies: tuple[Rally, ...]
    speed: FloatArray
    plane: CourtPlane | None
    bounces: tuple[Bounce, ...]
    ground_kmh: FloatArray
    facts: tuple[tuple[str, str], ...]

    def count(self, kind: str) -> int:
        """Events of a kind."""
        return sum(event.kind == kind for event in self.events)


def find_all(
    footage: Footage,
    labels: Path | None,
    track: Track,
    events: Path | None,
    plane: CourtPlane | None,
    notes: Sequence[str] = (),
) -> Findings:
    """Put together what labels, events and court say.

    Args:
        footage: of the labels' video.
        labels: where ``track`` was read, for messages and facts; None where the video was
            tracked for this.
        track: as read or found; times and shots are taken from the video.
        events: hits and bounces; None finds them in the labels.
        plane: of the court, right for every shot.
        notes: further facts, such as "weights: tracknet-v3".

    Raises:
        LabelError: a file is of a longer video, or cannot be read.
        WeightsError: the events network cannot be loaded.
    """
    source = labels or Path(footage.info.path)
    track = _with_shots(with_times(source, track, footage.times_s), footage)
    size = (footage.info.width, footage.info.height)
    play = play_of(track, events, size, len(footage.times_s), source)
    known = plane is not None
    return Findings(
        footage,
        track,
        play.events,
        play.rallies,
        velocity(track, play.events).speed,
        plane,
        tuple(find_bounces(track, play.events, plane)) if plane else (),
        ground_speed(track, play.events, plane) if plane and known else np.empty(0),
        tuple(_facts(footage, labels, track, events, plane, notes)),
    )


def _with_shots(track: Track, footage: Footage) -> Track:
    """Not every label file knows of cuts, so those found in the pictures count."""
    firsts = [shot.first_frame for shot in footage.shots]
    shot = np.searchsorted(firsts, track.frame_index, "right") - 1
    return replace(track, shot=shot.astype(np.int64))


def _facts(
    footage: Footage,
    labels: Path | None,
    track: Track,
    events: Path | None,
    plane: CourtPlane | None,
    notes: Sequence[str],
) -> list[tuple[str, str]]:
    info = footage.info
    rate = f"{float(info.frame_rate):.6g} frames/s{', variable' * info.variable_frame_rate}"
    facts = [
        ("Video", f"{Path(info.path).name}: {info.width}x{info.height}, {rate}, {info.codec}"),
        ("Labels", f"{_origin(labels, track)}; {_sources(track)}"),
    ]
    found = "found in the labels by the events network" if events is None else events.name
    facts.append(("Hits and bounces", found))
    if plane is not None:
        court = plane.court
        facts.append(
            ("Court", f"{court.name}, {court.width:g} x {court.length:g} m ({court.rules})")
        )
    for note in notes:
        name, _, value = note.partition(":")
        facts.append((name.strip(), value.strip()))
    facts.append(("Made with", f"balltrack {version('balltrack')}"))
    return facts


def _origin(labels: Path | None, track: Track) -> str:
    """The file, or which frames were tracked."""
    if labels is not None:
        return f"{labels.name}: {len(track)} rows"
    return f"tracked for this page, frames {track.frame_index[0]} to {track.frame_index[-1]}"


def _sources(track: Track) -> str:
    """How many positions were found how; four columns alone do not say."""
    positions = int(track.visible.sum())
    scores = track.score[track.score > 0]
    if not says_how_found(track):
        return f"{positions} with a position, without a word on how it was found"
    counts = (
        f"{int((track.source == each).sum())} {each.label}"
        for each in Source
        if each and (each != Source.CORRECTED or (track.source == each).any())
    )
    return f"{', '.join(counts)}; median confidence {np.median(scores):.2f}"


def headline(findings: Findings) -> list[tuple[str, str]]:
    """The figures at the head of the page: what, and how much."""
    footage, track, rallies = findings.footage, findings.track, findings.rallies
    share = track.visible.sum() / _looked_at(track, len(footage.times_s))
    figures = [
        (clock(float(footage.times_s[-1] + 1 / footage.info.frame_rate)), "long"),
        (f"{share:.0%}", "of frames with a ball"),
        _figure(len(footage.shots), "camera shot", "camera shots"),
        _figure(len(rallies), "rally", "rallies"),
        _figure(findings.count(HIT), "hit", "hits"),
        _figure(findings.count(BOUNCE), "bounce", "bounces"),
    ]
    if rallies:
        figures.append((f"{max(rally.length_s for rally in rallies):.1f} s", "longest rally"))
    return figures


def _figure(number: int, one: str, more: str) -> tuple[str, str]:
    return str(number), one if number == 1 else more


def _looked_at(track: Track, frames: int) -> int:
    """Frames that a ball was looked for on: a part of the video may be all, and a format that holds
    no frame without a ball does not say which."""
    if track.visible.all():
        return frames
    return int(track.frame_index[-1] - track.frame_index[0]) + 1


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03.4``."""
    tenths = round(seconds * 10)
    if tenths >= 10 * 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
    minutes, rest = divmod(tenths, 600)
    return f"{minutes}:{rest / 10:04.1f}"
