"""What a run over many videos has done is known after it was killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from balltrack.archive.plan import Job
from balltrack.archive.run import Run


def jobs_in(folder: Path, names: str) -> list[Job]:
    return [Job(Path(f"{name}.mp4"), folder / f"{name}.csv") for name in names]


def test_jobs_that_are_done_stay_done(tmp_path: Path) -> None:
    a, b, c = jobs = jobs_in(tmp_path, "abc")
    a.output.write_text("")
    b.output.write_text("")
    with Run(tmp_path, jobs, {"x": 1}) as run:
        run.add(a)
    with Run(tmp_path, jobs, {"x": 1}) as run:
        assert [run.is_done(job) for job in jobs] == [True, False, False]
        run.add(b)
    a.output.unlink()
    with Run(tmp_path, jobs, {"x": 1}) as run:
        assert [run.is_done(job) for job in jobs] == [False, True, False]
        run.end()
    with Run(tmp_path, jobs, {"x": 1}) as run:
        assert not any(map(run.is_done, jobs))
    assert list(tmp_path.iterdir()) == [b.output]
    assert c.output.name == "c.csv"


def test_a_job_is_done_when_all_its_formats_are_there(tmp_path: Path) -> None:
    job = Job(Path("a.mp4"), tmp_path / "a.csv", ("csv", "jsonl"))
    job.output.write_text("")
    with Run(tmp_path, [job], {}) as run:
        run.add(job)
    with Run(tmp_path, [job], {}) as run:
        assert not run.is_done(job)
        (tmp_path / "a.jsonl").write_text("")
        assert run.is_done(job)


def test_nothing_is_done_where_something_has_changed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = jobs_in(tmp_path, "ab")
    jobs[0].output.write_text("")
    with Run(tmp_path, jobs, {"x": 1}) as run:
        run.add(jobs[0])
    with Run(tmp_path, jobs, {"x": 2}) as run:
        assert not run.is_done(jobs[0])
    assert "x was 1, is 2; begins anew" in caplog.text


def test_parts_of_an_archive_run_side_by_side(tmp_path: Path) -> None:
    jobs = jobs_in(tmp_path, "abcd")
    with Run(tmp_path, jobs[::2], {}) as one, Run(tmp_path, jobs[1::2], {}) as other:
        one.add(jobs[0])
        other.add(jobs[1])
    assert len(list(tmp_path.iterdir())) == 2


def test_names_that_are_not_text(tmp_path: Path) -> None:
    jobs = jobs_in(tmp_path, "\udcff")
    with Run(tmp_path, jobs, {}) as run:
        run.add(jobs[0])
