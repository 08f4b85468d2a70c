"""Targets: the teachers' feature maps, laid over the student's cells, every channel standardised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pretraining.teachers import MobileNetV1, MobileNetV2, Tap, load_teachers

__all__ = ["MARGIN", "Standard", "TeacherMaps"]

#: Pixels to spare round a student's image. MobileNetV1's cells of stride s lie around s * i, MobileNetV2's around
#: s * i + s - 1, and heat maps are drawn as if they lay around s * i + (s - 1) / 2. So each teacher looks through a
#: window of its own: V1's begins 3 pixels right and below the student's, V2's 4 pixels left and above; at stride 8
#: both then see what the student's cell covers, half a pixel off.
MARGIN = 8
WINDOWS = {"student": 4, "v1": 7, "v2": 0}


def window(images: Tensor, who: str) -> Tensor:
    """The part of images ``(B, 3, H + 8, W + 8)`` that the student or a teacher sees ``(B, 3, H, W)``."""
    start = WINDOWS[who]
    high, wide = images.shape[-2] - MARGIN, images.shape[-1] - MARGIN
    return images[..., start : start + high, start : start + wide]


class TeacherMaps:
    """Images with margin -> one feature map per tap.

    Parameters
    ----------
    engine : ``"torch"``, or ``"openvino"``, which needs about 60 % of the time on a processor.
    """

    def __init__(self, folder: Path, taps: Sequence[str], *, engine: str, device: torch.device, threads: int) -> None:
        self.teachers = load_teachers(folder, taps)
        self.taps: list[Tap] = [tap for teacher in self.teachers.values() for tap in teacher.taps]
        self.device = device
        self.compiled: dict[str, object] = {}
        for name, teacher in self.teachers.items():
            if engine == "openvino":
                self.compiled[name] = _compiled(teacher, threads)
            else:
                teacher.to(device=device, memory_format=torch.channels_last)

    @torch.no_grad()
    def __call__(self, images: Tensor) -> list[Tensor]:
        maps: list[Tensor] = []
        for name, teacher in self.teachers.items():
            seen = window(images, name)
            if name in self.compiled:
                answers = self.compiled[name](np.ascontiguousarray(seen.numpy()))  # type: ignore[operator]  # no types
                maps += [torch.from_numpy(answers[k].copy()) for k in range(len(teacher.taps))]
            else:
                maps += teacher(seen.contiguous(memory_format=torch.channels_last))
        return maps


def _compiled(teacher: MobileNetV1 | MobileNetV2, threads: int) -> object:
    import warnings

    import openvino

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing turns the padding sums into constants; they hold for even sides
        example = torch.rand(1, 3, 128, 128)
        model = openvino.convert_model(teacher, example_input=example, input=[-1, 3, -1, -1])
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        compiled = openvino.Core().compile_model(model, "CPU", settings)
        ours, theirs = teacher(example), compiled(example.numpy())
    for k, features in enumerate(ours):
        if not np.allclose(features.numpy(), theirs[k], atol=2e-2 * float(features.std()) + 1e-4):
            raise SystemExit("OpenVINO's teacher differs from torch's: run with --engine torch.")
    return compiled


class Standard(nn.Module):
    """Standardise the channels of one tap by running statistics; channels that never fire are left out.

    The statistics are plain averages over the first 200 batches and slow moving averages after that.
    """

    mean: Tensor
    square: Tensor
    batches: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("square", torch.zeros(channels))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features ``(B, C, H, W)`` -> standardised features, and which channels are alive ``(C,)`` bool."""
        self.batches += 1
        share = max(1.0 / float(self.batches), 0.005)
        self.mean += share * (features.mean((0, 2, 3)) - self.mean)
        self.square += share * (features.square().mean((0, 2, 3)) - self.square)
        spread = (self.square - self.mean.square()).clamp_min(0).sqrt()
        alive = spread > 0.02 * spread.median()
        scale = torch.where(alive, 1 / spread.clamp_min(1e-6), 0.0)
        standard = (features - self.mean[:, None, None]) * scale[:, None, None]
        # A sparse channel's rare peak would otherwise be worth thousands of ordinary cells.
        return standard.clamp_(-8.0, 8.0), alive
