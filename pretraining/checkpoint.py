"""Checkpoints of a distillation: tensors as safetensors, the rest as JSON, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

__all__ = ["read_checkpoint", "write_checkpoint", "write_weights", "written"]


def written(file: Path, content: bytes) -> None:
    """Write a file so that a reader, or a power cut, sees the old one or the new one, never half of one."""
    beside = file.with_name(file.name + ".part")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)


def write_checkpoint(file: Path, modules: nn.Module, optimiser: torch.optim.AdamW, facts: dict[str, Any]) -> None:
    """Modules, the optimiser's moments and the run's facts into one safetensors file (facts in its header)."""
    tensors = {f"module.{name}": value.detach().cpu() for name, value in modules.state_dict().items()}
    names = [name for name, _ in modules.named_parameters() if _.requires_grad]
    for name, parameter in zip(names, optimiser.param_groups[0]["params"], strict=True):
        for moment, value in optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser.{moment}.{name}"] = value.detach().cpu()
    content = {name: value.contiguous().clone() for name, value in tensors.items()}
    written(file, save(content, metadata={"facts": json.dumps(facts)}))


def read_checkpoint(file: Path, modules: nn.Module, optimiser: torch.optim.AdamW) -> dict[str, Any]:
    """Put a checkpoint back into modules and optimiser of the same make; the run's facts.

    A student that the checkpoint holds and the run no longer names is left out, so that a depth may go on alone.
    """
    from safetensors import safe_open

    with safe_open(file, "pt") as stream:
        facts: dict[str, Any] = json.loads(stream.metadata()["facts"])
    tensors: dict[str, Tensor] = load_file(file)
    wanted = modules.state_dict()
    modules.load_state_dict({name: tensors[f"module.{name}"] for name in wanted if f"module.{name}" in tensors})
    names = [name for name, _ in modules.named_parameters() if _.requires_grad]
    for name, parameter in zip(names, optimiser.param_groups[0]["params"], strict=True):
        moments = {
            moment: tensors[f"optimiser.{moment}.{name}"]
            for moment in ("step", "exp_avg", "exp_avg_sq")
            if f"optimiser.{moment}.{name}" in tensors
        }
        if moments:
            moments = {key: value if key == "step" else value.to(parameter.device) for key, value in moments.items()}
            optimiser.state[parameter] = moments
    return facts


def write_weights(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Weights as fp16 safetensors, the form that `sightmill.nn.pretrained` reads."""
    state = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous().clone()
        for name, value in tensors.items()
        if not name.endswith("num_batches_tracked")
    }
    written(file, save(state))
