"""The one scale of scores: 0 to 100, the threshold at 50, ranks untouched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightmill.errors import SettingsError
from sightmill.evaluation.scale import ScoreScale

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(centre=NUMBERS, spread=st.floats(1e-3, 1e3), raw=NUMBERS)
def test_scores_stay_on_the_scale_and_come_back(centre: float, spread: float, raw: float) -> None:
    scale = ScoreScale(centre, spread)
    shown = scale.shown(raw)
    assert 0 <= shown <= 100
    assert shown >= 50 if raw > centre else shown <= 50
    if 1 < shown < 99:
        assert scale.raw(shown) == pytest.approx(raw, abs=1e-9 * (abs(centre) + abs(raw) + spread) + 1e-9)


def test_the_landmarks() -> None:
    scale = ScoreScale(2.0, 0.5)
    assert [scale.shown(raw) for raw in (1.5, 2.0, 2.5, 3.5)] == [25, 50, 75, 87.5]
    assert scale.raw(75) == pytest.approx(2.5)


def test_ranks_are_kept_far_out() -> None:
    scale = ScoreScale(1.0, 0.1)
    raw = np.concatenate([-np.geomspace(1e6, 1, 50), np.linspace(0, 2, 100), np.geomspace(2.1, 1e6, 50)])
    assert (np.diff([scale.shown(value) for value in raw]) > 0).all()
    maps = scale.shown_map(raw.astype(np.float32))
    assert maps.dtype == np.float32
    assert maps == pytest.approx([scale.shown(value) for value in raw], abs=1e-3)


def test_the_median_of_the_good_is_shown_as_25_unless_that_blows_up_rounding() -> None:
    scale = ScoreScale.fitted(2.0, [1.0, 1.2, 1.4])
    assert scale.shown(1.2) == pytest.approx(25)
    alike = ScoreScale.fitted(1.0 + 1e-9, [1.0] * 10)
    assert alike.shown(1.0) > 49
    assert ScoreScale.fitted(1e-9, [0.0]).spread > 0


@pytest.mark.parametrize(("centre", "spread"), [(0, 0), (0, -1), (float("nan"), 1), (0, float("inf"))])
def test_a_scale_that_is_none_is_refused(centre: float, spread: float) -> None:
    with pytest.raises(SettingsError, match="finite centre"):
        ScoreScale(centre, spread)
    with pytest.raises(SettingsError, match="above 0 and below 100"):
        ScoreScale(0, 1).raw(100)
