"""Pretrained parameters of backbones and heads, from the package's own folder: no download, no cache, no network.

Beside each file of parameters (``weights/depthN.safetensors`` for the backbone of a depth, ``weights/detectorN...`` for
pyramid and towers of its detectors, ``weights/pointsN...`` for the decoder of its points; half precision) stands its
provenance card (the same name with ``.json``): how it was made, from what, by which recipe, how good it is, its licence
and its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sightmill.errors import MissingExtraError, ModelError
from sightmill.nn.backbones import Backbone
from sightmill.nn.detectors import Detector
from sightmill.nn.peaks import PeakNetwork

__all__ = ["WEIGHTS", "load_backbone", "load_head", "pretrained_depths", "provenance", "shared_part"]

#: The folder of the packaged parameters.
WEIGHTS = Path(__file__).parent / "weights"

FIRST = "stem.0.weight"  # the only layer whose shape depends on the number of input channels
#: What networks of all tasks have in common: the parts whose shape does not depend on the classes.
SHARED = {
    Detector: ("pyramid.", "head.what.", "head.where."),
    PeakNetwork: ("head.enter.", "head.mix.", "head.fine."),
}
REPAIR = "install Sightmill again, or start from an untrained network"


def pretrained_depths(*, folder: Path = WEIGHTS) -> tuple[int, ...]:
    """The network depths that have pretrained parameters, in rising order; empty where there are none."""
    names = (file.stem.removeprefix("depth") for file in folder.glob("depth*.safetensors"))
    return tuple(sorted(int(name) for name in names if name.isdecimal()))


def provenance(name: str, *, folder: Path = WEIGHTS) -> dict[str, Any] | None:
    """The provenance card of the parameters of this name (``depth3``, ``detector3``), or None where there are none.

    Raises
    ------
    ModelError : the card is missing beside its parameters, or cannot be read.
    """
    if not (folder / f"{name}.safetensors").exists():
        return None
    file = folder / f"{name}.json"
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            "the provenance card of the pretrained parameters is missing or damaged", where=file, remedy=REPAIR
        ) from error
    if not isinstance(card, dict) or not isinstance(card.get("sha256"), str):
        raise ModelError(
            "the provenance card of the pretrained parameters names no checksum", where=file, remedy=REPAIR
        )
    return card


def load_backbone(backbone: Backbone, *, folder: Path = WEIGHTS) -> bool:
    """Give a backbone the pretrained parameters of its depth.

    Parameters
    ----------
    backbone : of any depth, for 1 or 3 input channels. Its parameters and statistics are replaced in place. For one
        channel the first convolution is summed over its inputs, so a grey image gives exactly the features that
        it gives as three equal channels.
    folder : where to look; the package's own folder.

    Returns
    -------
    Whether there were parameters for this depth; if not, the backbone is unchanged.

    Raises
    ------
    ModelError : the file is damaged, or does not fit this version's backbone.
    """
    state = _state(f"depth{backbone.depth}", folder)
    if state is None:
        return False
    mine = backbone.state_dict()
    if FIRST in state and mine[FIRST].shape[1] == 1:
        state[FIRST] = state[FIRST].sum(1, keepdim=True)  # (C, 3, 3, 3) -> (C, 1, 3, 3)
    wanted = {name: value for name, value in mine.items() if not name.endswith("num_batches_tracked")}
    _check(state, wanted, f"the backbone of depth {backbone.depth}", folder / f"depth{backbone.depth}.safetensors")
    backbone.load_state_dict(state, strict=False)
    return True


def load_head(network: Detector | PeakNetwork, *, folder: Path = WEIGHTS) -> str | None:
    """Give a network before our own backbone the pretrained head of its depth: a detector pyramid and towers of its
    finest stride, points their decoder.

    Returns
    -------
    The name of the parameters (`provenance`); None where there are none, and the network is unchanged.

    Raises
    ------
    ModelError : the file is damaged, or does not fit this version's network.
    """
    if not isinstance(network.backbone, Backbone):
        return None
    depth = network.backbone.depth
    if isinstance(network, Detector):
        name, own = f"detector{depth}", f"stride{network.strides[0]}"
        told = f"the detector of depth {depth} and stride {network.strides[0]}"
    else:
        name, own, told = f"points{depth}", "points", f"the points of depth {depth}"
    state = _state(name, folder)
    if state is None:
        return None
    found = {key.removeprefix(f"{own}."): value for key, value in state.items() if key.startswith(f"{own}.")}
    _check(found, shared_part(network), told, folder / f"{name}.safetensors")
    network.load_state_dict(found, strict=False)
    return name


def shared_part(network: Detector | PeakNetwork) -> dict[str, Tensor]:
    """The tensors that a pretrained head has, by their names in the network: of a detector those of pyramid and towers,
    of points those of the decoder. Counts of batches are none of them.
    """
    (shared,) = (parts for kind, parts in SHARED.items() if isinstance(network, kind))
    return {
        name: value
        for name, value in network.state_dict().items()
        if name.startswith(shared) and not name.endswith("num_batches_tracked")
    }


def _state(name: str, folder: Path) -> dict[str, Tensor] | None:
    """The parameters of this name, checked against their card; None where there are none."""
    card = provenance(name, folder=folder)
    return None if card is None else _read(folder / f"{name}.safetensors", card["sha256"])


def _check(found: dict[str, Tensor], wanted: dict[str, Tensor], what: str, file: Path) -> None:
    """Raise `ModelError` unless names and shapes are the same."""
    if {name: value.shape for name, value in found.items()} != {name: value.shape for name, value in wanted.items()}:
        raise ModelError(f"the pretrained parameters do not fit {what}", where=file, remedy=REPAIR)


def _read(file: Path, checksum: str) -> dict[str, Tensor]:
    """The file's tensors in single precision; its bytes must have the checksum."""
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load
    except ImportError as error:
        raise MissingExtraError("reading pretrained parameters", "train") from error
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError("the pretrained parameters cannot be read", where=file, remedy=REPAIR) from error
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise ModelError(
            "the pretrained parameters are damaged: their SHA-256 is not that of their provenance card",
            where=file,
            got=found,
            allowed=checksum,
            remedy=REPAIR,
        )
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ModelError("the pretrained parameters are no safetensors file", where=file, remedy=REPAIR) from error
    return {name: value.to(torch.float32) for name, value in tensors.items()}
