"""What a machine can run on is listed, with what is missing for the rest."""

from __future__ import annotations

import json

import pytest
from toy_model import toy_network

from sightmill.errors import MissingExtraError
from sightmill.runtime import devices as room
from sightmill.runtime.devices import cpu_features, cpu_name, devices
from sightmill.runtime.session import Session


def test_the_processor_is_always_there() -> None:
    first = devices()[0]
    assert (first.engine, first.name, first.available) == ("onnxruntime", "cpu", True)
    assert first.precisions == ("float32",)
    assert cpu_name() in first.note


def test_what_is_said_to_be_available_opens() -> None:
    for device in devices():
        if device.available:
            session = Session(toy_network(), engine=device.engine, device=device.name)
            assert session.facts.device == device.name
        else:
            assert device.note


def test_it_is_plain_data() -> None:
    assert json.loads(json.dumps([device.to_dict() for device in devices()]))[0]["name"] == "cpu"


def test_no_openvino_is_a_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise MissingExtraError("the engine openvino", "openvino")

    monkeypatch.setattr(room, "load_openvino", missing)
    last = devices()[-1]
    assert (last.engine, last.available, last.precisions) == ("openvino", False, ())
    assert 'pip install "sightmill[openvino]"' in last.note


def test_instruction_sets_are_read_where_the_system_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        room, "_cpuinfo", lambda: {"model name": "Toy CPU", "flags": "fpu avx2 amx_tile amx_bf16 avx512f"}
    )
    assert cpu_features() == ("avx2", "avx512f", "amx_tile", "amx_bf16")
    assert cpu_name() == "Toy CPU"
    monkeypatch.setattr(room, "_cpuinfo", dict)
    assert cpu_features() == ()
    assert cpu_name()
