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
    "the_same_seed_gives_the_same_model",
    "a_resumed_training_ends_like_a_straight_one",
    "the_bundle_verifies_itself",
    "answers_do_not_depend_on_company",
    "drawing_keeps_the_shape",
}


@pytest.mark.parametrize("method", methods().values(), ids=methods())
@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, marks=[pytest.mark.slow] if check.__name__ in TRAINS else [], id=check.__name__)
        for check in CHECKS
    ],
)
def test_holds_the_contract(
    method: Method[Any, Any], check: Callable[[Method[Any, Any], Path], None], tmp_path: Path
) -> None:
    check(method, tmp_path)


def test_the_two_methods_of_the_spine_are_there() -> None:
    assert {"classification", "anomaly_detection"} <= set(methods())


def test_an_unknown_method_is_answered_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="anomaly_detection, classification"):
        named("clasification")
