"""A look at a stranger's ONNX graph before any engine opens it.

An ONNX file may name other files to read tensors from, and operators that an engine fetches from a plug-in.
A model of Sightmill needs neither. This scanner walks the protobuf wire format itself (it needs no `onnx`
package), without recursion and within fixed bounds, and refuses such graphs.

Field numbers are those of ``onnx.proto`` (ONNX 1.16, IR version 10, https://github.com/onnx/onnx), wire types
those of the protobuf encoding (https://protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sightmill.errors import BundleError

__all__ = ["ALLOWED_DOMAINS", "refuse_hostile_graph"]

#: Operator domains that ONNX Runtime and OpenVINO implement themselves. The empty one is ONNX's own.
ALLOWED_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")

#: Operators of those domains that open a file or call back into a host language.
_REFUSED_OPERATORS = frozenset({"EPContext", "PythonOp", "PythonOpGrad", "ATen"})

_MOST_FIELDS = 3_000_000  # a few seconds; a network of 10,000 nodes has some 200,000
_MOST_LEVELS = 48  # protobuf's own parsers stop at 100

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# message -> {field number: what stands there}. Fields that are not named are skipped: text, numbers, shapes.
_MESSAGES: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "Model": {7: "Graph", 20: "TrainingInfo", 25: "Function"},
        "TrainingInfo": {1: "Graph", 2: "Graph"},
        "Function": {7: "Node", 10: "domain", 11: "Attribute"},
        "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
        "Node": {4: "operator", 5: "Attribute", 7: "domain"},
        "Attribute": {
            5: "Tensor",
            6: "Graph",
            10: "Tensor",
            11: "Graph",
            22: "SparseTensor",
            23: "SparseTensor",
        },
        "SparseTensor": {1: "Tensor", 2: "Tensor"},
        "Tensor": {13: "external", 14: "location"},
    }
)


def refuse_hostile_graph(network: bytes, *, where: object = None) -> None:
    """Raise `BundleError` unless `network` is an ONNX model that needs nothing outside itself.

    Refused are tensors stored in other files, operators of unknown domains, operators that open files,
    ONNX Runtime's own format (which is no protobuf, so it cannot be looked into here), and whatever is
    not well-formed. That the graph computes something sensible is for the engine to find out.
    """
    if network[4:8] == b"ORTM":
        raise BundleError(
            "the network is in ONNX Runtime's own format, which is not taken from a file",
            where=where,
            allowed="ONNX",
        )
    waiting = [("Model", 0, len(network), 1)]
    seen, graphs = 0, 0
    while waiting:
        message, start, end, level = waiting.pop()
        if level > _MOST_LEVELS:
            raise BundleError("the network's graph is nested too deeply", where=where, allowed=f"{_MOST_LEVELS} levels")
        kinds = _MESSAGES[message]
        for number, wire, low, high in _fields(network, start, end, where):
            seen += 1
            if seen > _MOST_FIELDS:
                raise BundleError("the network's graph has too many parts", where=where, allowed=f"{_MOST_FIELDS}")
            kind = kinds.get(number)
            if kind is None:
                continue
            if kind in _MESSAGES:
                _must(wire == _BYTES, where)
                graphs += message == "Model" and kind == "Graph"
                waiting.append((kind, low, high, level + 1))
            elif kind == "external" or (kind == "location" and not (wire == _VARINT and low == 0)):
                raise BundleError(
                    "the network wants to read its weights from another file",
                    where=where,
                    remedy="save the ONNX file with all tensors inside",
                )
            elif kind in ("domain", "operator"):
                _must(wire == _BYTES, where)
                _check_name(kind, network[low : min(high, low + 200)], where)
    if graphs != 1:
        raise BundleError("the network holds no ONNX graph, or more than one", where=where, got=f"{graphs} graphs")


def _check_name(kind: str, raw: bytes, where: object) -> None:
    name = raw.decode("utf-8", "replace")
    if kind == "domain" and name not in ALLOWED_DOMAINS:
        raise BundleError(
            "the network uses operators of an unknown origin",
            where=where,
            got=name,
            allowed=[domain or "(ONNX's own)" for domain in ALLOWED_DOMAINS],
        )
    if kind == "operator" and name in _REFUSED_OPERATORS:
        raise BundleError("the network uses an operator that reaches outside the model", where=where, got=name)


def _fields(data: bytes, start: int, end: int, where: object) -> Iterator[tuple[int, int, int, int]]:
    """The fields of one message: number, wire type, and the span of the value (a varint's value, twice)."""
    at = start
    while at < end:
        tag, at = _varint(data, at, end, where)
        # Parsers keep 32 bits of a tag: a longer one would read differently here and there.
        _must(tag < 1 << 32 and tag >> 3 > 0, where)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at, end, where)
            yield number, wire, value, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at, end, where)
        elif wire == _FIXED32:
            length = 4
        elif wire == _FIXED64:
            length = 8
        else:
            raise _damaged(where)
        _must(length <= end - at, where)
        yield number, wire, at, at + length
        at += length


def _varint(data: bytes, at: int, end: int, where: object) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        _must(at < end, where)
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _damaged(where)


def _must(holds: bool, where: object) -> None:
    if not holds:
        raise _damaged(where)


def _damaged(where: object) -> BundleError:
    return BundleError("the network is not a well-formed ONNX model", where=where)
