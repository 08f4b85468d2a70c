"""Which methods there are: the folders beside this file, and the entry points of installed plug-ins.

A folder is a method when it has a ``method.py``, which names one in ``METHOD``; others hold what several methods
share. A plug-in names the same object under the entry-point group ``sightmill.methods``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sightmill.errors import SettingsError
from sightmill.methods.contract import Method

__all__ = ["methods", "named"]


@cache
def methods() -> dict[str, Method[Any, Any]]:
    """All methods by id, sorted. Torch is not loaded."""
    found: dict[str, Method[Any, Any]] = {}
    room = __name__.rpartition(".")[0]
    for folder in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if folder.ispkg and (Path(__file__).parent / folder.name / "method.py").is_file():
            method = importlib.import_module(f"{room}.{folder.name}.method").METHOD
            found[method.id] = method
    for entry in entry_points(group="sightmill.methods"):
        method = entry.load()
        found.setdefault(method.id, method)
    return dict(sorted(found.items()))


def named(id: str) -> Method[Any, Any]:
    """The method with this id; raises `SettingsError` with the ids there are."""
    try:
        return methods()[id]
    except KeyError:
        raise SettingsError(
            "there is no such method", where="method", got=id, allowed=list(methods()), remedy="see: sightmill methods"
        ) from None
