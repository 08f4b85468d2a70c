"""Several labels per image: figures by hand, thresholds, intervals."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.evaluation.multi_label import (
    class_threshold,
    labels_of,
    measure_multi_label,
    multi_label_figures,
    wrongness,
)
from sightmill.evaluation.report import Pair

LABELS = ("dent", "rust")


def answered(truth: tuple[str, ...], scores: dict[str, float], threshold: float = 0.5) -> Pair:
    """An image that shows `truth`, and an answer by one threshold."""
    known = tuple(Annotation(label=name) for name in truth)
    given = tuple(Annotation(Whole(), name, score) for name, score in scores.items() if score >= threshold)
    return Pair(Sample(np.zeros((4, 4), np.uint8), annotations=known), Result(given, LABELS, (4, 4), scores))


def test_labels_come_from_the_image_and_from_its_regions():
    box = Annotation(Box(0, 0, 1, 1), "rust")
    assert labels_of(Sample(np.zeros((4, 4), np.uint8), annotations=(box, box, Annotation(label="dent")))) == LABELS
    assert labels_of(Sample(np.zeros((4, 4), np.uint8))) == ()


def test_figures_by_hand():
    pairs = [
        answered(("dent",), {"dent": 0.9, "rust": 0.2}),
        answered(("dent", "rust"), {"dent": 0.4, "rust": 0.6}),
        answered((), {"dent": 0.5, "rust": 0.1}),
        answered(("rust",), {"dent": 0.1, "rust": 0.7}),
    ]
    found = measure_multi_label(pairs, LABELS)
    # dent: .9 hit, .5 false, .4 hit -> AP = (1 + 2/3) / 2; rust: .7 and .6 are both right -> 1
    assert found["mean_ap"].value == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)
    # dent at 0.5: one hit, one false alarm, one miss -> 1/2
    assert found["macro_f1"].value == pytest.approx((0.5 + 1) / 2)
    assert found["exact_match"].value == 0.5
    for estimate in found.values():
        assert estimate.low is not None
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    table, curves, histogram = multi_label_figures(pairs, LABELS)
    assert [row[0] for row in table.rows] == list(LABELS)
    assert table.rows[0][-3:] == (1, 1, 1)
    assert len(curves.series) == 2
    assert sum(group.sum() for group in histogram.groups.values()) == 8


def test_a_class_everywhere_has_no_rank_but_an_f1():
    pairs = [answered(("dent",), {"dent": 0.9}), answered(("dent",), {"dent": 0.2})]
    found = measure_multi_label(pairs, LABELS)
    assert "mean_ap" not in found
    assert found["macro_f1"].value == pytest.approx(2 / 3)


def test_an_unlearnt_class_is_never_an_exact_match():
    assert measure_multi_label([answered(("moss",), {"dent": 0.1})], LABELS)["exact_match"].value == 0


def test_perfect_answers_keep_a_doubt():
    pairs = [answered(("dent",), {"dent": 0.9, "rust": 0.1}), answered(("rust",), {"dent": 0.1, "rust": 0.8})] * 4
    found = measure_multi_label(pairs, LABELS)
    assert found["mean_ap"].value == found["exact_match"].value == 1
    assert found["mean_ap"].low < 1
    assert found["exact_match"].low < 1


@pytest.mark.parametrize(
    ("scores", "present", "low", "high"),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 0.5, 0.5),  # the gap holds one half
        ([0.01, 0.02, 0.1, 0.3], [0, 0, 1, 1], 0.02, 0.1),  # the middle of the gap below
        ([0.6, 0.7, 0.9, 0.95], [0, 0, 1, 1], 0.7, 0.9),
        ([0.3, 0.4], [1, 1], 0.5, 0.5),  # nothing to tell it from
    ],
)
def test_the_f1_threshold_stands_in_the_gap(scores, present, low, high):
    assert low <= class_threshold(scores, present) <= high


def test_few_images_do_not_move_the_f1_threshold_far():
    """One strange image among fourteen is no reason for a threshold of 0.95; among a thousand such images it is."""
    scores = np.array([0.9] + [0.1] * 6 + [0.97] * 7)
    present = np.array([0] * 7 + [1] * 7)
    assert 0.4 < class_threshold(scores, present) < 0.8
    rng = np.random.default_rng(0)
    there = rng.random(4000) < 0.5
    logits = rng.normal(np.where(there, 3.0, 1.5), 0.4)
    assert class_threshold(1 / (1 + np.exp(-logits)), there) == pytest.approx(1 / (1 + np.exp(-2.25)), abs=0.02)


def test_promised_rates_hold_on_new_images():
    rng = np.random.default_rng(0)

    def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
        present = rng.random(count) < 0.5
        return 1 / (1 + np.exp(-rng.normal(np.where(present, 1.5, -1.5), 1.0))), present

    scores, present = drawn(600)
    misses = class_threshold(scores, present, rule="misses", target=0.1)
    alarms = class_threshold(scores, present, rule="false_alarms", target=0.1)
    scores, present = drawn(20_000)
    assert (scores[present] < misses).mean() <= 0.1
    assert (scores[~present] >= alarms).mean() <= 0.1


def test_too_few_images_for_a_promise_take_all_in():
    scores, present = [0.2, 0.4, 0.6, 0.9], [0, 1, 0, 1]
    assert class_threshold(scores, present, rule="misses", target=0.01) < 0.4
    assert class_threshold(scores, present, rule="false_alarms", target=0.01) > 0.6


def test_an_unknown_rule_is_refused():
    with pytest.raises(SettingsError, match="f1, misses, false_alarms"):
        class_threshold([0.5], [True], rule="luck")


def test_wrongness_is_above_one_half_exactly_for_wrong_decisions():
    grid = np.array([[p, t] for p in np.linspace(0, 1, 11) for t in np.linspace(0.05, 0.95, 10)])
    for present in (True, False):
        wrong = wrongness(grid[:, 0], grid[:, 1], np.full(len(grid), present))
        assert ((wrong > 0.5) == ((grid[:, 0] >= grid[:, 1]) != present)).all()
        assert ((wrong >= 0) & (wrong <= 1)).all()
