"""``balltrack teach``: a sport nobody has seen, learnt from a few clips, others kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from balltrack.cli.demo import write_clip
from balltrack.errors import DatasetError
from balltrack.labels import read_corrections
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.options import TrackOptions
from balltrack.synthetic import render_clip
from balltrack.training.options import TrainOptions
from balltrack.training.teaching import teach as teaching
from balltrack.training.teaching.enough import Tried
from balltrack.training.teaching.lessons import share_out, spread_labels
from balltrack.training.teaching.mixing import mix
from balltrack.weights.checkpoints import load_network, save_checkpoint

TINY = NetworkSpec("tiny", 3, 3, height=48, width=80, background="concat", base_width=4)


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """Three short clips with their labels."""
    folder = tmp_path / "corrected"
    folder.mkdir()
    for number in range(3):
        clip = render_clip(size=(160, 96), frame_count=12, seed=number)
        write_clip(clip, folder / f"c{number}.mp4")
        rows = zip(clip.truth.frame_index, clip.truth.visibility, clip.truth.xy, strict=True)
        lines = [f"{f},{v},{x if v else 0},{y if v else 0}" for f, v, (x, y) in rows]
        text = "\n".join(["Frame,Visibility,X,Y", *lines])
        (folder / f"c{number}_ball.csv").write_text(text)
    return folder


@pytest.fixture
def small_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops and rendered clips of a size that suits the tiny network; and a runtime that all the
    weights that are tried can do without being converted and timed."""
    monkeypatch.setattr("balltrack.training.teaching.lessons.REHEARSED", 1)
    monkeypatch.setattr("balltrack.training.teaching.lessons.RENDERED_FRAMES", 10)
    monkeypatch.setattr("balltrack.training.teaching.lessons.RENDERED_SIZE", (160, 96))
    monkeypatch.setattr("balltrack.training.teaching.teach.CROP", 48)
    monkeypatch.setattr(teaching, "TrackOptions", partial(TrackOptions, runtime="torch"))


def known(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "known.safetensors"
    save_checkpoint(path, TrackNet(TINY), {"linking": '{"miss_cost": 0.75}'})
    return path


def test_weights_come_out_with_a_card_and_scores_of_what_was_held_back(
    balltrack: Callable[..., Any], lessons: Path, tmp_path: Path, small_lessons: None
) -> None:
    out = tmp_path / "mine"
    arguments = ("teach", lessons, "-o", out, "--name", "club", "--weights", known(tmp_path))
    done = balltrack(*arguments, "--steps", 4, "--device", "cpu", "--keeps", lessons, "--json")
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts["weights"] == str(out / "club.safetensors")
    assert {name: one["frames"] for name, one in facts["strict_f1"].items()} == {
        "held back": 12,
        str(lessons): 36,
    }
    network, header = load_network(str(out / "club.safetensors"))
    assert network.spec.name == "tiny"
    assert json.loads(header["linking"]) == {"miss_cost": 0.75}
    (row,) = json.loads((out / "registry.json").read_text())["weights"]
    assert row["name"] == "club"
    assert set(row["scores"]) == {"held back", str(lessons)}
    card = (out / "club.md").read_text()
    assert "of 2 clips: c0, c1" in card
    assert "never trained on: c2." in card
    assert "24 labelled frames" in card


def test_fewer_frames_and_crops_without_a_ball(
    balltrack: Callable[..., Any],
    lessons: Path,
    tmp_path: Path,
    small_lessons: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[TrainOptions] = []
    train = teaching.train_on

    def asking(clips: Any, options: TrainOptions, *rest: Any) -> Path:
        asked.append(options)
        return train(clips, options, *rest)

    monkeypatch.setattr(teaching, "train_on", asking)
    arguments = ("teach", lessons, "-o", tmp_path / "few", "--weights", known(tmp_path))
    done = balltrack(*arguments, "--frames", 5, "--steps", 8, "--device", "cpu", "-q")
    assert done.code == 0, done.err
    card = (tmp_path / "few" / "taught.md").read_text()
    assert "taught 5 labelled frames" in card
    note = "; these clips chose how long it was taught and the share, too"
    assert done.out.splitlines()[0].endswith(note)
    assert f"{note}." in card
    assert [(one.empty, one.mine_steps) for one in asked] == [(0.5, 2)]


def test_a_share_of_nothing_leaves_what_was_known(
    lessons: Path, tmp_path: Path, small_lessons: None
) -> None:
    """As it is stored, in half precision; and a share of all leaves something else."""
    before = load_network(str(known(tmp_path)))[0].state_dict()
    for share, same in ((0.0, True), (1.0, False)):
        options = teaching.TeachOptions(
            (lessons,), tmp_path / f"{share}", str(known(tmp_path)), steps=4, device="cpu"
        )
        found = teaching.teach(replace(options, share=share))
        after = load_network(str(found.weights))[0].state_dict()
        names = [name for name, tensor in before.items() if tensor.is_floating_point()]
        assert "; these clips chose how long it was taught, too." in found.card.read_text()
        kept = all(torch.allclose(after[name], before[name], atol=1e-3) for name in names)
        assert kept == same


def test_held_back_clips_say_how_long_and_how_much(
    lessons: Path, tmp_path: Path, small_lessons: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rounds without a gain end it, the best one is taken, and the least share that does."""
    monkeypatch.setattr(teaching, "ROUND", 2)
    rounds = iter([5, 3, 4])
    tried: list[tuple[str, float]] = []

    def try_out(self: teaching.HeldBack, learnt: Path, share: float) -> Tried:
        tried.append((learnt.name, share))
        if learnt.name == "last.safetensors":
            return Tried(next(rounds), 12)
        return Tried({0.3: 3, 0.5: 5, 0.7: 3, 1.0: 5}[share], 12)

    monkeypatch.setattr(teaching.HeldBack, "_tried", try_out)
    options = teaching.TeachOptions((lessons,), tmp_path / "mine", str(known(tmp_path)), steps=20)
    taught = teaching.teach(options)
    assert tried == [
        *[("last.safetensors", 1.0)] * 3,
        *[("best.safetensors", share) for share in (0.3, 0.5, 0.7, 1.0)],
    ]
    assert "a share of 0.5 was mixed" in taught.card.read_text()
    before = load_network(str(known(tmp_path)))[0].state_dict()
    best = load_network(str(tmp_path / "mine" / "run" / "best.safetensors"))[0].state_dict()
    name = next(iter(dict(TrackNet(TINY).named_parameters())))
    kept = load_network(str(taught.weights))[0].state_dict()[name]
    torch.testing.assert_close(kept, (before[name] + best[name]) / 2, atol=1e-3, rtol=0)


def test_a_run_goes_on_with_what_it_was_made_of_and_nothing_else(
    balltrack: Callable[..., Any], lessons: Path, tmp_path: Path, small_lessons: None
) -> None:
    """The same command takes the run that is there; another one leaves it as it is."""
    out, known_path = tmp_path / "mine", known(tmp_path)
    arguments = ("-o", out, "--weights", known_path, "--steps", 4, "--device", "cpu", "-q")
    assert balltrack("teach", lessons, *arguments).code == 0
    card, state = (out / "taught.md").read_text(), (out / "run" / "state.pt").read_bytes()
    assert balltrack("teach", lessons, *arguments).code == 0
    assert (out / "taught.md").read_text() == card
    others = balltrack("teach", lessons, *arguments, "--held-out", "c0")
    fewer = balltrack("teach", lessons, *arguments, "--frames", 5)
    (lessons / "c0_ball.csv").write_text("Frame,Visibility,X,Y\n0,1,9,9\n")
    changed = balltrack("teach", lessons, *arguments)
    assert [done.code for done in (others, fewer, changed)] == [1, 1, 1]
    assert others.complaint == (
        f"balltrack: {out / 'run'}: its run was made with another set of clips held back and "
        "another set of clips to learn from; give another output folder, or delete it to begin anew"
    )
    assert "with another number of frames (--frames); give" in fewer.complaint
    assert "number of frames (--frames) and another set of clips to learn" in changed.complaint
    assert (out / "taught.md").read_text() == card
    assert (out / "run" / "state.pt").read_bytes() == state


def test_held_back_clips_are_not_learnt_from(lessons: Path) -> None:
    shared = share_out([lessons])
    assert [clip.place.name for clip in shared.judged] == ["c2"]
    chosen = share_out([lessons], ["c0", "c1"])
    assert [clip.place.name for clip in chosen.learnt] == ["c2"]


def test_a_folder_without_corrections_counts_beside_one_that_has_some(
    lessons: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("x.mp4", "x_corrected.csv"):
        (other / name).write_text("")
    shared = share_out([lessons, other])
    assert [clip.place.name for clip in (*shared.learnt, *shared.judged)] == ["c0", "c1", "c2", "x"]
    assert shared.spare == ()


def test_what_a_killed_review_did_not_write_is_not_passed_over(
    balltrack: Callable[..., Any], lessons: Path, tmp_path: Path
) -> None:
    owner = '{"video":"c0.mp4","frames":12}'
    row = '{"frame":3,"x":8.0,"y":5.0,"visibility":1,"status":-1,"filled":false}'
    journal = lessons / "c0_corrected.journal.jsonl"
    journal.write_text(f'{owner}\n{{"do":[{row}]}}\n')
    done = balltrack("teach", lessons, "-o", tmp_path / "mine")
    assert done.code == 1
    assert f"{journal}: holds corrections that are not written yet; press s" in done.complaint
    assert f"(balltrack review {lessons}) and end it" in done.complaint
    assert not (tmp_path / "mine").exists()
    journal.write_text(f'{owner}\n{{"do":[{row}]}}\n{{"undo":1}}\n')
    assert len(share_out(iter([lessons])).learnt) == 2


def test_fewer_frames_are_spread_over_the_clips(lessons: Path) -> None:
    clips = share_out([lessons]).learnt
    everything, total = spread_labels(clips, None)
    few, count = spread_labels(clips, 5)
    assert (total, count) == (24, 5)
    size = (160, 96)
    taken = [few(clip.path, size).frame_index.tolist() for clip in clips]
    assert taken == [[0, 6], [0, 5, 11]]
    known = everything(clips[1].path, size)
    np.testing.assert_array_equal(few(clips[1].path, size).xy, known.xy[[0, 5, 11]])
    assert spread_labels(clips, 99)[1] == 24


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        (["c9"], "no clip is called c9; there are c0, c1, c2"),
        (["c0", "c1", "c2"], "all clips are held out"),
    ],
)
def test_what_cannot_be_held_back_is_said(lessons: Path, held_out: list[str], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        share_out([lessons], held_out)


def test_one_clip_is_too_few(balltrack: Callable[..., Any], lessons: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        (lessons / f"c{number}_ball.csv").unlink()
    done = balltrack("teach", lessons, "-o", tmp_path / "mine")
    assert done.code == 1
    assert "1 clip to teach by; at least two are needed" in done.complaint
    assert not (tmp_path / "mine").exists()


def test_a_mean_of_two_networks_lies_between_them() -> None:
    first, second = TrackNet(TINY), TrackNet(TINY)
    learnt = {name: tensor.clone() for name, tensor in second.state_dict().items()}
    mix(first, second, 0.25)
    for name, tensor in second.state_dict().items():
        if tensor.is_floating_point():
            between = 0.75 * first.state_dict()[name] + 0.25 * learnt[name]
            torch.testing.assert_close(tensor, between)


def test_the_shipped_training_is_replayed_where_it_is_at_hand(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing is rendered, and both kinds of clips are trained on."""
    place = tmp_path / "data" / "tennis" / "train"
    place.mkdir(parents=True)
    (place / "court").symlink_to(lessons)
    asked: list[str] = []

    def stop(clips_of: Callable[..., Any], *_: object) -> Path:
        asked.extend(f"{clip.files.sport}/{clip.files.match}" for clip in clips_of(TINY))
        raise KeyboardInterrupt

    monkeypatch.setattr(teaching, "train_on", stop)
    options = teaching.TeachOptions(
        (lessons,), tmp_path / "mine", str(known(tmp_path)), replay=(tmp_path / "data",)
    )
    with pytest.raises(KeyboardInterrupt):
        teaching.teach(options)
    assert asked == ["taught/c0", "taught/c1", *["tennis/court"] * 3]


def test_of_what_was_reviewed_the_corrected_rows_alone_are_learnt(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is a tracker's; of a clip that nobody corrected all rows count."""
    header = "Frame,Visibility,X,Y,Time,Confidence,Source,Shot\n"
    for number in (0, 1):
        seen = f"0,1,9,9,,0.9,detected,0\n1,1,{number + 5},5,,1,corrected,0\n"
        unseen = "2,0,0,0,,0,none,0\n3,0,0,0,,1,none,0\n"
        (lessons / f"c{number}_corrected.csv").write_text(header + seen + unseen)
    shared = share_out([lessons])
    assert [clip.path.name for clip in shared.learnt] == ["c0_corrected.csv", "c1_corrected.csv"]
    assert [clip.path.name for clip in shared.judged] == ["c2_ball.csv"]
    assert [clip.path.name for clip in shared.spare] == ["c0_ball.csv", "c1_ball.csv"]
    assert shared.learnt[0].video == lessons / "c0.mp4"
    said = read_corrections(shared.learnt[0].path)
    assert (said.frame_index.tolist(), said.visibility.tolist()) == ([1, 3], [1, 0])
    assert said.xy[0].tolist() == [5, 5]
    assert len(read_corrections(lessons / "c2_ball.csv")) == 12
    learnt: list[tuple[int, int]] = []

    def stop(clips_of: Callable[..., Any], *_: object) -> Path:
        clip = next(iter(clips_of(TINY)))
        learnt.append((int(clip.labelled.sum()), len(clip)))
        raise KeyboardInterrupt

    monkeypatch.setattr(teaching, "train_on", stop)
    options = teaching.TeachOptions((lessons,), tmp_path / "mine", str(known(tmp_path)))
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        teaching.teach(options, lambda line: told.append(str(line)))
    left_out = f"{lessons / 'c0_ball.csv'}, {lessons / 'c1_ball.csv'}"
    assert f"left out, since these clips were corrected: {left_out}" in told
    assert learnt == [(2, 10)]  # no window of three frames reaches further
