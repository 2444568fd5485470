"""What every test may ask for."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# As the package sets it; here for tests that load torch first.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Where tests run in a process a core, threads of one would wait for cores that another has.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is slow, not wrong.
settings.register_profile("balltrack", deadline=None)
# Where a change is judged, it is judged by the same examples as the one before.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "balltrack")

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is taken from the developer's cache, nor left there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def answered_signals() -> Iterator[None]:
    """Signals as a shell has them, also where the caller ignores some, as nohup and `&` do."""
    usual = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL}
    if hasattr(signal, "SIGHUP"):  # not on Windows
        usual["SIGHUP"] = signal.SIG_DFL
    before = {name: signal.signal(getattr(signal, name), usual[name]) for name in usual}
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


@pytest.fixture(scope="module")
def tones_as_they_are() -> Iterator[None]:
    """For networks that are made to see how bright a pixel is, and figures of rendered clips, which
    are flat: pictures stay as dark and as flat as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("balltrack.scene.tones.with_known_tones", lambda frames: frames)
        patch.setattr("balltrack.training.data.clips.with_known_tones", lambda frames: frames)
        yield


@pytest.fixture(autouse=True)
def own_log() -> None:
    """A command sets up the log for its process, in a module's fixture too; no test inherits it."""
    logger = logging.getLogger("balltrack")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of labelled clips beside the checkout; without it the test is skipped.

    With BALLTRACK_REQUIRE_SHARED=1 it fails instead.
    """
    if not (SHARED / "data").is_dir():
        missing = "the labelled clips are not beside this checkout (../shared/data)"
        if os.environ.get("BALLTRACK_REQUIRE_SHARED") == "1":
            pytest.fail(f"BALLTRACK_REQUIRE_SHARED=1, and {missing}")
        pytest.skip(missing)
    return SHARED
