"""Every method holds the contract; methods find themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sightmill.errors import SettingsError
from sightmill.methods.catalogue import methods, named
from sightmill.methods.contract import Method
from sightmill.training.contract_check import CHECKS

TRAINS = {
    "it_learns_four_toy_images",
    "a_resumed_training_ends_like_a_straight_one",
    "the_bundle_verifies_itself",
    "answers_do_not_depend_on_company",
    "drawing_keeps_the_shape",
}


def cases() -> list[Any]:
    """Every check of every method; those of one method share a trained model, so one process runs them."""
    found = []
    for name, method in methods().items():
        for check in CHECKS:
            slow = [pytest.mark.slow] if check.__name__ in TRAINS else []
            marks = [pytest.mark.xdist_group(name), *slow]
            found.append(pytest.param(method, check, marks=marks, id=f"{name}-{check.__name__}"))
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: tmp_path_factory.mktemp(name) for name in methods()}


@pytest.mark.parametrize(("method", "check"), cases())
def test_holds_the_contract(
    method: Method[Any, Any], check: Callable[[Method[Any, Any], Path], None], folders: dict[str, Path]
) -> None:
    check(method, folders[method.id])


def test_the_two_methods_of_the_spine_are_there() -> None:
    assert {"classification", "anomaly_detection"} <= set(methods())


def test_an_unknown_method_is_answered_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"anomaly_detection.*, classification"):
        named("clasification")
