"""Where and what: every set of the methods that find, outline, count and sort, in one table.

    python -m benchmarks.objects --data ../shared/data --write
    python -m benchmarks.objects --data ../shared/data --part validation --sets "cell centres" --flags iterations=10

Every method runs with its defaults. With ``--part validation`` only training images are read, a share of which judges:
defaults may be chosen by those figures. The test parts judge otherwise, and nothing is chosen. Figures are kept in a
JSON file beside this command, and models in ``--folder``, so that a run that was cut goes on; ``--again`` measures
anew. The modules of this package that name ``SETS`` say which sets there are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import tempfile
from contextlib import nullcontext
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from benchmarks.keeping import shown
from benchmarks.machine import described
from benchmarks.objects.cells import Cell, Figures, measured

#: Set -> seed -> figures.
Results = dict[str, dict[str, Figures]]


def sets() -> dict[str, Cell]:
    """All sets by name, module by module."""
    found: dict[str, Cell] = {}
    for module in sorted(entry.name for entry in pkgutil.iter_modules([str(Path(__file__).parent)])):
        if not module.startswith("_"):
            found |= getattr(importlib.import_module(f"{__package__}.{module}"), "SETS", {})
    return found


def table(results: Results, cells: dict[str, Cell]) -> list[str]:
    """The table in Markdown: a line for each figure that is wanted, with the mean over the seeds."""
    lines = [
        "| set | method | figure | value | 95 % interval of one run | floor | aim | published | minutes | ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, cell in cells.items():
        runs = list(results.get(name, {}).values())
        for wanted in cell.wanted:
            there = [run[wanted.figure] for run in runs if wanted.figure in run]
            if not there:
                continue
            values = [value for value, *_ in there]
            spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            _, low, high = there[0]
            ends = "" if low is None or high is None else f"{low:.3f} to {high:.3f}"
            goals = ["" if goal is None else f"{goal:g}" for goal in (wanted.floor, wanted.aim)]
            took = [f"{np.median([run[key][0] for run in runs]):.1f}" for key in ("minutes", "ms")]
            words = (
                name,
                cell.method,
                f"`{wanted.figure}`",
                f"{np.mean(values):.3f}{spread}",
                ends,
                *goals,
                wanted.published,
                *took,
            )
            lines.append(f"| {' | '.join(words)} |")
    return [*lines, ""]


def kept(file: Path) -> Results:
    """The figures that were measured so far."""
    found: Results = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def main() -> None:
    """Measure what the arguments ask for."""
    cells = sets()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development sets")
    parser.add_argument("--sets", nargs="*", default=list(cells), choices=list(cells), metavar="SET")
    parser.add_argument("--part", default="test", choices=("test", "validation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--flags", nargs="*", default=[], metavar="NAME=VALUE", help="settings other than default")
    parser.add_argument("--again", action="store_true", help="measure anew what the file has")
    parser.add_argument("--file", type=Path, help="figures so far [beside this command]")
    parser.add_argument("--folder", type=Path, help="models and checkpoints [a temporary folder]")
    parser.add_argument("--stop-after", type=float, metavar="SECONDS", help="end trainings then, with the best so far")
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    file = given.file or Path(__file__).with_name(f"{given.part}.json")
    settings = {"threads": given.threads} | dict(flag.split("=", 1) for flag in given.flags)
    with nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        for name in given.sets:
            for seed in given.seeds:
                if str(seed) in kept(file).get(name, {}) and not given.again:
                    continue
                figures = measured(
                    name,
                    cells[name],
                    given.data,
                    folder,
                    part=given.part,
                    seed=seed,
                    settings=settings,
                    seconds=given.stop_after,
                )
                # Read again: another run may have added its figures in the meantime.
                results = kept(file)
                results.setdefault(name, {})[str(seed)] = {
                    key: tuple(None if end is None else round(float(end), 4) for end in ends)  # type: ignore[misc]
                    for key, ends in figures.items()
                }
                file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
                print(f"{name}, seed {seed}:", {key: round(ends[0], 4) for key, ends in figures.items()}, flush=True)
    command = f"python -m benchmarks.objects --data FOLDER{'' if given.part == 'test' else ' --part validation'}"
    command += f" --flags {' '.join(given.flags)}" if given.flags else ""
    title = f"## Where and what, {given.part} parts"
    head = f"`{command}`, {date.today().isoformat()}; {described()}; mean ± deviation over the seeds that were run."
    shown(title, head, table(kept(file), cells), write=given.write)


if __name__ == "__main__":
    main()
