"""Anomaly figures: image scores, decisions, pixels and regions."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from evaluation_toys import inspected, is_good
from sklearn import metrics

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Polygon, Whole
from sightmill.data.result import Heatmap, Result
from sightmill.data.sample import Sample
from sightmill.errors import ModelError
from sightmill.evaluation.anomaly import LOW_RATE, measure_anomaly
from sightmill.evaluation.anomaly_figures import anomaly_figures
from sightmill.evaluation.pixels import PRO_LIMIT, STRICT_LIMIT, pixel_curves
from sightmill.evaluation.report import Curves, Histogram, Pair, Report, Table


def mapped_pairs(good: int = 6, bad: int = 6, side: int = 96, seed: int = 0, heavy: bool = False):
    """Noisy heatmaps with blobs of different strength over the defects."""
    rng = np.random.default_rng(seed)
    pairs, masks, maps = [], [], []
    for index in range(good + bad):
        heat = cv2.GaussianBlur(rng.random((side, side)).astype(np.float32), (0, 0), 3)
        heat = (heat - heat.mean()) / heat.std()
        truth = np.zeros((side, side), np.uint8)
        if index >= good:
            for _ in range(int(rng.integers(1, 4))):
                centre = tuple(int(v) for v in rng.integers(10, side - 10, 2))
                cv2.circle(truth, centre, int(rng.integers(2, 9)), 1, -1)
            heat = heat + cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 4) * rng.uniform(1, 5)
        if heavy:
            heat = np.exp(6 * heat).astype(np.float32)
        label = "good" if index < good else "hole"
        pairs.append(inspected(label, float(heat.max()), heatmap=heat, truth=truth if label == "hole" else None))
        masks.append(truth.astype(bool))
        maps.append(heat)
    return pairs, np.array(masks), np.array(maps)


def exact_aupro(masks: np.ndarray, maps: np.ndarray, limit: float = PRO_LIMIT) -> float:
    """Region overlap at every single score, by brute force."""
    order = np.argsort(-maps.reshape(-1), kind="stable")
    scores = maps.reshape(-1)[order]
    weight = np.zeros(masks.shape)
    regions = 0
    for index, mask in enumerate(masks):
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        for region in range(1, count):
            weight[index][labels == region] = 1.0 / (labels == region).sum()
        regions += count - 1
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    pro = np.append(0, np.cumsum(weight.reshape(-1)[order])[last] / regions)
    normal = ~masks.reshape(-1)[order]
    fpr = np.append(0, np.cumsum(normal)[last] / normal.sum())
    inside = fpr <= limit
    x = np.append(fpr[inside], limit)
    y = np.append(pro[inside], np.interp(limit, fpr, pro))
    return float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum() / limit)


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_streamed_pixel_areas_are_within_two_thousandths_of_exact(seed: int, heavy: bool) -> None:
    pairs, masks, maps = mapped_pairs(seed=seed, heavy=heavy)
    curves = pixel_curves(pairs, is_good)
    assert curves is not None
    exact = metrics.roc_auc_score(masks.reshape(-1), maps.reshape(-1))
    assert curves.areas["pixel_auroc"].value == pytest.approx(exact, abs=0.002)
    assert curves.areas["pixel_aupro"].value == pytest.approx(exact_aupro(masks, maps), abs=0.002)
    assert curves.areas["pixel_aupro_05"].value == pytest.approx(exact_aupro(masks, maps, STRICT_LIMIT), abs=0.004)
    average = metrics.average_precision_score(masks.reshape(-1), maps.reshape(-1))
    assert curves.areas["pixel_ap"].value == pytest.approx(average, abs=0.01)
    for estimate in (curves.areas["pixel_auroc"], curves.areas["pixel_aupro"]):
        assert estimate.low < estimate.value < estimate.high
        assert estimate.high - estimate.low < 0.6


def test_a_heatmap_of_two_values_is_exact() -> None:
    truth = np.zeros((20, 20), np.uint8)
    truth[5:10, 5:10] = 1
    heat = truth.astype(np.float32)
    heat[5:10, 5] = 0
    pairs = [
        inspected("hole", 1.0, heatmap=heat, truth=truth),
        inspected("good", 0.0, heatmap=np.zeros((20, 20))),
    ]
    curves = pixel_curves(pairs, is_good)
    assert curves is not None
    assert curves.areas["pixel_auroc"].value == pytest.approx(
        metrics.roc_auc_score(truth.reshape(-1), heat.reshape(-1))
    )
    assert (curves.images, curves.regions) == (1, 1)
    assert curves.areas["pixel_auroc"].low is None


def test_defective_images_without_areas_are_left_out_of_the_pixels() -> None:
    pairs, _, _ = mapped_pairs()
    unmasked = inspected("hole", 9.0, heatmap=np.full((96, 96), 50.0, np.float32))
    more, fewer = pixel_curves([*pairs, unmasked], is_good), pixel_curves(pairs, is_good)
    assert (more.images, more.regions) == (fewer.images, fewer.regions)
    assert more.areas["pixel_auroc"].value == pytest.approx(fewer.areas["pixel_auroc"].value, abs=1e-4)
    assert pixel_curves([pairs[0], unmasked], is_good) is None


def test_pixels_outside_the_region_of_interest_do_not_count() -> None:
    heat = np.zeros((20, 20), np.float32)
    heat[2:6, 2:6] = 1.0  # the defect
    heat[12:, :] = 5.0  # a false alarm outside the region of interest
    upper = Box(0, 0, 20, 10)
    pair = inspected("hole", 5.0, heatmap=heat, truth=Polygon([[2, 2], [6, 2], [6, 6], [2, 6]]), roi=upper)
    curves = pixel_curves([pair], is_good)
    assert curves is not None
    assert curves.areas["pixel_auroc"].value == pytest.approx(1.0)
    assert curves.areas["pixel_aupro"].value == pytest.approx(1.0)


def test_a_coarse_map_is_judged_at_the_image_size() -> None:
    coarse = np.zeros((8, 8), np.float32)
    coarse[2, 3] = 1.0
    matrix = np.array([[1 / 8, 0, 0], [0, 1 / 8, 0]])
    result = Result(
        (), (), (64, 64), heatmaps={"heatmap": Heatmap(coarse, matrix, (64, 64))}, values={"anomaly_score": 1}
    )
    known = (Annotation(Whole(), "hole"), Annotation(Box(25, 17, 31, 23), "hole"))
    pair = Pair(Sample(np.zeros((64, 64), np.uint8), annotations=known), result)
    curves = pixel_curves([pair], is_good)
    assert curves is not None
    assert curves.areas["pixel_auroc"].value > 0.995


def test_image_figures_and_rates() -> None:
    rng = np.random.default_rng(0)
    good = rng.normal(0.3, 0.1, 40)
    bad = rng.normal(0.6, 0.15, 25)
    pairs = [inspected("good", float(s), passes=bool(s <= 0.5)) for s in good]
    pairs += [inspected("hole", float(s), passes=bool(s <= 0.5)) for s in bad]
    found = measure_anomaly(pairs, is_good)
    truth, scores = np.arange(65) >= 40, np.concatenate([good, bad])
    assert found["image_auroc"].value == pytest.approx(metrics.roc_auc_score(truth, scores))
    assert found["image_ap"].value == pytest.approx(metrics.average_precision_score(truth, scores))
    assert found["false_reject_rate"].value == pytest.approx((good > 0.5).mean())
    assert found["escape_rate"].value == pytest.approx((bad <= 0.5).mean())
    assert found["escape_rate"].count == 25
    allowed = np.sort(good)[-1 - int(LOW_RATE * 40)]
    assert found["recall_at_low_fpr"].value == pytest.approx((bad > allowed).mean())
    for name, estimate in found.items():
        assert estimate.low <= estimate.value <= estimate.high, name
    assert "pixel_auroc" not in found
    assert all(e.low is None for e in measure_anomaly(pairs, is_good, intervals=False).values())


def test_good_images_alone_allow_the_false_reject_rate_only() -> None:
    found = measure_anomaly([inspected("good", 0.1, passes=True)] * 3, is_good)
    assert list(found) == ["false_reject_rate"]
    assert found["false_reject_rate"].high == pytest.approx(0.56, abs=0.01)
    assert measure_anomaly([], is_good) == {}
    assert list(measure_anomaly([inspected("hole", 0.1, passes=True)], is_good)) == ["escape_rate"]


def test_figures_have_scores_types_and_curves() -> None:
    pairs, _, _ = mapped_pairs()
    pairs = [*pairs, inspected("scratch", 0.2, passes=True), inspected("scratch", 0.9, passes=False)]
    figures = anomaly_figures(pairs, is_good)
    histogram, table = figures[0], figures[1]
    assert isinstance(histogram, Histogram)
    assert isinstance(table, Table)
    assert histogram.thresholds == {"threshold": 0.5}
    assert {name: int(counts.sum()) for name, counts in histogram.groups.items()} == {
        "good": 6,
        "defective": 8,
    }
    rows = {row[0]: row for row in table.rows}
    assert list(rows) == ["hole", "scratch", "All defects", "Good images"]
    assert rows["scratch"][1:5] == (2, 1, 1, 0.5)
    assert rows["scratch"][5] < 0.5 < rows["scratch"][6]
    assert set(rows["scratch"][7:]) == {None}
    by_type = figures[2]
    assert isinstance(by_type, Table)
    scores = {row[0]: dict(zip(by_type.columns, row, strict=True)) for row in by_type.rows}
    overall = pixel_curves(pairs, is_good)
    assert scores["hole"]["AUPRO 0.3"] == pytest.approx(overall.areas["pixel_aupro"].value)
    assert scores["scratch"]["AUPRO 0.3"] is None
    assert scores["scratch"]["AUROC"] < scores["hole"]["AUROC"]
    titles = [figure.title for figure in figures if isinstance(figure, Curves)]
    assert len(titles) == 3
    report = Report("anomaly_detection", "test", len(pairs), measure_anomaly(pairs, is_good), figures)
    assert len(json.dumps(report.to_dict(), allow_nan=False)) < 100_000


def test_errors_outside_the_band_are_told_apart_with_the_types() -> None:
    pairs = [inspected("good", 0.2, passes=True, band=(0.3, 0.7)) for _ in range(8)]
    pairs += [
        inspected("good", 0.6, passes=False, band=(0.3, 0.7)),
        inspected("good", 0.9, passes=False, band=(0.3, 0.7)),
    ]
    pairs += [
        inspected("hole", 0.8, passes=False, band=(0.3, 0.7)),
        inspected("hole", 0.4, passes=True, band=(0.3, 0.7)),
    ]
    found = measure_anomaly(pairs, is_good)
    assert found["false_reject_rate"].value == pytest.approx(0.2)
    assert found["confident_false_reject_rate"].value == pytest.approx(0.1)
    assert found["escape_rate"].value == pytest.approx(0.5)
    assert found["confident_escape_rate"].value == 0
    assert found["confident_escape_rate"].high > 0.5
    assert found["uncertain_rate"].value == pytest.approx(2 / 12)
    table = anomaly_figures(pairs, is_good)[1]
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert (rows["hole"]["Confident error rate"], rows["hole"]["Not confident"]) == (0, 1)
    assert rows["Good images"]["Confident error rate"] == pytest.approx(0.1)
    assert rows["Good images"]["Escaped"] is None


def test_pixel_areas_by_type_are_those_of_the_type_against_the_good_images() -> None:
    pairs, _, _ = mapped_pairs(good=4, bad=8)
    kinds = {id(pair.sample): "weak" if index % 2 else "strong" for index, pair in enumerate(pairs)}
    whole = pixel_curves(pairs, is_good, type_of=lambda sample: kinds[id(sample)])
    alone = pixel_curves([p for p in pairs if is_good(p.sample) or kinds[id(p.sample)] == "weak"], is_good)
    assert set(whole.by_type) == {"weak", "strong"}
    for name, estimate in alone.areas.items():
        assert whole.by_type["weak"][name] == pytest.approx(estimate.value, abs=0.005), name


def test_several_scores_are_compared() -> None:
    pairs = [inspected("good", 0.1, parts={"local": 0.9}), inspected("hole", 0.8, parts={"local": 0.2})]
    (table,) = [figure for figure in anomaly_figures(pairs, is_good) if figure.title == "By score"]
    assert [(row[0], row[1]) for row in table.rows] == [("combined", 1.0), ("local", 0.0)]


def test_named_thresholds_are_drawn() -> None:
    histogram = anomaly_figures([inspected("good", 0.1)], is_good, thresholds={"T1": 0.3, "T2": 0.7})[0]
    assert isinstance(histogram, Histogram)
    assert histogram.thresholds == {"T1": 0.3, "T2": 0.7}
    assert "Between T1 and T2" in histogram.note
    assert histogram.edges[-1] == 0.7


def test_samples_without_truth_are_left_out() -> None:
    unknown = Pair(Sample(np.zeros((4, 4), np.uint8), annotated=False), inspected("good", 0.4, passes=True).result)
    assert measure_anomaly([unknown], is_good) == {}
    assert anomaly_figures([unknown], is_good) == []


def test_a_result_without_a_score_is_refused_in_a_sentence() -> None:
    pair = Pair(Sample(np.zeros((4, 4), np.uint8), name="a.png"), Result((), (), (4, 4)))
    with pytest.raises(ModelError, match=r"a\.png: this result has no anomaly score"):
        measure_anomaly([pair], is_good)
