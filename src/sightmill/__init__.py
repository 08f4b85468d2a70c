"""Sightmill: deep learning for machine vision, on an ordinary PC and offline.

The public face. Every name is loaded when it is first asked for, so that a production machine, which has no
PyTorch, imports the same package; only `train` needs the optional part ``sightmill[train]``.

>>> import sightmill
>>> model = sightmill.load("model.sightmill")  # doctest: +SKIP
>>> model.predict("part.png").label  # doctest: +SKIP
'good'
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightmill.data.annotation import Annotation
    from sightmill.data.dataset import Dataset
    from sightmill.data.formats import load as load_dataset
    from sightmill.data.result import Result
    from sightmill.data.sample import Sample
    from sightmill.errors import SightmillError
    from sightmill.methods.catalogue import named as method
    from sightmill.project.evaluate import evaluate
    from sightmill.runtime.model import Model

    load = Model.load

__all__ = [
    "Annotation",
    "Dataset",
    "Model",
    "Result",
    "Sample",
    "SightmillError",
    "__version__",
    "evaluate",
    "load",
    "load_dataset",
    "method",
    "train",
]

try:
    __version__ = version("sightmill")
except PackageNotFoundError:  # run from a source folder that was never installed
    __version__ = "0+source"

_WHERE = {
    "Annotation": ("sightmill.data.annotation", "Annotation"),
    "Dataset": ("sightmill.data.dataset", "Dataset"),
    "Model": ("sightmill.runtime.model", "Model"),
    "Result": ("sightmill.data.result", "Result"),
    "Sample": ("sightmill.data.sample", "Sample"),
    "SightmillError": ("sightmill.errors", "SightmillError"),
    "evaluate": ("sightmill.project.evaluate", "evaluate"),
    "load_dataset": ("sightmill.data.formats", "load"),
    "load": ("sightmill.runtime.model", "Model.load"),
    "method": ("sightmill.methods.catalogue", "named"),
    "train": ("sightmill.training.train", "train"),
}
#: What `pip install "sightmill[train]"` brings: when one of these is missing, training is not installed.
_TRAINING_PARTS = ("torch", "onnx", "onnxscript", "safetensors", "sklearn")


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'sightmill' has no attribute {name!r}")
    module, path = _WHERE[name]
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _TRAINING_PARTS:
            raise
        from sightmill.errors import MissingExtraError

        raise MissingExtraError("training", "train") from error
    for part in path.split("."):
        found = getattr(found, part)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
