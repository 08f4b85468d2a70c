"""The five network depths, beside the teachers: size, arithmetic, and milliseconds on a processor.

    python -m benchmarks.backbones --teachers FOLDER

Each network answers with its four feature maps of one image, batch normalisations folded, through the package's own
export and runtime. int8 is made by NNCF, or by ONNX Runtime where NNCF is missing. What is compared is timed in turns,
many rounds of a few runs each. A run counts only where the system took no processor away from it and matrix products
before and after were nearly as fast as ever, so that nothing else ran beside it; the median of those is told. With
``--write`` the table replaces the section of that name in RESULTS.md and the one in docs/concepts/features.md.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from pretraining.images import Painter
from pretraining.teachers import load_teachers
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.keeping import replaced, told
from benchmarks.machine import described, gemm_peak
from benchmarks.transfer.networks import TEACHERS
from sightmill.errors import DeviceError, MissingExtraError
from sightmill.export.onnx import to_onnx
from sightmill.imaging.view import View
from sightmill.nn.backbones import DEPTHS, STRIDES, Backbone, calibrate_statistics
from sightmill.nn.pretrained import WEIGHTS, load_backbone
from sightmill.runtime.engines import load_openvino
from sightmill.runtime.session import Session

TITLE = "## The backbones: size and speed"

#: column of the table -> engine, precision, whether the graph is the quantised one.
WAYS = {
    "ONNX Runtime fp32": ("onnxruntime", "float32", False),
    "OpenVINO f32": ("openvino", "float32", False),
    "OpenVINO bf16": ("openvino", "bfloat16", False),
    "ONNX Runtime int8": ("onnxruntime", "float32", True),
    "OpenVINO int8": ("openvino", "float32", True),
}
FIRST = next(iter(WAYS))
#: What depths may cost at 256 x 256 pixels in ONNX Runtime fp32 on two cores, milliseconds.
LIMITS = {1: 3.0, 3: 12.0}

#: Seconds until NumPy's threads have stopped spinning.
CALM = 0.2
#: Seconds and least runs between two matrix products, after one run that is not counted.
SHARE, LEAST = 0.02, 2
#: Sides of the product that stands guard, the share of its best speed that is quiet, and runs that must count.
GUARD, QUIET, ENOUGH = 512, 0.85, 12

Pixels = npt.NDArray[np.float32]
LEFT, RIGHT = torch.rand(2, GUARD, GUARD, generator=torch.Generator().manual_seed(0))


class Maps(nn.Module):
    """A network's feature maps, named by their strides, as the exporter wants them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {f"stride{stride}": level for stride, level in zip(STRIDES, self.network(image), strict=True)}


@dataclass(frozen=True)
class Run:
    """One image through one network, seconds, and how much it was disturbed.

    Parameters
    ----------
    guard : seconds of the slower one of the matrix products before and after.
    lost : how often the system took a processor away from it, for others to use.
    """

    seconds: float
    guard: float
    lost: int

    def quiet(self, best: float) -> bool:
        """Whether it counts, where the fastest product of all took `best` seconds."""
        return not self.lost and self.guard <= best / QUIET


@dataclass
class Row:
    """One network: its facts, and for each way its session or the reason why there is none, and its runs."""

    name: str
    channels: int
    parameters: int
    gflop: float
    megabytes: float
    sessions: dict[str, Session] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def seconds(self, way: str, best: float) -> list[float]:
        """Of the runs that count, or of the least disturbed few where the machine never was quiet enough."""
        ordered = sorted(self.runs[way], key=lambda run: (run.lost, run.guard))
        quiet = sum(run.quiet(best) for run in ordered)
        return (
            [run.seconds for run in ordered if run.quiet(best)]
            if quiet >= ENOUGH
            else [run.seconds for run in ordered[:ENOUGH]]
        )


def networks(depths: list[int], teachers: Path | None, images: Tensor) -> Iterator[tuple[str, int, nn.Module, float]]:
    """Name, input channels, network, and megabytes of its parameters as they are (or would be) in the package."""
    for depth in depths:
        for channels in (1, 3):
            backbone = Backbone(depth=depth, channels=channels)
            if not load_backbone(backbone):
                calibrate_statistics(backbone, [images[:, :channels]])  # quantising needs values of a usual size
            file = WEIGHTS / f"depth{depth}.safetensors"
            there = file.stat().st_size if file.exists() else 2 * sum(map(torch.numel, backbone.state_dict().values()))
            yield f"depth {depth}", channels, backbone.eval(), there / 1e6
    if teachers is not None:
        for name, taps in TEACHERS.items():
            (teacher,) = load_teachers(teachers, taps).values()
            yield name, 3, teacher, 2 * sum(map(torch.numel, teacher.parameters())) / 1e6


@torch.no_grad()
def counted(network: nn.Module, image: Tensor) -> float:
    """GFLOP for one image; a multiplication with its addition counts as two."""
    with FlopCounterMode(display=False) as counter:
        network(image)
    return float(counter.get_total_flops()) / 1e9


@cache
def load_nncf() -> Any:
    """The package `nncf`, imported without its telemetry; None where it is not installed."""
    try:
        load_openvino()
        # NNCF too would report to Intel: its telemetry must not be found when it is imported.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # Python's way to say so
        return importlib.import_module("nncf")
    except (MissingExtraError, ImportError):
        return None
    finally:
        sys.modules.pop("openvino_telemetry", None)


def quantised(graph: bytes, images: Pixels) -> bytes:
    """The graph in int8, its ranges from these images ``(N, C, H, W)``."""
    batches = [images[[index]] for index in range(len(images))]
    nncf = load_nncf()
    if nncf is None:
        return _quantised_by_onnxruntime(graph, batches)
    nncf.set_log_level(logging.ERROR)
    data = nncf.Dataset([{"image": batch} for batch in batches])
    model = nncf.quantize(onnx.load_model_from_string(graph), data, subset_size=len(batches))
    made: bytes = model.SerializeToString()
    return made


def _quantised_by_onnxruntime(graph: bytes, batches: list[Pixels]) -> bytes:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # the package has no types
        def __init__(self) -> None:
            self.waiting = iter(batches)

        def get_next(self) -> dict[str, Pixels] | None:
            batch = next(self.waiting, None)
            return None if batch is None else {"image": batch}

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "int8.onnx"
        quantize_static(
            onnx.load_model_from_string(graph), file, Reader(), quant_format=QuantFormat.QDQ, per_channel=True
        )
        return file.read_bytes()


def graphs(network: nn.Module, label: str, images: Pixels, folder: Path | None) -> tuple[bytes, bytes]:
    """The network in ONNX, plain and in int8: those that stand in the folder; made, and put there, when they do not."""
    plain, small = (folder / f"{label}{end}" if folder else None for end in (".onnx", ".int8.onnx"))
    if plain and small and plain.exists() and small.exists():
        return plain.read_bytes(), small.read_bytes()
    view = View(width=images.shape[3], height=images.shape[2], channels=1 if images.shape[1] == 1 else 3)
    graph = to_onnx(Maps(network), view, tuple(f"stride{stride}" for stride in STRIDES))
    int8 = quantised(graph, images)
    for file, content in ((plain, graph), (small, int8)):
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    return graph, int8


def opened(given: argparse.Namespace) -> list[Row]:
    """Every network, exported, quantised, and opened in every way that this machine has."""
    paintings = Painter(0, pool=16).batch(given.calibration, given.size).astype(np.float32) / 255
    images = torch.from_numpy(paintings).permute(0, 3, 1, 2).contiguous()
    rows = []
    for name, channels, network, megabytes in networks(given.depths, given.teachers, images):
        label = f"{name} {channels} {given.size}".replace(" ", "_")
        graph, int8 = graphs(network, label, images[:, :channels].contiguous().numpy(), given.networks)
        size = sum(map(torch.numel, network.parameters()))
        row = Row(name, channels, size, counted(network, images[:1, :channels]), megabytes)
        for way, (engine, precision, is_int8) in WAYS.items():
            try:
                session = Session(int8 if is_int8 else graph, engine=engine, precision=precision, threads=given.threads)
            except (DeviceError, MissingExtraError) as error:
                row.missing[way] = "no" if isinstance(error, DeviceError) else "not installed"
            else:
                row.sessions[way], row.runs[way] = session, []
        rows.append(row)
    return rows


def guard() -> float:
    """Seconds of one matrix product, by PyTorch: NumPy's threads would spin for a while, and disturb what follows."""
    start = time.perf_counter()
    torch.mm(LEFT, RIGHT)
    return time.perf_counter() - start


def switches() -> int:
    """How often the system took a processor away from a thread of this process that still needed it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def timed(rows: list[Row], size: int, rounds: int) -> float:
    """Fill the rows' runs; returns the GFLOP/s of a large matrix product, the best of all rounds."""
    rng = np.random.default_rng(0)
    images = {channels: rng.random((1, channels, size, size), dtype=np.float32) for channels in (1, 3)}
    peak = 0.0
    for _ in range(rounds):
        peak = max(peak, gemm_peak(turns=3))
        time.sleep(CALM)
        for row in rows:
            for way, session in row.sessions.items():
                session.run(images[row.channels])
                before, began = guard(), time.perf_counter()
                found: list[tuple[float, int]] = []
                while len(found) < LEAST or time.perf_counter() - began < SHARE:
                    lost, start = switches(), time.perf_counter()
                    session.run(images[row.channels])
                    found.append((time.perf_counter() - start, switches() - lost))
                slower = max(before, guard())
                row.runs[way] += [Run(seconds, slower, lost) for seconds, lost in found]
    return peak


@dataclass
class Figures:
    """What the rows say: milliseconds by network and way, and how sure they are."""

    milliseconds: dict[tuple[str, int, str], float]
    spread: float
    quiet: float

    @classmethod
    def of(cls, rows: list[Row]) -> Figures:
        runs = [run for row in rows for found in row.runs.values() for run in found]
        best = min(run.guard for run in runs)
        middles, spreads = {}, []
        for row in rows:
            for way in row.sessions:
                low, middle, high = statistics.quantiles(row.seconds(way, best), n=4)
                middles[row.name, row.channels, way] = 1000 * middle
                spreads.append((high - low) / middle)
        quiet = sum(run.quiet(best) for run in runs) / len(runs)
        return cls(middles, statistics.median(spreads), quiet)


def table(rows: list[Row], figures: Figures, peak: float) -> list[str]:
    """The rows in Markdown."""
    heads = ["network", "input", "parameters", "MB", "GFLOP", FIRST, "of GEMM peak", *list(WAYS)[1:]]
    lines = ["| " + " | ".join(heads) + " |", "| --- | --- |" + " ---: |" * (len(heads) - 2)]
    for row in rows:
        took = {way: figures.milliseconds[row.name, row.channels, way] for way in row.sessions}
        cells = {way: f"{one:.1f} ms" for way, one in took.items()} | row.missing
        words = [
            row.name,
            "gray" if row.channels == 1 else "colour",
            f"{row.parameters / 1e6:.2f} M",
            f"{row.megabytes:.1f}",
            f"{row.gflop:.2f}",
            cells[FIRST],
            f"{1000 * row.gflop / took[FIRST] / peak:.0%}",
            *(cells[way] for way in list(WAYS)[1:]),
        ]
        lines.append("| " + " | ".join(words) + " |")
    return lines


def verdicts(figures: Figures) -> list[str]:
    """Whether the depths that promise a time keep it, in colour, which is the slower."""
    said = []
    for depth, limit in LIMITS.items():
        took = figures.milliseconds.get((f"depth {depth}", 3, FIRST))
        if took is not None:
            word = "within" if took <= limit else "above"
            said.append(f"Depth {depth} takes {took:.1f} ms in colour: {word} its limit of {limit:.0f} ms.")
    return said


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", type=int, nargs="+", default=list(DEPTHS), choices=list(DEPTHS))
    parser.add_argument("--teachers", type=Path, help="folder of the teachers' archives; without, they are left out")
    parser.add_argument("--size", type=int, default=256, help="sides of the image, pixels")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calibration", type=int, default=24, help="painted images that int8 takes its ranges from")
    parser.add_argument("--networks", type=Path, help="keep the exported networks here, and take those that are there")
    parser.add_argument("--export-only", action="store_true", help="export into --networks, and measure nothing")
    parser.add_argument("--write", action="store_true", help="replace the table in RESULTS.md and in the documentation")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    rows = opened(given)
    if given.export_only:
        return
    timed(rows, given.size, 1)
    for row in rows:
        row.runs = {way: [] for way in row.sessions}  # the first round only warms up
    peak = timed(rows, given.size, given.rounds)
    nncf = load_nncf()
    maker = f"NNCF {nncf.__version__}" if nncf else f"ONNX Runtime {onnxruntime.__version__}"
    figures = Figures.of(rows)
    lines = [
        *table(rows, figures, peak),
        "",
        f"One image of {given.size} x {given.size} pixels on {given.threads} threads, medians of {given.rounds} rounds "
        f"in turns ({figures.quiet:.0%} of the runs were undisturbed and count; quartiles of one network's runs lie "
        f"{figures.spread:.0%} apart), {date.today().isoformat()}; {described()}, float32 GEMM {peak:.0f} GFLOP/s. "
        f"MB: in half precision. int8: by {maker}. *no*: this processor does not have it.",
        "",
        *verdicts(figures),
    ]
    print("\n".join(lines))
    if given.write:
        command = " ".join(["python -m benchmarks.backbones", *sys.argv[1:]])
        replaced(TITLE, "\n".join([TITLE, "", f"`{command}`", "", *lines, ""]))
        told("concepts/features.md", "python -m benchmarks.backbones --write", lines)


if __name__ == "__main__":
    main()
