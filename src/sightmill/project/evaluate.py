"""How good a model is on data that it has not learnt from, and a plain word where it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightmill.data.dataset import Dataset
from sightmill.data.result import Result
from sightmill.data.sample import SPLITS, Sample
from sightmill.errors import DataError, ModelError
from sightmill.evaluation.out_of_distribution import measure_unknown, score_of, unknown_figure
from sightmill.evaluation.report import Pair, Report
from sightmill.runtime.model import Model

__all__ = ["Evaluation", "evaluate", "evaluated", "judged"]

#: At most so many names are written out in a note.
_NAMED = 3


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A report with what it was made of, for pages with pictures.

    Parameters
    ----------
    report : the figures.
    pairs : every sample with its answer, in the order of ``report.samples``: the worst first.
    """

    report: Report
    pairs: tuple[Pair, ...]


def evaluate(
    model: Model,
    dataset: Dataset,
    *,
    split: str = "test",
    inference: Mapping[str, Any] | None = None,
    unknown: Sequence[Sample] = (),
    batch_size: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Run a model over the annotated samples of a split and measure it.

    Parameters
    ----------
    split : ``test``, ``validation``, ``train``, or ``all`` for every sample with a truth.
    inference : inference settings that differ from the model's own.
    unknown : images of what the model was not trained on: the report then tells how well it notices (``ood_auroc``,
        ``ood_fpr95``). Images of the data whose classes the model has not learnt count among them anyway.
    batch_size : tiles that go through the network together.
    progress : called with (done, total) after each image.

    Raises
    ------
    DataError : the data has no such split, its images carry no truth, or none of them can be read.
    SettingsError : a value in `inference` is not allowed.
    ModelError : `unknown` is given, and the model does not tell foreign images.
    """
    return evaluated(
        model, dataset, split=split, inference=inference, unknown=unknown, batch_size=batch_size, progress=progress
    ).report


def evaluated(
    model: Model,
    dataset: Dataset,
    *,
    split: str = "test",
    inference: Mapping[str, Any] | None = None,
    unknown: Sequence[Sample] = (),
    batch_size: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """As `evaluate`, with the samples and their answers."""
    method = model.method
    samples = _samples(model, dataset, split)
    settings = model.inference if inference is None else model.inference.changed(**inference)
    pairs: list[Pair] = []
    foreign: list[Pair] = []
    unread: list[DataError] = []
    every = [*samples, *unknown]
    answers = model.predict_samples(every, batch_size=batch_size, inference=settings, errors="yield")
    for done, (sample, answer) in enumerate(answers, start=1):
        if isinstance(answer, Result):
            (pairs if done <= len(samples) else foreign).append(Pair(sample, answer))
        else:
            unread.append(answer)
        if progress:
            progress(done, len(every))
    if not pairs:
        raise unread[0]
    if foreign and all(score_of(pair) is None for pair in foreign):
        raise ModelError(
            "this model does not tell foreign images from known ones",
            got=method.title,
            remedy="train it with out_of_distribution switched on, where the method has it",
        )
    left = sum(not method.truth(sample) for sample in dataset.split(split))
    counted = [f"{left} images carry no truth and are not counted."] if left else []
    notes = [*dataset.notes, *counted, *_unread(unread)]
    return judged(model, pairs, split=split, inference=settings, unknown=foreign, notes=notes)


def judged(
    model: Model,
    pairs: Sequence[Pair],
    *,
    split: str,
    inference: Any,
    unknown: Sequence[Pair] = (),
    intervals: bool = True,
    figures: bool = True,
    notes: Sequence[str] = (),
) -> Evaluation:
    """The evaluation of answers that are there already.

    Parameters
    ----------
    pairs : samples that have a truth, with answers that were decided with `inference` (a settings object).
    split : what the report calls the samples.
    unknown : answers for images of what the model was not trained on.
    intervals, figures : False leaves them out: for a slider that moves.
    notes : sentences for the report, after those about images that the model has seen.
    """
    method = model.method
    worst_first = sorted(pairs, key=method.badness, reverse=True)
    taught = _taught_by(model, [pair.sample for pair in worst_first], split)
    known, foreign = _parted(model, worst_first, unknown)
    plots = list(method.figures(worst_first, model.labels, inference)) if figures else []
    if figures and known and foreign:
        plots.append(unknown_figure(known, foreign, inference.ood_limit))
    report = Report(
        method=method.id,
        split=split,
        images=len(worst_first),
        metrics={
            **method.measure(worst_first, model.labels, intervals=intervals),
            **measure_unknown(known, foreign, intervals=intervals),
        },
        figures=plots,
        samples=[_row(model, pair) for pair in worst_first],
        trained_on=bool(taught),
        notes=[*taught, *model.doubts, *_validated_by(model, worst_first, split), *notes],
    )
    return Evaluation(report, tuple(worst_first))


def _parted(model: Model, pairs: Sequence[Pair], unknown: Sequence[Pair]) -> tuple[list[float], list[float]]:
    """Out-of-distribution scores of known images, and of unknown ones: those that show unlearnt classes only too."""
    known: list[float] = []
    foreign: list[float] = []
    for pair, apart in ((pair, given is unknown) for given in (pairs, unknown) for pair in given):
        score = score_of(pair)
        if score is not None:
            shown = {item.label for item in pair.sample.annotations}
            (foreign if apart or (shown and shown.isdisjoint(model.labels)) else known).append(score)
    return known, foreign


def _samples(model: Model, dataset: Dataset, split: str) -> list[Sample]:
    """The samples of the split that have a truth; raises with what there is."""
    chosen = list(dataset.split(split))
    if not chosen:
        there = Counter(sample.split or "no split" for sample in dataset)
        raise DataError(
            f"the data has no {split} images",
            where=dataset.root,
            got=", ".join(f"{count} in {name}" for name, count in there.items()) or "no images",
            allowed=[name for name in (*SPLITS, "all") if name == "all" or there[name]],
            remedy="choose another split, or divide the data first: sightmill data split",
        )
    known = [sample for sample in chosen if sample.annotated and model.method.truth(sample)]
    if not known:
        raise DataError(
            f"none of the {len(chosen)} {split} images says what is true of it, so nothing can be measured",
            where=dataset.root,
            remedy="label them, or use: sightmill predict",
        )
    return known


def _row(model: Model, pair: Pair) -> dict[str, Any]:
    badness = model.method.badness(pair)
    return {
        "name": pair.sample.name,
        "truth": model.method.truth(pair.sample),
        "answer": model.method.answer(pair.result),
        "score": pair.result.score,
        "badness": badness,
        "wrong": badness > 0.5,
    }


def _taught_by(model: Model, samples: Sequence[Sample], split: str) -> list[str]:
    """Sentences when these images taught the model; empty when they did not."""
    provenance = model.manifest.provenance
    trained = set(provenance.get("trained") or ())
    known = sum(sample.name in trained for sample in samples)
    if split == "train" or known == len(samples):
        return ["These images taught the model: the figures say nothing about new images."]
    if known:
        return [
            f"{known} of the {len(samples)} images bear the names of images that taught the model: the "
            "figures are better than they will be for new images."
        ]
    return []


def _validated_by(model: Model, pairs: Sequence[Pair], split: str) -> list[str]:
    validated = set(model.manifest.provenance.get("validated") or ())
    if split == "validation" or any(pair.sample.name in validated for pair in pairs):
        return [
            "Validation images chose the iteration that was kept and set the thresholds: expect slightly "
            "less from new images."
        ]
    return []


def _unread(errors: Sequence[DataError]) -> list[str]:
    if not errors:
        return []
    more = f" (and {len(errors) - _NAMED} more)" if len(errors) > _NAMED else ""
    listed = " ".join(str(error) for error in errors[:_NAMED])
    return [f"{len(errors)} images could not be read and are not counted{more}: {listed}"]
