"""Corrected clips → weights that know them, their scores before and after, and a card."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from balltrack.errors import DatasetError, counted
from balltrack.evaluation.metrics import figures
from balltrack.evaluation.pairing import ClipFile, find_truths, named
from balltrack.evaluation.report import Report, null_for_nan
from balltrack.evaluation.weights import evaluate_weights
from balltrack.labels import ReadLabels, read_corrections
from balltrack.models.specs import SPECS, NetworkSpec
from balltrack.options import TrackOptions
from balltrack.outputs import whole_text
from balltrack.training.data.clips import Clip, load_clips
from balltrack.training.heatmaps.sampling import reach
from balltrack.training.heatmaps.train_heatmaps import train_on
from balltrack.training.options import TeachOptions, TrainOptions
from balltrack.training.run.loop import Progress
from balltrack.training.run.origin import clips_digest, keep_origin
from balltrack.training.teaching.enough import ROUND, SHARES, Rounds, Tried, least_share
from balltrack.training.teaching.lessons import (
    Lessons,
    clip_files,
    rendered_clips,
    replayed,
    share_out,
    spread_labels,
)
from balltrack.training.teaching.mixing import mix
from balltrack.training.teaching.verdict import Verdict, judge
from balltrack.weights.checkpoints import load_network, save_checkpoint
from balltrack.weights.handle import open_weights
from balltrack.weights.release import release

CROP = 128
"""Side of the crops in network pixels."""

EMPTY = 0.5
"""Share of the crops that are not cut around a ball: what is forgotten first is what is no ball."""

RUN_FOLDER = "run"
"""In the output folder: the run, to go on from."""

SEARCHES = 4
"""Parts of a run; after each but the last hard places are looked for."""


@dataclass(frozen=True)
class Taught:
    """What came of it.

    Attributes:
        weights: the file.
        card: what is to be known of it, for people.
        verdict: of the clips that were held back.
        others: of further sets, by folder.
    """

    weights: Path
    card: Path
    verdict: Verdict
    others: dict[str, Verdict]


def teach(options: TeachOptions, progress: Progress | None = None) -> Taught:
    """Teach weights the corrected clips of ``options.data``.

    Raises:
        DatasetError: too few clips, or no label in them, or the output folder has a run that was
            made of something else.
        WeightsError: weights that are no heatmap network.
        OutputError: the output folder cannot be written.
        TrainingStopped: a signal asked to end; the same command goes on from there.
    """
    say: Callable[[str], None] = progress or (lambda _: None)
    lessons = share_out(options.data, options.held_out)
    read, frames = spread_labels(lessons.learnt, options.frames)
    if not frames:
        raise DatasetError("no frame of the clips has a label; correct some of them first")
    keep_origin(options.output / RUN_FOLDER, _origin(lessons, frames, options))
    taught, back = counted(frames, "frame"), counted(len(lessons.judged), "clip")
    say(f"{taught} of {counted(len(lessons.learnt), 'clip')} to learn from, {back} held back")
    if lessons.spare:
        say(f"left out, since these clips were corrected: {named(lessons.spare)}")
    sets = _judged_sets(lessons, options.keeps)
    before = {name: _evaluate(clips, options.weights, options) for name, clips in sets.items()}
    with tempfile.TemporaryDirectory(prefix="balltrack-") as folder:
        mixed = Path(folder) / f"{options.name}.safetensors"
        held_back = HeldBack(lessons.judged, options, mixed, say)
        learnt = _learn(lessons, options, read, progress, held_back)
        share = held_back.least_share(learnt) if options.share is None else options.share
        _mix(options, learnt, share, mixed)
        after = {name: _evaluate(clips, str(mixed), options) for name, clips in sets.items()}
        verdicts = {name: judge(before[name], after[name]) for name in sets}
        provenance = f"{options.weights}, taught {taught} of {', '.join(map(str, options.data))}"
        card = {
            "sports": [],
            "licence": options.licence,
            "provenance": provenance,
            "scores": {name: null_for_nan(figures(report.total)) for name, report in after.items()},
        }
        weights = release(str(mixed), options.output, options.name, card).path
    path = weights.with_suffix(".md")
    with whole_text(path) as file:
        file.write(card_text(options, lessons, frames, share, verdicts))
    mine, *others = verdicts
    return Taught(weights, path, verdicts[mine], {name: verdicts[name] for name in others})


class HeldBack:
    """How many frames of the held-back clips are right as a run goes on.

    Args:
        clips: that are held back.
        options: of the run.
        path: of a file for the weights that are tried.
        say: told of every trial.
    """

    def __init__(
        self,
        clips: Sequence[ClipFile],
        options: TeachOptions,
        path: Path,
        say: Callable[[str], None],
    ) -> None:
        self._clips, self._options, self._path, self._say = clips, options, path, say
        self.rounds = Rounds(options.output / RUN_FOLDER, partial(self._tried, share=1.0))

    def least_share(self, learnt: Path) -> float:
        """Of what was learnt the least that does for these clips what more does."""
        return least_share({share: self._tried(learnt, share) for share in SHARES})

    def _tried(self, learnt: Path, share: float) -> Tried:
        _mix(self._options, learnt, share, self._path)
        right = _evaluate(self._clips, str(self._path), self._options).total.right
        tried = Tried(int(right.sum()), len(right))
        self._say(f"held back: {tried.right} of {tried.frames} frames right, share {share:g}")
        return tried


def card_text(
    options: TeachOptions,
    lessons: Lessons,
    frames: int,
    share: float,
    verdicts: dict[str, Verdict],
) -> str:
    """The model card, in Markdown."""
    rows = [
        f"| {name} | {v.after.frames} | {v.before.strict_f1:.3f} | {v.after.strict_f1:.3f} | "
        f"{v.gained} | {v.lost} | {v.chance:.2g} |"
        for name, v in verdicts.items()
    ]
    own = next(iter(verdicts.values()))
    rehearsed = ", ".join(map(str, options.replay)) or "rendered clips"
    return "\n".join(
        [
            f"# {options.name}",
            "",
            f"`{options.weights}`, taught {counted(frames, 'labelled frame')} of "
            f"{counted(len(lessons.learnt), 'clip')}: "
            f"{', '.join(clip.place.name for clip in lessons.learnt)}.",
            f"The best of {options.steps} steps of {options.batch_size} crops, beside {rehearsed}; "
            f"of what was learnt a share of {share:g} was mixed with what was known.",
            "",
            "Held back, and never trained on: "
            f"{', '.join(clip.place.name for clip in lessons.judged)}. {own.sentence()}; "
            f"{chosen_by_these(options)}.",
            "",
            "| clips | frames | strict F1 before | after | gained | lost | chance |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _origin(lessons: Lessons, frames: int, options: TeachOptions) -> dict[str, str]:
    """What a run depends on, by what a user calls it."""
    return {
        "set of clips to learn from": clips_digest(clip_files(lessons.learnt)),
        "set of clips held back": clips_digest(clip_files(lessons.judged)),
        "set of clips beside them (--replay)": clips_digest(replayed(options.replay)),
        "network (--weights)": open_weights(options.weights).sha256,
        "number of frames (--frames)": str(frames),
        "number of steps (--steps)": str(options.steps),
        "batch size": str(options.batch_size),
        "learning rate": str(options.learning_rate),
        "seed": str(options.seed),
    }


def chosen_by_these(options: TeachOptions) -> str:
    """What the held-back clips have chosen, so that what they say is no judgement from outside."""
    chosen = "how long it was taught" + (" and the share" if options.share is None else "")
    return f"these clips chose {chosen}, too"


def _judged_sets(lessons: Lessons, folders: Iterable[Path]) -> dict[str, Sequence[ClipFile]]:
    """Name → clips; those that were held back come first."""
    return {"held back": lessons.judged, **{str(one): find_truths([one]) for one in folders}}


def _evaluate(clips: Sequence[ClipFile], weights: str, options: TeachOptions) -> Report:
    tracking = TrackOptions(weights, device=options.device)
    return evaluate_weights(clips, tracking, read=read_corrections)


def _learn(
    lessons: Lessons,
    options: TeachOptions,
    read: ReadLabels,
    progress: Progress | None,
    held_back: HeldBack,
) -> Path:
    """Fine-tune, resumable; the path of the weights of the best round."""
    kind = load_network(options.weights)[0].spec.name
    chosen = TrainOptions(
        data=(),
        output=options.output / RUN_FOLDER,
        network=kind if kind in SPECS else TrainOptions.network,  # others bring their own spec
        initial=options.weights,
        steps=options.steps,
        epoch_steps=ROUND,
        batch_size=options.batch_size,
        crop=CROP,
        learning_rate=options.learning_rate,
        warmup=50,
        ema=0.99,
        empty=EMPTY,
        mine_steps=max(1, options.steps // SEARCHES),
        device=options.device,
        seed=options.seed,
    )

    def clips(spec: NetworkSpec) -> Iterator[Clip]:
        size = (spec.width, spec.height)
        load = partial(load_clips, size=size, fit=spec.fit, reach=reach(spec.frames_in))
        own = load(clip_files(lessons.learnt), read=read)
        if options.replay:
            return chain(own, load(replayed(options.replay)))
        return chain(own, rendered_clips(size, options.seed))

    train_on(clips, chosen, progress, held_back.rounds.enough)
    return held_back.rounds.best


def _mix(options: TeachOptions, learnt: Path, share: float, path: Path) -> None:
    """Write the mean of both, with what the known ones say of linking."""
    known, metadata = load_network(options.weights)
    network, of_run = load_network(learnt)
    mix(known, network, share)
    save_checkpoint(path, network, metadata | {"taught": of_run["training"]})
