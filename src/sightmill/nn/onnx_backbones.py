"""A backbone from an ONNX file: its graph, rebuilt as a torch module, so that it can be trained and exported.

The file is data from a stranger: nothing in it is executed but the operators of `nn.onnx_operators`, tensors are read
from the file's own folder only, and what was built must answer as ONNX Runtime does with the file's own graph.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import Tensor, nn

from sightmill.errors import MissingExtraError, ModelError
from sightmill.nn.onnx_operators import OPERATORS, Node, UnsupportedError
from sightmill.nn.stand_in import PROBE, Origin, StandIn, checksum, read_bytes

__all__ = ["OnnxNetwork", "onnx_backbone"]

#: Largest difference from ONNX Runtime's answer, relative to the largest value.
TOLERANCE = 1e-3

Constant = npt.NDArray[Any]


def onnx_backbone(file: Path, *, maps: tuple[str, ...], channels: int) -> StandIn:
    """A network in an ONNX file as feature extractor.

    Parameters
    ----------
    file : one input ``(B, 3, H, W)`` float32 in [0, 1].
    maps : names of the feature maps at strides 4, 8, 16 and 32 in its graph; empty when they are its four outputs.
    channels : of the images, 1 or 3.

    Raises
    ------
    MissingExtraError : the package onnx is not installed.
    ModelError : the file is missing, damaged, reaches outside its folder, has operators that are not
        understood, or no maps at these strides.
    """
    network, files = read_network(file, maps)
    return StandIn(network, origin=Origin(file.name, files), channels=channels)


@dataclass(frozen=True)
class Step:
    """One call of a module: where it is, what it takes and what it gives."""

    module: str
    takes: tuple[str, ...]
    gives: str


class OnnxNetwork(nn.Module):
    """The part of a graph that leads from its image to some of its values.

    Parameters
    ----------
    image : the input's name.
    maps : names of the values that are the answer.
    nodes : what computes them, in order: names of the computed inputs, of the output, and the node.
    """

    def __init__(self, image: str, maps: tuple[str, ...], nodes: list[tuple[tuple[str, ...], str, Node]]) -> None:
        super().__init__()
        self.image, self.maps = image, maps
        self.steps: list[Step] = []
        used = [name for takes, _, _ in nodes for name in takes] + list(maps)
        convolved: dict[str, str] = {}
        for number, (takes, gives, node) in enumerate(nodes):
            name = f"{node.operator.lower()}{number}"
            made = OPERATORS[node.operator](node)
            if isinstance(made, nn.BatchNorm2d) and takes[0] in convolved and used.count(takes[0]) == 1:
                name = f"{convolved[takes[0]]}_norm"  # the exporter folds a normalisation of this name
            elif isinstance(made, nn.Conv2d):
                convolved[gives] = name
            self.add_module(name, made)
            self.steps.append(Step(name, takes, gives))

    def forward(self, images: Tensor) -> list[Tensor]:
        values = {self.image: images}
        for step in self.steps:
            values[step.gives] = self.get_submodule(step.module)(*(values[name] for name in step.takes))
        return [values[name] for name in self.maps]


def read_network(file: Path, maps: tuple[str, ...]) -> tuple[OnnxNetwork, dict[str, str]]:
    """The network in a file, proven against ONNX Runtime, and the SHA-256 of each file that was read."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise MissingExtraError("a backbone from an ONNX file", "train") from error
    content = read_bytes(file, "the ONNX file of the backbone")
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise ModelError("this is no ONNX file, or a damaged one", where=file) from error
    graph = model.graph
    if not graph.node:
        raise ModelError("this is no ONNX file, or an empty one", where=file)
    files = {file.name: checksum(content), **_fetch_tensors(model, file)}
    constants = {tensor.name: _values(tensor, file) for tensor in graph.initializer}
    image = _image_input(graph, constants, file)
    answer = maps or tuple(output.name for output in graph.output)
    if len(answer) != 4:
        raise ModelError(
            "the graph must have four outputs, the maps at strides 4, 8, 16 and 32",
            where=file,
            got=f"{len(answer)}: {', '.join(answer[:8])}",
            remedy="name the four maps inside it: FILE.onnx@MAP,MAP,MAP,MAP",
        )
    chosen = _leading_to(graph, answer, image, constants, file)
    unknown = sorted({_operator(node) for node in chosen} - set(OPERATORS) - {"Constant"})
    if unknown:
        raise ModelError(
            f"operators that are not understood lead to these maps: {', '.join(unknown)}",
            where=file,
            allowed=OPERATORS,
            remedy="export the convolutional part of the network only, in evaluation mode",
        )
    network = OnnxNetwork(image, answer, _nodes(chosen, constants, file))
    _prove(network, _part(model, chosen, answer), file)
    return network, files


def _operator(node: Any) -> str:
    """A node's operator; one that is not ONNX's own is named with its domain."""
    return str(node.op_type) if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"


def _fetch_tensors(model: Any, file: Path) -> dict[str, str]:
    """Read what the graph keeps in other files; returns their SHA-256. They must lie in the graph's own folder."""
    from onnx import TensorProto

    folder, files, contents = file.parent.resolve(), {}, {}
    if model.graph.sparse_initializer:
        raise ModelError("sparse tensors are not understood", where=file)
    for tensor in model.graph.initializer:
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        told = {entry.key: entry.value for entry in tensor.external_data}
        name = told.get("location", "")
        place = (folder / name).resolve()
        if not name or not place.is_relative_to(folder):
            raise ModelError(
                "this ONNX file wants to read its tensors from outside its folder",
                where=file,
                got=name or "no file name",
                allowed="a file beside it",
            )
        if name not in contents:
            contents[name] = read_bytes(place, "the tensors of the ONNX file")
            files[name] = checksum(contents[name])
        raw = contents[name][_whole(told.get("offset")) or 0 :]
        length = _whole(told.get("length"))
        tensor.raw_data = raw if length is None else raw[:length]
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]
    return files


def _whole(words: str | None) -> int | None:
    return int(words) if words and words.isdecimal() else None


def _values(tensor: Any, file: Path) -> Constant:
    """The numbers of a tensor; raises `ModelError` where there are fewer or more of them than its shape says."""
    from onnx import numpy_helper

    try:
        value: Constant = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"the tensor {tensor.name} is damaged", where=file, got=str(error).partition("\n")[0]
        ) from error
    return value


def _image_input(graph: Any, constants: dict[str, Constant], file: Path) -> str:
    """The name of the graph's only input."""
    from onnx import TensorProto

    inputs = [value for value in graph.input if value.name not in constants]
    shapes = [value.type.tensor_type.shape.dim for value in inputs]
    fits = (
        len(inputs) == 1
        and inputs[0].type.tensor_type.elem_type == TensorProto.FLOAT
        and len(shapes[0]) == 4
        and shapes[0][1].dim_value in (0, 3)
    )
    if not fits:
        told = ", ".join(
            f"{value.name} ({', '.join(str(dim.dim_value or dim.dim_param or '?') for dim in shape)})"
            for value, shape in zip(inputs, shapes, strict=True)
        )
        raise ModelError(
            "the graph must have one input of images", where=file, got=told or "none", allowed="(B, 3, H, W) float32"
        )
    return str(inputs[0].name)


def _leading_to(
    graph: Any, answer: tuple[str, ...], image: str, constants: dict[str, Constant], file: Path
) -> list[Any]:
    """The nodes that the answer needs, in the graph's order."""
    makers = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
    wanted: set[int] = set()
    waiting = list(answer)
    while waiting:
        name = waiting.pop()
        if name in constants or name == image or not name:
            continue
        if name not in makers:
            near = difflib.get_close_matches(name, makers, n=5, cutoff=0.3) or list(makers)[-5:]
            raise ModelError("there is no such map in this graph", where=file, got=name, allowed=["...", *near])
        index = makers[name]
        if index not in wanted:
            wanted.add(index)
            waiting += graph.node[index].input
    return [graph.node[index] for index in sorted(wanted)]


def _nodes(chosen: list[Any], constants: dict[str, Constant], file: Path) -> list[tuple[tuple[str, ...], str, Node]]:
    """What is to be built; constants that nodes make are put among the constants."""
    from onnx import helper

    found = []
    for proto in chosen:
        attributes = {item.name: _plain(helper.get_attribute_value(item)) for item in proto.attribute}
        if proto.op_type == "Constant" or (proto.op_type == "Identity" and proto.input[0] in constants):
            if proto.op_type == "Identity":
                value = constants[proto.input[0]]
            elif "value" in attributes:
                value = _values(attributes["value"], file)
            else:
                value = np.asarray(next(iter(attributes.values())))
            constants[proto.output[0]] = value
            continue
        takes = tuple(name for name in proto.input if name and name not in constants)
        node = Node(
            proto.op_type,
            attributes,
            tuple(constants.get(name) for name in proto.input),
            tuple(bool(name) and name not in constants for name in proto.input),
        )
        try:
            OPERATORS[proto.op_type](node)
        except (UnsupportedError, RuntimeError, ValueError, TypeError) as error:
            raise ModelError(
                f"the operator {proto.op_type} that makes {proto.output[0]} is not understood: {error}", where=file
            ) from error
        found.append((takes, str(proto.output[0]), node))
    return found


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _part(model: Any, chosen: list[Any], answer: tuple[str, ...]) -> Any:
    """An ONNX model of the chosen nodes only."""
    from onnx import ValueInfoProto, helper

    needed = {name for node in chosen for name in node.input}
    graph = helper.make_graph(
        chosen,
        "backbone",
        [value for value in model.graph.input if value.name in needed],
        [ValueInfoProto(name=name) for name in answer],
        [tensor for tensor in model.graph.initializer if tensor.name in needed],
    )
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


@torch.no_grad()
def _prove(network: OnnxNetwork, model: Any, file: Path) -> None:
    """Raise `ModelError` unless the network answers as ONNX Runtime does."""
    fixed = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    shape = [side or usual for side, usual in zip(fixed, (1, 3, *PROBE), strict=True)]
    images = np.random.default_rng(0).random(shape, dtype=np.float32)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        wanted = session.run(None, {network.image: images})
    except Exception as error:  # ONNX Runtime's errors have no common base class
        raise ModelError(
            "ONNX Runtime cannot run this graph", where=file, got=str(error).strip().partition("\n")[0]
        ) from error
    was_training = network.training
    try:
        found = [answer.numpy() for answer in network.eval()(torch.from_numpy(images))]
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError) as error:
        raise ModelError(
            "this graph cannot be rebuilt for training", where=file, got=str(error).partition("\n")[0]
        ) from error
    network.train(was_training)
    for name, mine, theirs in zip(network.maps, found, wanted, strict=True):
        allowed = TOLERANCE * float(np.abs(theirs).max() + 1e-6)
        if mine.shape != theirs.shape or not float(np.abs(mine - theirs).max()) <= allowed:
            raise ModelError(
                f"the map {name} of the rebuilt network is not what ONNX Runtime answers",
                where=file,
                remedy="export the network with simpler operators, in evaluation mode",
            )
