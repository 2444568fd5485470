"""The files that hand balltrack on: the image has what it copies, the citation the version."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def copied() -> list[str]:
    """What the image is built from."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", text("Dockerfile"), re.MULTILINE)
    return [name for line in lines for name in line.split()[:-1]]


def test_the_image_is_built_from_files_that_are_there_and_are_sent() -> None:
    assert {"pyproject.toml", "constraints.txt", "src", "weights"} <= {*copied()}
    kept = {
        line.removeprefix("!") for line in text(".dockerignore").splitlines() if line[:1] == "!"
    }
    for name in copied():
        assert (REPOSITORY / name).exists(), name
        assert name in kept, f"{name} is copied, but .dockerignore leaves it out"


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (.+)$", text("Dockerfile"), re.MULTILINE)
    assert users == ["1000"]


@pytest.mark.slow
def test_what_the_image_copies_is_enough_for_a_wheel_that_tracks(tmp_path: Path) -> None:
    """The image's own steps, but for the packages that are there already."""
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    subprocess.run(["cp", "-r", *(REPOSITORY / name for name in copied()), source], check=True)
    install = ["pip", "install", "--no-deps", "--no-build-isolation", "--target", site, "."]
    subprocess.run([sys.executable, "-m", *install], cwd=source, check=True, capture_output=True)
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import balltrack; "
        f"assert balltrack.__file__.startswith({str(site)!r}); "
        "from balltrack.cli.main import run; raise SystemExit(run(['demo', '--output', 'demo']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.match(r"found \d+ of \d+ balls", done.stdout)


def test_the_citation_has_the_version() -> None:
    assert f"\nversion: {version('balltrack')}\n" in text("CITATION.cff")


def test_a_report_of_a_fault_asks_for_what_doctor_prints() -> None:
    assert "balltrack doctor" in text(".github/ISSUE_TEMPLATE/fault.yml")
    assert "run: .ci/run" in text(".github/workflows/ci.yml")
