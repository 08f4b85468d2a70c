"""How good image labels are: confusion matrix, one-vs-rest figures, top-k error, and the plots of a report.

An image whose truth is not a class of the model counts as wrong, and stands in a last column of its own,
``(not learnt)``: the model could not have known, but on the line it would have answered all the same. An
answer without a label stands in a last row, ``(no answer)``. Both appear only when they occur. Images without
a truth are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.errors import DataError
from sightmill.evaluation.calibration import ece, reliability
from sightmill.evaluation.curves import FloatArray, Tally, ratio, thinned
from sightmill.evaluation.intervals import bootstrap_columns, proportion
from sightmill.evaluation.report import (
    Curves,
    Estimate,
    Figure,
    Histogram,
    Matrix,
    Metric,
    Pair,
    Series,
    Table,
)

__all__ = [
    "METRICS",
    "NOT_LEARNT",
    "NO_ANSWER",
    "OneVsRest",
    "classification_figures",
    "confusion_matrix",
    "measure_classification",
    "one_vs_rest",
    "top_k_error",
]

NOT_LEARNT = "(not learnt)"
NO_ANSWER = "(no answer)"

#: What classification is judged by, the deciding figure first.
METRICS = (
    Metric("accuracy", "Accuracy"),
    Metric("macro_f1", "F1, mean over classes"),
    Metric("mean_precision", "Precision, mean over classes"),
    Metric("mean_recall", "Recall, mean over classes"),
    Metric("top1_error", "Top-1 error", better="lower", limit=0.0),
    Metric("top2_error", "Top-2 error", better="lower", limit=0.0),
)

_MOST_SERIES = 8

IdArray = npt.NDArray[np.int64]


def confusion_matrix(truth_ids: npt.ArrayLike, predicted_ids: npt.ArrayLike, n: int) -> IdArray:
    """Count answers ``(n, n)``: columns are ground truth, rows are prediction (as in HALCON).

    Raises
    ------
    DataError : the two differ in length, or an id is outside ``0 .. n-1``.
    """
    truth = np.asarray(truth_ids, np.int64).reshape(-1)
    predicted = np.asarray(predicted_ids, np.int64).reshape(-1)
    if len(truth) != len(predicted):
        raise DataError("truth and prediction must have the same length", got=f"{len(truth)} and {len(predicted)}")
    both = np.concatenate([truth, predicted])
    if len(both) and (both.min() < 0 or both.max() >= n):
        raise DataError("a class id has no column in the matrix", got=both.max(), allowed=f"0 to {n - 1}")
    return np.bincount(predicted * n + truth, minlength=n * n).reshape(n, n).astype(np.int64)


@dataclass(frozen=True, eq=False)
class OneVsRest:
    """Each class against all others; arrays ``(..., n)``, one entry per class.

    Precision is 0 for a class that is in the truth but never answered; recall and F1 are NaN for a class
    that is not in the truth, and precision is too. `mean_*` average over the classes in the truth.
    """

    true_positives: FloatArray
    false_positives: FloatArray
    false_negatives: FloatArray
    true_negatives: FloatArray
    precision: FloatArray
    recall: FloatArray
    f1: FloatArray

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which classes the truth holds ``(..., n)``."""
        return np.asarray(self.true_positives + self.false_negatives > 0)

    @property
    def mean_precision(self) -> FloatArray:
        return self._mean(self.precision)

    @property
    def mean_recall(self) -> FloatArray:
        return self._mean(self.recall)

    @property
    def macro_f1(self) -> FloatArray:
        return self._mean(self.f1)

    def _mean(self, figures: FloatArray) -> FloatArray:
        present = self.present
        total = np.where(present, figures, 0.0).sum(axis=-1)
        return ratio(total, present.sum(axis=-1))


def one_vs_rest(counts: npt.ArrayLike, classes: int | None = None) -> OneVsRest:
    """Counts and figures of each class from confusion matrices ``(..., rows, columns)``.

    `classes` is how many of the leading rows and columns are classes of the model (None: all); further ones
    are the margins ``(no answer)`` and ``(not learnt)``.
    """
    matrix = np.asarray(counts, np.float64)
    n = min(matrix.shape[-2:]) if classes is None else classes
    right = np.diagonal(matrix, axis1=-2, axis2=-1)[..., :n]
    answered = matrix.sum(axis=-1)[..., :n]
    true = matrix.sum(axis=-2)[..., :n]
    total = matrix.sum(axis=(-2, -1))[..., None]
    present = true > 0

    def over(part: FloatArray, whole: FloatArray) -> FloatArray:
        shares = np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
        return np.where(present, shares, np.nan)

    return OneVsRest(
        true_positives=right,
        false_positives=answered - right,
        false_negatives=true - right,
        true_negatives=total - answered - true + right,
        precision=over(right, answered),
        recall=over(right, true),
        f1=over(2 * right, answered + true),
    )


def top_k_error(scores: npt.ArrayLike, truth_ids: npt.ArrayLike, k: int) -> float:
    """Share of images whose truth is not among the `k` best scores.

    Parameters
    ----------
    scores : ``(N, K)``; of equal scores the class with the lower id comes first.
    truth_ids : ``(N,)``; an id outside ``0 .. K-1`` is always an error.
    """
    wrong = ~_among_best(np.asarray(scores, np.float64), np.asarray(truth_ids, np.int64), k)
    return float(wrong.mean()) if len(wrong) else float("nan")


def measure_classification(
    pairs: Sequence[Pair], labels: Sequence[str], *, intervals: bool = True
) -> dict[str, Estimate]:
    """Accuracy, macro F1, mean precision, mean recall, top-1 error, and top-2 error from three classes on.

    Means are over the classes that the truth holds. Shares have Wilson intervals, means bootstrap intervals.
    Empty when no image has a truth.
    """
    answers = _Answers.of(pairs, labels)
    count = len(answers.truth)
    if not count:
        return {}
    n = len(answers.labels)
    right = int(answers.correct.sum())
    matrix = answers.matrix()
    estimates = {"accuracy": proportion(right, count, interval=intervals)}
    if one_vs_rest(matrix, n).present.any():
        estimates |= {
            name: _class_mean(matrix, n, name, count, intervals)
            for name in ("macro_f1", "mean_precision", "mean_recall")
        }
    estimates["top1_error"] = proportion(count - right, count, interval=intervals)
    if n >= 3 and answers.scored:
        among = _among_best(answers.scores, answers.truth, 2) | answers.correct
        estimates["top2_error"] = proportion(int((~among).sum()), count, interval=intervals)
    return estimates


def classification_figures(pairs: Sequence[Pair], labels: Sequence[str]) -> list[Figure]:
    """Confusion matrix, per-class table, score histogram, ROC, precision-recall and reliability curves.

    The curves need a score per class and are left out where results have none. Empty without any truth.
    """
    answers = _Answers.of(pairs, labels)
    if not len(answers.truth):
        return []
    figures: list[Figure] = [_matrix_figure(answers), _class_table(answers)]
    if not np.isnan(answers.best).any():
        figures.append(_score_histogram(answers))
    if answers.scored:
        figures.extend(_rest_curves(answers))
    if not np.isnan(answers.best).any():
        figures.append(_reliability_curves(answers))
    return figures


@dataclass(frozen=True, eq=False)
class _Answers:
    """Truth and answers of N images as arrays; id n stands for a label that is not a class of the model."""

    labels: tuple[str, ...]
    truth: IdArray
    predicted: IdArray
    scores: FloatArray  # (N, n), NaN where a result has no score for a class
    best: FloatArray  # (N,) score of the answer

    @classmethod
    def of(cls, pairs: Sequence[Pair], labels: Sequence[str]) -> _Answers:
        names = tuple(labels)
        ids = {name: index for index, name in enumerate(names)}
        kept = [pair for pair in pairs if pair.sample.label]
        scores = np.full((len(kept), len(names)), np.nan)
        for row, pair in enumerate(kept):
            for name, score in pair.result.confidences.items():
                if name in ids:
                    scores[row, ids[name]] = score
        return cls(
            names,
            np.array([ids.get(pair.sample.label or "", len(names)) for pair in kept], np.int64),
            np.array([ids.get(pair.result.label or "", len(names)) for pair in kept], np.int64),
            scores,
            np.array([np.nan if pair.result.score is None else pair.result.score for pair in kept], np.float64),
        )

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.truth == self.predicted) & (self.truth < len(self.labels)))

    @property
    def scored(self) -> bool:
        return not np.isnan(self.scores).any()

    def matrix(self) -> IdArray:
        """``(rows, columns)`` with the margins that occur."""
        n = len(self.labels)
        full = confusion_matrix(self.truth, self.predicted, n + 1)
        return full[: n + bool(full[n].any()), : n + bool(full[:, n].any())]


def _among_best(scores: FloatArray, truth: IdArray, k: int) -> npt.NDArray[np.bool_]:
    count, classes = scores.shape
    known = (truth >= 0) & (truth < classes)
    ids = np.where(known, truth, 0)
    own = scores[np.arange(count), ids][:, None]
    earlier = np.arange(classes)[None] < ids[:, None]
    rank = ((scores > own) | ((scores == own) & earlier)).sum(axis=1)
    return np.asarray(known & (rank < k))


def _class_mean(matrix: IdArray, n: int, name: str, count: int, interval: bool) -> Estimate:
    def figure(matrices: FloatArray) -> FloatArray:
        return np.asarray(getattr(one_vs_rest(matrices, n), name))

    value = float(figure(matrix[None].astype(np.float64))[0])
    low, high = bootstrap_columns(matrix, figure) if interval else (None, None)
    return Estimate(value, low, high, count)


def _absent_note(answers: _Answers) -> str:
    present = one_vs_rest(answers.matrix(), len(answers.labels)).present
    absent = [name for name, there in zip(answers.labels, present, strict=True) if not there]
    if not absent:
        return ""
    shown = ", ".join(absent[:5]) + (" …" if len(absent) > 5 else "")
    return f" No image of these classes was evaluated, so means leave them out: {shown}."


def _matrix_figure(answers: _Answers) -> Matrix:
    n = len(answers.labels)
    matrix = answers.matrix()
    rows, columns = matrix.shape
    note = "Columns are ground truth, rows are predictions; right answers stand on the diagonal."
    if columns > n:
        note += f" {NOT_LEARNT}: images of classes that the model does not know; they count as wrong."
    if rows > n:
        note += f" {NO_ANSWER}: images that the model gave no class; they count as wrong."
    return Matrix(
        "Confusion matrix",
        note,
        counts=matrix,
        labels=answers.labels + (NOT_LEARNT,) * (columns - n),
        row_labels=answers.labels + (NO_ANSWER,) * (rows - n),
    )


def _class_table(answers: _Answers) -> Table:
    n = len(answers.labels)
    each = one_vs_rest(answers.matrix(), n)
    rows: list[tuple[object, ...]] = []
    for index, name in enumerate(answers.labels):
        hit, extra, missed, rest = (
            int(counts[index])
            for counts in (
                each.true_positives,
                each.false_positives,
                each.false_negatives,
                each.true_negatives,
            )
        )
        figures = (float(each.precision[index]), float(each.recall[index]), float(each.f1[index]))
        rows.append((name, hit + missed, *figures, hit, extra, missed, rest))
    means = (float(each.mean_precision), float(each.mean_recall), float(each.macro_f1))
    rows.append(("Mean", int((answers.truth < n).sum()), *means, None, None, None, None))
    return Table(
        "Classes",
        "Precision: how often this answer is right. Recall: how many images of the class are found."
        + _absent_note(answers),
        columns=(
            "Class",
            "Images",
            "Precision",
            "Recall",
            "F1",
            "True positives",
            "False positives",
            "False negatives",
            "True negatives",
        ),
        rows=tuple(rows),
    )


def _score_histogram(answers: _Answers) -> Histogram:
    edges = np.linspace(0.0, 1.0, 21)
    score, right = np.clip(answers.best, 0.0, 1.0), answers.correct
    return Histogram(
        "Scores of right and wrong answers",
        "Wrong answers should have low scores: a limit that parts the two lets doubtful images be looked at.",
        x_label="Score of the answer",
        edges=edges,
        groups={
            "correct": np.histogram(score[right], edges)[0].astype(np.int64),
            "wrong": np.histogram(score[~right], edges)[0].astype(np.int64),
        },
    )


def _rest_curves(answers: _Answers) -> list[Figure]:
    tallies: list[tuple[float, str, Tally]] = []
    for index, name in enumerate(answers.labels):
        own = answers.truth == index
        if own.any() and not own.all():
            tally = Tally.of(answers.scores[:, index], own)
            tallies.append((float(tally.auc()), name, tally))
    if not tallies:
        return []
    hidden = len(tallies) - _MOST_SERIES
    if hidden > 0:
        tallies = sorted(tallies, key=lambda entry: entry[0])[:_MOST_SERIES]
    which = f" Shown are the {_MOST_SERIES} weakest classes of {hidden + _MOST_SERIES}." if hidden > 0 else ""
    roc_series, pr_series = [], []
    for area, name, tally in tallies:
        x, y = tally.roc()
        roc_series.append(Series(f"{name} (AUC {area:.3f})", *thinned(x, y)))
        precision, recall = tally.precision_recall()
        average = float(tally.average_precision())
        x, y = np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])
        pr_series.append(Series(f"{name} (AP {average:.3f})", *thinned(x, y)))
    return [
        Curves(
            "ROC, each class against the rest",
            "The nearer to the top left corner, the better; the dashed line is guessing." + which,
            x_label="False positive rate",
            y_label="True positive rate",
            series=tuple(roc_series),
            diagonal=True,
        ),
        Curves(
            "Precision and recall, each class against the rest",
            "The nearer to the top right corner, the better." + which,
            x_label="Recall",
            y_label="Precision",
            series=tuple(pr_series),
        ),
    ]


def _reliability_curves(answers: _Answers) -> Curves:
    score = np.clip(answers.best, 0.0, 1.0)
    bins = reliability(score, answers.correct)
    error = ece(score, answers.correct)
    return Curves(
        "Reliability of the scores",
        f"Expected calibration error {error:.3f}: on the dashed line a score of 0.9 is right "
        "nine times in ten; below it the model is too sure of itself.",
        x_label="Mean score",
        y_label="Share of right answers",
        series=(Series("answers", bins.score, bins.accuracy),),
        diagonal=True,
    )
