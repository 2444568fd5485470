"""Which videos, in which order, and where the labels of each belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.archive.plan import Job, existing, plan_jobs, read_list, shard, without_existing
from balltrack.errors import LabelError, OptionError, VideoError
from balltrack.options import TrackOptions

OUT = Path("out")


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """Two days of matches, and what lies beside them."""
    for name in ("b.mp4", "a.MP4", "notes.txt", "sub/c.ts", "sub/c.csv", "empty/readme"):
        (tmp_path / "season" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "season" / name).write_text("")
    return tmp_path / "season"


def planned(jobs: list[Job]) -> dict[str, str]:
    return {job.video.name: job.output.as_posix() for job in jobs}


def test_a_folder_is_mirrored(season: Path) -> None:
    jobs = plan_jobs([season], OUT)
    assert planned(jobs) == {"a.MP4": "out/a.csv", "b.mp4": "out/b.csv", "c.ts": "out/sub/c.csv"}
    assert [job.video.name for job in jobs] == ["a.MP4", "b.mp4", "c.ts"]


def test_several_folders_keep_their_names(season: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.mkv").write_text("")
    jobs = plan_jobs([season, tmp_path / "other"], OUT, ["jsonl"])
    assert planned(jobs)["a.mkv"] == "out/other/a.jsonl"
    assert planned(jobs)["c.ts"] == "out/season/sub/c.jsonl"


def test_files_and_patterns_lie_side_by_side(season: Path) -> None:
    jobs = plan_jobs([season / "b.mp4", season / "**" / "*.[Mt]*"], OUT)
    assert planned(jobs) == {
        "b.mp4": "out/b.csv",
        "a.MP4": "out/a.csv",
        "notes.txt": "out/notes.csv",
        "c.ts": "out/c.csv",
    }


def test_a_named_file_may_be_called_anything_and_missing(tmp_path: Path) -> None:
    jobs = plan_jobs([tmp_path / "gone.bin"], OUT)
    assert planned(jobs) == {"gone.bin": "out/gone.csv"}


def test_a_file_with_a_pattern_in_its_name_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "final [2024].mp4").write_text("")
    assert planned(plan_jobs([tmp_path / "final [2024].mp4"], OUT)) == {
        "final [2024].mp4": "out/final [2024].csv"
    }


def test_a_video_named_twice_is_tracked_once(season: Path) -> None:
    jobs = plan_jobs([season / "b.mp4", season, season / "sub" / ".." / "b.mp4"], OUT)
    assert [job.video.name for job in jobs] == ["b.mp4", "a.MP4", "c.ts"]


def test_two_videos_never_share_their_labels(season: Path) -> None:
    (season / "b.mkv").write_text("")
    with pytest.raises(OptionError, match=r"out/b\.csv: the labels of .*b\.mkv and of .*b\.mp4"):
        plan_jobs([season], OUT)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("empty", "there is no video in this folder"), ("*.avi", "no file matches this pattern")],
)
def test_what_holds_no_video_is_said(season: Path, name: str, complaint: str) -> None:
    with pytest.raises(VideoError, match=complaint):
        plan_jobs([season / name], OUT)


def test_a_list_names_files_from_its_own_folder(tmp_path: Path) -> None:
    text = "# the final\n\n  a.mp4  \n/videos/b.mp4\nc d.mp4\n"
    (tmp_path / "list.txt").write_text(text)
    named = [tmp_path / "a.mp4", Path("/videos/b.mp4"), tmp_path / "c d.mp4"]
    assert read_list(tmp_path / "list.txt") == named


@pytest.mark.parametrize(("text", "complaint"), [("# none\n", "names no video"), (None, "no such")])
def test_an_empty_or_missing_list(tmp_path: Path, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / "list.txt").write_text(text)
    with pytest.raises(LabelError, match=complaint):
        read_list(tmp_path / "list.txt")


def test_shards_share_out_every_job_once() -> None:
    jobs = [Job(Path(str(i)), OUT) for i in range(10)]
    parts = [jobs[shard(f"{i}/4")] for i in range(1, 5)]
    assert sorted((job for part in parts for job in part), key=lambda j: int(j.video.name)) == jobs
    assert sorted(map(len, parts)) == [2, 2, 3, 3]
    assert jobs[shard("1/1")] == jobs


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/2"])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(OptionError, match="shard"):
        shard(text)


def test_which_labels_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    a, b = (Job(Path(name), tmp_path / f"{name}.csv") for name in "ab")
    assert existing(a, TrackOptions()) == {"csv": a.output}
    assert existing(b, TrackOptions()) == {}
    assert without_existing([a, b], TrackOptions()) == [b]


def test_labels_that_a_killed_run_wrote_are_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its journal lies beside them, and goes when all is done."""
    jobs = [Job(Path(name), tmp_path / f"{name}.csv") for name in "ab"]
    for job in jobs:
        job.output.write_text("")
    monkeypatch.setattr(
        "balltrack.archive.plan.was_completed",
        lambda journal, video, _: (journal, video) == (tmp_path / "a.csv.journal", Path("a")),
    )
    assert without_existing(jobs, TrackOptions()) == jobs[:1]


NAMES = {
    ("a.csv", ("csv", "jsonl")): ("a.csv", "a.jsonl"),
    ("a.json", ("coco", "csv")): ("a.json", "a.json.csv"),
    ("a.v1", ("jsonl", "csv")): ("a.v1.jsonl", "a.v1.csv"),
}
"""Name and formats that are asked for → the files."""


@pytest.mark.parametrize(("output", "formats"), NAMES)
@pytest.mark.parametrize("there", [(), (0,), (1,), (0, 1)])
def test_every_format_counts(
    tmp_path: Path, output: str, formats: tuple[str, ...], there: tuple[int, ...]
) -> None:
    names = NAMES[output, formats]
    for place in there:
        (tmp_path / names[place]).write_text("")
    job = Job(Path("a.mp4"), tmp_path / output, formats)
    assert [place.name for place in job.places.values()] == [*names]
    found = existing(job, TrackOptions())
    assert [*found.items()] == [(formats[i], tmp_path / names[i]) for i in there]
    left = [
        place for one in without_existing([job], TrackOptions()) for place in one.places.items()
    ]
    assert left == [(formats[i], tmp_path / names[i]) for i in (0, 1) if i not in there]
