"""An installed wheel brings its weights along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from balltrack.weights.registry import CHECKOUT

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contents of the wheel, somewhere else than the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("balltrack-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


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
