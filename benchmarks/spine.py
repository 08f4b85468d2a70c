"""The main job on real images, through the command line: figures, training time, milliseconds per image.

    python -m benchmarks.spine ../shared/data/magnetic_tile --depth 3 --seeds 0 1 2

For each method the data is trained, evaluated on its test split, which nothing was chosen on, and timed in the
runtime at the model's own input size (median of many single images, after a warm-up). The table is printed and, with
``--write``, replaces the section of that name in RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.keeping import replaced
from benchmarks.machine import described, gemm_peak
from sightmill.runtime.model import Model

FIGURES = {
    "classification": ("accuracy", "macro_f1", "top1_error"),
    "anomaly_detection": ("image_auroc", "image_ap", "pixel_auroc", "pixel_aupro", "false_reject_rate", "escape_rate"),
}


def says(*words: object) -> None:
    """Run ``sightmill WORDS``, as a user would."""
    subprocess.run([sys.executable, "-m", "sightmill", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def measured(method: str, data: Path, depth: int, seed: int, more: list[str], folder: Path) -> dict[str, Any]:
    """Train, evaluate and time one model."""
    model, report = folder / f"{method}-{seed}.sightmill", folder / f"{method}-{seed}.json"
    says("train", method, data, "-o", model, "--network-depth", depth, "--seed", seed, "--quiet", *more)
    says("evaluate", model, data, "--split", "test", "--json", report)
    said = json.loads(report.read_text(encoding="utf-8"))
    loaded = Model.load(model)
    times = loaded.time_per_image(30)
    return {
        "metrics": said["metrics"],
        "intervals": said["intervals"],
        "images": said["images"],
        "minutes": loaded.manifest.provenance["seconds"] / 60,
        "input": f"{loaded.view.width} x {loaded.view.height} x {loaded.view.channels}",
        "network": times["network"],
        "total": times["total"],
    }


def table(method: str, runs: list[dict[str, Any]]) -> list[str]:
    """Mean and deviation over the seeds, with the mean interval of one test."""
    lines = [
        "| figure | mean | deviation over seeds | 95 % interval of one run |",
        "| --- | --- | --- | --- |",
    ]
    for name in FIGURES[method]:
        values = [run["metrics"][name] for run in runs if name in run["metrics"]]
        if not values:
            continue
        deviation = f"{statistics.stdev(values):.4f}" if len(values) > 1 else "-"
        low, high = runs[0]["intervals"].get(name, (None, None))
        interval = "-" if low is None else f"{low:.3f} - {high:.3f}"
        lines.append(f"| `{name}` | {statistics.mean(values):.4f} | {deviation} | {interval} |")
    minutes, network, total = (statistics.median(run[key] for run in runs) for key in ("minutes", "network", "total"))
    lines += [
        "",
        f"{runs[0]['images']} test images. Training: {minutes:.1f} minutes. One image at the model's input size "
        f"({runs[0]['input']}): network {network:.1f} ms, with reading the view and decoding {total:.1f} ms "
        "(ONNX Runtime, float32; medians).",
    ]
    return lines


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--methods", nargs="+", default=list(FIGURES), choices=list(FIGURES))
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--flags", nargs=argparse.REMAINDER, default=[], help="more flags for sightmill train")
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for method in given.methods:
            runs = [measured(method, given.data, given.depth, seed, given.flags, Path(folder)) for seed in given.seeds]
            title = f"## {given.data.name}: {method}, network depth {given.depth}"
            command = " ".join(["python -m benchmarks.spine", *sys.argv[1:]])
            section = "\n".join(
                [
                    title,
                    "",
                    f"`{command}`, {date.today().isoformat()}; {described()}, float32 GEMM {gemm_peak():.0f} GFLOP/s; "
                    f"seeds {', '.join(map(str, given.seeds))}.",
                    "",
                    *table(method, runs),
                    "",
                ]
            )
            print(section)
            if given.write:
                replaced(title, section)


if __name__ == "__main__":
    main()
