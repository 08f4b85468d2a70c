"""Figures for objects agree with COCO's own evaluator, and tell wrong answers apart."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from object_toys import LABELS, SIZE, near, random_box, random_scenes, scene

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Whole
from sightmill.data.sample import Sample
from sightmill.evaluation.object_figures import confusion, object_figures, wrong_answers
from sightmill.evaluation.objects import AREAS, measure_objects, scene_of, wrongness
from sightmill.evaluation.report import Matrix, Pair, Table
from sightmill.evaluation.thresholds_of_objects import steady_threshold

BIG = Box(50, 50, 110, 110)


def coco_figures(pairs: list[Pair], area: str | None = None) -> dict[str, float]:
    """The same from pycocotools, with as many answers an image as there are."""
    pytest.importorskip("pycocotools", reason="pycocotools (extra dev) is COCO's evaluator to compare with")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth, found = [], []
    for image, pair in enumerate(pairs, start=1):
        for item in pair.sample.annotations:
            box = item.region.bounds(*SIZE)
            row = {"image_id": image, "category_id": LABELS.index(item.label) + 1, "area": box.width * box.height}
            row["bbox"] = [box.x1, box.y1, box.width, box.height]
            truth.append({**row, "id": len(truth) + 1, "iscrowd": int(item.attributes.get("iscrowd", 0))})
        for item in (*pair.result.annotations, *pair.result.rejected):
            box = item.region.bounds(*SIZE)
            row = {"image_id": image, "category_id": LABELS.index(item.label) + 1, "score": item.score}
            found.append({**row, "bbox": [box.x1, box.y1, box.width, box.height]})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": index + 1, "width": SIZE[0], "height": SIZE[1]} for index in range(len(pairs))],
            "categories": [{"id": index + 1, "name": name} for index, name in enumerate(LABELS)],
            "annotations": truth,
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(found), "bbox")
        judge.params.maxDets = [1000]
        if area is not None:
            judge.params.areaRng, judge.params.areaRngLbl = [list(AREAS[area])], [area]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 0]  # (limits, recalls, classes)

    def mean(values: np.ndarray) -> float:
        return float(values[values > -1].mean())

    return {"map": mean(precision), "map50": mean(precision[0]), "map75": mean(precision[5])}


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_the_coco_evaluator(seed: int) -> None:
    pairs = random_scenes(40, seed)
    own = measure_objects(pairs, LABELS, "box")
    for name, value in coco_figures(pairs).items():
        assert own[name].value == pytest.approx(value, abs=1e-9), name
    for area in AREAS:
        assert own[area].value == pytest.approx(coco_figures(pairs, area)["map"], abs=1e-9), area


def test_all_found_exactly_is_one_and_nothing_found_is_nought() -> None:
    rng = np.random.default_rng(0)
    truth = [(LABELS[index % 3], random_box(rng)) for index in range(6)]
    perfect = scene(truth, [(label, box, 0.9) for label, box in truth])
    found = measure_objects([perfect], LABELS, "box")
    assert all(found[name].value == 1.0 for name in ("map", "map50", "map75", "precision", "recall", "f1"))
    nothing = measure_objects([scene(truth, [])], LABELS, "box")
    assert all(nothing[name].value == 0.0 for name in ("map", "map50", "precision", "recall", "f1"))
    assert measure_objects([scene([], [])], LABELS, "box") == {}


def test_answers_that_were_kept_back_count_for_curves_only() -> None:
    truth = [("bolt", BIG), ("bolt", Box(150, 50, 200, 90))]
    pair = scene(truth, [("bolt", BIG, 0.9)], [("bolt", truth[1][1], 0.2)])
    found = measure_objects([pair], LABELS, "box")
    assert found["map50"].value == 1.0
    assert found["recall"].value == 0.5
    assert found["precision"].value == 1.0


def test_an_object_of_a_class_not_learnt_is_missed() -> None:
    pair = scene([("bolt", BIG), ("rivet", Box(150, 50, 200, 90))], [("bolt", BIG, 0.9)])
    found = measure_objects([pair], LABELS, "box")
    assert found["recall"].value == 0.5
    assert wrongness(pair, LABELS, "box") == pytest.approx(1 - 2 / 3)


def test_an_ignored_object_is_neither_missed_nor_found_wrongly() -> None:
    image = np.zeros((200, 300), np.uint8)
    truth = (Annotation(BIG, "bolt"), Annotation(Box(150, 50, 200, 90), "nut", attributes={"difficult": "1"}))
    for said in ([("bolt", BIG, 0.9)], [("bolt", BIG, 0.9), ("nut", Box(150, 50, 200, 90), 0.8)]):
        pair = Pair(Sample(image, annotations=truth), scene([], said).result)
        found = measure_objects([pair], LABELS, "box")
        assert found["precision"].value == found["recall"].value == 1.0
        assert wrongness(pair, LABELS, "box") == 0.0


def test_a_label_of_the_whole_image_is_no_object() -> None:
    pair = scene([("bolt", BIG), ("bolt", Whole())], [("bolt", BIG, 0.9)])
    assert measure_objects([pair], LABELS, "box")["recall"].count == 1


def test_wrong_answers_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    pair = scene(
        [("bolt", BIG)],
        [
            ("bolt", BIG, 0.9),
            ("bolt", near(BIG, rng, 0.01), 0.8),
            ("nut", BIG, 0.7),
            ("bolt", Box(80, 50, 140, 110), 0.6),
            ("washer", Box(200, 100, 240, 140), 0.5),
        ],
        [("washer", Box(10, 100, 30, 140), 0.1)],
    )
    assert wrong_answers(scene_of(pair, LABELS, "box")) == [
        (0, "duplicate"),
        (0, "localisation"),
        (1, "class"),
        (2, "background"),
    ]


def test_the_confusion_matrix_has_a_background() -> None:
    pair = scene(
        [("bolt", BIG), ("nut", Box(150, 50, 200, 90)), ("nut", Box(10, 10, 30, 30))],
        [("bolt", BIG, 0.9), ("washer", Box(150, 50, 200, 90), 0.7), ("washer", Box(220, 100, 260, 140), 0.5)],
    )
    counts = confusion([scene_of(pair, LABELS, "box")], 3)
    expected = np.zeros((4, 5), int)
    expected[0, 0] = 1  # the bolt
    expected[2, 1] = 1  # a nut called washer
    expected[2, 4] = 1  # a washer where nothing is
    expected[3, 1] = 1  # a nut that was missed
    np.testing.assert_array_equal(counts, expected)


def test_figures_of_a_report() -> None:
    figures = object_figures(random_scenes(6, 1), LABELS, "box")
    assert [type(figure).__name__ for figure in figures] == ["Table", "Matrix", "Table", "Curves", "Histogram"]
    assert isinstance(figures[0], Table) and len(figures[0].rows) == 3
    assert isinstance(figures[1], Matrix) and figures[1].row_labels[-1] == "(background)"
    assert object_figures([scene([], [])], LABELS, "box") == []


def test_intervals_hold_the_value_and_shrink_with_more_images() -> None:
    few, many = (measure_objects(random_scenes(count, 2), LABELS, "box")["map50"] for count in (6, 60))
    for found in (few, many):
        assert found.low is not None and found.high is not None
        assert found.low <= found.value <= found.high
    assert many.high - many.low < few.high - few.low  # type: ignore[operator]  # both have ends, see above


def test_the_threshold_parts_right_from_wrong() -> None:
    truth = [("bolt", BIG), ("nut", Box(150, 50, 200, 90))]
    pair = scene(
        truth,
        [("bolt", BIG, 0.9)],
        [("nut", Box(150, 50, 200, 90), 0.4), ("washer", Box(220, 100, 260, 140), 0.3), ("bolt", Box(0, 0, 9, 9), 0.1)],
    )
    found = steady_threshold([pair], LABELS, "box")
    assert found is not None
    threshold, f1, count = found
    assert (threshold, f1, count) == (pytest.approx(0.35), 1.0, 2)
    assert steady_threshold([scene([], [])], LABELS, "box") is None
    assert steady_threshold([scene(truth, [])], LABELS, "box") is None
    assert steady_threshold([scene(truth, [("bolt", Box(0, 0, 9, 9), 0.6)])], LABELS, "box") is None


def test_the_threshold_lies_amid_those_that_are_about_as_good() -> None:
    """Of many thresholds with nearly the same F1 the very best is chance: here it is the lowest of them."""
    spots = [Box(30 * index, 10, 30 * index + 20, 40) for index in range(10)]
    sure = [("bolt", spot, 0.9 - 0.001 * index) for index, spot in enumerate(spots[:9])]
    lucky = [("bolt", spots[9], 0.21), ("bolt", Box(0, 100, 20, 130), 0.2), ("bolt", Box(40, 100, 60, 130), 0.19)]
    pair = scene([("bolt", spot) for spot in spots], sure, lucky)
    found = steady_threshold([pair], LABELS, "box")
    assert found is not None
    assert 0.4 < found[0] < 0.6 and found[1] == pytest.approx(18 / 19)
    doubled = steady_threshold([pair, pair], LABELS, "box")
    assert doubled is not None and doubled[0] == pytest.approx(found[0]) and doubled[2] == 20


def test_equal_scores_pass_or_stay_together() -> None:
    truth = [("bolt", BIG), ("nut", Box(150, 50, 200, 90))]
    tied = [("bolt", BIG, 0.5), ("nut", Box(150, 50, 200, 90), 0.5), ("bolt", Box(0, 0, 9, 9), 0.5)]
    found = steady_threshold([scene(truth, tied)], LABELS, "box")
    assert found == (pytest.approx(0.25), pytest.approx(0.8), 2)
