"""How a user names a network of his own in the setting `backbone`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["OwnBackbone", "own_backbone"]

_TIMM = "timm:"
_ONNX = ".onnx"
# timm also takes names with a colon or a slash: those are fetched from the network, and nothing here may be.
_TIMM_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
_FORMS = "timm:NAME, timm:NAME@FILE.safetensors, FILE.onnx or FILE.onnx@MAP,MAP,MAP,MAP"


@dataclass(frozen=True)
class OwnBackbone:
    """A backbone that the user brings.

    Parameters
    ----------
    kind : where it comes from.
    name : timm's name of the model; empty for an ONNX file.
    file : the ONNX file, or the parameters of the timm model; None for a timm model with random ones.
    maps : names of the four feature maps inside the ONNX file; empty for its four outputs.
    """

    kind: Literal["timm", "onnx"]
    name: str = ""
    file: Path | None = None
    maps: tuple[str, ...] = ()


def own_backbone(words: str) -> OwnBackbone:
    """Read the words of the setting `backbone`; raises `ValueError` with a sentence. No file is opened."""
    if words.startswith(_TIMM):
        name, at, file = words.removeprefix(_TIMM).partition("@")
        if not _TIMM_NAME.fullmatch(name):
            raise ValueError("a timm model is named by letters, digits, dots and underscores: nothing is downloaded")
        if at and not file.lower().endswith(".safetensors"):
            raise ValueError("the parameters of a timm model are read from a *.safetensors file only")
        return OwnBackbone("timm", name=name, file=Path(file).expanduser() if at else None)
    file, maps = words, ""
    if not words.lower().endswith(_ONNX):
        place = words.lower().rfind(f"{_ONNX}@")
        if place < 0:
            raise ValueError(f"a backbone of your own is written {_FORMS}")
        place += len(_ONNX)
        file, maps = words[:place], words[place + 1 :]
    names = tuple(name.strip() for name in maps.split(",")) if maps else ()
    if names and (len(names) != 4 or not all(names) or len(set(names)) != 4):
        raise ValueError("name four different feature maps after the @, at strides 4, 8, 16 and 32")
    return OwnBackbone("onnx", file=Path(file).expanduser(), maps=names)
