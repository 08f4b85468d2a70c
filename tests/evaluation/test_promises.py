"""Promises are exact, and refuse what the images do not support."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.evaluation.promises import images_needed, most_errors, percent, promised


def test_the_images_needed_are_the_fewest_that_keep_the_target() -> None:
    for target in (0.3, 0.05, 0.01):
        for chosen in (False, True):
            needed = images_needed(target, chosen=chosen)
            assert promised("escapes", 0, needed, target=target, chosen=chosen).kept
            assert not promised("escapes", 0, needed - 1, target=target, chosen=chosen).kept
    assert images_needed(0.05) == 59
    assert images_needed(0.01) == 299


def test_a_bound_for_every_threshold_at_once_is_wider() -> None:
    fixed = [promised("false rejects", k, 131).bound for k in range(6)]
    free = [promised("false rejects", k, 131, chosen=True).bound for k in range(6)]
    assert all(a < b < 2 * a for a, b in zip(fixed, free, strict=True))


def test_it_holds_for_the_worst_threshold_of_all() -> None:
    """Somebody who looks for the threshold whose bound lies must not find one too often."""
    bounds = np.array([promised("false rejects", k, 40, confidence=0.9, chosen=True).bound for k in range(40)])
    scores = np.sort(np.random.default_rng(0).random((2000, 40)))[:, ::-1]
    assert (1 - scores > bounds).any(axis=1).mean() <= 0.1


def test_the_largest_number_of_errors_keeps_the_target() -> None:
    assert most_errors(58, 0.05) is None
    assert most_errors(59, 0.05) == 0
    most = most_errors(500, 0.05)
    assert promised("escapes", most, 500).kept
    assert not promised("escapes", most + 1, 500).kept


def test_sentences_say_how_many_images_are_missing() -> None:
    kept = promised("escapes", 2, 200).sentence
    assert kept == (
        "At this T at most 3.1 % escapes with 95 % confidence, from 200 defective images (2 of them below T)."
    )
    none = promised("escapes", 0, 0, target=0.02).sentence
    assert none.startswith("Nothing is promised about escapes: no defective image was held out.")
    assert none.endswith("2 % with 95 % confidence takes 149.")
    wrong = promised("false rejects", 30, 100).said("Above T2", "T2")
    assert wrong.startswith("Above T2 at most 38.")
    assert "(30 of them above T2)" in wrong
    assert wrong.endswith("5 % cannot be promised: more of them would have to be right.")
    assert promised("escapes", 1, 1).to_dict()["bound"] == 1.0


@pytest.mark.parametrize(("share", "words"), [(0.012, "1.2 %"), (0.312, "31.2 %"), (1.0, "100 %"), (0.05, "5 %")])
def test_shares_are_told_in_percent(share: float, words: str) -> None:
    assert percent(share) == words
