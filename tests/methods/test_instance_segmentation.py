"""Instance segmentation: masks of objects that touch, lie on each other, or lie on several tiles."""

from __future__ import annotations

import numpy as np
import pytest
from detecting_toys import learner_of, picture, square, told_back

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask, Polygon, Region
from sightmill.data.sample import Sample
from sightmill.evaluation.overlap import as_mask, mask_iou
from sightmill.evaluation.report import Pair
from sightmill.methods.instance_segmentation.method import METHOD


def disc(x: float, y: float, radius: float, size: tuple[int, int] = (160, 128)) -> Mask:
    rows, columns = np.mgrid[: size[1], : size[0]]
    found = Mask.of(np.hypot(columns + 0.5 - x, rows + 0.5 - y) <= radius)
    assert found is not None
    return found


def overlaps(sample: Sample, **values: object) -> list[float]:
    """How far the mask of each object is told back by a perfect network."""
    result = told_back(METHOD, sample, **values)
    said = [item.region for item in result.annotations]
    assert all(isinstance(region, Mask) for region in said)
    truth = [as_mask(item.region, sample.size) for item in sample.annotations]
    return mask_iou(truth, said).max(axis=1).tolist()  # type: ignore[arg-type]  # masks, see above


@pytest.mark.parametrize("stride", ["on", "off"])
def test_objects_that_touch_keep_masks_of_their_own(stride: str) -> None:
    left = disc(50, 60, 24)
    right = disc(96, 60, 24)
    sample = picture([("cell", left), ("cell", right)])
    assert min(overlaps(sample, small_objects=stride, image_size=160)) > 0.93
    result = told_back(METHOD, sample, small_objects=stride, image_size=160)
    assert len(result.annotations) == 2
    said = [item.region for item in result.annotations]
    assert mask_iou(said[:1], said[1:])[0, 0] < 0.03  # type: ignore[arg-type]  # masks


def test_shapes_that_are_no_ellipses_are_told_back() -> None:
    angle = Polygon([[20, 20], [80, 20], [80, 40], [40, 40], [40, 100], [20, 100]])
    assert min(overlaps(picture([("angle", angle)]), image_size=160)) > 0.85


def test_polygons_and_masks_are_learnt_alike() -> None:
    corners = [[30, 30], [70, 34], [64, 80], [28, 76]]
    sides = [picture([("part", region)]) for region in (Polygon(corners), as_mask(Polygon(corners), (160, 128)))]
    targets = []
    for sample in sides:
        _, learner, view = learner_of(METHOD, [sample])
        targets.append(learner.encode(sample, view.frame(sample.size)))
    np.testing.assert_allclose(targets[0]["boxes"], targets[1]["boxes"], atol=1.5)
    differing = (targets[0]["masks"] != targets[1]["masks"]).float().mean()
    assert float(differing) < 0.01


def test_objects_on_several_tiles_are_told_once() -> None:
    size = (600, 400)
    regions: list[tuple[str, Region]] = [
        ("cell", disc(x, y, 18, size)) for x in range(30, 580, 47) for y in range(30, 380, 47)
    ]
    sample = picture(regions, size)
    result = told_back(METHOD, sample, image_size=600, tile_size=256)
    assert len(result.annotations) == len(regions)
    assert min(overlaps(sample, image_size=600, tile_size=256)) > 0.85


def test_a_mask_larger_than_the_overlap_of_tiles_is_put_together() -> None:
    size = (640, 128)
    rows, columns = np.mgrid[: size[1], : size[0]]
    lens = Mask.of(((columns - 300) / 220) ** 2 + ((rows - 64) / 30) ** 2 <= 1)
    assert lens is not None
    sample = picture([("lens", lens)], size)
    result = told_back(METHOD, sample, image_size=640, tile_size=256)
    assert len(result.annotations) == 1
    assert mask_iou([lens], [result.annotations[0].region])[0, 0] > 0.9  # type: ignore[list-item]  # a mask


def test_figures_of_masks_and_boxes() -> None:
    sample = picture([("cell", disc(50, 60, 20)), ("cell", disc(110, 60, 20))])
    result = told_back(METHOD, sample, image_size=160)
    figures = METHOD.measure([Pair(sample, result)], result.labels, intervals=False)
    assert list(figures)[:5] == ["map50", "map", "map75", "box_map50", "aggregated_jaccard"]
    assert figures["map50"].value == figures["box_map50"].value == 1.0
    assert figures["aggregated_jaccard"].value > 0.9
    written = result.to_dict()["annotations"][0]
    assert len(written["box"]) == 4 and written["polygons"] and written["score"] > 0.9


def test_boxes_alone_are_refused_in_a_sentence() -> None:
    codes = {item.code for item in METHOD.check([picture([("cell", square(10, 10, 30))])], METHOD.Training())}
    assert "no_outlines" in codes


def test_outlines_beyond_the_border_are_cut() -> None:
    sample = Sample(
        np.zeros((128, 160), np.uint8),
        annotations=(Annotation(Polygon([[-20, 30], [40, 30], [40, 90], [-20, 90]]), "part"),),
        split="train",
    )
    result = told_back(METHOD, sample, image_size=160)
    box = result.annotations[0].region.bounds(*sample.size)
    assert (box.x1, box.x2) == pytest.approx((0, 40), abs=4)
