"""The choice among ways to judge places: by what they say of drawn defects."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.methods.anomaly_detection.choice import AREAS, SHARES, Trial, chosen_of
from sightmill.methods.anomaly_detection.recipes import Recipe

GOOD, BAD, PLACES = 20, 40, 400
WAYS = [Recipe((0.0, 0.3, 1.0, 0.0)), Recipe((0.0, 0.0, 1.0, 0.0), reduction=2)]


def trial(recipe: Recipe, seed: int, *, distance: float, suspicion: float = 0.0) -> Trial:
    """Noise, and of the defective images so much more at one place in a hundred."""
    rng = np.random.default_rng(seed)
    images = rng.normal(0, 1, (2, GOOD + BAD, PLACES)).astype(np.float32)
    images[:, GOOD:, : PLACES // 100] += np.array([distance, suspicion], np.float32)[:, None, None]
    return Trial(recipe, tuple(images[0]), tuple(images[1]), (np.full(PLACES, 50, np.float32),) * (GOOD + BAD))


@pytest.mark.parametrize("clear", [0, 1])
def test_the_way_that_parts_them_clearly_better_is_taken(clear: int) -> None:
    trials = [trial(way, index, distance=8 if index == clear else 0.5) for index, way in enumerate(WAYS)]
    choice = chosen_of(trials, GOOD)
    assert choice.recipe == WAYS[clear]
    assert choice.score_area in AREAS
    assert (
        "Chosen among 2 ways by how clearly 40 drawn defects stand out from 20 held-out good images" in choice.sentence
    )


def test_of_ways_that_are_as_good_the_first_is_taken() -> None:
    assert chosen_of([trial(way, 3, distance=8) for way in WAYS], GOOD).recipe == WAYS[0]


def test_where_every_way_parts_them_the_clearest_is_taken() -> None:
    """On a simple ground the area under the ROC curve is 1 for all ways, and says nothing."""
    ways = [
        trial(way, index, distance=distance) for index, (way, distance) in enumerate(zip(WAYS, (2.8, 4), strict=True))
    ]
    assert chosen_of(ways, GOOD).recipe == WAYS[1]


def test_drawn_defects_do_not_say_how_much_suspicion_counts() -> None:
    """They always look suspicious, as others of their kind were taught; the share is no matter of choice."""
    for suspicion in (0.0, 8.0):
        first = trial(WAYS[0], 0, distance=8)
        assert chosen_of([first, trial(WAYS[1], 1, distance=2, suspicion=suspicion)], GOOD).recipe == WAYS[0]
        choice = chosen_of([trial(way, index, distance=2, suspicion=suspicion) for index, way in enumerate(WAYS)], GOOD)
        assert choice.usual.share == pytest.approx(SHARES)
