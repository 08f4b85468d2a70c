"""What a measurement ran on, and what that machine can do at best."""

from __future__ import annotations

import os
import platform
import time

import numpy as np

from sightmill.runtime.devices import cpu_name

__all__ = ["described", "gemm_peak"]


def gemm_peak(size: int = 1536, turns: int = 7) -> float:
    """GFLOP/s of a float32 matrix product: the fastest of some, which is the limit a network can come near to."""
    left, right = np.random.default_rng(0).random((2, size, size), np.float32)
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - start)
    return 2 * size**3 / min(times) / 1e9


def described() -> str:
    """The machine in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cpu_name()}, {cores} cores, {platform.system()}, Python {platform.python_version()}"
