"""The real screws as a task for anomaly detection: a block with all four screws is good, any other is not."""

from __future__ import annotations

import csv
from pathlib import Path

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.sample import Sample

__all__ = ["COMPLETE", "screws"]

#: Screws of a complete block.
COMPLETE = 4


def screws(folder: Path) -> Dataset:
    """The data set ``screws_presence`` with labels ``good`` and ``logical_N_missing``.

    Only complete blocks are learnt from; those of the training split that lack a screw help to set the threshold.
    """
    samples = []
    with (folder / "presence.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            missing = COMPLETE - len([name for name in row["labels"].split(";") if name])
            label = f"logical_{missing}_missing" if missing else "good"
            samples.append(Sample(folder / row["filename"], row["filename"], (Annotation(label=label),), row["split"]))
    return Dataset.of(samples)
