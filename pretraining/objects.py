"""Pyramids and towers of the detectors learn to find things, on procedural scenes alone, before frozen features.

    python -m pretraining.objects --depth 3 --out runs/objects3 --hours 1

Both detectors of a depth learn in turn: that whose finest map has stride 4, for small things, and that of stride 8.
What depends on the classes of a task stays behind; pyramid and towers are published (`pretraining.publish --detector`).

Run the same line again to go on from the last checkpoint: the learning rate follows the share of the budget that is
spent, over all sittings. An hour is an hour of all its threads, as in `pretraining.distil`.
"""

from __future__ import annotations

import argparse
import copy
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
from pretraining.images import Painter
from pretraining.scenes import FAMILIES, Scene, scene
from pretraining.sitting import Sitting
from sightmill.imaging.view import View
from sightmill.methods.oriented_detection.learner import OrientedDetectionLearner
from sightmill.methods.oriented_detection.settings import OrientedDetectionTraining
from sightmill.nn.pretrained import provenance, shared_part

__all__ = ["Run", "Scenes"]

SIDE = 256  # pixels of a scene
MOST = 48  # things of a scene that are learnt
#: Finest stride of a detector -> usual length of the things it learns from, pixels.
LENGTHS = {4: (7.0, 70.0), 8: (16.0, 140.0)}
#: A scene is shown about so many times, mirrored and turned, while so many wait.
SHOWN, WAITING = 3, 128
WARM_UP = 0.02  # of the budget


class Lesson(NamedTuple):
    """A batch for one of the detectors: its finest stride, images ``(B, 3, SIDE, SIDE)`` float32, targets."""

    stride: int
    images: Tensor
    targets: dict[str, Tensor]


class Scenes(IterableDataset[Lesson]):
    """Lessons without end, for each stride in turn.

    Parameters
    ----------
    batch : scenes in a lesson.
    seed : of the first painter; a resumed run passes another one, so no scene comes twice.
    """

    def __init__(self, batch: int, seed: int) -> None:
        super().__init__()
        self.batch = batch
        self.seed = seed

    def __iter__(self) -> Iterator[Lesson]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        painter = Painter(self.seed * 1009 + (worker.id if worker else 0), pool=160)
        waiting: dict[int, deque[Scene]] = {stride: deque(maxlen=WAITING) for stride in LENGTHS}
        while True:
            for stride, scenes in waiting.items():
                smallest, largest = LENGTHS[stride]
                for _ in range(math.ceil(self.batch / SHOWN) if scenes else 2 * self.batch):
                    scenes.append(scene(painter, SIDE, smallest=smallest, largest=largest, most=MOST))
                drawn = painter.rng.choice(len(scenes), self.batch, replace=False)
                rows = [told(varied(scenes[number], painter.rng), stride) for number in drawn]
                images = torch.from_numpy(np.stack([image for image, _ in rows]))
                targets = {name: torch.from_numpy(np.stack([row[name] for _, row in rows])) for name in rows[0][1]}
                yield Lesson(stride, images, targets)


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


def told(made: Scene, stride: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """An image ``(3, SIDE, SIDE)`` and the targets of its tile, as `methods.detecting.truth` makes them."""
    count = len(made.boxes)
    boxes, turns = np.ones((MOST, 4), np.float32), np.tile(np.float32([1, 0]), (MOST, 1))
    classes = np.full(MOST, -1, np.int64)
    twice = 2 * np.radians(made.angles)
    boxes[:count], classes[:count] = made.boxes, made.families
    turns[:count] = np.stack([np.cos(twice), np.sin(twice)], 1)
    shown = np.ones((SIDE // stride, SIDE // stride), np.bool_)
    for left, top, right, bottom in (made.unknown / stride).tolist():
        shown[int(top) : math.ceil(bottom), int(left) : math.ceil(right)] = False
    image = np.ascontiguousarray(made.image.transpose(2, 0, 1), np.float32) / 255
    return image, {"boxes": boxes, "turns": turns, "classes": classes, "shown": shown}


class Student(nn.Module):
    """One detector before frozen features, and the moving average of its pyramid and towers.

    Parameters
    ----------
    stride : of the finest map.
    """

    def __init__(self, depth: int, stride: int) -> None:
        super().__init__()
        training = OrientedDetectionTraining(
            network_depth=depth,
            small_objects="on" if stride == 4 else "off",
            most_objects=MOST,
            image_size=SIDE,
            tile_size=SIDE,
            window_size=SIDE,
        )
        self.learner = OrientedDetectionLearner(training, labels=FAMILIES, view=View(width=SIDE, height=SIDE))
        self.network = self.learner.network = self.learner.build()  # with a pyramid and towers that know nothing
        self.network.backbone.requires_grad_(False)
        self.network.prior.copy_(torch.tensor([[7.0 * step, 5.0 * step] for step in self.network.strides]))
        self.average = copy.deepcopy(self.network).requires_grad_(False)

    def losses(self, images: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        """See `Learner.losses`."""
        self.network.train()
        self.network.backbone.eval()
        return self.learner.losses(self.network(images), targets)

    @torch.no_grad()
    def follow(self, steps: int) -> None:
        """Move the average towards the network; a young average forgets faster."""
        share = max(9 / (steps + 10), 0.001)
        now = shared_part(self.network)
        for name, value in shared_part(self.average).items():
            value.lerp_(now[name], share)


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
        self.students = nn.ModuleDict({str(stride): Student(flags.depth, stride) for stride in LENGTHS})
        self.students.to(flags.device)
        learnt = [weight for weight in self.students.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.AdamW(learnt, lr=flags.rate, weight_decay=0.01, betas=(0.9, 0.99))
        self.steps, self.images = 0, 0
        self.figures: dict[str, dict[str, float]] = {}
        self.since: dict[int, list[dict[str, float]]] = {
            stride: [] for stride in LENGTHS
        }  # the losses of the log's line
        if self.file.exists():
            facts = read_checkpoint(self.file, self.students, self.optimiser)
            self.steps, self.images, self.seconds = facts["steps"], facts["images"], facts["seconds"]
            self.sittings, self.figures = facts["sittings"] + 1, facts["losses"]
            self.say(f"resumed at step {self.steps}, {self.images} scenes, {self.seconds / 3600:.2f} h")

    def rate(self) -> float:
        """The learning rate now: a linear warm-up, then half a cosine down to 1 % over the budget."""
        spent = min(self.seconds / (self.hours * 3600), 1.0)
        warm = min(1.0, max(spent / WARM_UP, 1e-3))
        return self.flags.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * spent)))

    def step(self, lesson: Lesson) -> dict[str, float]:
        """One step of the detector of the lesson's stride; its losses."""
        student = self.students[str(lesson.stride)]
        device = self.flags.device
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        targets = {name: value.to(device) for name, value in lesson.targets.items()}
        losses = student.losses(lesson.images.to(device), targets)
        torch.stack(list(losses.values())).sum().backward()
        weights = [weight for weight in student.parameters() if weight.grad is not None]
        nn.utils.clip_grad_norm_(weights, 10.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)  # weights without a gradient rest: the other detector's
        student.follow(self.steps // len(self.students))
        self.steps += 1
        self.images += len(lesson.images)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def checkpoint(self) -> None:
        facts = {
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
        write_checkpoint(self.file, self.students, self.optimiser, facts)
        tensors = {
            f"stride{stride}.{name}": value
            for stride, student in self.students.items()
            for name, value in shared_part(student.average).items()
        }
        write_weights(self.out / f"detector{self.flags.depth}.safetensors", tensors)
        written(self.out / "run.json", json.dumps(facts, indent=2).encode())

    def learn(self, lesson: Lesson) -> None:
        self.since[lesson.stride].append(self.step(lesson))

    def describe(self, seconds: float) -> None:
        for stride, rows in self.since.items():
            if rows:
                self.figures[f"stride{stride}"] = {
                    name: round(sum(row[name] for row in rows) / len(rows), 4) for name in rows[0]
                }
        shown = " | ".join(f"{name} {figures}" for name, figures in self.figures.items())
        speed = sum(map(len, self.since.values())) * self.flags.batch / seconds
        self.say(f"{shown} | step {self.steps} scenes {self.images} ({speed:.1f}/s) spent {self.seconds / 3600:.3f} h")
        self.since = {stride: [] for stride in LENGTHS}

    def go(self) -> None:
        self.attend(
            DataLoader(
                Scenes(self.flags.batch, self.flags.seed + 7919 * self.sittings),
                batch_size=None,
                num_workers=self.flags.painters,
                multiprocessing_context="spawn" if self.flags.painters else None,
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of this run; an old run there goes on")
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
