"""The demonstration's pictures."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.data.formats import load
from sightmill.errors import DataError
from sightmill.project.parts import DEFECTS, IMAGE_SIZE, draw_inspection_set, draw_part


def test_the_same_seed_draws_the_same_part():
    (one, _), (again, _), (other, _) = draw_part(4), draw_part(4), draw_part(5)
    assert one.shape == (IMAGE_SIZE, IMAGE_SIZE, 3)
    assert one.dtype == np.uint8
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_good_part_has_no_defect():
    assert not draw_part(4)[1].any()


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_where_its_mask_says(defect):
    for seed in range(3):
        mask = draw_part(seed, defect)[1]
        assert 8 < mask.sum() < 0.1 * mask.size


def test_an_unknown_defect_is_refused():
    with pytest.raises(DataError, match="dent"):
        draw_part(0, "rust")


def test_the_set_reads_as_anomaly_and_as_classification_data(tmp_path):
    drawn = draw_inspection_set(tmp_path / "parts", train_good=3, test_good=2, per_defect=5)
    anomaly = load(drawn, learns_from="anomaly")
    assert anomaly.format == "mvtec"
    assert len(anomaly.split("train")) == 3
    assert len(anomaly.split("test")) == 22
    classes = load(drawn, learns_from="class")
    assert classes.format == "csv"
    assert classes.counts()["train"] == {"good": 3, **dict.fromkeys(DEFECTS, 3)}
    assert classes.counts()["test"] == {"good": 2, **dict.fromkeys(DEFECTS, 2)}
