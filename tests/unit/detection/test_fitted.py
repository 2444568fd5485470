"""Linking parameters travel in the header of the weights they were fitted to."""

from dataclasses import replace
from pathlib import Path

import pytest

from balltrack.detection.fitted import as_header, fitted_parameters
from balltrack.errors import WeightsError
from balltrack.models.specs import NetworkSpec
from balltrack.models.tracknet import TrackNet
from balltrack.trajectory.motion import DEFAULT
from balltrack.weights.checkpoints import save_checkpoint

NETWORK = TrackNet(NetworkSpec("tiny", 3, 3, 32, 32, base_width=8))


def test_what_was_fitted_comes_back(tmp_path: Path) -> None:
    parameters = replace(DEFAULT, miss_cost=0.125, score_slope=1.75)
    path = tmp_path / "fitted.safetensors"
    save_checkpoint(path, NETWORK, as_header(parameters))
    assert fitted_parameters(str(path)) == parameters


def test_weights_without_a_fit_take_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "plain.safetensors"
    save_checkpoint(path, NETWORK, {})
    assert fitted_parameters(str(path)) == DEFAULT


def test_a_header_from_before_a_parameter_was_dropped_is_read(tmp_path: Path) -> None:
    path = tmp_path / "older.safetensors"
    header = '{"clutter_persistence": 0.1, "miss_cost": 0.125}'
    save_checkpoint(path, NETWORK, {"linking": header})
    assert fitted_parameters(str(path)) == replace(DEFAULT, miss_cost=0.125)


def test_parameters_of_another_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_checkpoint(path, NETWORK, {"linking": '{"no_such_cost": 1}'})
    with pytest.raises(WeightsError, match="no_such_cost"):
        fitted_parameters(str(path))
