"""Classification figures agree with scikit-learn and say what they leave out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from evaluation_toys import classified
from sklearn import metrics

from sightmill.errors import DataError
from sightmill.evaluation.classification import (
    NO_ANSWER,
    NOT_LEARNT,
    classification_figures,
    confusion_matrix,
    measure_classification,
    one_vs_rest,
    top_k_error,
)
from sightmill.evaluation.report import Curves, Histogram, Matrix, Report, Table

LABELS = ("bolt", "nut", "washer")


def random_pairs(count: int, labels=LABELS, seed: int = 0):
    rng = np.random.default_rng(seed)
    pairs, truth, scores = [], [], []
    for _ in range(count):
        own = int(rng.integers(len(labels)))
        row = rng.dirichlet(np.ones(len(labels)) + 2.0 * (np.arange(len(labels)) == own))
        pairs.append(classified(labels[own], labels[row.argmax()], dict(zip(labels, row.tolist(), strict=True))))
        truth.append(own)
        scores.append(row)
    return pairs, np.array(truth), np.array(scores)


def test_columns_are_ground_truth_and_rows_are_prediction() -> None:
    matrix = confusion_matrix([0, 0, 0, 1], [0, 1, 1, 1], 2)
    assert matrix.tolist() == [[1, 0], [2, 1]]


def test_ids_without_a_column_are_refused() -> None:
    with pytest.raises(DataError, match="0 to 1"):
        confusion_matrix([0, 2], [0, 1], 2)
    with pytest.raises(DataError, match="same length"):
        confusion_matrix([0], [0, 1], 2)


def test_figures_equal_scikit_learns() -> None:
    pairs, truth, scores = random_pairs(150)
    predicted = scores.argmax(axis=1)
    found = measure_classification(pairs, LABELS)
    assert list(found) == [
        "accuracy",
        "macro_f1",
        "mean_precision",
        "mean_recall",
        "top1_error",
        "top2_error",
    ]
    expected = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, average="macro"),
        "mean_precision": metrics.precision_score(truth, predicted, average="macro"),
        "mean_recall": metrics.recall_score(truth, predicted, average="macro"),
        "top1_error": 1 - metrics.accuracy_score(truth, predicted),
        "top2_error": 1 - metrics.top_k_accuracy_score(truth, scores, k=2),
    }
    for name, estimate in found.items():
        assert estimate.value == pytest.approx(expected[name]), name
        assert estimate.low <= estimate.value <= estimate.high, name
        assert 0 < estimate.high - estimate.low < 0.25, name
        assert estimate.count == 150


def test_one_vs_rest_counts_add_up() -> None:
    each = one_vs_rest([[5, 1, 0], [2, 7, 1], [0, 0, 4]])
    total = each.true_positives + each.false_positives + each.false_negatives + each.true_negatives
    assert total.tolist() == [20, 20, 20]
    assert each.precision[0] == pytest.approx(5 / 6)
    assert each.recall[0] == pytest.approx(5 / 7)
    assert each.f1[0] == pytest.approx(10 / 13)


def test_a_class_absent_from_the_truth_is_left_out_of_means_and_named() -> None:
    pairs = [classified("bolt", "bolt"), classified("nut", "washer"), classified("nut", "nut")]
    found = measure_classification(pairs, LABELS, intervals=False)
    assert found["mean_recall"].value == pytest.approx((1 + 0.5) / 2)
    assert found["mean_precision"].value == pytest.approx((1 + 1) / 2)
    assert found["macro_f1"].low is None
    table = next(figure for figure in classification_figures(pairs, LABELS) if isinstance(figure, Table))
    assert "washer" in table.note
    assert table.rows[-1][0] == "Mean"


def test_a_class_never_answered_has_precision_zero() -> None:
    pairs = [classified("bolt", "bolt"), classified("nut", "bolt")]
    found = measure_classification(pairs, ("bolt", "nut"))
    assert found["mean_precision"].value == pytest.approx(0.25)
    assert found["macro_f1"].value == pytest.approx((2 / 3) / 2)


def test_a_truth_the_model_never_learnt_is_wrong_and_has_a_column_of_its_own() -> None:
    pairs = [classified("bolt", "bolt"), classified("spring", "bolt"), classified("nut", None)]
    found = measure_classification(pairs, LABELS)
    assert found["accuracy"].value == pytest.approx(1 / 3)
    assert found["top1_error"].value == pytest.approx(2 / 3)
    matrix = classification_figures(pairs, LABELS)[0]
    assert isinstance(matrix, Matrix)
    assert matrix.labels == (*LABELS, NOT_LEARNT)
    assert matrix.row_labels == (*LABELS, NO_ANSWER)
    assert matrix.counts.shape == (4, 4)
    assert matrix.counts[0, 3] == 1
    assert matrix.counts[3, 1] == 1


def test_images_without_truth_are_left_out() -> None:
    pairs = [classified("bolt", "bolt"), classified(None, "nut")]
    assert measure_classification(pairs, LABELS)["accuracy"].count == 1
    assert measure_classification([classified(None, "nut")], LABELS) == {}
    assert classification_figures([], LABELS) == []


def test_only_unknown_truths_leave_accuracy_alone() -> None:
    found = measure_classification([classified("spring", "bolt")], LABELS)
    assert found["accuracy"].value == 0.0
    assert "macro_f1" not in found


def test_top_k_takes_equal_scores_in_class_order() -> None:
    assert top_k_error([[0.5, 0.5, 0.0]], [1], 1) == 1.0
    assert top_k_error([[0.5, 0.5, 0.0]], [1], 2) == 0.0
    assert top_k_error([[0.5, 0.3, 0.2]], [7], 3) == 1.0


def test_two_classes_have_no_top2_error() -> None:
    pairs = [classified("bolt", "nut", {"bolt": 0.4, "nut": 0.6})]
    assert "top2_error" not in measure_classification(pairs, ("bolt", "nut"))


def test_figures_tell_areas_and_calibration_error() -> None:
    pairs, truth, scores = random_pairs(200, seed=1)
    figures = classification_figures(pairs, LABELS)
    assert isinstance(figures[0], Matrix)
    assert figures[0].counts.sum() == 200
    curves = {figure.title: figure for figure in figures if isinstance(figure, Curves)}
    roc = next(figure for title, figure in curves.items() if title.startswith("ROC"))
    area = metrics.roc_auc_score(truth == 0, scores[:, 0])
    assert roc.series[0].name == f"bolt (AUC {area:.3f})"
    reliability = next(figure for title, figure in curves.items() if title.startswith("Reliability"))
    assert "Expected calibration error 0." in reliability.note
    histogram = next(figure for figure in figures if isinstance(figure, Histogram))
    assert sum(counts.sum() for counts in histogram.groups.values()) == 200
    report = Report("classification", "test", 200, measure_classification(pairs, LABELS), figures)
    json.dumps(report.to_dict(), allow_nan=False)


def test_curves_of_many_classes_show_the_weakest_and_say_so() -> None:
    labels = tuple(f"class {index}" for index in range(30))
    pairs, _, _ = random_pairs(300, labels)
    roc = next(
        figure
        for figure in classification_figures(pairs, labels)
        if isinstance(figure, Curves) and figure.title.startswith("ROC")
    )
    assert len(roc.series) == 8
    assert "weakest classes of 30" in roc.note
