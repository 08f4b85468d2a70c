"""Distillation: backbones learn to answer with the teachers' features, on procedural images alone.

    python -m pretraining.distil --teachers FOLDER --out runs/first --depths 3 1 2 --hours 1.2

Run the same line again to go on from the last checkpoint: the learning rate follows the share of the budget that is
spent, over all sittings. An hour is an hour of all its threads (processor time divided by `--threads`), so that a
sitting beside other work counts for what it got. `--hours` may be raised between sittings. SIGTERM and Ctrl-C write
a checkpoint and end. With `--packaged` a depth whose checkpoint is gone goes on from the packaged weights.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin would burn a shared machine

import numpy as np
import torch
from torch import nn

from pretraining.checkpoint import read_checkpoint, write_checkpoint, write_weights, written
from pretraining.sitting import Sitting
from pretraining.students import Student
from pretraining.supply import Supply
from pretraining.targets import MARGIN, Standard, TeacherMaps, window
from sightmill.nn.pretrained import load_backbone, provenance

TAPS = (
    "v1.conv3_1",
    "v1.conv4_1",
    "v1.conv5_5",
    "v1.conv5_6",
    "v2.block_5",
    "v2.block_6_expand",
    "v2.block_12",
    "v2.block_13_expand",
)
SIZES = {96: 0.4, 128: 0.4, 160: 0.2}
WARM_UP = 0.02  # of the budget


class Run(Sitting[np.ndarray]):
    """Everything that a distillation holds, from the first step to the last checkpoint."""

    def __init__(self, flags: argparse.Namespace) -> None:
        super().__init__(flags.out, hours=flags.hours, threads=flags.threads)
        self.flags = flags
        self.device = torch.device(flags.device)
        torch.set_num_threads(flags.threads)
        torch.manual_seed(flags.seed)
        self.teachers = TeacherMaps(
            flags.teachers, flags.taps, engine=flags.engine, device=self.device, threads=flags.threads
        )
        taps = self.teachers.taps
        students = nn.ModuleDict({f"depth{depth}": Student(depth, taps) for depth in flags.depths})
        standards = nn.ModuleList(Standard(tap.channels) for tap in taps)
        self.modules = nn.ModuleDict({"students": students, "standards": standards})
        self.modules.to(self.device, memory_format=torch.channels_last)
        self.parameters = [p for p in self.modules.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.parameters, lr=flags.rate, weight_decay=0.01, foreach=True)
        self.steps, self.images = 0, 0
        self.began = 0.0  # seconds that were spent when the cosine began
        self.figures: dict[str, dict[str, float]] = {}
        self.earlier: list[dict[str, Any]] = []  # what was trained together before, and until when
        # Errors since the log's last line, and how many steps and images they are of.
        self.sums: dict[str, torch.Tensor] = {}
        self.counts = [0, 0]
        if self.file.exists():
            self._resume()
        elif flags.packaged:
            self._go_on_from_packaged()

    def _resume(self) -> None:
        facts = read_checkpoint(self.file, self.modules, self.optimiser)
        self.steps, self.images = facts["steps"], facts["images"]
        self.seconds, self.sittings = facts["seconds"], facts["sittings"] + 1
        self.figures = facts["explained"]
        self.earlier = facts.get("earlier", [])
        self.began = facts.get("began", 0.0)
        if facts["depths"] != self.flags.depths:
            self.earlier.append({name: facts[name] for name in ("depths", "images", "seconds")})
        self.say(f"resumed at step {self.steps}, {self.images} images, {self.seconds / 3600:.2f} h")

    def _go_on_from_packaged(self) -> None:
        """Without their checkpoint: the projections are learnt anew, and the rate starts a cosine of its own."""
        (depth,) = self.flags.depths
        card = provenance(f"depth{depth}")
        if card is None:
            raise SystemExit(f"There are no packaged weights of depth {depth} to go on from.")
        student = self.modules["students"][f"depth{depth}"]
        for backbone in (student.backbone, student.average):
            load_backbone(backbone)
        self.steps, self.images = card["steps"], card["images_seen"]
        scale = 3600 * int(card["machine"].split()[1]) / self.flags.threads  # this run's seconds for an hour of theirs
        seconds, images = 0.0, 0
        alone = {"depths": [depth], "hours": card["hours"], "images": card["images_seen"]}
        for stage in card.get("stages", [alone]):
            seconds, images = seconds + stage["hours"] * scale, images + stage["images"]
            self.earlier.append({"depths": stage["depths"], "images": images, "seconds": seconds})
        self.seconds = self.began = seconds
        if self.hours * 3600 <= seconds:
            raise SystemExit(
                f"--hours counts from the start: the packaged weights took {seconds / 3600:.2f} h; ask for more."
            )
        self.say(f"depth {depth} as packaged: {self.images} images, {self.seconds / 3600:.2f} h")

    def spent(self) -> float:
        """The share of the budget that is spent since the cosine began."""
        return min((self.seconds - self.began) / max(self.hours * 3600 - self.began, 1.0), 1.0)

    def translating(self) -> bool:
        """Whether only the projections learn: new ones would spoil what a packaged backbone knows."""
        return self.began > 0 and self.spent() < WARM_UP

    def rate(self) -> float:
        """The learning rate now: a linear warm-up, then half a cosine down to 0.2 % over the budget."""
        spent = self.spent()
        risen = (spent - WARM_UP * (self.began > 0)) / WARM_UP  # the projections come first
        warm = 1.0 if self.translating() else min(1.0, max(risen, 1e-3), (self.steps + 1) / 20)
        return self.flags.rate * warm * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * spent)))

    def step(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """One batch ``(B, H + 8, W + 8, 3)`` uint8: every student takes one step; errors of each ``(taps,)``."""
        images = batch.to(self.device).permute(0, 3, 1, 2).float().div_(255)
        if torch.rand(()) < 0.5:
            images = images.flip(-1)
        with torch.no_grad():
            maps = self.teachers(images)
            targets = [norm(features) for norm, features in zip(self.modules["standards"], maps, strict=True)]
        seen = window(images, "student").contiguous(memory_format=torch.channels_last)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        errors: dict[str, torch.Tensor] = {}
        for name, student in self.modules["students"].items():
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                losses = student.losses(seen, targets)
            losses.sum().backward()  # students share nothing, so one after another needs the least memory
            if self.translating():
                student.backbone.zero_grad(set_to_none=True)
            nn.utils.clip_grad_norm_([p for p in student.parameters() if p.grad is not None], 5.0)
            errors[name] = losses.detach()
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        for student in self.modules["students"].values():
            student.follow(self.steps)
        self.steps += 1
        self.images += len(batch)
        return errors

    def checkpoint(self) -> None:
        facts = {
            "steps": self.steps,
            "images": self.images,
            "seconds": self.seconds,
            "hours_planned": self.flags.hours,
            "sittings": self.sittings,
            "seed": self.flags.seed,
            "depths": self.flags.depths,
            "earlier": self.earlier,
            "began": self.began,
            "taps": self.flags.taps,
            "sizes": {str(side): share for side, share in SIZES.items()},
            "rate": self.flags.rate,
            "batch_pixels": self.flags.batch * 128 * 128,
            "device": self.flags.device,
            "threads": self.flags.threads,
            "explained": self.figures,
            "command": " ".join(["python", "-m", "pretraining.distil", *sys.argv[1:]]),
        }
        write_checkpoint(self.file, self.modules, self.optimiser, facts)
        for name, student in self.modules["students"].items():
            write_weights(self.out / f"{name}.safetensors", student.average.state_dict())
        written(self.out / "run.json", json.dumps(facts, indent=2).encode())

    def learn(self, lesson: np.ndarray) -> None:
        errors = self.step(torch.from_numpy(lesson))
        self.sums = {name: self.sums.get(name, 0) + value for name, value in errors.items()}
        self.counts = [self.counts[0] + 1, self.counts[1] + len(lesson)]

    def describe(self, seconds: float) -> None:
        count, images = self.counts
        for name, total in self.sums.items():
            explained = (1 - total / count).tolist()
            taps = [tap.name for tap in self.teachers.taps]
            self.figures[name] = {tap: round(value, 4) for tap, value in zip(taps, explained, strict=True)}
            shown = " ".join(f"{tap}={value:.3f}" for tap, value in self.figures[name].items())
            mean = sum(explained) / len(explained)
            self.say(
                f"{name} explained {mean:.3f} | {shown} | step {self.steps} images {self.images} "
                f"({images / seconds:.1f}/s) rate {self.rate():.2e} spent {self.seconds / 3600:.3f} h"
            )

        self.sums, self.counts = {}, [0, 0]

    def go(self) -> None:
        supply = iter(
            Supply(
                sizes=SIZES,
                pixels=self.flags.batch * 128 * 128,
                margin=MARGIN,
                painters=self.flags.painters,
                seed=self.flags.seed + 7919 * self.sittings,
            )
        )
        self.attend(supply)
        supply.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teachers", type=Path, required=True, help="folder with the teachers' archives")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run; an old run there goes on")
    parser.add_argument("--depths", type=int, nargs="+", default=[3])
    parser.add_argument("--hours", type=float, required=True, help="budget over all sittings, in hours of all threads")
    parser.add_argument("--packaged", action="store_true", help="begin with the packaged weights of one depth")
    parser.add_argument("--taps", nargs="+", default=list(TAPS))
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=32, help="images of 128 x 128 in a batch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--painters", type=int, default=1, help="processes that paint images")
    parser.add_argument("--engine", choices=["openvino", "torch"], default="openvino", help="runs the teachers")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (then --engine torch)")
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    if flags.packaged and len(flags.depths) != 1:
        parser.error("--packaged goes on with one depth alone.")
    if flags.device != "cpu" and flags.engine == "openvino":
        parser.error("OpenVINO's teachers run on the processor; add --engine torch.")
    Run(flags).go()


if __name__ == "__main__":
    main()
