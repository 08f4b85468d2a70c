"""The log of distillations as a table for the documentation: how much was explained after how many images.

    python -m pretraining.history runs/first runs/three --write

Runs that went on from one another are named in their order. With ``--write`` the table replaces the one in
docs/concepts/pretraining.md.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "concepts" / "pretraining.md"
FROM, TO = "<!-- python -m pretraining.history: from here -->", "<!-- to here -->"
LINE = re.compile(
    r"(?P<name>depth\d) explained (?P<mean>[\d.]+) \| (?P<taps>.*) \| step \d+ images (?P<images>\d+) "
    r".*rate (?P<rate>\S+) spent (?P<hours>[\d.]+) h"
)


@dataclass(frozen=True)
class Entry:
    """One line of a log: about a minute of one student."""

    name: str
    mean: float
    images: int
    rate: float
    hours: float


def entries(logs: Iterable[Path]) -> list[Entry]:
    """Every line that tells a figure, in the order of the images seen."""
    found = [
        Entry(line["name"], float(line["mean"]), int(line["images"]), float(line["rate"]), float(line["hours"]))
        for log in logs
        for line in LINE.finditer(log.read_text(encoding="utf-8"))
    ]
    return sorted(found, key=lambda entry: entry.images)


def table(found: list[Entry], rows: int) -> list[str]:
    """Markdown: a row for each of `rows` equal spans of images, the mean of what was logged in it for each student."""
    names = sorted({entry.name for entry in found})
    last = found[-1].images
    lines = [
        "| images | hours | learning rate | " + " | ".join(name.replace("depth", "depth ") for name in names) + " |",
        "|" + " --- |" * (3 + len(names)),
    ]
    for row in range(rows):
        span = [entry for entry in found if row * last < entry.images * rows <= (row + 1) * last]
        if not span:
            continue
        cells = []
        for name in names:
            means = [entry.mean for entry in span if entry.name == name]
            cells.append(f"{sum(means) / len(means):.3f}" if means else "-")
        end = span[-1]
        lines.append(f"| {end.images} | {end.hours:.2f} | {end.rate:.1e} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of distillations")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--write", action="store_true", help="replace the table in the documentation")
    flags = parser.parse_args()
    text = "\n".join(table(entries(run / "log.txt" for run in flags.runs), flags.rows))
    print(text)
    if flags.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(FROM)
        PAGE.write_text(f"{before}{FROM}\n\n{text}\n\n{TO}{rest.split(TO, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
