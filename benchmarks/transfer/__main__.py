"""The transfer benchmark: one table over networks, sets and measures, three seeds each.

    python -m benchmarks.transfer --data ../shared/data --teachers FOLDER --write
    python -m benchmarks.transfer --data ../shared/data --teachers FOLDER --test --write

Frozen features: ``linear`` (linear probe), ``5 shots`` and ``20 shots`` (the same from so many pictures a class; all
three balanced accuracy), ``auroc`` and ``aupro`` (nearest-neighbour anomaly detection, images and pixels) and ``iou``
(dense linear probe, foreground). ``fine-tuned`` is balanced accuracy too, at the rate that serves each network best:
weights of other sizes take other steps. Without ``--test`` only training parts are read: recipes and rates are chosen
by that table. Figures are kept in a JSON file beside the command, so that a cut run goes on and a network can be
measured anew alone (``--networks``, ``--again``).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import nn

from benchmarks.keeping import shown, told
from benchmarks.machine import described
from benchmarks.transfer.measures import anomaly, dense, features, few_shots, fine_tuned, linear, pooled, tensor
from benchmarks.transfer.networks import NAMES, TEACHERS, network
from benchmarks.transfer.sets import ANOMALY, CLASSES, DENSE, Picture, loaded, parts

MEASURES = ("frozen", "fine-tuned")
#: Fine-tuning is slow: on these sets only.
TUNED = ("board crops", "blood cells")
#: Rates of the backbone that are tried, and where each network's is kept among the figures of the validation.
RATES, CHOSEN = (3e-4, 1e-3), "rate of fine-tuning"

#: Figures of the validation, where the test finds the rates.
VALIDATION = Path(__file__).with_name("validation.json")

Figures = dict[str, list[float]]  # "set | measure" -> a figure for each seed


def tuned(net: nn.Module, data: Path, seeds: list[int], rate: float, *, test: bool) -> Figures:
    """What fine-tuning at this rate makes of one network."""
    figures: Figures = {}
    for name in TUNED:
        pictures = [picture for picture in loaded(name, data) if test or picture.split != "test"]
        dealt = [parts(pictures, seed, test=test) for seed in seeds]
        values = [fine_tuned(net, pictures, *two, seed, rate=rate) for two, seed in zip(dealt, seeds, strict=True)]
        figures[f"{name} | fine-tuned"] = [round(value, 4) for value in values]
    return figures


def frozen(net: nn.Module, data: Path, seeds: list[int], *, test: bool) -> Figures:
    """What one network's features are worth as they are."""
    figures: Figures = {}

    def keep(name: str, measure: str, value: float | None) -> None:
        if value is not None:
            figures.setdefault(f"{name} | {measure}", []).append(round(value, 4))

    for name in {**CLASSES, **ANOMALY, **DENSE}:
        pictures = loaded(name, data)
        if not test:
            pictures = [picture for picture in pictures if picture.split != "test"]
        labels = [picture.label for picture in pictures]
        maps = features(net, pictures)
        means = pooled(maps) if name in CLASSES else np.zeros((0, 0), np.float32)
        for seed in seeds:
            teach, judge = parts(pictures, seed, test=test)
            if name in CLASSES:
                keep(name, "linear", linear(means, labels, teach, judge) if not test or seed == seeds[0] else None)
                keep(name, "5 shots", few_shots(means, labels, teach, judge, 5, seed))
                keep(name, "20 shots", few_shots(means, labels, teach, judge, 20, seed))
            if name in ANOMALY:
                auroc, aupro = anomaly(maps, pictures, teach, judge, seed)
                keep(name, "auroc", auroc)
                keep(name, "aupro", aupro)
            if name in DENSE:
                keep(name, "iou", dense(maps, pictures, teach, judge, seed))
    return figures


def calibration(data: Path) -> Callable[[], list[torch.Tensor]]:
    """Some pictures of every classification set, for the statistics of random networks."""

    def batches() -> list[torch.Tensor]:
        chosen: list[Picture] = []
        for name in CLASSES:
            pictures = [picture for picture in loaded(name, data) if picture.split != "test"]
            chosen += pictures[:: max(len(pictures) // 12, 1)]
        return [tensor(picture) for picture in chosen]

    return batches


def table(results: dict[str, Figures]) -> list[str]:
    """Markdown: a row for each set and measure, a column for each network, mean and deviation over the seeds."""
    names = [name for name in NAMES if name in results]
    rows = list(dict.fromkeys(row for name in names for row in results[name]))
    lines = ["| set and measure | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for row in rows:
        cells = []
        for name in names:
            values = results[name].get(row, [])
            spread = f" ±{np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.3f}{spread}" if values else "-")
        lines.append(f"| {row.replace(' | ', ': ')} | " + " | ".join(cells) + " |")
    full = [row for row in rows if all(results[name].get(row) for name in names)]
    means = {name: {row: float(np.mean(results[name][row])) for row in full} for name in names}
    average = [f"{np.mean(list(means[name].values())):.3f}" if full else "-" for name in names]
    lines.append("| **average** | " + " | ".join(average) + " |")
    return [*lines, "", *closed(means, full)]


def closed(means: dict[str, dict[str, float]], rows: list[str]) -> list[str]:
    """How much of the way from random to the better teacher each of ours goes, in the average and at worst."""
    said = []
    teachers = [name for name in means if name in TEACHERS]
    for name in means:
        random = f"{name}, random"
        if name in TEACHERS or random not in means or not teachers or not rows:
            continue
        best = {row: max(means[teacher][row] for teacher in teachers) for row in rows}
        shares = {
            row: (means[name][row] - means[random][row]) / (best[row] - means[random][row])
            for row in rows
            if best[row] - means[random][row] > 0.01
        }
        if not shares:
            continue
        worst = min(shares, key=lambda row: shares[row])
        whole = np.mean([means[name][row] - means[random][row] for row in rows]) / np.mean(
            [best[row] - means[random][row] for row in rows]
        )
        single = max(float(np.mean(list(means[teacher].values()))) for teacher in teachers)
        said.append(
            f"- {name}: {whole:.0%} of the way from random to the best teacher of each row (at least 90 % in "
            f"{sum(share >= 0.9 for share in shares.values())} of {len(shares)} rows; least {shares[worst]:.0%}: "
            f"{worst.replace(' | ', ', ')}); average {np.mean(list(means[name].values())):.3f} against "
            f"{single:.3f} of the teacher with the best average."
        )
    return said


def rates_of(name: str, given: argparse.Namespace) -> tuple[float, ...]:
    """The rates to try; the test takes the one that the validation chose."""
    if not given.test:
        return RATES
    known = json.loads(VALIDATION.read_text(encoding="utf-8")).get(CHOSEN, {}) if VALIDATION.is_file() else {}
    if name not in known:
        raise SystemExit(f"{name}: no rate was chosen yet; run without --test first.")
    return tuple(known[name])


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development sets")
    parser.add_argument("--teachers", type=Path, help="folder of the teachers' archives; without, they are left out")
    parser.add_argument("--networks", nargs="+", default=list(NAMES), choices=list(NAMES), metavar="NAME")
    parser.add_argument("--measures", nargs="+", default=list(MEASURES), choices=MEASURES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--test", action="store_true", help="teach on the training parts, judge on the test parts")
    parser.add_argument("--again", action="store_true", help="measure anew what the file has")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--file", type=Path, help="figures so far [beside this command]")
    parser.add_argument("--write", action="store_true", help="replace the table in RESULTS.md and in the documentation")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    part = "test" if given.test else "validation"
    file = given.file or Path(__file__).with_name(f"{part}.json")
    results: dict[str, Figures] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    batches = calibration(given.data)
    for name in given.networks:
        rows = {} if given.again else results.get(name, {})
        known = {"fine-tuned" if row.endswith("fine-tuned") else "frozen" for row in rows}
        wanted = set(given.measures) - known
        if not wanted:
            continue
        net = network(name, teachers=given.teachers, calibration=batches() if "random" in name else ())
        if net is None:
            print(f"{name}: no parameters at hand, left out", flush=True)
            continue
        started = time.monotonic()
        if "frozen" in wanted:
            results[name] = {**results.get(name, {}), **frozen(net, given.data, given.seeds, test=given.test)}
        if "fine-tuned" in wanted:
            tried = {rate: tuned(net, given.data, given.seeds, rate, test=given.test) for rate in rates_of(name, given)}
            best = max(tried, key=lambda rate: float(np.mean(list(tried[rate].values()))))
            results[name] = {**results.get(name, {}), **tried[best]}
            results.setdefault(CHOSEN, {})[name] = [best]
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    title = f"## Transfer of features, {part} parts"
    command = f"python -m benchmarks.transfer --data FOLDER --teachers FOLDER{' --test' if given.test else ''}"
    seeds = ", ".join(map(str, given.seeds))
    head = f"`{command}`, {date.today().isoformat()}; {described()}; seeds {seeds}, mean ± deviation."
    lines = table(results)
    shown(title, head, lines, write=given.write)
    if given.write:
        short = "python -m benchmarks.transfer" + (" --test" if given.test else "")
        told("concepts/transfer.md", f"{short} --write", [head, "", *lines])


if __name__ == "__main__":
    main()
