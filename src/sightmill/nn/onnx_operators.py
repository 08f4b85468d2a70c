"""ONNX operators as torch modules: those that convolutional feature extractors are made of, and no others.

Meaning, attributes and defaults: the ONNX operator specification (https://onnx.ai/onnx/operators).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = ["OPERATORS", "Node", "UnsupportedError"]

Constant = npt.NDArray[Any]


class UnsupportedError(ValueError):
    """A node that is not understood; the message says what about it."""


@dataclass(frozen=True, eq=False)
class Node:
    """One node of a graph, ready to be built.

    Parameters
    ----------
    operator : its ONNX name.
    attributes : as Python values.
    inputs : for each input its value where it is constant; None where it is computed, or left out.
    computed : which of the inputs are computed.
    """

    operator: str
    attributes: Mapping[str, Any]
    inputs: tuple[Constant | None, ...]
    computed: tuple[bool, ...]

    def constant(self, index: int, name: str = "") -> Constant | None:
        """An input that must be constant, or the attribute that it was in older operator sets; None without either."""
        if index < len(self.inputs):
            if self.computed[index]:
                raise UnsupportedError(f"its input {index + 1} is computed, not constant")
            if self.inputs[index] is not None:
                return self.inputs[index]
        return np.asarray(self.attributes[name]) if name in self.attributes else None

    def needed(self, index: int) -> Constant:
        """An input that must be there and constant."""
        value = self.constant(index)
        if value is None:
            raise UnsupportedError(f"its input {index + 1} is missing")
        return value

    def number(self, name: str, default: float) -> float:
        """A numeric attribute."""
        return float(self.attributes.get(name, default))

    def pair(self, name: str, default: int = 1) -> tuple[int, int]:
        """An attribute with one whole number for each axis of an image."""
        values = [int(value) for value in self.attributes.get(name, (default, default))]
        if len(values) != 2:
            raise UnsupportedError(f"{name} is not for images: {values}")
        return values[0], values[1]


class Around(nn.Module):
    """Padding ``(left, right, top, bottom)`` around an image."""

    def __init__(self, sides: tuple[int, int, int, int], mode: str = "constant", value: float = 0.0) -> None:
        super().__init__()
        self.sides, self.mode, self.value = sides, mode, value

    def forward(self, images: Tensor) -> Tensor:
        return pad(images, self.sides, self.mode, self.value if self.mode == "constant" else None)


class Same(nn.Module):
    """Zeros around an image so that a convolution's output has ``ceil(side / stride)`` (TensorFlow's "same")."""

    def __init__(self, reach: tuple[int, int], stride: tuple[int, int], *, upper: bool) -> None:
        super().__init__()
        self.reach, self.stride, self.upper = reach, stride, upper

    def forward(self, images: Tensor) -> Tensor:
        sides: list[int] = []
        for axis in (1, 0):  # torch names the last axis first
            side, stride = images.shape[2 + axis], self.stride[axis]
            total = max((math.ceil(side / stride) - 1) * stride + self.reach[axis] - side, 0)
            small, large = total // 2, total - total // 2
            sides += [small, large] if self.upper else [large, small]
        return pad(images, sides)


class Arithmetic(nn.Module):
    """``+ - * /`` of two tensors, or of one and a constant."""

    first: Tensor | None
    second: Tensor | None

    def __init__(self, act: Callable[[Tensor, Tensor], Tensor], first: Tensor | None, second: Tensor | None) -> None:
        super().__init__()
        self.act = act
        self.register_buffer("first", first)
        self.register_buffer("second", second)

    def forward(self, *computed: Tensor) -> Tensor:
        waiting = iter(computed)
        first, second = (next(waiting) if value is None else value for value in (self.first, self.second))
        return self.act(first, second)


class Applied(nn.Module):
    """A function without parameters."""

    def __init__(self, act: Callable[..., Tensor], **options: Any) -> None:
        super().__init__()
        self.act, self.options = act, options

    def forward(self, *values: Tensor) -> Tensor:
        return self.act(*values, **self.options)


def _convolution(node: Node) -> nn.Module:
    weight = node.needed(1)
    if weight.ndim != 4:
        raise UnsupportedError("it is not for images")
    bias = node.constant(2)
    stride, dilation = node.pair("strides"), node.pair("dilations")
    groups = int(node.attributes.get("group", 1))
    kernel = (weight.shape[2], weight.shape[3])
    around, padding = _padding(node, kernel, stride, dilation)
    made = nn.Conv2d(
        weight.shape[1] * groups,
        weight.shape[0],
        kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=bias is not None,
    )
    with torch.no_grad():
        made.weight.copy_(_tensor(weight))
        if made.bias is not None and bias is not None:
            made.bias.copy_(_tensor(bias))
    return made if around is None else nn.Sequential(around, made)


def _padding(
    node: Node, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[nn.Module | None, tuple[int, int]]:
    """What must happen before, if anything, and the padding that the operation does itself."""
    kind = node.attributes.get("auto_pad", "NOTSET")
    if kind in ("SAME_UPPER", "SAME_LOWER"):
        reach = ((kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1)
        return Same(reach, stride, upper=kind == "SAME_UPPER"), (0, 0)
    top, left, bottom, right = _pads(node) if kind == "NOTSET" else (0, 0, 0, 0)
    if (top, left) == (bottom, right):
        return None, (top, left)
    return Around((left, right, top, bottom)), (0, 0)


def _pads(node: Node) -> tuple[int, int, int, int]:
    values = [int(value) for value in node.attributes.get("pads", (0, 0, 0, 0))]
    if len(values) != 4:
        raise UnsupportedError(f"pads are not for images: {values}")
    return values[0], values[1], values[2], values[3]


def _normalisation(node: Node) -> nn.Module:
    scale, offset, mean, variance = (_tensor(node.needed(index)) for index in (1, 2, 3, 4))
    if node.attributes.get("training_mode", 0):
        raise UnsupportedError("it was exported in training mode")
    made = nn.BatchNorm2d(len(scale), eps=node.number("epsilon", 1e-5), momentum=1 - node.number("momentum", 0.9))
    if made.running_mean is None or made.running_var is None:
        raise UnsupportedError("it keeps no statistics")
    with torch.no_grad():
        for own, given in (
            (made.weight, scale),
            (made.bias, offset),
            (made.running_mean, mean),
            (made.running_var, variance),
        ):
            own.copy_(given)
    return made


def _pool(node: Node) -> nn.Module:
    kernel, stride = node.pair("kernel_shape"), node.pair("strides")
    around, padding = _padding(node, kernel, stride, (1, 1))
    if around is not None:
        raise UnsupportedError("its padding is uneven")
    ceil = bool(node.attributes.get("ceil_mode", 0))
    if node.operator == "MaxPool":
        return nn.MaxPool2d(kernel, stride, padding, node.pair("dilations"), ceil_mode=ceil)
    if node.pair("dilations") != (1, 1):
        raise UnsupportedError("it is dilated")
    counted = bool(node.attributes.get("count_include_pad", 0))
    return nn.AvgPool2d(kernel, stride, padding, ceil_mode=ceil, count_include_pad=counted)


def _mean(node: Node) -> nn.Module:
    axes = node.constant(1, "axes")
    found = sorted(int(axis) % 4 for axis in axes.reshape(-1)) if axes is not None else []
    if found != [2, 3] or not node.attributes.get("keepdims", 1):
        raise UnsupportedError("it is not over height and width")
    return nn.AdaptiveAvgPool2d(1)


def _pad(node: Node) -> nn.Module:
    amounts = node.constant(1, "pads")
    axes = node.constant(3)
    if amounts is None or amounts.size % 2:
        raise UnsupportedError("it does not say how much")
    wide = amounts.size // 2
    named = [int(axis) % 4 for axis in axes.reshape(-1)] if axes is not None else list(range(wide))
    sides = dict.fromkeys(range(4), (0, 0))
    for place, axis in enumerate(named):
        sides[axis] = (int(amounts.reshape(-1)[place]), int(amounts.reshape(-1)[wide + place]))
    if sides[0] != (0, 0) or sides[1] != (0, 0):
        raise UnsupportedError("it is not of height and width")
    modes = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}
    mode = str(node.attributes.get("mode", "constant"))
    if mode not in modes:
        raise UnsupportedError(f"its mode is {mode}")
    value = node.constant(2, "value")
    return Around((*sides[3], *sides[2]), modes[mode], 0.0 if value is None else float(value))


def _clip(node: Node) -> nn.Module:
    low, high = node.constant(1, "min"), node.constant(2, "max")
    limits = (None if low is None else float(low), None if high is None else float(high))
    return Applied(torch.clamp, min=limits[0], max=limits[1])


def _arithmetic(act: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Node], nn.Module]:
    def build(node: Node) -> nn.Module:
        first, second = (None if value is None else _tensor(value) for value in node.inputs)
        return Arithmetic(act, first, second)

    return build


def _joined(*maps: Tensor) -> Tensor:
    return torch.cat(maps, 1)


def _concat(node: Node) -> nn.Module:
    if int(node.attributes.get("axis", 0)) % 4 != 1 or not all(node.computed):
        raise UnsupportedError("it does not join the channels of feature maps")
    return Applied(_joined)


def _slope(node: Node) -> nn.Module:
    slopes = _tensor(node.needed(1)).reshape(-1)
    made = nn.PReLU(len(slopes))
    with torch.no_grad():
        made.weight.copy_(slopes)
    return made


def _dropout(node: Node) -> nn.Module:
    trains = node.constant(2)
    if trains is not None and bool(trains):
        raise UnsupportedError("it was exported in training mode")
    return nn.Identity()


def _hard_sigmoid(values: Tensor, *, alpha: float, beta: float) -> Tensor:
    return (alpha * values + beta).clamp(0, 1)


def _tensor(value: Constant) -> Tensor:
    if not np.issubdtype(value.dtype, np.floating):
        raise UnsupportedError(f"it computes with {value.dtype} numbers")
    return torch.from_numpy(np.array(value, dtype=np.float32))


#: ONNX name -> module of the computed inputs. Raise `UnsupportedError` for attributes that are not understood.
OPERATORS: Mapping[str, Callable[[Node], nn.Module]] = {
    "Add": _arithmetic(torch.add),
    "AveragePool": _pool,
    "BatchNormalization": _normalisation,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": _convolution,
    "Div": _arithmetic(torch.div),
    "Dropout": _dropout,
    "Elu": lambda node: nn.ELU(node.number("alpha", 1.0)),
    "Erf": lambda node: Applied(torch.erf),
    "Gelu": lambda node: nn.GELU(approximate=str(node.attributes.get("approximate", "none"))),
    "GlobalAveragePool": lambda node: nn.AdaptiveAvgPool2d(1),
    "GlobalMaxPool": lambda node: nn.AdaptiveMaxPool2d(1),
    "HardSigmoid": lambda node: Applied(_hard_sigmoid, alpha=node.number("alpha", 0.2), beta=node.number("beta", 0.5)),
    "HardSwish": lambda node: nn.Hardswish(),
    "Identity": lambda node: nn.Identity(),
    "LeakyRelu": lambda node: nn.LeakyReLU(node.number("alpha", 0.01)),
    "MaxPool": _pool,
    "Mish": lambda node: nn.Mish(),
    "Mul": _arithmetic(torch.mul),
    "PRelu": _slope,
    "Pad": _pad,
    "ReduceMean": _mean,
    "Relu": lambda node: nn.ReLU(),
    "Sigmoid": lambda node: nn.Sigmoid(),
    "Softplus": lambda node: nn.Softplus(),
    "Sub": _arithmetic(torch.sub),
    "Tanh": lambda node: nn.Tanh(),
}
