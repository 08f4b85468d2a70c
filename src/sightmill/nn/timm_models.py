"""Backbones from timm, with parameters from a file on this machine or random ones.

timm (PyTorch Image Models, https://github.com/huggingface/pytorch-image-models) is the user's own choice: the extra
``sightmill[timm]``. It is asked for an untrained network only, so that it has no reason to fetch anything.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from sightmill.errors import MissingExtraError, ModelError
from sightmill.nn.backbones import STRIDES
from sightmill.nn.stand_in import Origin, StandIn, checksum, read_bytes

__all__ = ["timm_backbone"]

_HINT = "choose a network with maps at these strides, such as resnet18"


def timm_backbone(name: str, *, file: Path | None, channels: int) -> StandIn:
    """A timm model as feature extractor, its usual normalisation of pixels in front.

    Parameters
    ----------
    name : timm's name.
    file : ``*.safetensors`` with the parameters of that model, whole or without its head; None for random ones.
    channels : of the images, 1 or 3.

    Raises
    ------
    MissingExtraError : timm is not installed.
    ModelError : no such model, no maps at strides 4 to 32, or parameters that do not fit it.
    """
    timm = _timm()
    where = f"timm {name}"
    try:
        made: Any = timm.create_model(name, pretrained=False, features_only=True)
        strides, card = list(made.feature_info.reduction()), getattr(made, "default_cfg", None) or {}
    except Exception as error:  # timm raises RuntimeError, AssertionError, TypeError and others for unfit names
        raise ModelError(
            "timm cannot make a feature extractor of this name",
            where=where,
            got=str(error).partition("\n")[0] or type(error).__name__,
            remedy=_HINT,
        ) from error
    missing = [stride for stride in STRIDES if stride not in strides]
    if missing:
        raise ModelError(
            f"this network has no map at stride {', '.join(map(str, missing))}",
            where=where,
            got=f"maps at strides {', '.join(map(str, strides))}",
            remedy=_HINT,
        )
    network: nn.Module = made
    files = {}
    if file is not None:
        files[file.name] = _load(network, file, where)
    one, two, three, four = (len(strides) - 1 - strides[::-1].index(stride) for stride in STRIDES)
    return StandIn(
        network,
        origin=Origin(where, files, learnt=bool(files)),
        channels=channels,
        chosen=(one, two, three, four),
        mean=_three(card, "mean", 0.0),
        spread=_three(card, "std", 1.0),
    )


def _timm() -> ModuleType:
    try:
        import timm
    except ImportError as error:
        raise MissingExtraError("a backbone from timm", "timm") from error
    module: ModuleType = timm
    return module


def _three(card: dict[str, object], name: str, missing: float) -> tuple[float, float, float]:
    """One number for each colour from the card of a timm model."""
    values = card.get(name)
    if isinstance(values, list | tuple) and len(values) == 3:
        return float(values[0]), float(values[1]), float(values[2])
    return missing, missing, missing


def _load(network: nn.Module, file: Path, where: str) -> str:
    """Give the network the parameters in a file; returns the file's SHA-256."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    content = read_bytes(file, "the parameters of the timm model")
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise ModelError("the parameters of the timm model are no safetensors file", where=file) from error
    # A feature extractor calls a model's parts by other names than the whole model does: `features_0.conv` or
    # `model.features.0.conv` for `features.0.conv`.
    there = {_plain(key): value for key, value in tensors.items()}
    state: dict[str, Tensor] = {}
    unfit = []
    for key, own in network.state_dict().items():
        value = there.get(_plain(key), there.get(_plain(key.removeprefix("model."))))
        if value is not None and value.shape == own.shape:
            state[key] = value.to(own.dtype)
        elif not key.endswith("num_batches_tracked"):
            unfit.append(key)
    if unfit:
        raise ModelError(
            f"{len(unfit)} of the layers of {where} find no parameters of their shape in this file",
            where=file,
            got=f"none for {unfit[0]}",
            remedy="give the parameters of the same network, saved by timm under its own names",
        )
    with torch.no_grad():
        network.load_state_dict(state, strict=False)
    return checksum(content)


def _plain(key: str) -> str:
    return key.replace(".", "_")
