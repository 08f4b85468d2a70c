"""What a stranger's graph may hold is decided before an engine sees it."""

from __future__ import annotations

import random
from collections.abc import Callable

import onnx
import pytest
from onnx import TensorProto, helper
from toy_model import edited, toy_network

from sightmill.errors import BundleError
from sightmill.runtime.onnx_guard import refuse_hostile_graph
from sightmill.runtime.session import Session


def external(tensor: onnx.TensorProto) -> onnx.TensorProto:
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")
    return tensor


def in_initializer(model: onnx.ModelProto) -> None:
    external(model.graph.initializer[0])


def only_entries(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].external_data.add(key="location", value="secret.bin")


def only_location(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL


def in_constant(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=external(TensorProto())))


def in_list_of_tensors(model: onnx.ModelProto) -> None:
    model.graph.node[0].attribute.add(name="t").tensors.append(external(TensorProto()))


def in_sparse_initializer(model: onnx.ModelProto) -> None:
    external(model.graph.sparse_initializer.add().values)


def in_branch(model: onnx.ModelProto) -> None:
    branch = helper.make_graph([], "then", [], [], [external(TensorProto(name="x"))])
    model.graph.node.append(helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch))


def in_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Constant", [], ["c"], value=external(TensorProto()))
    model.functions.append(onnx.FunctionProto(name="f", node=[node]))


def in_training_info(model: onnx.ModelProto) -> None:
    model.training_info.add().algorithm.initializer.append(external(TensorProto()))


@pytest.mark.parametrize(
    "change",
    [
        in_initializer,
        only_entries,
        only_location,
        in_constant,
        in_list_of_tensors,
        in_sparse_initializer,
        in_branch,
        in_function,
        in_training_info,
    ],
)
def test_tensors_in_other_files(change: Callable[[onnx.ModelProto], None]) -> None:
    with pytest.raises(BundleError, match=r"m\.onnx: the network wants to read its weights from another file"):
        refuse_hostile_graph(edited(toy_network(), change), where="m.onnx")


@pytest.mark.parametrize(
    "domain", ["ai.onnx.contrib", "com.microsoft.nchwc ", "org.pytorch.aten", "evil", "ai.onnx.ml\0"]
)
def test_operators_of_unknown_origin(domain: str) -> None:
    with pytest.raises(BundleError, match=r"unknown origin.*allowed: \(ONNX's own\), ai\.onnx, ai\.onnx\.ml"):
        refuse_hostile_graph(toy_network(domain=domain))


@pytest.mark.parametrize("domain", ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"])
def test_operators_of_the_engines_themselves(domain: str) -> None:
    refuse_hostile_graph(toy_network(domain=domain))


def test_an_operator_that_opens_files() -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node.append(helper.make_node("EPContext", [], ["y"], domain="com.microsoft"))

    with pytest.raises(BundleError, match="reaches outside the model; got EPContext"):
        refuse_hostile_graph(edited(toy_network(), change))


def test_the_other_format_of_onnx_runtime() -> None:
    with pytest.raises(BundleError, match="ONNX Runtime's own format"):
        refuse_hostile_graph(b"\x18\0\0\0ORTM" + bytes(100))


def test_deep_nesting_neither_recurses_nor_passes() -> None:
    inner = b""
    for _ in range(3000):  # Graph.node.attribute.graph, again and again
        for tag in (0x32, 0x2A, 0x0A):
            inner = bytes([tag]) + _varint(len(inner)) + inner
    with pytest.raises(BundleError, match="nested too deeply"):
        refuse_hostile_graph(b"\x3a" + _varint(len(inner)) + inner)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08\x09",  # no graph
        b"\x3a\x00\x3a\x00",  # two graphs
        b"\x3a\x7f",  # longer than the file
        b"\x3b\x3c",  # groups
        b"\x00\x00",  # field 0
        b"\x3a\x00" + b"\xff" * 11,  # an endless number
        b"\x3a\x00\xba\x80\x80\x80\x80\x01\x00",  # a tag of more than 32 bits
        b"\x38\x00",  # a graph that is a number
        b"<net/>",
    ],
)
def test_what_is_no_onnx(content: bytes) -> None:
    with pytest.raises(BundleError, match=r"not a well-formed ONNX model|no ONNX graph, or more"):
        refuse_hostile_graph(content)


def test_damaged_networks_are_refused_or_harmless() -> None:
    network = toy_network()
    chance = random.Random(1)
    for _ in range(300):
        damaged = bytearray(network)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            refuse_hostile_graph(bytes(damaged))
        except BundleError:
            continue


def test_an_engine_that_refuses_says_so_in_a_sentence() -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[0].op_type = "Nonsense"

    with pytest.raises(BundleError, match=r"m: the network cannot be opened; got .*Nonsense"):
        Session(edited(toy_network(), change), where="m")


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded += bytes([value & 127 | 128])
        value >>= 7
    return encoded + bytes([value])
