"""One assembly and seed: draw, train, judge; and the tables of all of them, for this command and for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import sightmill
from benchmarks.assemblies.screws import screws
from benchmarks.assemblies.sets import ASSEMBLIES, LOGICAL, STRUCTURAL, write_set
from sightmill.data.dataset import Dataset
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.curves import auc
from sightmill.runtime.model import Model

__all__ = ["CHOSEN_ON", "SCREWS", "Figures", "measured", "table"]

#: Figures of one run by name; ``words KIND`` is the first finding that the model gave for this kind of defect.
Figures = dict[str, float | str]

#: The seed that settings were chosen on; figures that are reported come from others.
CHOSEN_ON = 0
#: The name of the real set beside the drawn ones.
SCREWS = "screws"
#: Which score is shown under which name.
SCORES = {"combined": "anomaly_score", "local": "anomaly_score_local", "global": "anomaly_score_global"}


def measured(
    name: str,
    seed: int,
    method: str,
    flags: dict[str, Any],
    counts: tuple[int, int, int],
    data: Path | None,
    folder: Path,
) -> Figures:
    """Learn one set from its good images with defaults, and judge its test images.

    Parameters
    ----------
    name : of `ASSEMBLIES`, or `SCREWS`.
    counts : good images to learn from, good images and images of each defect to test with; for drawn sets.
    data : the folder of ``screws_presence``, for the real ones.
    folder : where pictures and the model are kept; what is there already is taken.
    """
    if name == SCREWS:
        if data is None:
            raise SystemExit("The real screws need --screws FOLDER.")
        dataset = screws(data)
    else:
        train, good, each = counts
        done = folder / f"{name}{seed}.drawn"
        if not done.exists():
            write_set(name, folder / str(seed), train=train, good=good, each=each, seed=seed)
            done.touch()
        dataset = sightmill.load_dataset(folder / str(seed) / name, learns_from="anomaly")
    return _judged(dataset, method, flags | {"seed": seed}, folder / f"{name}{seed}_{method}.sightmill")


def _judged(dataset: Dataset, method: str, flags: dict[str, Any], file: Path) -> Figures:
    chosen = sightmill.method(method)
    if not file.exists():
        for _ in sightmill.train(chosen, dataset, chosen.Training.of(flags), output=file):
            pass
    model = Model.load(file)
    answers = list(model.predict_samples(dataset.split("test")))
    figures: Figures = {}
    kinds = sorted({str(sample.label) for sample, _ in answers} - {"good"})
    for column, value in SCORES.items():
        for group in (LOGICAL, STRUCTURAL):
            figures[f"{group} {column}"] = _auroc(answers, value, [kind for kind in kinds if kind.startswith(group)])
    for kind in ("good", *kinds):
        own = [result for sample, result in answers if sample.label == kind]
        figures[f"rejected {kind}"] = sum(not result.flags["is_valid"] for result in own)
        figures[f"images {kind}"] = len(own)
        if kind != "good":
            figures[f"auroc {kind}"] = _auroc(answers, "anomaly_score", [kind])
            figures[f"words {kind}"] = next((result.findings[0] for result in own if result.findings), "")
    figures["minutes"] = float(model.manifest.provenance["seconds"]) / 60
    figures["ms"] = model.time_per_image(10)["total"]
    return {key: value if isinstance(value, str) else round(float(value), 4) for key, value in figures.items()}


def _auroc(answers: Sequence[tuple[Sample, Result]], value: str, kinds: Sequence[str]) -> float:
    """Good images against these kinds of bad ones; NaN where there are none, or no such score."""
    judged = [(sample, result) for sample, result in answers if sample.label == "good" or sample.label in kinds]
    bad = np.array([sample.label != "good" for sample, _ in judged])
    if not kinds or bad.all() or any(value not in result.values for _, result in judged):
        return float("nan")
    return float(auc(np.array([result.values[value] for _, result in judged]), bad))


def table(results: dict[str, dict[str, Figures]]) -> Iterator[str]:
    """Tables in Markdown of the figures by set and seed: means over the seeds, and by kind of defect.

    Parameters
    ----------
    results : set -> seed -> figures, as `measured` gives them.
    """
    names = [name for name in (*ASSEMBLIES, SCREWS) if results.get(name)]
    yield "| set | logical AUROC: combined, local, global | structural AUROC | good rejected | minutes | ms per image |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name in names:
        runs = list(results[name].values())
        columns = [
            ", ".join(_mean([run[f"{group} {column}"] for run in runs], column == "combined") for column in SCORES)
            for group in (LOGICAL, STRUCTURAL)
        ]
        yield (
            f"| {name} | {columns[0]} | {columns[1]} | {_counted(runs, 'good')} "
            f"| {_mean([run['minutes'] for run in runs], digits=1)} | {_mean([run['ms'] for run in runs], digits=0)} |"
        )
    drawn = [name for name in names if name != SCREWS]
    if drawn:
        means = [
            _mean([float(run[f"{group} combined"]) for name in drawn for run in results[name].values()])
            for group in (LOGICAL, STRUCTURAL)
        ]
        yield f"| **mean of the drawn sets** | **{means[0]}** | **{means[1]}** | | | |"
    yield ""
    yield "| set | defect | AUROC | rejected | a finding |"
    yield "| --- | --- | --- | --- | --- |"
    for name in names:
        runs = list(results[name].values())
        for kind in sorted(key.removeprefix("auroc ") for key in runs[0] if key.startswith("auroc ")):
            words = next((str(run[f"words {kind}"]) for run in runs if run.get(f"words {kind}")), "")
            yield (
                f"| {name} | {kind} | {_mean([run[f'auroc {kind}'] for run in runs], True)} | {_counted(runs, kind)} "
                f"| {words} |"
            )


def _mean(values: Sequence[float | str], deviation: bool = False, *, digits: int = 3) -> str:
    numbers = [float(value) for value in values]
    if np.isnan(numbers).any():
        return "-"
    spread = f" ±{np.std(numbers, ddof=1):.{digits}f}" if deviation and len(numbers) > 1 else ""
    return f"{np.mean(numbers):.{digits}f}{spread}"


def _counted(runs: Sequence[Figures], kind: str) -> str:
    """How many images of this kind were rejected, of all runs."""
    hits, images = (sum(int(float(run[f"{what} {kind}"])) for run in runs) for what in ("rejected", "images"))
    return f"{hits} / {images}"
