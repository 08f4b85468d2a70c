"""Maps of results: the same in a quarter of the memory; lines in numbers."""

from __future__ import annotations

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Polyline
from sightmill.data.result import Heatmap, Result


def test_a_compact_map_is_the_same_map() -> None:
    values = np.linspace(0, 1, 48, dtype=np.float32).reshape(6, 8)
    heat = Heatmap(values, np.eye(2, 3), (8, 6), limits=(0.0, 1.0))
    small = heat.compact()
    assert small.values.dtype == np.uint8 and small.values.nbytes * 4 == values.nbytes
    np.testing.assert_allclose(small.at_image_size(), values, atol=0.5 / 255 + 1e-6)
    assert small.at_image_size().dtype == np.float32
    np.testing.assert_array_equal(small.coarse.max(), 1.0)
    twice = Heatmap(2 * values, np.eye(2, 3), (8, 6), limits=(0.0, 2.0)).compact()
    np.testing.assert_allclose(twice.at_image_size(), 2 * values, atol=1 / 255 + 1e-6)


def test_lines_are_told_with_their_length() -> None:
    result = Result((Annotation(Polyline([[0, 0], [3, 4]]), "edge", 0.5),), ("edge",), (8, 6))
    (told,) = result.to_dict()["annotations"]
    assert told["length"] == pytest.approx(5) and told["box"] == [0, 0, 3, 4] and "area" not in told
