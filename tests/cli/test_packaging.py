"""An installed wheel brings its weights along."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from balltrack.weights.registry import CHECKOUT
from shot_match import write_match

REPOSITORY = Path(__file__).resolve().parents[2]


LARGEST = 100_000_000
"""Bytes that PyPI takes of a file, see its storage limits."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("balltrack-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The contents of the wheel, somewhere else than the checkout."""
    folder = wheel.parent / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_is_small_enough_for_the_index(wheel: Path) -> None:
    """As README says it is."""
    size = wheel.stat().st_size
    assert size < LARGEST
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"The wheel takes (\d+) MB", readme)
    assert abs(size / 1e6 - int(said)) < 3


@pytest.mark.slow
def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    """Installed by pip; what it needs comes from the packages that are there already."""
    venv.create(tmp_path / "venv", with_pip=True)
    (site,) = (tmp_path / "venv").rglob("site-packages")
    folder = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    install = [folder / "python", "-m", "pip", "install", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, capture_output=True)
    (site / "others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    write_match(tmp_path / "match.mp4", (40,))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*arguments: str) -> str:
        words = [folder / "balltrack", *arguments]
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("--version").startswith("balltrack, version ")
    assert "network:" in run("doctor")
    where = [folder / "python", "-c", "import balltrack; print(balltrack.__file__)"]
    found = subprocess.run(where, env=environment, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).is_relative_to(site)
    facts = json.loads(run("track", "match.mp4", "--json", "--quiet"))
    assert facts["frames"] == len((tmp_path / "match.csv").read_text().splitlines()) - 1 == 40
    archived = run("archive", "match.mp4", "-o", "labels", "--json", "--quiet", "--workers", "1")
    assert json.loads(archived)["frames"] == 40
    assert (tmp_path / "labels" / "match.csv").read_bytes() == (tmp_path / "match.csv").read_bytes()


def test_the_wheel_holds_the_weights_and_the_types(installed: Path) -> None:
    files = {path.name for path in (installed / "balltrack" / "weights" / "files").iterdir()}
    assert files == {path.name for path in CHECKOUT.iterdir()}
    assert (installed / "balltrack" / "py.typed").is_file()
    assert (installed / "balltrack" / "evaluation" / "page" / "misses.html.jinja").is_file()
    assert not (installed / "tests").exists()


def test_the_installed_package_finds_its_own_weights(installed: Path, tmp_path: Path) -> None:
    program = (
        "from balltrack.cli.main import run; from balltrack.weights.registry import PACKAGED, "
        "_folders; assert _folders() == [PACKAGED]; raise SystemExit(run(['weights', 'list', "
        "'--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = [row["name"] for row in json.loads(done.stdout)]
    registry = json.loads((CHECKOUT / "registry.json").read_text())
    assert names == [row["name"] for row in registry["weights"]]
