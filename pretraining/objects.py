"""Heads that find things learn it on procedural scenes alone, before frozen features.

    python -m pretraining.objects --head detector --depth 3 --out runs/objects3 --hours 1
    python -m pretraining.objects --head points --depth 3 --out runs/points3 --hours 0.5

Pyramid and towers of both detectors of a depth learn in turn: that whose finest map has stride 4, for small things, and
that of stride 8. The decoder of point location learns the middles of things. What depends on the classes of a task
stays behind; the rest is published (`pretraining.publish --head`).

Run the same line again to go on from the last checkpoint: the learning rate follows the share of the budget that is
spent, over all sittings. An hour is an hour of all its threads, as in `pretraining.distil`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from pretraining.checkpoint import read_checkpoint, write_checkpoint, write_weights, written
from pretraining.heads import HEADS, SIDE, Pupil, Subject
from pretraining.images import Painter
from pretraining.scenes import Scene, scene
from pretraining.sitting import Sitting
from sightmill.nn.pretrained import provenance, shared_part

__all__ = ["Run", "Scenes", "varied"]

#: A scene is shown about so many times, mirrored and turned, while so many wait.
SHOWN, WAITING = 3, 128
WARM_UP = 0.02  # of the budget


class Lesson(NamedTuple):
    """A batch for one of the pupils: its name, images ``(B, 3, SIDE, SIDE)`` float32, targets."""

    pupil: str
    images: Tensor
    targets: dict[str, Tensor]


class Scenes(IterableDataset[Lesson]):
    """Lessons without end, for each subject in turn.

    Parameters
    ----------
    batch : scenes in a lesson.
    seed : of the first painter; a resumed run passes another one, so no scene comes twice.
    """

    def __init__(self, subjects: tuple[Subject, ...], batch: int, seed: int) -> None:
        super().__init__()
        self.subjects = subjects
        self.batch = batch
        self.seed = seed

    def __iter__(self) -> Iterator[Lesson]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        painter = Painter(self.seed * 1009 + (worker.id if worker else 0), pool=160)
        waiting: list[deque[Scene]] = [deque(maxlen=WAITING) for _ in self.subjects]
        while True:
            for subject, scenes in zip(self.subjects, waiting, strict=True):
                for _ in range(math.ceil(self.batch / SHOWN) if scenes else 2 * self.batch):
                    made = scene(painter, SIDE, smallest=subject.smallest, largest=subject.largest, most=subject.most)
                    scenes.append(made)
                drawn = painter.rng.choice(len(scenes), self.batch, replace=False)
                rows = [subject.told(varied(scenes[number], painter.rng)) for number in drawn]
                images = torch.from_numpy(np.stack([image for image, _ in rows]))
                targets = {key: torch.from_numpy(np.stack([row[key] for _, row in rows])) for key in rows[0][1]}
                yield Lesson(subject.name, images, targets)


def varied(made: Scene, rng: np.random.Generator) -> Scene:
    """The scene mirrored, turned by a quarter, inverted or with its colours exchanged."""
    image, boxes, angles, unknown = made.image, made.boxes.copy(), made.angles, made.unknown.copy()
    for axis in (0, 1):  # x, y
        if rng.random() < 0.5:
            image = image[:, ::-1] if axis == 0 else image[::-1]
            boxes[:, axis] = SIDE - boxes[:, axis]
            unknown[:, [axis, axis + 2]] = SIDE - unknown[:, [axis + 2, axis]]
            angles = -angles
    if rng.random() < 0.5:  # x and y change places
        image, angles = image.transpose(1, 0, 2), 90 - angles
        boxes[:, :2] = boxes[:, 1::-1].copy()
        unknown = unknown[:, [1, 0, 3, 2]]
    if rng.random() < 0.2:
        image = 255 - image
    if rng.random() < 0.3:
        image = image[..., rng.permutation(3)]
    return Scene(image, boxes, angles, made.families, unknown)


class Run(Sitting[Lesson]):
    """A training from its first step to its last checkpoint."""

    def __init__(self, flags: argparse.Namespace) -> None:
        super().__init__(flags.out, hours=flags.hours, threads=flags.threads)
        self.flags = flags
        torch.set_num_threads(flags.threads)
        torch.manual_seed(flags.seed)
        card = provenance(f"depth{flags.depth}")
        if card is None:
            raise SystemExit(f"There are no packaged features of depth {flags.depth} to learn before.")
        self.features = card["sha256"]
        self.subjects = HEADS[flags.head]
        self.pupils = nn.ModuleDict({subject.name: Pupil(flags.depth, subject) for subject in self.subjects})
        self.pupils.to(flags.device)
        learnt = [weight for weight in self.pupils.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.AdamW(learnt, lr=flags.rate, weight_decay=0.01, betas=(0.9, 0.99))
        self.steps, self.images = 0, 0
        self.figures: dict[str, dict[str, float]] = {}
        self.since: dict[str, list[dict[str, float]]] = {name: [] for name in self.pupils}  # for the log's line
        if self.file.exists():
            facts = read_checkpoint(self.file, self.pupils, self.optimiser)
            self.steps, self.images, self.seconds = facts["steps"], facts["images"], facts["seconds"]
            self.sittings, self.figures = facts["sittings"] + 1, facts["losses"]
            self.say(f"resumed at step {self.steps}, {self.images} scenes, {self.seconds / 3600:.2f} h")

    def rate(self) -> float:
        """The learning rate now: a linear warm-up, then half a cosine down to 1 % over the budget."""
        spent = min(self.seconds / (self.hours * 3600), 1.0)
        warm = min(1.0, max(spent / WARM_UP, 1e-3))
        return self.flags.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * spent)))

    def step(self, lesson: Lesson) -> dict[str, float]:
        """One step of the lesson's pupil; its losses."""
        pupil = self.pupils[lesson.pupil]
        device = self.flags.device
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        targets = {name: value.to(device) for name, value in lesson.targets.items()}
        losses = pupil.losses(lesson.images.to(device), targets)
        torch.stack(list(losses.values())).sum().backward()
        weights = [weight for weight in pupil.parameters() if weight.grad is not None]
        nn.utils.clip_grad_norm_(weights, 10.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)  # weights without a gradient rest: the other pupil's
        pupil.follow(self.steps // len(self.pupils))
        self.steps += 1
        self.images += len(lesson.images)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def checkpoint(self) -> None:
        facts = {
            "head": self.flags.head,
            "depth": self.flags.depth,
            "steps": self.steps,
            "images": self.images,
            "seconds": self.seconds,
            "hours_planned": self.flags.hours,
            "sittings": self.sittings,
            "seed": self.flags.seed,
            "rate": self.flags.rate,
            "batch": self.flags.batch,
            "device": self.flags.device,
            "threads": self.flags.threads,
            "features": self.features,
            "losses": self.figures,
            "command": " ".join(["python", "-m", "pretraining.objects", *sys.argv[1:]]),
        }
        write_checkpoint(self.file, self.pupils, self.optimiser, facts)
        tensors = {
            f"{key}.{name}": value
            for key, pupil in self.pupils.items()
            for name, value in shared_part(pupil.average).items()
        }
        write_weights(self.out / f"{self.flags.head}{self.flags.depth}.safetensors", tensors)
        written(self.out / "run.json", json.dumps(facts, indent=2).encode())

    def learn(self, lesson: Lesson) -> None:
        self.since[lesson.pupil].append(self.step(lesson))

    def describe(self, seconds: float) -> None:
        for key, rows in self.since.items():
            if rows:
                self.figures[key] = {name: round(sum(row[name] for row in rows) / len(rows), 4) for name in rows[0]}
        shown = " | ".join(f"{name} {figures}" for name, figures in self.figures.items())
        speed = sum(map(len, self.since.values())) * self.flags.batch / seconds
        self.say(f"{shown} | step {self.steps} scenes {self.images} ({speed:.1f}/s) spent {self.seconds / 3600:.3f} h")
        self.since = {name: [] for name in self.pupils}

    def go(self) -> None:
        self.attend(
            DataLoader(
                Scenes(self.subjects, self.flags.batch, self.flags.seed + 7919 * self.sittings),
                batch_size=None,
                num_workers=self.flags.painters,
                multiprocessing_context="spawn" if self.flags.painters else None,
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of this run; an old run there goes on")
    parser.add_argument("--head", choices=list(HEADS), default="detector")
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--hours", type=float, required=True, help="budget over all sittings, in hours of all threads")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=8, help="scenes in a step")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--painters", type=int, default=0, help="processes that paint scenes; 0 paints in between")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--seed", type=int, default=0)
    Run(parser.parse_args()).go()


if __name__ == "__main__":
    main()
