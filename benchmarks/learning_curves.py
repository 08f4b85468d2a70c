"""How few images are enough: classification from 5, 10 and 50 images a class, with and without pretrained features.

    python -m benchmarks.learning_curves ../shared/data/deeppcb_crops --depth 3 --seeds 0 1 2

Each run draws its images by the seed, trains with the defaults, and is judged on the whole test split. The table is
printed and, with ``--write``, replaces the section of that name in RESULTS.md. To choose settings by, a third of the
groups of training images judge, and the test split is never read:

    python -m benchmarks.learning_curves ../shared/data/deeppcb_crops --group '([0-9]{8})' --flags choose_flips=False
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import sightmill
from benchmarks.keeping import shown
from benchmarks.machine import described
from sightmill.data.dataset import Dataset
from sightmill.data.split import take_validation

COUNTS = (5, 10, 50)
#: Share of the training images that judges where the test split is not to be read.
HELD_OUT = 35.0


def parted(data: Dataset, group: str, seed: int) -> Dataset:
    """The training images, whole groups of them judging in place of the test split."""
    train = [sample for sample in data if sample.split != "test"]
    taught, judging = take_validation(train, HELD_OUT, seed, group=group)
    return data.with_samples([*taught, *(sample.with_split("test") for sample in judging)])


def drawn(data: Dataset, count: int, seed: int) -> Dataset:
    """`count` training images of each class (all, where there are fewer), and every test image."""
    rng = np.random.default_rng(seed)
    train = [sample for sample in data if sample.split != "test"]
    chosen = [sample for sample in data if sample.split == "test"]
    for label in sorted({str(sample.label) for sample in train}):
        mine = [sample for sample in train if sample.label == label]
        chosen += [mine[index] for index in sorted(rng.permutation(len(mine))[:count])]
    return data.with_samples(chosen)


def accuracy(data: Dataset, folder: Path, settings: Mapping[str, Any]) -> float:
    """The accuracy on the test split, after a training with these settings."""
    method = sightmill.method("classification")
    output = folder / f"{settings['seed']}-{settings['pretrained']}-{len(data)}.sightmill"
    for _ in sightmill.train(method, data, method.Training.of(settings), output=output):
        pass
    report = sightmill.evaluate(sightmill.load(output), data, split="test")
    return float(report.metrics["accuracy"].value)


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--group", help="judge by held-out groups of training images, as in `sightmill split --group`")
    parser.add_argument("--flags", nargs="+", default=[], help="training settings, name=value")
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    data = sightmill.load_dataset(given.data, learns_from="class")
    common = {
        "network_depth": given.depth,
        "iterations": given.iterations,
        **dict(flag.split("=", 1) for flag in given.flags),
    }
    lines = ["| images a class | random features | pretrained features |", "| --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        for count in given.counts:
            cells = []
            for pretrained in (False, True):
                values = [
                    accuracy(
                        drawn(parted(data, given.group, seed) if given.group else data, count, seed),
                        Path(folder),
                        {**common, "seed": seed, "pretrained": pretrained},
                    )
                    for seed in given.seeds
                ]
                spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
                cells.append(f"{statistics.mean(values):.3f}{spread}")
                print(f"{count} a class, {'pretrained' if pretrained else 'random'}: {cells[-1]}", flush=True)
            lines.append(f"| {count} | {cells[0]} | {cells[1]} |")
    title = f"## Learning curves: {given.data.name}, network depth {given.depth}"
    if given.group:
        title += ", to choose by"
    command = " ".join(["python -m benchmarks.learning_curves", *sys.argv[1:]])
    seeds = ", ".join(map(str, given.seeds))
    judges = "groups of training images held out" if given.group else "the test split"
    head = f"`{command}`, {date.today().isoformat()}; {described()}; accuracy on {judges}, seeds {seeds}."
    shown(title, head, lines, write=given.write)


if __name__ == "__main__":
    main()
