"""Tables and curves of a report on objects: by class, kinds of wrong answers, confusion, precision and recall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightmill.evaluation.curves import thinned
from sightmill.evaluation.objects import LIMITS, Scene, average_precision, hits_of, scene_of
from sightmill.evaluation.overlap import Kind
from sightmill.evaluation.report import Curves, Figure, Histogram, Matrix, Pair, Series, Table

__all__ = ["BACKGROUND", "NOT_LEARNT", "confusion", "object_figures", "wrong_answers"]

BACKGROUND = "(background)"
NOT_LEARNT = "(not learnt)"

#: Kinds of wrong answers, in the order in which they are looked for, and how each is told.
KINDS = {
    "duplicate": "the object was found already, by a surer answer",
    "class": "an object is there, of another class",
    "localisation": "an object of this class is there, but the place is not exact",
    "background": "nothing is there",
}

#: Overlap from which on a wrong answer belongs to an object.
_TOUCHES = 0.1
_MOST_SERIES = 8


def wrong_answers(scene: Scene) -> list[tuple[int, str]]:
    """The class id and kind (a key of `KINDS`) of each answer of the model that is not right at IoU 0.5."""
    wrong = []
    for label in np.unique(scene.found[scene.accepted]):
        rows = np.flatnonzero((scene.found == label) & scene.accepted)
        hits = hits_of([scene], int(label), limits=LIMITS[:1], accepted_only=True)
        for row, right, counts in zip(rows, hits.right[0], hits.counts[0], strict=True):
            if counts and not right:
                wrong.append((int(label), _kind_of(scene, int(row), int(label))))
    return wrong


def _kind_of(scene: Scene, row: int, label: int) -> str:
    overlap = np.where(scene.ignored, 0.0, scene.overlap[row])
    own, other = overlap[scene.truth == label], overlap[scene.truth != label]
    if own.max(initial=0.0) >= LIMITS[0]:
        return "duplicate"
    if other.max(initial=0.0) >= LIMITS[0]:
        return "class"
    return "localisation" if own.max(initial=0.0) >= _TOUCHES else "background"


def confusion(scenes: Sequence[Scene], classes: int) -> np.ndarray:
    """Counts ``(classes + 1, classes + 2)``: rows answers, columns truth.

    The last row is what was missed; the columns after the classes are objects of a class not learnt, and answers
    where nothing is (background). Answers and objects are paired whatever their class, the surest first, at IoU 0.5.
    """
    counts = np.zeros((classes + 1, classes + 2), np.int64)
    for scene in scenes:
        free = np.ones(len(scene.truth), np.bool_)
        for row in np.flatnonzero(scene.accepted):
            overlap = np.where(free, scene.overlap[row], 0.0)
            # Of objects that overlap about alike, the one of the same class.
            rank = np.where(overlap >= LIMITS[0], overlap + 1e-3 * (scene.truth == scene.found[row]), 0.0)
            best = int(rank.argmax()) if len(rank) else -1
            if best >= 0 and rank[best] > 0:
                if scene.ignored[best]:
                    continue
                free[best] = False
                column = scene.truth[best] if scene.truth[best] >= 0 else classes
                counts[scene.found[row], column] += 1
            else:
                counts[scene.found[row], classes + 1] += 1
        for missed in scene.truth[free & ~scene.ignored]:
            counts[classes, missed if missed >= 0 else classes] += 1
    return counts


def object_figures(pairs: Sequence[Pair], labels: Sequence[str], kind: Kind) -> list[Figure]:
    """What a report shows, the most telling first."""
    scenes = [scene_of(pair, labels, kind) for pair in pairs]
    if not any(len(scene.truth) for scene in scenes):
        return []
    return [
        _class_table(scenes, labels),
        _matrix(scenes, labels),
        _wrong_table(scenes, labels),
        _curves(scenes, labels),
        _scores(scenes, labels),
    ]


def _class_table(scenes: Sequence[Scene], labels: Sequence[str]) -> Table:
    rows: list[tuple[object, ...]] = []
    for index, name in enumerate(labels):
        hits = hits_of(scenes, index)
        said = hits_of(scenes, index, limits=LIMITS[:1], accepted_only=True)
        there, right, called = int(hits.objects.sum()), int(said.right.sum()), int(said.counts.sum())
        if not there:
            rows.append((name, 0, None, None, None, None, None, None, called))
            continue
        found = average_precision(hits)
        rows.append(
            (
                name,
                there,
                float(found.mean()),
                float(found[0]),
                float(found[5]),
                right / called if called else None,
                right / there,
                2 * right / (called + there),
                called - right,
            )
        )
    return Table(
        "Classes",
        "AP over all thresholds; precision, recall and F1 at the model's own threshold, at IoU 0.5.",
        columns=("Class", "Objects", "AP", "AP50", "AP75", "Precision", "Recall", "F1", "Wrong answers"),
        rows=tuple(rows),
    )


def _matrix(scenes: Sequence[Scene], labels: Sequence[str]) -> Matrix:
    counts = confusion(scenes, len(labels))
    columns = [*range(len(labels)), *([len(labels)] if counts[:, len(labels)].any() else []), len(labels) + 1]
    names = (*labels, NOT_LEARNT, BACKGROUND)
    return Matrix(
        "Confusion matrix of objects",
        "Columns are ground truth, rows are answers, paired at IoU 0.5. Last row: objects that were missed. Last "
        "column: answers where nothing is.",
        counts=counts[:, columns],
        labels=tuple(names[column] for column in columns),
        row_labels=(*labels, BACKGROUND),
    )


def _wrong_table(scenes: Sequence[Scene], labels: Sequence[str]) -> Table:
    wrong = [entry for scene in scenes for entry in wrong_answers(scene)]
    rows = tuple(
        (
            kind,
            meaning,
            sum(1 for _, one in wrong if one == kind),
            *(wrong.count((i, kind)) for i in range(len(labels))),
        )
        for kind, meaning in KINDS.items()
    )
    return Table(
        "Wrong answers by kind",
        "Why answers are wrong at IoU 0.5; an answer is counted under the first kind that holds.",
        columns=("Kind", "Meaning", "All", *labels),
        rows=rows,
    )


def _curves(scenes: Sequence[Scene], labels: Sequence[str]) -> Curves:
    drawn: list[tuple[float, Series]] = []
    for index, name in enumerate(labels):
        hits = hits_of(scenes, index, limits=LIMITS[:1])
        total = hits.objects.sum()
        if not total:
            continue
        right = np.cumsum(hits.right[0])
        wrong = np.cumsum(hits.counts[0] & ~hits.right[0])
        recall = np.concatenate([[0.0], right / total])
        precision = np.concatenate([[1.0], right / np.maximum(right + wrong, 1)])
        found = float(average_precision(hits)[0])
        drawn.append((found, Series(f"{name} (AP50 {found:.3f})", *thinned(recall, precision))))
    shown = sorted(drawn, key=lambda entry: entry[0])[:_MOST_SERIES] if len(drawn) > _MOST_SERIES else drawn
    which = f" Shown are the {_MOST_SERIES} weakest classes of {len(drawn)}." if len(drawn) > _MOST_SERIES else ""
    return Curves(
        "Precision and recall of each class, IoU 0.5",
        "The nearer to the top right corner, the better." + which,
        x_label="Recall",
        y_label="Precision",
        series=tuple(series for _, series in shown),
    )


def _scores(scenes: Sequence[Scene], labels: Sequence[str]) -> Histogram:
    edges = np.linspace(0.0, 1.0, 21)
    every = [hits_of(scenes, index, limits=LIMITS[:1]) for index in range(len(labels))]
    score = np.concatenate([hits.score for hits in every]).clip(0, 1)
    right = np.concatenate([hits.right[0] for hits in every])
    wrong = np.concatenate([(hits.counts & ~hits.right)[0] for hits in every])
    said = [float(scene.score[scene.accepted].min()) for scene in scenes if scene.accepted.any()]
    return Histogram(
        "Scores of right and wrong answers",
        "What lies left of min_score is kept back. Wrong answers should have lower scores than right ones.",
        x_label="Score of the answer",
        edges=edges,
        groups={
            "correct": np.histogram(score[right], edges)[0].astype(np.int64),
            "wrong": np.histogram(score[wrong], edges)[0].astype(np.int64),
        },
        thresholds={"lowest score answered": min(said)} if said else {},
    )
