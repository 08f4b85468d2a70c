"""The browser paints the pixels that the server says a region covers: both are held to one file of examples.

`studio/src/document/masks.json` has regions and the pixels they cover in an image of its size; the studio's own test
(`document/raster.test.ts`) reads the same file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightmill.data.region_kinds import region_from_dict
from sightmill.data.regions import Mask

EXAMPLES = Path(__file__).parents[2] / "studio" / "src" / "document" / "masks.json"


def examples() -> dict[str, Any]:
    if not EXAMPLES.is_file():
        pytest.skip("the studio's sources are not here")
    found: dict[str, Any] = json.loads(EXAMPLES.read_text())
    return found


def test_the_studio_s_examples_are_what_regions_cover() -> None:
    given = examples()
    width, height = given["width"], given["height"]
    kinds = set()
    for example in given["examples"]:
        region = region_from_dict(example["region"])
        covered = Mask.of(region.mask(width, height))
        assert (covered.to_dict() if covered else None) == example["mask"], example["region"]
        kinds.add(region.kind)
    assert kinds == {"box", "rotated_box", "polygon", "point", "mask"}


def test_examples_reach_over_the_rim_and_between_pixels() -> None:
    given = examples()
    masks = [example["mask"] for example in given["examples"]]
    assert any(mask is None for mask in masks)
    assert any(mask and mask["x"] == 0 and mask["y"] == 0 for mask in masks)
    boxes = [example["region"] for example in given["examples"] if example["region"]["kind"] == "box"]
    assert any(not float(box["x1"]).is_integer() for box in boxes)
    assert np.mean([mask is not None for mask in masks]) > 0.8
