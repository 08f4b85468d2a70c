"""The fast variant of anomaly detection against its limits: how long it trains, and how long one image takes.

    python -m benchmarks.fast --write

Training is timed as a user sees it: the command from its start to its end, with Python's own start, reading, export and
calibration, on 200 drawn gray images of 512 x 512 pixels. Then images of 256 x 256 pixels are answered by a model of
theirs, from pixels to the decision: a good one, and one with a hole whose outline is cut out as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.anomaly.drawn import rubber
from benchmarks.keeping import shown
from benchmarks.machine import described, gemm_peak
from sightmill.runtime.model import Model

#: Images that teach, sides of those that training is timed with and of the single ones, and the limits.
IMAGES, LARGE, SMALL = 200, 512, 256
TRAINING_SECONDS, IMAGE_MS = 60.0, 15.0
#: Where the hole is, on the part.
HOLE = (SMALL // 2 + 60, SMALL // 2)
#: Images that are answered to warm up, and that are timed at a stretch.
WARM, RUNS = 5, 20

TITLE = "## The fast variant against its limits"


def picture(seed: int, side: int) -> npt.NDArray[np.uint8]:
    """The middle of a drawn rubber part, gray."""
    pixels, _ = rubber(np.random.default_rng(seed), "")
    top, left = ((length - LARGE) // 2 for length in pixels.shape[:2])
    gray = cv2.cvtColor(pixels[top : top + LARGE, left : left + LARGE], cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def trained(folder: Path, side: int, threads: int) -> tuple[float, Path]:
    """Seconds of the command that trains on images of this size, and the model."""
    data, model = folder / f"images{side}", folder / f"{side}.sightmill"
    good = data / "train" / "good"
    if not good.is_dir():
        good.mkdir(parents=True)
        for index in range(IMAGES):
            cv2.imwrite(str(good / f"{index:03}.png"), picture(index, side))
    command = [sys.executable, "-m", "sightmill", "train", "anomaly_detection", str(data), "--output", str(model)]
    started = time.perf_counter()
    subprocess.run([*command, "--threads", str(threads), "--quiet"], check=True)
    return time.perf_counter() - started, model


def answered(model: Model, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of single answers to a good image and to one with a hole, in turns."""
    good = picture(IMAGES, SMALL)
    images = {"a good image": good, "an image with a hole": cv2.circle(good.copy(), HOLE, 6, 0, -1)}
    spent: dict[str, list[float]] = {name: [] for name in images}
    for _ in range(rounds):
        for name, image in images.items():
            for run in range(WARM + RUNS):
                started = time.perf_counter()
                model.predict(image)
                if run >= WARM:
                    spent[name].append(1000 * (time.perf_counter() - started))
    return spent


def main() -> None:
    """Measure, and print or keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trainings", type=int, default=3, help="how often training is timed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = [trained(folder, LARGE, given.threads)[0] for _ in range(given.trainings)]
        _, path = trained(folder, SMALL, given.threads)
        spent = answered(Model.load(path, threads=given.threads), given.rounds)
    limits = [(f"training on {IMAGES} images of {LARGE} x {LARGE}", seconds, "s", TRAINING_SECONDS)]
    limits += [(f"{what}, {SMALL} x {SMALL}", each, "ms", IMAGE_MS) for what, each in spent.items()]
    lines = ["| what | median | of so many | least | limit |", "| --- | ---: | ---: | ---: | ---: |"]
    for what, values, unit, limit in limits:
        middle = statistics.median(values)
        told = f"{limit:.0f} {unit}: {'held' if middle <= limit else 'not held'}"
        lines.append(f"| {what} | {middle:.1f} {unit} | {len(values)} | {min(values):.1f} {unit} | {told} |")
    command = " ".join(["python -m benchmarks.fast", *sys.argv[1:]])
    head = (
        f"`{command}`, {date.today().isoformat()}; {described()}; {given.threads} threads; float32 GEMM "
        f"{gemm_peak():.0f} GFLOP/s."
    )
    shown(TITLE, head, lines, write=given.write)


if __name__ == "__main__":
    main()
