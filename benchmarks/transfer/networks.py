"""The networks that are compared, all answering with feature maps at strides 4, 8, 16 and 32."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from pretraining.teachers import load_teachers
from torch import Tensor, nn

from sightmill.nn.backbones import Backbone, calibrate_statistics
from sightmill.nn.pretrained import load_backbone

__all__ = ["NAMES", "network"]

TEACHERS = {
    "MobileNetV1": ("v1.conv3_1", "v1.conv4_1", "v1.conv5_5", "v1.conv5_6"),
    "MobileNetV2 narrow": ("v2.block_2", "v2.block_5", "v2.block_12", "v2.block_16"),
    "MobileNetV2 expanded": ("v2.block_3_expand", "v2.block_6_expand", "v2.block_13_expand", "v2.conv_last"),
}
NAMES = (
    *(f"depth {depth}, random" for depth in (1, 2, 3)),
    *TEACHERS,
    *(f"depth {depth}" for depth in (1, 2, 3, 4, 5)),
)


def network(name: str, *, teachers: Path | None, calibration: Iterable[Tensor], seed: int = 0) -> nn.Module | None:
    """The network of that name, in evaluation mode; None when its parameters are not at hand.

    A random network's statistics are calibrated on `calibration`, so that it is as good as a random one can be.
    """
    if name in TEACHERS:
        if teachers is None:
            return None
        (teacher,) = load_teachers(teachers, TEACHERS[name]).values()
        return teacher.eval()
    depth = int(name.split(",")[0].split()[1])
    torch.manual_seed(seed)
    backbone = Backbone(depth=depth, channels=3)
    if name.endswith("random"):
        calibrate_statistics(backbone, calibration)
    elif not load_backbone(backbone):
        return None
    return backbone.eval()
