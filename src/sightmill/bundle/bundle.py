"""Writing a bundle in one step, and opening one with every check made."""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import re
import secrets
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightmill.bundle.archive import (
    LARGEST_TOTAL,
    MANIFEST,
    NETWORK,
    SELF_TEST,
    WEIGHTS,
    damaged,
    digest,
    largest,
    opened,
    read_part,
    write_archive,
)
from sightmill.bundle.manifest import OUTPUT_NAME, FileFacts, Manifest, manifest_from_bytes, manifest_to_bytes
from sightmill.errors import BundleError, SettingsError
from sightmill.methods import catalogue

__all__ = ["Bundle", "SelfTest", "write_bundle"]

#: What `numpy.save` puts before plain numbers in C order (format version 1.0). NumPy's own reader of it is a
#: parser of Python, which is more than a stranger's file should reach.
_ARRAY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<dtype>[<|](?:b1|[iu][1248]|f[248]))', 'fortran_order': False, "
    rb"'shape': \((?P<shape>(?:(?:[0-9]{1,12}, ){0,7}[0-9]{1,12},?)?)\), \} *\n",
    re.DOTALL,
)


@dataclass(frozen=True, eq=False)
class SelfTest:
    """What the network answered to one input when it was made.

    Parameters
    ----------
    input : float32 ``(N, C, H, W)``, in [0, 1].
    outputs : arrays by output name; the leading axis is N.
    """

    input: npt.NDArray[np.float32]
    outputs: Mapping[str, npt.NDArray[Any]]


def write_bundle(
    path: str | Path,
    manifest: Manifest,
    *,
    network: bytes,
    weights: bytes = b"",
    self_tests: Sequence[SelfTest] = (),
) -> Manifest:
    """Write a bundle, whole or not at all, and return the manifest as written (with `files`).

    The file is written beside `path`, forced to the disk, and then takes its place in one step: a full disk
    or a killed process leaves what was there before.

    Parameters
    ----------
    network : the ONNX model.
    weights : a safetensors file; empty leaves it out, and the model cannot be trained further.
    self_tests : at most 100.

    Raises
    ------
    BundleError : the disk refuses, or the content is not what a bundle may hold (an output's name, a size, a
        manifest that could not be read again).
    """
    path = Path(path)
    files = _contents(path, manifest, network, weights, self_tests)
    facts = {
        name: FileFacts(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        for name, content in files.items()
    }
    written = manifest.model_copy(update={"files": facts})
    content = manifest_to_bytes(path, written)
    manifest_from_bytes(path, content)
    beside = path.with_name(f".sightmill-{secrets.token_hex(8)}.part")
    try:
        try:
            with beside.open("xb") as stream:
                write_archive(stream, {MANIFEST: content, **files})
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise BundleError(
            f"the model could not be saved ({error.strerror or error})",
            where=path,
            remedy="free some space or choose another folder; a model saved there before is untouched",
        ) from error
    return written


@dataclass(frozen=True)
class Bundle:
    """A bundle that has been opened and found sound.

    The bulky parts are read when they are asked for, and checked again then: the file may have changed.
    """

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: str | Path) -> Bundle:
        """Check a bundle from end to end and read its manifest.

        Raises
        ------
        BundleError : the file is missing, no bundle, damaged, hostile, made by a newer Sightmill, or for a
            method that is not installed; one sentence that says which.
        """
        path = Path(path)
        with opened(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if MANIFEST not in entries or NETWORK not in entries:
                missing = MANIFEST if MANIFEST not in entries else NETWORK
                raise BundleError(f"this is no Sightmill model: it has no {missing}", where=path)
            manifest = manifest_from_bytes(path, read_part(path, archive, entries[MANIFEST]))
            _check_against(path, manifest, entries)
            for name, facts in manifest.files.items():
                if digest(path, archive, entries[name]) != facts.sha256:
                    raise damaged(path, name)
        try:
            catalogue.named(manifest.method)
        except SettingsError as error:
            raise BundleError(
                "the model is for a method that is not installed here",
                where=path,
                got=manifest.method,
                allowed=error.allowed,
                remedy="update Sightmill or install the plug-in that brings the method",
            ) from error
        return cls(path, manifest)

    def network(self) -> bytes:
        """The ONNX model."""
        return self._read(NETWORK)

    def weights(self) -> bytes:
        """The safetensors file; raises `BundleError` when the model was saved without."""
        if WEIGHTS not in self.manifest.files:
            raise BundleError(
                "this model carries no weights for further training",
                where=self.path,
                remedy="start from the model as it came out of training",
            )
        return self._read(WEIGHTS)

    def self_tests(self) -> Iterator[SelfTest]:
        """The stored inputs and answers, one at a time, in order."""
        folders: dict[str, list[str]] = {}
        for name in sorted(self.manifest.files):
            if match := SELF_TEST.match(name):
                folders.setdefault(match[1], []).append(match[2])
        for number, names in folders.items():
            arrays = {name: self._array(f"selftest/{number}/{name}.npy") for name in names}
            given = arrays.pop("input", None)
            if given is None or given.dtype != np.float32 or given.ndim != 4:
                raise BundleError("a self-test has no usable input", where=f"{self.path}: selftest/{number}")
            yield SelfTest(given, arrays)

    def check(self) -> tuple[str, ...]:
        """Compare every file with its checksum once more; returns their names, raises `BundleError`."""
        Bundle.open(self.path)
        return tuple(self.manifest.files)

    def _read(self, name: str) -> bytes:
        with opened(self.path) as archive:
            try:
                entry = archive.getinfo(name)
            except KeyError:
                raise BundleError("the model file has changed since it was opened", where=self.path) from None
            content = read_part(self.path, archive, entry)
        if hashlib.sha256(content).hexdigest() != self.manifest.files[name].sha256:
            raise damaged(self.path, name)
        return content

    def _array(self, name: str) -> npt.NDArray[Any]:
        content = self._read(name)
        where = f"{self.path}: {name}"
        header = _ARRAY.match(content)
        if not header or len(header[0]) != 10 + int.from_bytes(content[8:10], "little"):
            raise BundleError("this is no array that a model may hold", where=where)
        dtype = np.dtype(header["dtype"].decode())
        shape = tuple(int(side) for side in header["shape"].split(b",") if side.strip())
        # The header is a claim: nothing is allocated before it agrees with the bytes that are there.
        if math.prod(shape) * dtype.itemsize != len(content) - header.end():
            raise BundleError("an array does not hold what it claims", where=where, got=f"{dtype} {shape}")
        return np.frombuffer(content, dtype, offset=header.end()).reshape(shape)


def _contents(
    path: Path, manifest: Manifest, network: bytes, weights: bytes, self_tests: Sequence[SelfTest]
) -> dict[str, bytes]:
    for name in manifest.outputs:
        if not OUTPUT_NAME.match(name):
            raise BundleError(
                "a network output has a name that cannot be saved",
                where=path,
                got=name,
                allowed="letters, digits, _ . - (but not the name input)",
            )
    if len(self_tests) > 100:
        raise BundleError("too many self-tests", where=path, got=len(self_tests), allowed="at most 100")
    files = {NETWORK: network}
    if weights:
        files[WEIGHTS] = weights
    for index, test in enumerate(self_tests):
        if set(test.outputs) != set(manifest.outputs):
            raise BundleError(
                "a self-test does not hold the network's outputs",
                where=path,
                got=", ".join(test.outputs),
                allowed=manifest.outputs,
            )
        arrays = {"input": test.input, **{name: test.outputs[name] for name in sorted(test.outputs)}}
        for name, array in arrays.items():
            if array.dtype.kind not in "biuf":
                raise BundleError("a self-test may hold only numbers", where=path, got=str(array.dtype))
            files[f"selftest/{index:02d}/{name}.npy"] = _array_bytes(array)
    for name, content in files.items():
        if len(content) > largest(name):
            raise BundleError(f"{name} is too large for a model", where=path, got=f"{len(content)} bytes")
    if sum(map(len, files.values())) > LARGEST_TOTAL:
        raise BundleError("the model is too large for one file", where=path, allowed=f"{LARGEST_TOTAL} bytes")
    return files


def _array_bytes(array: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    plain = np.array(array, order="C", dtype=array.dtype.newbyteorder("<"))
    np.lib.format.write_array(stream, plain, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the system lets a folder be synced (not Windows)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check_against(path: Path, manifest: Manifest, entries: Mapping[str, zipfile.ZipInfo]) -> None:
    said, there = set(manifest.files), set(entries) - {MANIFEST}
    if said != there:
        raise BundleError(
            "the manifest and the model file do not name the same files",
            where=path,
            got=min(said ^ there),
        )
    for name, facts in manifest.files.items():
        if entries[name].file_size != facts.size:
            raise damaged(path, name)
