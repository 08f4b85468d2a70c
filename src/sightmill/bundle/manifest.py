"""What a model says about itself: the one text file in a bundle."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from sightmill.bundle.archive import LARGEST_MANIFEST
from sightmill.errors import BundleError
from sightmill.imaging.view import View

__all__ = [
    "OUTPUT_NAME",
    "SCHEMA_VERSION",
    "FileFacts",
    "Manifest",
    "manifest_from_bytes",
    "manifest_to_bytes",
]

#: Raised when an older Sightmill could no longer read the file rightly. Added keys do not raise it.
SCHEMA_VERSION: Final = 1

OUTPUT_NAME: Final = re.compile(r"(?!input\Z)[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\Z")


class Manifest(BaseModel):
    """What a model says about itself. Keys that this version does not know are skipped.

    In the free parts (`training`, `calibration`, `provenance` ...) a number that is not finite becomes null.

    Parameters
    ----------
    schema_version : layout of the file; a higher one than `SCHEMA_VERSION` is refused.
    method, method_version : the method's id, and the version of what it means.
    sightmill_version : of the program that made it.
    labels : class names; a class id is an index into it.
    training, inference : resolved training settings, and calibrated inference settings.
    view : how an image becomes the network's input.
    outputs : names of the network's outputs that `Method.decode` reads.
    calibration : facts about how the inference settings were fitted.
    provenance : created, data_hash, counts of the split, seed, versions, machine, minutes, history of the
        validation metrics, the backbone with SHA-256 of its files, and what training started from.
    metrics : figures on the validation split, the deciding one first.
    parity : how closely the runtime repeats the trained network; ``tolerance`` is what `Model.verify` allows,
        relative to the largest magnitude of an output.
    files : size in bytes and SHA-256 of every other file, filled in by `write_bundle`.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, validate_default=True)

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1)
    method: StrictStr
    method_version: StrictStr = "1"
    sightmill_version: StrictStr = ""
    labels: tuple[StrictStr, ...]
    training: dict[str, Any] = Field(default_factory=dict)
    inference: dict[str, Any] = Field(default_factory=dict)
    view: View
    outputs: tuple[StrictStr, ...]
    calibration: dict[str, Any] = Field(default_factory=dict)
    provenance: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    parity: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, FileFacts] = Field(default_factory=dict)


class FileFacts(BaseModel):
    """Size in bytes and SHA-256 (64 hexadecimal digits) of one file in a bundle."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


Manifest.model_rebuild()


def manifest_to_bytes(path: Path, manifest: Manifest) -> bytes:
    """JSON, UTF-8; raises `BundleError` when something in it has no place in JSON."""
    try:
        text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1, allow_nan=False)
        content = text.encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:  # not finite, no JSON type, a lone surrogate
        raise BundleError(f"the manifest cannot be written as JSON ({error})", where=path) from error
    if len(content) > LARGEST_MANIFEST:
        raise BundleError("the manifest is too large", where=path, got=f"{len(content)} bytes")
    return content


def manifest_from_bytes(path: Path, content: bytes) -> Manifest:
    """Read what `manifest_to_bytes` wrote; raises `BundleError`, first for a newer layout."""
    try:
        # Pydantic's parser refuses deep nesting; Python's own would recurse.
        said = _Versioned.model_validate_json(content)
    except ValidationError as error:
        raise BundleError("the manifest cannot be understood", where=path, got=_first(error)) from error
    if said.schema_version > SCHEMA_VERSION:
        raise BundleError(
            "the model was made by a newer Sightmill",
            where=path,
            got=f"format {said.schema_version}",
            allowed=f"up to {SCHEMA_VERSION}",
            remedy="update Sightmill",
        )
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise BundleError("the manifest cannot be understood", where=path, got=_first(error)) from error
    for name in manifest.outputs:
        if not OUTPUT_NAME.match(name):
            raise BundleError("a network output has a name that is not allowed", where=path, got=name)
    if len(set(manifest.labels)) != len(manifest.labels):
        raise BundleError("the model names a class twice", where=path, got=", ".join(manifest.labels))
    return manifest


class _Versioned(BaseModel):
    """The one key that is read before the others are believed."""

    model_config = ConfigDict(extra="ignore")

    schema_version: int = Field(ge=1)


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
