"""The zip that a bundle is: written the same way each time, and read with suspicion.

Reading refuses whatever writing would not have made: foreign names, links, folders, encryption, doubles,
overlaps, trailing comments, sizes that a model does not have, and content that swells when it is unpacked.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from sightmill.errors import BundleError

__all__ = [
    "LARGEST_MANIFEST",
    "LARGEST_TOTAL",
    "MANIFEST",
    "NETWORK",
    "SELF_TEST",
    "SUFFIX",
    "WEIGHTS",
    "damaged",
    "digest",
    "largest",
    "opened",
    "read_part",
    "write_archive",
]

SUFFIX: Final = ".sightmill"
MANIFEST: Final = "manifest.json"
NETWORK: Final = "network.onnx"
WEIGHTS: Final = "weights.safetensors"
SELF_TEST: Final = re.compile(r"selftest/([0-9]{2})/([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})\.npy\Z")

_PICKLE_SUFFIXES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dill", ".bin")

_MiB = 1 << 20
LARGEST_MANIFEST: Final = 32 * _MiB  # names of 100,000 training images, and some
LARGEST_TOTAL: Final = 3500 * _MiB
_LARGEST_PART, _LARGEST_ARRAY = 2047 * _MiB, 512 * _MiB  # protobuf, and so ONNX, ends at 2 GiB
_MOST_ENTRIES = 1000
_MOST_RATIO = 200  # of a deflated entry above 1 MiB; the writer stores what would shrink more
_CHUNK = _MiB
_COPY_AGAIN = "copy it again from its source"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can name: the same content, the same bytes


@contextlib.contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip, after its names and sizes have been checked; raises `BundleError`."""
    try:
        with path.open("rb") as stream:
            _check_ends(path, stream)
            with zipfile.ZipFile(stream) as archive:
                _check_entries(path, archive.infolist())
                yield archive
    except FileNotFoundError:
        raise BundleError("there is no such model file", where=path) from None
    except OSError as error:
        raise BundleError(f"the model file cannot be read ({error.strerror or error})", where=path) from error
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError) as error:
        raise BundleError("the model file is damaged", where=path, remedy=_COPY_AGAIN) from error


def _check_ends(path: Path, stream: IO[bytes]) -> None:
    """Look at both ends of the zip before `zipfile` builds its table of entries, which may be millions."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    start = stream.read(4)
    stream.seek(max(size - 42, 0))
    end = stream.read(42)
    stream.seek(0)
    if start != b"PK\x03\x04":
        raise BundleError("this is no Sightmill model", where=path, allowed=f"a file {SUFFIX}")
    ends_plainly = end[-22:-18] == b"PK\x05\x06" and end[-2:] == b"\0\0" and end[:4] != b"PK\x06\x07"
    if size > LARGEST_TOTAL or not ends_plainly:
        raise BundleError("the model file is incomplete, or no Sightmill model", where=path, remedy=_COPY_AGAIN)
    entries, directory = int.from_bytes(end[-12:-10], "little"), int.from_bytes(end[-10:-6], "little")
    if entries > _MOST_ENTRIES or directory > _MiB:
        raise BundleError("the model file holds more files than a model has", where=path, got=entries)


def _check_entries(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    names: set[str] = set()
    total = 0
    for entry in entries:
        name = entry.filename
        _check_name(path, name, entry.orig_filename)
        if name in names:
            raise BundleError("the model file holds a file twice", where=path, got=name)
        names.add(name)
        mode = entry.external_attr >> 16
        if entry.is_dir() or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise BundleError("the model file holds a link or folder", where=path, got=name)
        if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BundleError("the model file is encrypted or packed in an unknown way", where=path, got=name)
        packed = entry.compress_size
        total += entry.file_size
        swells = entry.file_size > _MiB and entry.file_size > packed * _MOST_RATIO
        if entry.file_size > largest(name) or total > LARGEST_TOTAL or swells:
            raise BundleError(
                "the model file would unpack to far more than a model holds (a zip bomb?)",
                where=path,
                got=f"{name}: {entry.file_size} bytes",
            )
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in itertools.pairwise(ordered):
        if entry.header_offset + 30 + len(entry.filename) + entry.compress_size > following.header_offset:
            raise BundleError("the model file has overlapping parts", where=path, got=entry.filename)


def _check_name(path: Path, name: str, as_written: str) -> None:
    if name.lower().endswith(_PICKLE_SUFFIXES):
        raise BundleError(
            "the model file holds a pickle, which could run code",
            where=path,
            got=name,
            remedy="do not load it with another program either, unless you trust where it comes from",
        )
    known = name in (MANIFEST, NETWORK, WEIGHTS) or SELF_TEST.match(name)
    if not known or name != as_written:
        raise BundleError("the model file holds something that no model has", where=path, got=as_written)


def largest(name: str) -> int:
    """How many bytes the file of this name may have."""
    if name == MANIFEST:
        return LARGEST_MANIFEST
    return _LARGEST_PART if name in (NETWORK, WEIGHTS) else _LARGEST_ARRAY


def _chunks(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content, never more of it than was declared."""
    left = entry.file_size
    try:
        with archive.open(entry) as stream:
            first = True
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise damaged(path, entry.filename)
                if first and _looks_like_pickle(chunk):
                    raise BundleError(
                        "the model file holds a pickle, which could run code", where=path, got=entry.filename
                    )
                first = False
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise damaged(path, entry.filename) from error
    if left:
        raise damaged(path, entry.filename)


def _looks_like_pickle(head: bytes) -> bool:
    """A pickle of protocol 2 to 5, or a zip as torch.save writes; safetensors has ``{`` at byte 8."""
    pickled = head[:1] == b"\x80" and head[1:2] in b"\2\3\4\5" and head[8:9] != b"{"
    return pickled or head[:4] == b"PK\x03\x04"


def read_part(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One file's content; raises `BundleError` when it is damaged or more than was declared."""
    return b"".join(_chunks(path, archive, entry))


def digest(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """SHA-256 of one file's content, 64 hexadecimal digits, read piece by piece."""
    sha256 = hashlib.sha256()
    for chunk in _chunks(path, archive, entry):
        sha256.update(chunk)
    return sha256.hexdigest()


def write_archive(stream: IO[bytes], files: Mapping[str, bytes]) -> None:
    """Write the files in their order; the same content makes the same bytes."""
    with zipfile.ZipFile(stream, "w", allowZip64=False) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            # Weights hardly shrink; manifests and self-tests do.
            small = name not in (NETWORK, WEIGHTS) and not _shrinks_suspiciously(content)
            entry.compress_type = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
            archive.writestr(entry, content, compresslevel=6)


def _shrinks_suspiciously(content: bytes) -> bool:
    """Whether the reader might take the deflated content for a zip bomb."""
    return len(content) > _MiB and len(content) > len(zlib.compress(content, 6)) * (_MOST_RATIO - 1)


def damaged(path: Path, name: str) -> BundleError:
    """The error for a part that is not what was written."""
    return BundleError(
        "the model file is damaged: a part differs from its checksum",
        where=path,
        got=name,
        remedy=_COPY_AGAIN,
    )
