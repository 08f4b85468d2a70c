"""Global context anomaly detection on assemblies that are drawn for it, and on the real screws.

    python -m benchmarks.assemblies                                  # all four assemblies, three seeds
    python -m benchmarks.assemblies tray cables --seeds 1            # some of them, one seed
    python -m benchmarks.assemblies --screws ../shared/data/screws_presence --write

Each set is drawn from its seed, learnt from good images only, with defaults, and tested on images that nothing was
chosen on: settings were chosen on seed 0, the figures are those of other seeds. ``--method`` tries another method on
the same images. Figures are kept in a JSON file beside the command, so that a cut run goes on; ``--again`` measures
anew. The tables are printed and, with ``--write``, kept in RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from benchmarks.assemblies.measures import SCREWS, Figures, measured, table
from benchmarks.assemblies.sets import ASSEMBLIES
from benchmarks.keeping import replaced
from benchmarks.machine import described

METHOD = "global_context_anomaly_detection"


def main() -> None:
    """Draw, train, test, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help=f"of {', '.join(ASSEMBLIES)}; all when none is named")
    parser.add_argument("--train", type=int, default=150, help="good images to learn from, a fifth of them to validate")
    parser.add_argument("--good", type=int, default=40, help="good test images")
    parser.add_argument("--each", type=int, default=10, help="test images of each defect")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--method", default=METHOD)
    parser.add_argument("--screws", type=Path, help="folder screws_presence: learn complete blocks, find the others")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--flags", nargs="*", default=[], metavar="NAME=VALUE", help="training settings")
    parser.add_argument("--keep", type=Path, help="folder that keeps pictures and models, for a cut run to go on")
    parser.add_argument("--again", action="store_true", help="measure anew what the file has")
    parser.add_argument("--file", type=Path, help="figures so far [beside this command]")
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    given = parser.parse_args()
    flags = {"threads": given.threads, "device": "cpu", "precision": "float32"}
    flags |= dict(flag.split("=", 1) for flag in given.flags)
    names = given.sets or ([] if given.screws else list(ASSEMBLIES))
    names += [SCREWS] * bool(given.screws)
    file = given.file or Path(__file__).with_name(f"{given.method}.json")
    results: dict[str, dict[str, Figures]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    with tempfile.TemporaryDirectory() as place:
        folder = given.keep or Path(place)
        folder.mkdir(exist_ok=True, parents=True)
        for seed in given.seeds:
            for name in names:
                if str(seed) in results.get(name, {}) and not given.again:
                    continue
                started = time.monotonic()
                counts = (given.train, given.good, given.each)
                found = measured(name, seed, given.method, flags, counts, given.screws, folder)
                results.setdefault(name, {})[str(seed)] = found
                file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
                figures = ", ".join(f"{group} {found[f'{group} combined']}" for group in ("logical", "structural"))
                print(f"{name}, seed {seed}: {figures}, {time.monotonic() - started:.0f} s", flush=True)
    title = f"## Assemblies and screws: {given.method}"
    where = f"`python -m benchmarks.assemblies`, {date.today().isoformat()}; {described()}"
    section = "\n".join([title, "", f"{where}; mean ± deviation over the seeds.", "", *table(results), ""])
    print(section)
    if given.write:
        replaced(title, section)


if __name__ == "__main__":
    main()
