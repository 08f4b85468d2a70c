"""Frame times of the studio's label view on an image of 12 megapixels, in Chromium without a graphics card.

    python -m benchmarks.studio

Needs Node with the packages of `studio/` (`npm ci` there), Chromium, and the studio built (`npm run build`). Each row
is a gesture of four seconds: the time between frames, median and 95th percentile, and the processor time that the page
takes for one. The empty page says what the machine gives at that moment; 60 frames a second are 16.7 ms. With
``--write`` the table replaces its section in RESULTS.md.
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
from typing import Any

import numpy as np

from benchmarks.keeping import replaced
from benchmarks.machine import described

ROOT = Path(__file__).parents[1]


def measured() -> dict[str, dict[str, Any]]:
    """Milliseconds of each gesture, by its name: ``frame``, of each, and ``work``, on average."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "frames.json"
        given = os.environ | {"FRAMES_OUT": str(out)}
        given.setdefault("SIGHTMILL_PYTHON", sys.executable)
        command = ["npx", "playwright", "test", "--config", "e2e/frames.config.ts"]
        subprocess.run(command, cwd=ROOT / "studio", env=given, check=True, stdout=sys.stderr)
        found: dict[str, dict[str, Any]] = json.loads(out.read_text("utf8"))
        return found


def table(times: dict[str, dict[str, Any]]) -> str:
    """The rows in Markdown."""
    lines = [
        "| gesture | between frames, median | 95 % | processor time of the page for a frame |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, each in times.items():
        median, most = np.percentile(each["frame"], (50, 95))
        lines.append(f"| {name} | {median:.1f} ms | {most:.1f} ms | {each['work']:.1f} ms |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    text = table(measured())
    print(text)
    if given.write:
        title = "## Frames of the label view"
        busy = f"{os.getloadavg()[0]:.0f} processes were waiting for its cores"
        replaced(title, f"{title}\n\nOn {date.today()}, {described()}; {busy}.\n\n{text}\n")


if __name__ == "__main__":
    main()
