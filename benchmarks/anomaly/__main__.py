"""The anomaly benchmark: sets, protocols, methods, labelled defects and seeds in one table.

    python -m benchmarks.anomaly --data ../shared/data --write
    python -m benchmarks.anomaly --data ../shared/data --test --seeds 0 1 2 --write

Every method runs with its defaults. Without ``--test`` only training parts are read, and settings may be chosen by the
figures; with it, the test parts judge, and nothing is chosen. Image AUROC and pixel AUPRO (false positives up to 0.3)
by set, protocol (``unseen`` parts, or good images dealt at ``random``, as published figures of the tiles were) and
number of labelled defects that teach; AUROC by type of defect; AUROC of the same images 20 % darker and lighter.
Figures are kept in a JSON file beside the command, so that a cut run goes on; ``--again`` measures anew.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from benchmarks.anomaly.measures import LIGHTS, measured
from benchmarks.anomaly.sets import PROTOCOLS, SETS, dealt
from benchmarks.assemblies.sets import ASSEMBLIES
from benchmarks.keeping import shown
from benchmarks.machine import described

METHODS = ("anomaly_detection", "anomaly_detection_precise", "global_context_anomaly_detection")
#: Methods that learn from labelled defects.
LEARNING = ("anomaly_detection_precise",)

#: Cell -> seed -> figures. A cell is "set | protocol | labelled | method".
Results = dict[str, dict[str, dict[str, float]]]


def cells(given: argparse.Namespace) -> Iterator[tuple[str, str, int, str, int]]:
    """Every set, protocol, number of labelled defects, method and seed that was asked for; the quick ones first."""
    for seed in given.seeds:
        for method in given.methods:
            for labelled in given.labelled:
                for name in given.sets:
                    for protocol in PROTOCOLS[name]:
                        plain = labelled == 0
                        if method not in (METHODS[0], METHODS[2] if name in ASSEMBLIES else METHODS[1]):
                            continue  # what belongs together is a question of assemblies, sharp edges of surfaces
                        if labelled and method not in LEARNING:
                            continue
                        if protocol in given.protocols and (plain or protocol == "unseen"):
                            yield name, protocol, labelled, method, seed


def table(results: Results) -> list[str]:
    """All tables in Markdown: mean and deviation over the seeds."""
    rows = sorted({cell.rsplit(" | ", 1)[0] for cell in results}, key=_order)
    methods = [method for method in METHODS if any(cell.endswith(f"| {method}") for cell in results)]
    lines = []
    for title, figure in (
        ("Image AUROC", "image_auroc"),
        ("Pixel AUPRO, false positives up to 0.3", "pixel_aupro"),
        ("Recall at a false-positive rate of 1 %", "recall_at_low_fpr"),
        ("Minutes of training", "minutes"),
        ("Milliseconds for an image of the model's own size", "ms"),
    ):
        lines += _table(title, rows, methods, results, lambda run, figure=figure: run.get(figure))
    for factor in LIGHTS:
        title = f"Image AUROC under {factor:g} times the luminance, less that of the images as they are"
        lines += _table(title, rows, methods, results, lambda run, factor=factor: _loss(run, factor))
    for name in SETS:
        lines += _types({cell: runs for cell, runs in results.items() if cell.startswith(f"{name} | ")}, name)
    return lines


def _types(results: Results, name: str) -> list[str]:
    """The figures of one set by type of defect."""
    types = sorted({figure for runs in results.values() for run in runs.values() for figure in run if _is_type(figure)})
    if not types:
        return []
    lines = [f"Image AUROC by type of defect: {name}", ""]
    lines += ["| protocol, labelled, method | " + " | ".join(figure[6:] for figure in types) + " |"]
    lines += ["| --- |" + " --- |" * len(types)]
    for cell in sorted(results, key=_order):
        found = [_mean([run.get(figure) for run in results[cell].values()]) for figure in types]
        lines.append(f"| {', '.join(cell.split(' | ')[1:])} | " + " | ".join(found) + " |")
    return [*lines, ""]


def _table(
    title: str,
    rows: list[str],
    methods: list[str],
    results: Results,
    figure: Callable[[dict[str, float]], float | None],
) -> list[str]:
    lines = []
    for row in rows:
        found = [_mean([figure(run) for run in results.get(f"{row} | {method}", {}).values()]) for method in methods]
        if any(value != "-" for value in found):
            lines.append(f"| {row.replace(' | ', ', ')} | " + " | ".join(found) + " |")
    head = [title, "", "| set, protocol, labelled defects | " + " | ".join(methods) + " |"]
    return [*head, "| --- |" + " --- |" * len(methods), *lines, ""] if lines else []


def _mean(values: list[float | None]) -> str:
    there = [value for value in values if value is not None]
    if not there:
        return "-"
    spread = f" ±{np.std(there, ddof=1):.3f}" if len(there) > 1 else ""
    return f"{np.mean(there):.3f}{spread}"


def _loss(run: dict[str, float], factor: float) -> float | None:
    lit = run.get(f"auroc at {factor:g}")
    return None if lit is None else lit - run["image_auroc"]


def _is_type(name: str) -> bool:
    return name.startswith("auroc ") and not name.startswith("auroc at ")


def _order(cell: str) -> tuple[int, int, int, str]:
    name, protocol, labelled, *method = cell.split(" | ")
    return list(SETS).index(name), -len(protocol), int(labelled), " ".join(method)


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development sets")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--protocols", nargs="+", default=["unseen", "random"], choices=["unseen", "random"])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--labelled", type=int, nargs="+", default=[0, 5, 20], choices=[0, 5, 20])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--test", action="store_true", help="teach on the training parts, judge on the test parts")
    parser.add_argument("--limit", type=int, default=0, help="at most so many images of each kind: a quick look")
    parser.add_argument("--no-lights", action="store_true", help="leave out the test under other luminance")
    parser.add_argument("--again", action="store_true", help="measure anew what the file has")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--flags", nargs="*", default=[], metavar="NAME=VALUE", help="training settings other than default"
    )
    parser.add_argument("--file", type=Path, help="figures so far [beside this command]")
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    part = "test" if given.test else "validation"
    looks = f"_{given.limit}" if given.limit else ""
    file = given.file or Path(__file__).with_name(f"{part}{looks}.json")
    results: Results = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for name, protocol, labelled, method, seed in cells(given):
        cell = f"{name} | {protocol} | {labelled} | {method}"
        if str(seed) in results.get(cell, {}) and not given.again:
            continue
        started = time.monotonic()
        data = dealt(name, protocol, labelled, seed, given.data, test=given.test, limit=given.limit)
        settings: dict[str, Any] = {"seed": seed, "threads": given.threads, "device": "cpu"}
        settings |= dict(flag.split("=", 1) for flag in given.flags)
        results.setdefault(cell, {})[str(seed)] = measured(method, data, settings, lights=not given.no_lights)
        file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        figure = results[cell][str(seed)].get("image_auroc", float("nan"))
        print(f"{cell}, seed {seed}: AUROC {figure:.3f}, {time.monotonic() - started:.0f} s", flush=True)
    title = f"## Anomaly detection, {part} parts" + (f", at most {given.limit} images of each kind" if looks else "")
    command = f"python -m benchmarks.anomaly --data FOLDER{' --test' if given.test else ''}"
    command += f" --limit {given.limit}" if looks else ""
    command += "".join(f" --flags {' '.join(given.flags)}" for _ in given.flags[:1])
    head = f"`{command}`, {date.today().isoformat()}; {described()}; mean ± deviation over the seeds that were run."
    shown(title, head, table(results), write=given.write)


if __name__ == "__main__":
    main()
