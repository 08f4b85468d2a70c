"""Publish: the weights of a run -> the package's folder, each with its provenance card.

    python -m pretraining.publish runs/first --depths 3 1 2 --figures runs/first/probe.json
    python -m pretraining.publish runs/objects3 --depths 3 --head

`--figures` is what `pretraining.probe --json` wrote; its rows "depth N" go into the card of depth N. With `--head`
the run is one of `pretraining.objects`.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import torch

from pretraining.checkpoint import written
from pretraining.heads import HEADS, Pupil
from sightmill.nn.backbones import Backbone
from sightmill.nn.pretrained import WEIGHTS, load_backbone, load_head

TEACHERS = {
    "v1": {
        "name": "MobileNetV1 1.0, ImageNet",
        "origin": "github.com/hollance/Forge 04109c8 (MIT), from github.com/shicai/MobileNet-Caffe (BSD-3-Clause)",
    },
    "v2": {
        "name": "MobileNetV2 1.0, ImageNet",
        "origin": "github.com/google-coral/test_data 104342d (Apache-2.0)",
    },
}


def _commit() -> str:
    answer = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else "before the first commit"


def _stages(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Which depths were trained together, for how many hours of all threads, and how many images they saw."""
    ends = [*facts.get("earlier", []), facts]
    starts = [{"seconds": 0.0, "images": 0}, *ends[:-1]]
    return [
        {
            "depths": sorted(end["depths"]),
            "hours": round((end["seconds"] - start["seconds"]) / 3600, 3),
            "images": end["images"] - start["images"],
        }
        for start, end in zip(starts, ends, strict=True)
    ]


def publish(run: Path, depth: int, figures: dict[str, Any] | None, target: Path) -> None:
    """Copy one depth's weights, write the card, and prove that the package's loader takes them."""
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    used = sorted({tap.split(".")[0] for tap in facts["taps"]})
    _written(
        run,
        f"depth{depth}",
        target,
        facts,
        recipe="Feature distillation on procedural images: standardised feature maps of the teachers regressed "
        "through 1 x 1 projections, mean squared error, AdamW, warm-up and cosine; moving average of the weights. "
        "No photograph and no user data was seen in the distillation.",
        teachers=[TEACHERS[short] for short in used],
        taps=facts["taps"],
        stages=_stages(facts),
        explained_variance=facts["explained"].get(f"depth{depth}", {}),
        probe=figures or {},
    )
    for channels in (1, 3):
        backbone = Backbone(depth=depth, channels=channels).eval()
        load_backbone(backbone, folder=target)
        with torch.inference_mode():
            if not all(level.isfinite().all() for level in backbone(torch.rand(1, channels, 64, 64))):
                raise SystemExit(f"depth{depth} answers with values that are no numbers.")


#: How each head was taught, for its card.
RECIPES = {
    "detector": "Detectors with turned boxes before the frozen packaged features of this depth, on procedural scenes "
    "of things of eleven families: losses and optimiser of oriented detection, warm-up and cosine; moving average of "
    "the weights. No photograph and no user data was seen.",
    "points": "Point location before the frozen packaged features of this depth, on procedural scenes of things of "
    "eleven families, whose middles are the points: losses and optimiser of point location, warm-up and cosine; moving "
    "average of the weights. No photograph and no user data was seen.",
}


def publish_head(run: Path, depth: int, target: Path) -> None:
    """As `publish`, for a head."""
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    head = facts["head"]
    _written(
        run,
        f"{head}{depth}",
        target,
        facts,
        recipe=RECIPES[head],
        features=facts["features"],
        losses=facts["losses"],
    )
    for subject in HEADS[head]:
        network = Pupil(depth, subject).network.eval()
        with torch.inference_mode():
            answers = network(torch.rand(1, 3, 64, 64)) if load_head(network, folder=target) else {}
        if not answers or not all(answer.isfinite().all() for answer in answers.values()):
            raise SystemExit(f"{head}{depth} answers with values that are no numbers.")


def _written(run: Path, name: str, target: Path, facts: dict[str, Any], *, recipe: str, **further: Any) -> None:
    """Put weights and card into the package's folder."""
    content = (run / f"{name}.safetensors").read_bytes()
    card = {
        "file": f"{name}.safetensors",
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "Apache-2.0",
        "made": datetime.date.today().isoformat(),
        "recipe": recipe,
        "command": re.sub(r"--(teachers|out) \S+", r"--\1 FOLDER", facts["command"]),
        "commit": _commit(),
        "seed": facts["seed"],
        "images_seen": facts["images"],
        "steps": facts["steps"],
        "hours": round(facts["seconds"] / 3600, 3),
        "hours_planned": facts["hours_planned"],
        "machine": f"{facts['device']}, {facts['threads']} threads",
        **further,
    }
    target.mkdir(parents=True, exist_ok=True)
    written(target / f"{name}.safetensors", content)
    written(target / f"{name}.json", (json.dumps(card, indent=2) + "\n").encode())
    print(f"{name}: {len(content) / 1e6:.2f} MB, {card['images_seen']} images, {card['hours']} h -> {target}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a distillation")
    parser.add_argument("--depths", type=int, nargs="+", required=True)
    parser.add_argument("--figures", type=Path, help="what pretraining.probe --json wrote")
    parser.add_argument("--head", action="store_true", help="the run taught a head before these features")
    parser.add_argument("--target", type=Path, default=WEIGHTS, help="the package's folder of weights")
    flags = parser.parse_args()
    table = json.loads(flags.figures.read_text(encoding="utf-8")) if flags.figures else {}
    for depth in flags.depths:
        if flags.head:
            publish_head(flags.run, depth, flags.target)
        else:
            publish(flags.run, depth, table.get(f"depth {depth}"), flags.target)


if __name__ == "__main__":
    main()
