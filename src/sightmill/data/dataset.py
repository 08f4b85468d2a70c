"""Samples that belong together, with the order of their class names."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sightmill.data.sample import SPLITS, Sample
from sightmill.errors import DataError

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """An immutable list of samples.

    Parameters
    ----------
    samples : in the source's order, which is the same on every machine.
    labels : class names in the source's own order; the names found, sorted, when it has none.
    root : the folder they came from; None for samples made in memory.
    format : id of the format that was read (``coco``, ``mvtec`` ...); empty when made in memory.
    notes : sentences about what the reader met and how it took it.
    """

    samples: tuple[Sample, ...]
    labels: tuple[str, ...] = ()
    root: Path | None = None
    format: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, samples: Iterable[Sample], labels: Iterable[str] = ()) -> Dataset:
        """Samples made in memory; class names are collected and sorted when none are given."""
        kept = tuple(samples)
        names = tuple(labels) or tuple(
            sorted({item.label for sample in kept for item in sample.annotations if item.label})
        )
        return cls(kept, names)

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    def __getitem__(self, index: int) -> Sample:
        return self.samples[index]

    def split(self, name: str) -> Dataset:
        """The samples of one split (``train``, ``validation``, ``test``; ``all`` for every one)."""
        if name == "all":
            return self
        if name not in SPLITS:
            raise DataError("unknown split", got=name, allowed=(*SPLITS, "all"))
        return self.where(lambda sample: sample.split == name)

    def where(self, keep: Callable[[Sample], bool]) -> Dataset:
        """The samples for which `keep` says yes; class names stay as they are."""
        return replace(self, samples=tuple(sample for sample in self.samples if keep(sample)))

    def with_samples(self, samples: Iterable[Sample]) -> Dataset:
        """Other samples under the same class names, root and notes."""
        return replace(self, samples=tuple(samples))

    def counts(self) -> dict[str, dict[str, int]]:
        """How many annotations of each label each split holds: ``{split: {label: count}}``."""
        found: dict[str, Counter[str]] = {}
        for sample in self.samples:
            tally = found.setdefault(sample.split or "unassigned", Counter())
            tally.update(item.label for item in sample.annotations)
        return {split: {name: tally[name] for name in sorted(tally)} for split, tally in found.items()}

    def fingerprint(self) -> str:
        """SHA-256 over names, splits, annotations and image bytes: the data's identity for an auditor."""
        digest = hashlib.sha256()
        for sample in sorted(self.samples, key=lambda sample: sample.name):
            said = [item.to_dict() for item in sample.annotations]
            roi = sample.roi.to_dict() if sample.roi else None
            digest.update(json.dumps([sample.name, sample.split, said, roi], sort_keys=True).encode())
            if isinstance(sample.image, np.ndarray):
                digest.update(np.ascontiguousarray(sample.image).tobytes())
            else:
                with sample.image.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()
