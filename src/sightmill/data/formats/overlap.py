"""Images that a source lists in more than one split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sightmill.data.sample import Sample

__all__ = ["without_overlap"]

_PRECEDENCE = ("train", "test", "validation", None)


def without_overlap(samples: Iterable[Sample], notes: list[str]) -> tuple[Sample, ...]:
    """Each image once: what is in ``train`` stays there, and ``test`` goes before ``validation``.

    An image that is learnt from must not test what was learnt, and many small sets name one folder as
    validation and test. A note says how many images were listed twice.
    """
    given = list(samples)
    best: dict[Path, int] = {}
    for place, sample in enumerate(given):
        if isinstance(sample.image, Path):
            other = best.get(sample.image)
            if other is None or _rank(sample) < _rank(given[other]):
                best[sample.image] = place
    chosen = set(best.values())
    kept: list[Sample] = []
    doubled: dict[tuple[str | None, str | None], list[str]] = {}
    for place, sample in enumerate(given):
        if not isinstance(sample.image, Path) or place in chosen:
            kept.append(sample)
        else:
            where = given[best[sample.image]].split
            doubled.setdefault((where, sample.split), []).append(sample.name)
    for (where, also), names in doubled.items():
        shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
        notes.append(
            f"{len(names)} images are listed for {where or 'no split'} and again for {also or 'no split'};"
            f" they were taken for {where or 'no split'} only: {shown}"
        )
    return tuple(kept)


def _rank(sample: Sample) -> int:
    return _PRECEDENCE.index(sample.split)
