"""The teachers: MobileNetV1 and MobileNetV2 with ImageNet parameters, rebuilt from plain arrays.

Only their feature maps are used, and only here: no teacher parameter ever enters the package. The archives stay
outside the repository; their folder is a flag of every command.

Source: Howard et al., "MobileNets" (2017); Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks"
(2018). `python -m pretraining.teachers --teachers FOLDER` checks a rebuild against the published figures.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["MobileNetV1", "MobileNetV2", "Tap", "load_teachers"]


@dataclass(frozen=True)
class Tap:
    """One feature map of a teacher that students learn to answer with."""

    teacher: str
    layer: str
    stride: int
    channels: int

    @property
    def name(self) -> str:
        return f"{self.teacher}.{self.layer}"


class _Layer(nn.Module):
    """One row of the published tables: convolution, bias, activation."""

    def __init__(
        self, arrays: dict[str, np.ndarray], name: str, *, stride: int = 1, padding: str, top: float | None
    ) -> None:
        super().__init__()
        weight = torch.from_numpy(arrays[f"{name}/w"].astype(np.float32))  # (out, in / groups, k, k)
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias = nn.Parameter(torch.from_numpy(arrays[f"{name}/b"].astype(np.float32)), requires_grad=False)
        self.groups = weight.shape[0] if weight.shape[1] == 1 else 1
        self.stride = stride
        self.same = padding == "same"
        self.side_padding = weight.shape[-1] // 2 if padding == "centred" else 0
        self.top = top

    def forward(self, features: Tensor) -> Tensor:
        if self.same:  # TensorFlow's rule for stride 2, kernel 3
            extra = [max((-(-n // 2) - 1) * 2 + 3 - n, 0) for n in features.shape[-2:]]
            features = F.pad(
                features,
                (extra[1] // 2, extra[1] - extra[1] // 2, extra[0] // 2, extra[0] - extra[0] // 2),
            )
        features = F.conv2d(
            features,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=self.side_padding,
            groups=self.groups,
        )
        if self.top is None:
            return features
        return F.relu_(features) if self.top == float("inf") else features.clamp_(0.0, self.top)


class MobileNetV1(nn.Module):
    """Images ``(B, 3, H, W)`` RGB in [0, 1] -> the tapped feature maps, in the order of `taps`."""

    #: offset of a cell's centre in pixels: stride * index + factor * (stride - 1)
    centre_factor = 0
    available = (
        Tap("v1", "conv3_1", 4, 128),
        Tap("v1", "conv4_1", 8, 256),
        Tap("v1", "conv5_1", 16, 512),
        Tap("v1", "conv5_5", 16, 512),
        Tap("v1", "conv5_6", 32, 1024),
    )

    def __init__(self, archive: Path, taps: Sequence[str]) -> None:
        super().__init__()
        arrays = dict(np.load(archive))
        self.taps = tuple(tap for tap in self.available if tap.layer in taps)
        self.first = _Layer(arrays, "conv1", stride=2, padding="centred", top=float("inf"))
        halving = {"conv2_2", "conv3_2", "conv4_2", "conv5_6"}
        names = [f"conv{stage}_{i}" for stage, count in ((2, 2), (3, 2), (4, 2), (5, 6)) for i in range(1, count + 1)]
        self.blocks = nn.ModuleDict()
        for name in names[: 1 + max(names.index(tap.layer) for tap in self.taps)]:
            stride = 2 if name in halving else 1
            self.blocks[name] = nn.Sequential(
                _Layer(arrays, f"{name}_dw", stride=stride, padding="centred", top=float("inf")),
                _Layer(arrays, f"{name}_sep", padding="none", top=float("inf")),
            )
        self.register_buffer("mean", torch.tensor([103.94, 116.78, 123.68]).view(1, 3, 1, 1))

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.first((images.flip(1) * 255.0 - self.mean) * 0.017)
        wanted = [tap.layer for tap in self.taps]
        maps = []
        for name, block in self.blocks.items():
            features = block(features)
            if name in wanted:
                maps.append(features)
        return maps


class MobileNetV2(nn.Module):
    """Images ``(B, 3, H, W)`` RGB in [0, 1] -> the tapped feature maps, in the order of `taps`."""

    centre_factor = 1
    available = (
        Tap("v2", "block_2", 4, 24),
        Tap("v2", "block_3_expand", 4, 144),
        Tap("v2", "block_5", 8, 32),
        Tap("v2", "block_6_expand", 8, 192),
        Tap("v2", "block_12", 16, 96),
        Tap("v2", "block_13_expand", 16, 576),
        Tap("v2", "block_16", 32, 320),
        Tap("v2", "conv_last", 32, 1280),
    )

    def __init__(self, archive: Path, taps: Sequence[str]) -> None:
        super().__init__()
        arrays = dict(np.load(archive))
        self.taps = tuple(tap for tap in self.available if tap.layer in taps)
        self.first = _Layer(arrays, "conv", stride=2, padding="same", top=6.0)
        self.layers = nn.ModuleDict()
        self.steps: list[tuple[str, bool]] = []  # block, whether its input is added
        halving = {1, 3, 6, 13}
        fresh = {0, 1, 3, 6, 10, 13, 16}  # blocks that change width or resolution have no sum
        wanted = {tap.layer for tap in self.taps}
        last = max(17 if name == "conv_last" else int(name.split("_")[1]) for name in wanted)
        for i in range(min(last, 16) + 1):
            block = f"block_{i}"
            if i > 0:
                self.layers[f"{block}_expand"] = _Layer(arrays, f"{block}_expand", padding="none", top=6.0)
            if i == last and block not in wanted:
                self.steps.append((block, False))
                break  # only the expanded map of the last block is asked for
            self.layers[f"{block}_depthwise"] = _Layer(
                arrays,
                f"{block}_depthwise",
                stride=2 if i in halving else 1,
                padding="same" if i in halving else "centred",
                top=6.0,
            )
            self.layers[f"{block}_project"] = _Layer(arrays, f"{block}_project", padding="none", top=None)
            self.steps.append((block, i not in fresh))
        if "conv_last" in wanted:
            self.layers["conv_last"] = _Layer(arrays, "conv_last", padding="none", top=6.0)

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.first(images * (255.0 / 128.0) - 1.0)
        seen: dict[str, Tensor] = {}
        for block, summed in self.steps:
            inner = features
            for part in ("expand", "depthwise", "project"):
                name = f"{block}_{part}"
                if name in self.layers:
                    inner = self.layers[name](inner)
                    if part == "expand":
                        seen[name] = inner
            features = inner + features if summed else inner
            seen[block] = features
        if "conv_last" in self.layers:
            seen["conv_last"] = self.layers["conv_last"](features)
        return [seen[tap.layer] for tap in self.taps]


def load_teachers(folder: Path, taps: Sequence[str]) -> dict[str, MobileNetV1 | MobileNetV2]:
    """The teachers that `taps` (names such as ``"v1.conv4_1"``) ask for, by their short name."""
    teachers: dict[str, MobileNetV1 | MobileNetV2] = {}
    for short, kind, file in (("v1", MobileNetV1, "mobilenet_v1.npz"), ("v2", MobileNetV2, "mobilenet_v2.npz")):
        layers = [name.split(".", 1)[1] for name in taps if name.startswith(f"{short}.")]
        unknown = set(layers) - {tap.layer for tap in kind.available}
        if unknown:
            raise SystemExit(f"{short} has no taps {sorted(unknown)}; it has {[t.layer for t in kind.available]}.")
        if layers:
            teachers[short] = kind(folder / file, layers).eval()
    if not teachers:
        raise SystemExit(f"No teacher in {list(taps)}: names look like v1.conv4_1 or v2.block_5.")
    return teachers


#: mean and standard deviation of taps on the check pattern, as published beside the archives
_PUBLISHED = {
    "v1.conv3_1": (0.1603, 0.2788),
    "v1.conv4_1": (0.1059, 0.1537),
    "v1.conv5_5": (0.0472, 0.0755),
    "v1.conv5_6": (0.0132, 0.0390),
    "v2.block_2": (0.9990, 11.9148),
    "v2.block_5": (0.8224, 10.2137),
    "v2.block_6_expand": (0.7940, 1.2956),
    "v2.block_12": (0.2046, 3.5691),
    "v2.block_13_expand": (0.1702, 0.4703),
    "v2.conv_last": (0.4588, 1.2728),
}


@torch.no_grad()
def check(folder: Path) -> bool:
    """Print every published figure beside ours; True when all agree to 1e-3 (of the larger one)."""
    row, column = np.mgrid[0:224, 0:224]
    pattern = np.stack([(row * row // 16 + 5 * column + (row * column) // 32 + 37 * c) % 256 for c in range(3)])
    images = torch.from_numpy((pattern / 255.0).astype(np.float32))[None]
    agree = True
    for teacher in load_teachers(folder, list(_PUBLISHED)).values():
        for tap, features in zip(teacher.taps, teacher(images), strict=True):
            mean, spread = _PUBLISHED[tap.name]
            ours = features.mean().item(), features.std().item()
            good = abs(ours[0] - mean) < 2e-3 * max(1, abs(mean)) and abs(ours[1] - spread) < 2e-3 * max(1, spread)
            agree &= good and features.shape[1] == tap.channels
            print(
                f"{tap.name:20} mean {ours[0]:8.4f} (published {mean:8.4f})   "
                f"deviation {ours[1]:8.4f} ({spread:8.4f})  {'ok' if good else 'DIFFERS'}"
            )
    return agree


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check the rebuilt teachers against their published figures.")
    parser.add_argument(
        "--teachers", type=Path, required=True, help="folder with mobilenet_v1.npz and mobilenet_v2.npz"
    )
    raise SystemExit(
        0 if check(parser.parse_args().teachers) else "The rebuilt teachers differ from the published ones."
    )
