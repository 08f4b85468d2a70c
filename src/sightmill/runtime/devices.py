"""What this machine can run a model on."""

from __future__ import annotations

import ctypes
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from sightmill.errors import MissingExtraError
from sightmill.runtime.engines import load_openvino

__all__ = ["Device", "cpu_features", "cpu_name", "devices"]

#: Instructions that decide how fast a network runs, in the kernel's words (x86, then Arm).
_TELLING = (
    "avx2",
    "fma",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
    "asimd",
    "asimdhp",
    "bf16",
    "i8mm",
    "sve",
)

_PRECISIONS = {"FP32": "float32", "BF16": "bfloat16", "FP16": "float16"}


@dataclass(frozen=True)
class Device:
    """One engine on one device.

    Parameters
    ----------
    engine, name : what `Session` takes as ``engine`` and ``device``.
    precisions : what `Session` takes as ``precision`` there.
    available : whether it can be used now.
    note : its name for people when it is there; what is missing, and how to get it, when it is not.
    """

    engine: str
    name: str
    precisions: tuple[str, ...]
    available: bool
    note: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "precisions": list(self.precisions)}


def devices() -> list[Device]:
    """Every engine on every device of this machine, and those that could be had. Torch is not loaded."""
    return [*_onnxruntime_devices(), *_openvino_devices()]


def cpu_name() -> str:
    """The processor's name for people; the architecture where the system does not tell."""
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


def cpu_features() -> tuple[str, ...]:
    """Those of the processor's instruction sets that matter here; empty where the system does not tell."""
    told = _cpuinfo()
    flags = set((told.get("flags") or told.get("Features") or "").split())
    return tuple(feature for feature in _TELLING if feature in flags)


def _cpuinfo() -> dict[str, str]:
    """The first processor's entry of Linux's /proc/cpuinfo; empty elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _onnxruntime_devices() -> list[Device]:
    features = ", ".join(cpu_features())
    processor = Device("onnxruntime", "cpu", ("float32",), True, cpu_name() + (f" ({features})" if features else ""))
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        note = "needs an NVIDIA GPU, and onnxruntime-gpu in place of onnxruntime"
        return [processor, Device("onnxruntime", "cuda", ("float32",), False, note)]
    count = _cuda_devices()
    if not count:
        note = "onnxruntime-gpu is installed, but no NVIDIA GPU answers: check its driver"
        return [processor, Device("onnxruntime", "cuda", ("float32",), False, note)]
    return [
        processor,
        *(Device("onnxruntime", f"cuda:{index}", ("float32",), True, f"NVIDIA GPU {index}") for index in range(count)),
    ]


def _cuda_devices() -> int:
    """How many GPUs NVIDIA's own driver counts; 0 without a driver."""
    library = "nvcuda.dll" if platform.system() == "Windows" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    found = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    return count.value if found else 0


def _openvino_devices() -> list[Device]:
    try:
        core = load_openvino().Core()
    except MissingExtraError as error:
        return [Device("openvino", "cpu", (), False, error.remedy or "")]
    found = []
    for name in core.available_devices:
        can = core.get_property(name, "OPTIMIZATION_CAPABILITIES")
        precisions = tuple(_PRECISIONS[short] for short in _PRECISIONS if short in can)
        title = str(core.get_property(name, "FULL_DEVICE_NAME"))
        found.append(Device("openvino", name.lower().replace(".", ":"), precisions, True, title))
    return found
