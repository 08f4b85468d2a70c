"""The part of the package build (hatchling) that puts the studio's pages into the wheel; see `build.py`."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _builder() -> ModuleType:
    """The module `build.py` beside this file: its name belongs to a well-known package, so it is found by place."""
    name = "sightmill_studio_build"
    if name not in sys.modules:
        found = importlib.util.spec_from_file_location(name, Path(__file__).with_name("build.py"))
        assert found is not None and found.loader is not None  # it is a file of Python
        sys.modules[name] = importlib.util.module_from_spec(found)
        found.loader.exec_module(sys.modules[name])
    return sys.modules[name]


class StudioHook(BuildHookInterface[Any]):
    """Builds the pages before a wheel is packed, if they are out of date."""

    def dependencies(self) -> list[str]:
        """A Node from the package index, where it is needed and there is none."""
        found: list[str] = _builder().requirements()
        return found

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build. An editable install goes on without the pages; `sightmill studio` then says that they are missing."""
        builder = _builder()
        if self.target_name != "wheel" or os.environ.get(builder.WITHOUT):
            return
        try:
            builder.build()
        except builder.BuildError as error:
            if version != "editable":
                sys.exit(str(error))
            self.app.display_warning(str(error))
