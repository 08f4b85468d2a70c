"""What one image costs: every method that is descended, from pixels to decoded result, on a processor.

    python -m benchmarks.speed --write

Networks start from the packaged features, and answer one image of 512 x 512 pixels through the package's own export
and ONNX Runtime. No training is needed: what is decoded is what a perfect network says about drawn objects. All are
timed in turns, and medians are told; the share of the processor's best matrix product says what limits the network.
The objects are a fifth of the image wide; of detectors that look for smaller ones than 20 pixels, finer maps answer as
well, which takes longer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from benchmarks.backbones import counted
from benchmarks.keeping import shown
from benchmarks.machine import described, gemm_peak
from sightmill.export.onnx import to_onnx
from sightmill.methods.catalogue import named
from sightmill.methods.contract import Method
from sightmill.runtime.session import Session
from sightmill.training.toys import toy_dataset

#: Methods, and what they may cost at depth 2, milliseconds.
LIMITS = {
    "semantic_segmentation": 80.0,
    "edge_extraction": None,
    "object_detection": 60.0,
    "oriented_detection": 60.0,
    "instance_segmentation": None,
    "point_location": None,
    "classification": None,
    "multi_label_classification": None,
}
#: Seconds until NumPy's threads have stopped spinning, and runs of a round.
CALM, RUNS = 0.2, 3
#: The steps that are timed.
STEPS = ("view", "network", "decode")


@dataclass
class Row:
    """One method at one depth: its acts, and the seconds of each."""

    method: str
    depth: int
    gflop: float
    acts: dict[str, Callable[[], Any]]
    seconds: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})

    def milliseconds(self, step: str) -> float:
        """Median of a step."""
        return 1000 * statistics.median(self.seconds[step])

    @property
    def total(self) -> float:
        """Milliseconds of all steps."""
        return sum(map(self.milliseconds, STEPS))


def opened(method: str, depth: int, size: int, threads: int) -> Row:
    """A method's network for images of this size, its graph opened, and its acts on a drawn image."""
    face: Method[Any, Any] = named(method)
    samples = [one for one in toy_dataset(face.learns_from, count=2, size=(size, size)) if one.split == "train"]
    asked = {"network_depth": depth, "image_size": size, "device": "cpu"}
    if "scale" in face.Training.model_fields:
        asked["scale"] = 100.0
    training = face.resolve(samples, face.Training.of(asked))
    labels, view = face.labels(samples, training), face.view(training, samples)
    learner = face.learner(training, labels, view)
    network = learner.network.eval()
    sample = samples[-1]
    image, frame, inference = sample.read(), view.frame(sample.size), face.Inference()
    planes = view.normalise(view.pixels(image, frame))
    with torch.no_grad():
        said = network(torch.from_numpy(planes))
    names = tuple(name for name in said if name[0] != "_")
    session = Session(to_onnx(network, view, names), threads=threads)
    targets = learner.encode(sample, frame)
    perfect = {name: part.numpy() for name, part in learner.ideal(targets).items()}
    raw = {name: perfect.get(name, values) for name, values in session.run(planes).items()}
    acts: dict[str, Callable[[], Any]] = {
        "view": lambda: view.normalise(view.pixels(image, view.frame(sample.size))),
        "network": lambda: session.run(planes),
        "decode": lambda: face.decode(raw, frame, labels, inference),
    }
    return Row(method, depth, counted(network, torch.from_numpy(planes)), acts)


def timed(rows: list[Row], rounds: int) -> float:
    """Fill the rows' seconds, in turns; returns the GFLOP/s of a large matrix product, the best of all rounds."""
    peak = 0.0
    for _ in range(rounds):
        peak = max(peak, gemm_peak(turns=3))
        time.sleep(CALM)
        for row in rows:
            for step, act in row.acts.items():
                act()
                for _ in range(RUNS):
                    started = time.perf_counter()
                    act()
                    row.seconds[step].append(time.perf_counter() - started)
    return peak


def table(rows: list[Row], peak: float) -> list[str]:
    """The rows in Markdown."""
    lines = [
        "| method | depth | GFLOP | view | network | of GEMM peak | decode | in all | limit |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        view, network, decode = map(row.milliseconds, STEPS)
        limit = LIMITS[row.method] if row.depth == 2 else None
        told = "" if limit is None else f"{limit:.0f} ms: {'held' if row.total <= limit else 'not held'}"
        lines.append(
            f"| {row.method} | {row.depth} | {row.gflop:.1f} | {view:.1f} ms | {network:.1f} ms | "
            f"{1000 * row.gflop / network / peak:.0%} | {decode:.1f} ms | {row.total:.1f} ms | {told} |"
        )
    return lines


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=list(LIMITS), choices=list(LIMITS), metavar="METHOD")
    parser.add_argument("--depths", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--size", type=int, default=512, help="sides of the image, pixels")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    rows = [opened(method, depth, given.size, given.threads) for method in given.methods for depth in given.depths]
    timed(rows, 1)
    for row in rows:
        row.seconds = {step: [] for step in STEPS}  # the first round only warms up
    peak = timed(rows, given.rounds)
    title = f"## What one image costs, {given.size} x {given.size} pixels"
    head = (
        f"`{' '.join(['python -m benchmarks.speed', *sys.argv[1:]])}`, {date.today().isoformat()}; {described()}; "
        f"ONNX Runtime fp32, {given.threads} threads, medians of {given.rounds * RUNS} runs in turns; float32 GEMM "
        f"{peak:.0f} GFLOP/s."
    )
    shown(title, head, table(rows, peak), write=given.write)


if __name__ == "__main__":
    main()
