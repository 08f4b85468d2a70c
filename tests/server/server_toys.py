"""Toy images, and how tests speak to a studio."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from sightmill.data.image import write_image

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

#: Where the test's project answers.
P = "/api/projects/toys"
HOME = "http://127.0.0.1"


def draw(folder: Path, counts: dict[str, int], *, size: tuple[int, int] = (64, 48), seed: int = 3) -> Path:
    """Class folders with toy images: bright discs and dark bars on noise, every image another."""
    rng = np.random.default_rng(seed)
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    for label, count in counts.items():
        for index in range(count):
            image = rng.integers(90, 130, (height, width, 3), np.uint8)
            x, y = rng.integers(14, width - 14), rng.integers(12, height - 12)
            if label == "disc":
                image[np.hypot(columns - x, rows - y) < 9] = 230
            else:
                image[(abs(columns - x) < 3) & (abs(rows - y) < 11)] = 20
            write_image(folder / label / f"{label} {index}.png", image)
    return folder


def finished(client: TestClient, answer: Any) -> dict[str, Any]:
    """Wait for a job that ends well."""
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    deadline = time.monotonic() + 300
    while job["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.02)
        job = client.get(f"{P}/jobs/{job['id']}").json()
    assert job["state"] == "done", job
    return job


def wrong_answers(
    described: Any, *, examples: int, placed: Callable[[schemathesis.Case], None] = lambda case: None
) -> tuple[int, list[str]]:
    """How many operations a description has, and which of them answer otherwise than it says.

    Parameters
    ----------
    examples : requests that are drawn for each.
    placed : puts things into a request that are there.
    """
    wrong: list[str] = []
    seen = 0
    for found in described.get_all_operations():
        operation = found.ok()
        seen += 1

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case) -> None:
            placed(case)
            case.call_and_validate(checks=[not_a_server_error, content_type_conformance, response_schema_conformance])

        try:
            answers()
        except Exception as error:  # each is told, with the request that shows it
            wrong.append(f"{operation.method.upper()} {operation.path}: {error}")
    return seen, wrong


def rows(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    """The gallery's rows."""
    found: list[dict[str, Any]] = client.post(f"{P}/gallery", json=asked).json()["items"]
    return found


def whole(label: str) -> dict[str, Any]:
    """An image label as it goes over the wire."""
    return {"region": {"kind": "whole"}, "label": label}


def box(x1: float, y1: float, x2: float, y2: float, label: str) -> dict[str, Any]:
    """A box as it goes over the wire."""
    return {"region": {"kind": "box", "x1": x1, "y1": y1, "x2": x2, "y2": y2}, "label": label}


def bomb(width: int, height: int) -> bytes:
    """A small PNG file that says it is very large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )
