"""Tiny networks of somebody else's: a convolutional net with four stages, as ONNX files and behind a fake timm."""

from __future__ import annotations

import types
import warnings

import torch
from torch import nn

WIDTHS = (6, 8, 10, 12)


class Squeezed(nn.Module):
    """A block as in mobile networks: depth-wise, gated by the mean of each channel, hard swish, a shortcut."""

    def __init__(self, width):
        super().__init__()
        self.mix = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.gate = nn.Conv2d(width, width, 1)

    def forward(self, x):
        inner = nn.functional.hardswish(self.norm(self.mix(x)))
        return x + inner * torch.sigmoid(self.gate(inner.mean((2, 3), keepdim=True)))


def stage(before, width, act):
    return nn.Sequential(nn.Conv2d(before, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), act, Squeezed(width))


class Net(nn.Module):
    """Image -> four maps at strides 4, 8, 16, 32, or a score for each of three classes."""

    def __init__(self, *, head=False, first_stride=2):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=first_stride, padding=1), nn.ReLU6(), nn.MaxPool2d(3, 1, padding=1)
        )
        acts = (nn.ReLU(), nn.LeakyReLU(0.1), nn.SiLU(), nn.GELU())
        self.stages = nn.ModuleList(
            stage(before, width, act) for before, width, act in zip((6, *WIDTHS), WIDTHS, acts, strict=False)
        )
        self.head = nn.Linear(WIDTHS[-1], 3) if head else None

    def forward(self, x):
        x, maps = self.stem(x), []
        for one in self.stages:
            x = one(x)
            maps.append(x)
        return maps if self.head is None else self.head(x.flatten(2).mean(2))


def net(**options):
    """A net whose statistics are no longer those that it was made with."""
    torch.manual_seed(3)
    made = Net(**options)
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.5, 1.5)
    return made.eval()


def write_onnx(network, file, *, size=(64, 96), external=False):
    """Export as a user would: any number of images of any size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.rand(2, 3, *size),),
            str(file),
            dynamo=True,
            external_data=external,
            input_names=["image"],
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            verbose=False,
        )
    return file


class Activated(nn.BatchNorm2d):
    """Normalisation and activation in one, as timm has it."""

    def forward(self, x):
        return super().forward(x).relu()


class Extractor(nn.ModuleDict):
    """What ``timm.create_model(..., features_only=True)`` gives: a list of maps and a card."""

    strides = (2, 4, 8, 16, 32)

    def __init__(self):
        super().__init__()
        self.default_cfg = {"mean": (0.4, 0.5, 0.6), "std": (0.2, 0.25, 0.3), "input_size": (3, 224, 224)}
        for index, (before, width) in enumerate(zip((3, 6, *WIDTHS), (6, *WIDTHS), strict=False)):
            self[f"blocks_{index}"] = nn.Sequential(
                nn.Conv2d(before, width, 3, stride=2, padding=1, bias=False), Activated(width)
            )
        strides = self.strides
        self.feature_info = types.SimpleNamespace(reduction=lambda: list(strides))

    def forward(self, x):
        maps = []
        for block in self.values():
            x = block(x)
            maps.append(x)
        return maps


class Shallow(Extractor):
    """A network that ends at stride 16."""

    strides = (2, 4, 8, 16, 16)


def fake_timm(monkeypatch):
    """Put a module `timm` in place that knows ``tiny_net`` and ``shallow_net``; returns what it was asked for."""
    asked = []

    def create_model(name, **options):
        asked.append((name, options))
        known = {"tiny_net": Extractor, "shallow_net": Shallow}
        if name not in known:
            raise RuntimeError(f"Unknown model ({name})")
        return known[name]()

    import sys

    module = types.ModuleType("timm")
    module.create_model = create_model
    monkeypatch.setitem(sys.modules, "timm", module)
    return asked


def whole_model_state(extractor):
    """The same parameters under the names of the whole model, with its classifier."""
    state = {name.replace("blocks_", "blocks."): value.clone() for name, value in extractor.state_dict().items()}
    return state | {"classifier.weight": torch.zeros(5, WIDTHS[-1])}
