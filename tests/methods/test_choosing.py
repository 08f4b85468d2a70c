"""The questions lead to methods that are there, in three steps."""

from __future__ import annotations

import pytest

from sightmill.errors import SettingsError
from sightmill.methods.catalogue import methods
from sightmill.methods.choosing import FIRST, Advice, advised, every_advice


def test_every_way_ends_after_at_most_three_questions():
    for keys, advice in every_advice():
        assert 1 <= len(keys) <= 3
        assert advised(keys) is advice
        assert advice.because.endswith(".")


def test_every_advice_names_methods_that_are_there():
    for _, advice in every_advice():
        assert {advice.method, *(method for _, method in advice.instead)} <= set(methods())
        assert advice.method not in {method for _, method in advice.instead}


def test_every_built_in_method_can_be_arrived_at():
    built_in = {name for name, method in methods().items() if type(method).__module__.startswith("sightmill.methods.")}
    assert {advice.method for _, advice in every_advice()} == built_in


def test_the_seeds_rules_hold():
    """Points where positions or counts are needed, instances for outlines of countable things, features for cracks."""
    assert advised(["things", "position"]).method == "point_location"
    assert advised(["things", "outline", "yes"]).method == "instance_segmentation"
    assert advised(["things", "outline", "no"]).method == "semantic_segmentation"


def test_a_wrong_answer_is_answered_with_those_there_are():
    with pytest.raises(SettingsError, match="quality, class, things, pixels"):
        advised(["everything"])
    with pytest.raises(SettingsError, match="no further question"):
        advised(["things", "position", "yes"])
    assert advised([]) is FIRST
    assert not isinstance(advised(["things"]), Advice)
