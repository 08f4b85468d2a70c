"""Figures of masks: by hand in small cases, and COCO's evaluator for average precision."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from object_toys import LABELS, SIZE, disc, scene

from sightmill.data.regions import Mask
from sightmill.evaluation.instances import measure_instances
from sightmill.evaluation.overlap import as_mask
from sightmill.evaluation.report import Pair


def rectangle(x: int, y: int, width: int, height: int) -> Mask:
    return Mask(np.ones((height, width), np.bool_), x, y)


def test_the_aggregated_jaccard_counts_pixels() -> None:
    truth = [("bolt", rectangle(10, 10, 20, 10)), ("bolt", rectangle(100, 10, 10, 10))]
    said = [("bolt", rectangle(20, 10, 20, 10), 0.9), ("nut", rectangle(200, 100, 5, 10), 0.8)]
    found = measure_instances([scene(truth, said)], LABELS, intervals=False)
    # 100 in common; 300 of either; 100 missed; 50 where nothing is.
    assert found["aggregated_jaccard"].value == pytest.approx(100 / 450)


def test_all_right_is_one() -> None:
    truth = [("bolt", disc(60, 60, 20)), ("nut", disc(101, 60, 20))]
    found = measure_instances([scene(truth, [(label, mask, 0.9) for label, mask in truth])], LABELS)
    assert {found[name].value for name in ("map", "map50", "map75", "box_map50", "aggregated_jaccard")} == {1.0}
    assert measure_instances([scene([], [])], LABELS) == {}


def test_a_right_box_with_a_wrong_mask_is_no_right_mask() -> None:
    ring = disc(60, 60, 20)
    hollow = Mask(ring.pixels & ~np.pad(disc(60, 60, 14).pixels, 6), ring.x, ring.y)
    found = measure_instances([scene([("bolt", hollow)], [("bolt", ring, 0.9)])], LABELS)
    assert found["box_map50"].value == 1.0
    assert found["map75"].value == 0.0


def random_masks(seed: int) -> Pair:
    rng = np.random.default_rng(seed)
    truth, said = [], []
    for _ in range(6):
        x, y, radius = rng.uniform(40, 260), rng.uniform(40, 160), rng.uniform(8, 35)
        label = LABELS[rng.integers(3)]
        truth.append((label, disc(x, y, radius)))
        if rng.random() < 0.8:
            moved = rng.normal(0, 0.15 * radius, 3)
            said.append((label, disc(x + moved[0], y + moved[1], radius + moved[2]), float(rng.random())))
    return scene(truth, said)


def test_average_precision_of_masks_is_that_of_the_coco_evaluator() -> None:
    pytest.importorskip("pycocotools", reason="pycocotools (extra dev) is COCO's evaluator to compare with")
    from pycocotools import mask as coder
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    pairs = [random_masks(seed) for seed in range(10)]
    rows: dict[str, list[dict[str, object]]] = {"truth": [], "found": []}
    for image, pair in enumerate(pairs, start=1):
        for kind, items in (("truth", pair.sample.annotations), ("found", pair.result.annotations)):
            for item in items:
                mask = as_mask(item.region, SIZE)
                whole = np.zeros((SIZE[1], SIZE[0]), np.uint8, order="F")
                whole[mask.y : mask.y + mask.pixels.shape[0], mask.x : mask.x + mask.pixels.shape[1]] = mask.pixels
                row = {"image_id": image, "category_id": LABELS.index(item.label) + 1, "score": item.score}
                row |= {"segmentation": coder.encode(whole), "area": int(whole.sum()), "iscrowd": 0}
                rows[kind].append({**row, "id": len(rows[kind]) + 1})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": index + 1, "width": SIZE[0], "height": SIZE[1]} for index in range(len(pairs))],
            "categories": [{"id": index + 1, "name": name} for index, name in enumerate(LABELS)],
            "annotations": rows["truth"],
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(rows["found"]), "segm")
        judge.params.maxDets = [1000]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 0]
    own = measure_instances(pairs, LABELS, intervals=False)
    assert own["map"].value == pytest.approx(precision[precision > -1].mean(), abs=1e-9)
