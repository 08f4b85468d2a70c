"""The state of an interrupted training on disk: one safetensors file, written atomically, no pickle."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sightmill.errors import TrainingError

__all__ = ["Checkpoint", "beside"]

#: Raised when the meaning of the stored state changes.
FORMAT = "2"


def beside(output: Path) -> Path:
    """Where the checkpoint of a training is kept: beside its output."""
    return output.with_name(output.name + ".checkpoint")


class Checkpoint:
    """One file that holds tensors by name, and facts that JSON can say."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # One name, not a fresh one each time: what a killed training leaves half written, the next write replaces.
        self.half = path.with_name(f".{path.name}.part")

    def write(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Replace the file in one act: whoever looks finds the old state or the new one, never half of one."""
        plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        payload = save(plain, {"format": FORMAT, "facts": json.dumps(facts)})
        try:
            try:
                with self.half.open("wb") as stream:
                    stream.write(payload)
                    stream.flush()
                    os.fsync(stream.fileno())
                self.half.replace(self.path)
            except BaseException:
                self.half.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise TrainingError(
                "the checkpoint cannot be written",
                where=self.path,
                got=error.strerror,
                remedy="free some space or choose another output; the last checkpoint is still whole",
            ) from error

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """What was written; raises `TrainingError` when the file is damaged or from another version."""
        remedy = "delete this file to start the training anew"
        try:
            with safe_open(str(self.path), framework="pt") as stored:
                metadata = stored.metadata() or {}
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118  not a dict
            facts = json.loads(metadata["facts"])
        except (SafetensorError, KeyError, ValueError, OSError) as error:
            raise TrainingError("the checkpoint is damaged", where=self.path, got=str(error), remedy=remedy) from error
        if metadata.get("format") != FORMAT:
            raise TrainingError("the checkpoint was written by another version", where=self.path, remedy=remedy)
        return tensors, facts

    def exists(self) -> bool:
        """Whether there is a state to go on from."""
        return self.path.is_file()

    def remove(self) -> None:
        """The training is finished: its state is not needed any more."""
        self.path.unlink(missing_ok=True)
        self.half.unlink(missing_ok=True)


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state by flat names ``optimiser.<parameter index>.<key>``."""
    found: dict[str, Tensor] = {}
    for index, state in optimiser.state_dict()["state"].items():
        for key, value in state.items():
            if value is not None:
                found[f"optimiser.{index}.{key}"] = torch.as_tensor(value)
    return found


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimiser_tensors` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
