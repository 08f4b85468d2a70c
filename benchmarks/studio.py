"""Frame times of the studio's label view on an image of 12 megapixels, in Chromium without a graphics card.

    python -m benchmarks.studio

Needs Node with the packages of `studio/` (`npm ci` there), Chromium, and the studio built (`npm run build`). Each row
is a gesture of four seconds: the time between frames and the time that the page itself works in one, median and 95th
percentile. The empty page says what the machine gives at that moment; 60 frames a second are 16.7 ms. With ``--write``
the table replaces its section in RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.keeping import replaced
from benchmarks.machine import described

ROOT = Path(__file__).parents[1]


def measured() -> dict[str, dict[str, list[float]]]:
    """Milliseconds of each gesture, by its name: ``frame`` and ``work``."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "frames.json"
        given = os.environ | {"FRAMES_OUT": str(out)}
        given.setdefault("SIGHTMILL_PYTHON", sys.executable)
        command = ["npx", "playwright", "test", "--config", "e2e/frames.config.ts"]
        subprocess.run(command, cwd=ROOT / "studio", env=given, check=True, stdout=sys.stderr)
        found: dict[str, dict[str, list[float]]] = json.loads(out.read_text("utf8"))
        return found


def table(times: dict[str, dict[str, list[float]]]) -> str:
    """The rows in Markdown."""
    lines = [
        "| gesture | frame, median | frame, 95 % | work, median | work, 95 % |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, each in times.items():
        figures = [f"{np.percentile(each[key], share):.1f} ms" for key in ("frame", "work") for share in (50, 95)]
        lines.append(f"| {name} | {' | '.join(figures)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    text = table(measured())
    print(text)
    if given.write:
        title = "## Frames of the label view"
        replaced(title, f"{title}\n\nOn {date.today()}, {described()}.\n\n{text}\n")


if __name__ == "__main__":
    main()
