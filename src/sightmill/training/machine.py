"""On what a training runs: decided once, written into the checkpoint, repeated by a resumed training.

A training on a processor is bit-exact from run to run, but not across numbers of threads, precisions or memory
formats: so these are decisions, not moods of the moment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from sightmill.errors import DeviceError, SettingsError
from sightmill.methods.training import Descent, Training

__all__ = ["Machine", "StopRequest", "as_channels_last"]

#: bfloat16 is taken on a processor only when a step is faster by at least this factor.
WORTH_IT = 1.3


class StopRequest:
    """A flag that asks a training to stop after the current step and keep its best model. Safe in signal handlers."""

    def __init__(self) -> None:
        self._asked = False

    def set(self) -> None:
        """Ask for the stop."""
        self._asked = True

    def __bool__(self) -> bool:
        return self._asked


@dataclass(frozen=True)
class Machine:
    """The decisions.

    Parameters
    ----------
    device : ``cpu`` or ``cuda:N``.
    precision : ``float32`` or ``bfloat16`` (autocast; weights stay float32).
    threads : processor threads.
    rank, world : this process and how many there are, under ``torchrun``.
    """

    device: str
    precision: str
    threads: int
    rank: int = 0
    world: int = 1

    @classmethod
    def choose(cls, training: Training) -> Machine:
        """Decide from the settings and what is there.

        Raises
        ------
        DeviceError : a named device is not there.
        SettingsError : a batch that does not hold an image for each process.
        """
        rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        if isinstance(training, Descent) and training.batch_size < world:
            raise SettingsError(
                "every process needs an image of each batch",
                where="batch_size",
                got=training.batch_size,
                allowed=f"at least {world}, the number of processes",
            )
        device = _device(training.device, int(os.environ.get("LOCAL_RANK", "0")))
        threads = training.threads or (_asked() if world == 1 else 0) or _cores_each(world if device == "cpu" else 1)
        precision = training.precision
        if precision == "auto":
            precision = "bfloat16" if _bfloat16_is_faster(device, threads) else "float32"
        return cls(device, precision, threads, rank, world)

    @classmethod
    def resumed(cls, given: dict[str, Any]) -> Machine:
        """The decisions of the interrupted training, in this process; raises `DeviceError`."""
        rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        if world != given["world"]:
            raise DeviceError(
                "a training must be resumed with as many processes as it was started with",
                got=world,
                allowed=given["world"],
            )
        device = given["device"] if world == 1 else _device("auto", int(os.environ.get("LOCAL_RANK", "0")))
        return cls(_device(device, 0), given["precision"], given["threads"], rank, world)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what a resumed training repeats."""
        return {name: value for name, value in asdict(self).items() if name != "rank"}

    @property
    def torch_device(self) -> torch.device:
        """The device as PyTorch calls it."""
        return torch.device(self.device)

    @property
    def leads(self) -> bool:
        """Whether this process writes files and says how it goes."""
        return self.rank == 0

    def autocast(self) -> torch.autocast:
        """The context that a step's forward pass runs in."""
        return torch.autocast(self.torch_device.type, dtype=torch.bfloat16, enabled=self.precision == "bfloat16")

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Threads, determinism and the process group while the training lasts; all is put back afterwards."""
        before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
        torch.set_num_threads(self.threads)
        if self.device == "cpu":
            torch.use_deterministic_algorithms(True)
        ours = self.world > 1 and not torch.distributed.is_initialized()
        if ours:
            torch.distributed.init_process_group("gloo" if self.device == "cpu" else "nccl")
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            torch.use_deterministic_algorithms(before[1])
            if ours:
                torch.distributed.destroy_process_group()

    def agreed(self, values: list[float]) -> list[float]:
        """The leading process's numbers, in every process."""
        if self.world == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self.torch_device)
        torch.distributed.broadcast(shared, 0)
        return [float(value) for value in shared]


def as_channels_last(network: nn.Module) -> None:
    """Lay the convolutions' weights out as they are fastest, on processors and graphics cards alike."""
    for weight in network.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)


def _asked() -> int:
    """Threads that the environment asks for, as PyTorch itself reads it; 0 where it does not say, or says nonsense."""
    words = os.environ.get("OMP_NUM_THREADS", "")
    return int(words) if words.isdecimal() and len(words) < 4 else 0


def _cores_each(processes: int) -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        cores = os.cpu_count() or 1
    return max(cores // processes, 1)


def _device(wanted: str, local_rank: int) -> str:
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cpu" or (wanted == "auto" and not there):
        return "cpu"
    index = int(wanted.removeprefix("cuda:")) if wanted.startswith("cuda:") else local_rank
    if index >= there:
        names = ["cpu", *(f"cuda:{number}" for number in range(there))]
        raise DeviceError("this device is not there", where="device", got=wanted, allowed=names)
    return f"cuda:{index}"


def _bfloat16_is_faster(device: str, threads: int) -> bool:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and device == "cpu":
        return False  # several processes could measure differently, and must not decide differently
    if device != "cpu":
        return bool(torch.cuda.is_bf16_supported())
    if torch.backends.cpu.get_cpu_capability() not in ("AVX512", "AVX512_VNNI", "AMX"):
        return False  # no bfloat16 arithmetic without at least AVX-512: it would be emulated
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            plain, short = (_step_seconds(enabled) for enabled in (False, True))
    finally:
        torch.set_num_threads(before)
    return plain > WORTH_IT * short


def _step_seconds(bfloat16: bool) -> float:
    """Seconds of a small training step, the fastest of five after a warm-up."""
    network = nn.Sequential(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1))
    as_channels_last(network)
    images = torch.rand(8, 32, 56, 56).contiguous(memory_format=torch.channels_last)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            loss = network(images).float().square().mean()
        loss.backward()
        times.append(time.perf_counter() - start)
    return min(times[1:])
