"""A page of the worst misses: one HTML file that needs nothing else.

The page is read beside the figures of a report, so that a person sees why a position was
wrong: a ball in front of a white line, a shoe, a label that is off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from balltrack.errors import DatasetError, counted
from balltrack.evaluation.breakdowns import VISIBILITY
from balltrack.evaluation.comparison import Comparison, Criterion, Outcome
from balltrack.evaluation.metrics import count
from balltrack.evaluation.page.drawing import Drawing, draw
from balltrack.evaluation.page.misses import KINDS, Miss, find_misses, worst
from balltrack.evaluation.page.pictures import Strip, View, take_pictures
from balltrack.evaluation.report import COLUMNS, Report, figure_cells
from balltrack.options import ReadOptions
from balltrack.outputs import whole_file
from balltrack.structures import Source

HEADINGS = {
    Outcome.FP1: "FP1: a ball, found in the wrong place",
    Outcome.FP2: "FP2: a ball found where there is none",
    Outcome.FN: "FN: a ball that was not found",
}

TEMPLATE = "misses.html.jinja"


@dataclass(frozen=True)
class _Figure:
    """A picture with a line under it; ``shown`` is the miss's own frame."""

    drawing: Drawing
    caption: str
    shown: bool


@dataclass(frozen=True)
class _Entry:
    """A miss; no ``rows`` of pictures where the video ends before it."""

    heading: str
    facts: str
    rows: tuple[tuple[_Figure, ...], ...]


@dataclass(frozen=True)
class _Group:
    """The misses of one outcome, which ``frames`` of all clips have."""

    heading: str
    frames: int
    entries: list[_Entry]


def write_page(
    report: Report,
    path: Path,
    *,
    limit: int = 40,
    reading: ReadOptions = ReadOptions(),  # noqa: B008  # frozen
) -> tuple[int, int]:
    """Write the worst misses of a report as pictures; the file appears whole or not at all.

    Memory holds the crops of ``limit`` misses, never a video.

    Args:
        report: all its clips must have videos.
        path: of the HTML file; replaced if it exists.
        limit: most misses to show.
        reading: which streams of the videos are read, and by what.

    Returns:
        How many misses are on the page, and how many there are.

    Raises:
        DatasetError: a clip without a video.
        VideoError: a video cannot be read.
        OutputError: the page cannot be written.
    """
    without = [name for name in report.clips if name not in report.videos]
    if without:
        raise DatasetError(
            f"no video beside the truth of {', '.join(without[:3])} to take pictures from; "
            "put it there or leave --page out"
        )
    misses = find_misses(report.clips)
    shown = worst(misses, limit)
    strips: dict[Miss, Strip] = {}
    for name in dict.fromkeys(miss.clip for miss in shown):
        mine = [miss for miss in shown if miss.clip == name]
        taken = take_pictures(mine, report.clips[name], report.videos[name], reading)
        strips.update(zip(mine, taken, strict=True))
    in_order = {miss: strips[miss] for miss in shown}
    with whole_file(path) as part:
        part.write_text(render_page(report, in_order, len(misses)), encoding="utf-8")
    return len(shown), len(misses)


def render_page(report: Report, strips: Mapping[Miss, Strip], total: int) -> str:
    """The page's text; ``strips`` in the order of the page, ``total`` misses there are."""
    template = _environment().get_template(TEMPLATE)
    return template.render(
        title=report.title,
        shown=len(strips),
        total=total,
        columns=COLUMNS,
        cells=figure_cells("total", report.total),
        groups=[_group(report, kind, strips) for kind in KINDS],
    )


def _environment() -> Environment:
    """Everything put into the page is escaped, and what the template lacks is an error."""
    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"counted": counted, "tenths": "{:.1f}".format}
    return environment


def _group(report: Report, kind: Outcome, strips: Mapping[Miss, Strip]) -> _Group:
    return _Group(
        HEADINGS[kind],
        sum(getattr(count(clip), kind.name.lower()) for clip in report.clips.values()),
        [_entry(report, miss, strip) for miss, strip in strips.items() if miss.outcome == kind],
    )


def _entry(report: Report, miss: Miss, strip: Strip) -> _Entry:
    run = f"frame {miss.first}"
    if miss.length > 1:
        run = f"frames {miss.first}-{miss.last} ({miss.length} frames)"
    rows: tuple[tuple[View, ...], ...] = ()
    if strip.overview is not None:
        first, *others = strip.crops
        rows = ((strip.overview, *first), *others)
    return _Entry(
        f"{miss.outcome.name} {miss.clip}, {run}",
        _facts(report.clips[miss.clip], miss, report.criterion),
        tuple(tuple(_figure(report, miss, view, strip) for view in row) for row in rows),
    )


def _facts(clip: Comparison, miss: Miss, criterion: Criterion) -> str:
    row = miss.row
    source = Source(clip.source[row])
    facts = [f"frame {miss.frame}", f"truth: {VISIBILITY[int(clip.visibility[row])]}"]
    if not math.isnan(clip.speed[row]):
        facts.append(f"ball at {clip.speed[row]:.1f} px/frame on 512x288")
    if source == Source.NONE:
        facts.append("no row in the prediction" if clip.missing[row] else "nothing found")
    else:
        facts.append(f"{source.label} with score {clip.score[row]:.2f}")
    if not math.isnan(clip.distance[row]):
        unit = "{}x{} grid".format(*criterion.grid) if criterion.grid else "source pixels"
        facts.append(f"{clip.distance[row]:.1f} px away ({unit})")
    return ", ".join(facts)


def _figure(report: Report, miss: Miss, view: View, strip: Strip) -> _Figure:
    clip = report.clips[miss.clip]
    crops = (crop for row in strip.crops for crop in row if crop.frame == view.frame)
    outlined = tuple(crops) if view is strip.overview else ()
    return _Figure(
        draw(view, clip, strip.size, report.criterion, outlined),
        f"frame {view.frame}: {_outcome(clip, view.frame)}",
        view.frame == miss.frame,
    )


def _outcome(clip: Comparison, frame: int) -> str:
    """What became of a frame, in a word."""
    rows = np.flatnonzero(clip.frame_index == frame).tolist()
    if not rows:
        return "not labelled"
    outcome = Outcome(clip.outcome[rows[0]])
    return {Outcome.TP: "right", Outcome.TN: "right, no ball"}.get(outcome, outcome.name)
