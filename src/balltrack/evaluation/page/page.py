"""A page of the worst misses: one HTML file that needs nothing else.

The page is read beside the figures of a report, so that a person sees why a position was
wrong: a ball in front of a white line, a shoe, a label that is off.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from pathlib import Path

import numpy as np

from balltrack.errors import DatasetError, OutputError, counted
from balltrack.evaluation.breakdowns import VISIBILITY
from balltrack.evaluation.comparison import Comparison, Criterion, Outcome
from balltrack.evaluation.metrics import count
from balltrack.evaluation.page.drawing import draw
from balltrack.evaluation.page.misses import KINDS, Miss, find_misses, worst
from balltrack.evaluation.page.pictures import Strip, View, take_pictures
from balltrack.evaluation.report import COLUMNS, Report, figure_cells
from balltrack.options import ReaderName
from balltrack.structures import Source

HEADINGS = {
    Outcome.FP1: "FP1: a ball, found in the wrong place",
    Outcome.FP2: "FP2: a ball found where there is none",
    Outcome.FN: "FN: a ball that was not found",
}

STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #222; background: #fff }
table { border-collapse: collapse } th, td { padding: .1rem .6rem; text-align: right }
section { border-top: 1px solid #ccc; padding: .6rem 0 } h3 { margin: 0; font-size: 1rem }
p { margin: .2rem 0 } .row { display: flex; flex-wrap: wrap; gap: .5rem; margin: .3rem 0 }
.row + .row { margin-left: calc(320px + .5rem) }
figure { margin: 0 } figcaption { font-size: .8rem; color: #666 }
figure.shown figcaption { font-weight: bold; color: #222 }
label { margin-right: 1rem }
svg { display: block; width: 320px; height: auto; background: #eee }
.truth { fill: none; stroke: #ff0; vector-effect: non-scaling-stroke; stroke-width: 2 }
.found { fill: none; stroke: #f3f; vector-effect: non-scaling-stroke; stroke-width: 2 }
.crop { fill: none; stroke: #fff; vector-effect: non-scaling-stroke; stroke-dasharray: 4 3 }
.key { padding: 0 .3rem; background: #444 } .key.t { color: #ff0 } .key.f { color: #f3f }
#marks:not(:checked) ~ main :is(.truth, .found, .crop) { display: none }
#brighter:checked ~ main image { filter: brightness(2.2) }
"""


def write_page(
    report: Report, path: Path, *, limit: int = 40, reader: ReaderName = "auto"
) -> tuple[int, int]:
    """Write the worst misses of a report as pictures; the file appears whole or not at all.

    Memory holds the crops of ``limit`` misses, never a video.

    Args:
        report: all its clips must have videos.
        path: of the HTML file; replaced if it exists.
        limit: most misses to show.
        reader: which library decodes.

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
        taken = take_pictures(mine, report.clips[name], report.videos[name], reader)
        strips.update(zip(mine, taken, strict=True))
    in_order = {miss: strips[miss] for miss in shown}
    _write(path, render_page(report, in_order, len(misses)))
    return len(shown), len(misses)


def render_page(report: Report, strips: Mapping[Miss, Strip], total: int) -> str:
    """The page's text; ``strips`` in the order of the page, ``total`` misses there are."""
    parts = []
    for kind in KINDS:
        entries = [(miss, strip) for miss, strip in strips.items() if miss.outcome == kind]
        frames = sum(getattr(count(clip), kind.name.lower()) for clip in report.clips.values())
        parts.append(
            f"<h2>{HEADINGS[kind]} ({counted(frames, 'frame')}, "
            f"{counted(len(entries), 'run')} shown)</h2>"
        )
        parts += [_entry(report, miss, strip) for miss, strip in entries]
    cells = "".join(f"<td>{escape(c)}</td>" for c in figure_cells("total", report.total))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>balltrack: worst misses</title>
<style>{STYLE}</style></head><body>
<h1>The worst misses: {len(strips)} of {total}</h1>
<p>{escape(report.title)}</p>
<table><tr>{"".join(f"<th>{escape(name)}</th>" for name in COLUMNS)}</tr><tr>{cells}</tr></table>
<p>A miss is a run of frames with one wrong outcome; the longest and surest come first. Its
surest frame, of an FN its middle one, is shown in bold between the frames before and after.
<span class="key t">Yellow ring</span>: where the ball is by the label; what is found inside the
ring of a crop is right. <span class="key f">Magenta cross</span>: what was found.</p>
<input type="checkbox" id="marks" checked><label for="marks">show the marks</label>
<input type="checkbox" id="brighter"><label for="brighter">brighter pictures</label>
<main>
{"".join(parts)}</main></body></html>
"""


def _entry(report: Report, miss: Miss, strip: Strip) -> str:
    clip = report.clips[miss.clip]
    run = f"frame {miss.first}"
    if miss.length > 1:
        run = f"frames {miss.first}-{miss.last} ({miss.length} frames)"
    pictures = "<p>The video ends before this frame.</p>"
    if strip.overview is not None:
        first, *others = strip.crops
        rows = ((strip.overview, *first), *others)
        pictures = "".join(
            f'<div class="row">{"".join(_figure(clip, miss, v, strip, report) for v in row)}</div>'
            for row in rows
        )
    return (
        f"<section><h3>{miss.outcome.name} {escape(miss.clip)}, {run}</h3>"
        f"<p>{escape(_facts(clip, miss, report.criterion))}</p>{pictures}</section>\n"
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


def _figure(clip: Comparison, miss: Miss, view: View, strip: Strip, report: Report) -> str:
    outlined = (
        [crop for row in strip.crops for crop in row if crop.frame == view.frame]
        if view is strip.overview
        else ()
    )
    picture = draw(view, clip, strip.size, report.criterion, outlined)
    shown = ' class="shown"' if view.frame == miss.frame else ""
    caption = f"frame {view.frame}: {_outcome(clip, view.frame)}"
    return f"<figure{shown}>{picture}<figcaption>{caption}</figcaption></figure>"


def _outcome(clip: Comparison, frame: int) -> str:
    """What became of a frame, in a word."""
    rows = np.flatnonzero(clip.frame_index == frame).tolist()
    if not rows:
        return "not labelled"
    outcome = Outcome(clip.outcome[rows[0]])
    return {Outcome.TP: "right", Outcome.TN: "right, no ball"}.get(outcome, outcome.name)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: cannot be written ({reason}); nothing was kept") from None
    finally:
        with suppress(OSError):
            part.unlink()
