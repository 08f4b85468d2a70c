"""Which class names mean a flawless part: known words, or those that the user names."""

from __future__ import annotations

from collections.abc import Collection

from sightmill.data.sample import Sample

__all__ = ["is_defective", "is_good"]

_WORDS = frozenset(
    {
        "good",
        "ok",
        "normal",
        "free",
        "fault_free",
        "defect_free",
        "no_defect",
        "nodefect",
        "non_defective",
        "pass",
        "passed",
        "nominal",
        "io",
    }
)


def is_good(label: str, named: Collection[str] = ()) -> bool:
    """Whether a class name says that nothing is wrong.

    Parameters
    ----------
    named : the user's own names for it; when empty, known words count (``good``, ``OK``, ``defect-free`` ...).
    """
    if named:
        return label in named
    return label.strip().casefold().replace("-", "_").replace(" ", "_") in _WORDS


def is_defective(sample: Sample, named: Collection[str] = ()) -> bool:
    """Whether any annotation of the sample has a label other than those of flawless parts."""
    return any(not is_good(item.label, named) for item in sample.annotations)
