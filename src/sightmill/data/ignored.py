"""Which class names mark places that nobody judges: not learnt, not measured."""

from __future__ import annotations

__all__ = ["IGNORED", "is_ignored"]

#: The name that readers give to such places, and writers look for.
IGNORED = "ignore"

_WORDS = frozenset({IGNORED, "ignored", "dont_care", "don't_care", "void", "unlabelled", "unlabeled"})


def is_ignored(label: str) -> bool:
    """Whether a class name says that a place is to be left aside (``ignore``, ``void``, ``dont care`` ...)."""
    return label.strip().casefold().replace("-", "_").replace(" ", "_") in _WORDS
