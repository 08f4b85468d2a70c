"""A bundle from a stranger runs no code, fills no memory and reaches no other file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import random
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from toy_model import make_manifest, toy_network

from sightmill.bundle import Bundle
from sightmill.errors import BundleError, SightmillError
from sightmill.runtime.model import Model


class Bomb:
    """Unpickling this would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return (open, (str(self.path), "w"))


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, files: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> None:
    """A zip of these files whose manifest vouches for all of them."""
    said = json.loads(files["manifest.json"])
    said["files"] = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in files.items()
        if name != "manifest.json"
    }
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in {**files, "manifest.json": json.dumps(said).encode()}.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"not a model",
        b"PK\x03\x04" + bytes(100),
        pickle.dumps([1]),
        b"\x89PNG\r\n\x1a\n" + bytes(50),
    ],
    ids=["empty", "two bytes", "text", "zip start", "pickle", "png"],
)
def test_other_files_are_no_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.sightmill").write_bytes(content)
    with pytest.raises(BundleError, match=r"no Sightmill model"):
        Bundle.open(tmp_path / "m.sightmill")


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no such model file"):
        Bundle.open(tmp_path / "none.sightmill")
    with pytest.raises(BundleError, match="cannot be read"):
        Bundle.open(tmp_path)


def test_a_truncated_file_is_refused_at_every_length(toy_file: Path) -> None:
    whole = toy_file.read_bytes()
    for length in range(0, len(whole), max(len(whole) // 60, 1)):
        toy_file.write_bytes(whole[:length])
        with pytest.raises(BundleError):
            Bundle.open(toy_file)


def test_a_flipped_byte_is_found_wherever_it_is(toy_file: Path) -> None:
    whole = toy_file.read_bytes()
    manifest = Bundle.open(toy_file).manifest
    places = random.Random(0)
    for _ in range(150):
        place = places.randrange(len(whole))
        damaged = bytearray(whole)
        damaged[place] ^= 1 << places.randrange(8)
        toy_file.write_bytes(damaged)
        try:
            bundle = Bundle.open(toy_file)
            parts = [bundle.network(), bundle.weights(), *bundle.self_tests()]
        except BundleError:
            continue
        # A bit that means nothing (a time stamp, a file mode) may change nothing.
        assert bundle.manifest == manifest
        assert len(parts) == 3


def test_a_flipped_byte_in_the_network(toy_file: Path) -> None:
    whole = bytearray(toy_file.read_bytes())
    whole[whole.index(files_of(toy_file)["network.onnx"]) + 40] ^= 1
    toy_file.write_bytes(whole)
    with pytest.raises(BundleError, match=r"damaged.*network\.onnx.*Copy it again"):
        Bundle.open(toy_file)


def test_a_file_that_changes_after_opening(toy_file: Path) -> None:
    bundle = Bundle.open(toy_file)
    files = files_of(toy_file)
    rewrite(toy_file, {**files, "network.onnx": b"another"})
    with pytest.raises(BundleError, match="damaged"):
        bundle.network()
    del files["weights.safetensors"]
    rewrite(toy_file, files)
    with pytest.raises(BundleError, match="has changed"):
        bundle.weights()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/passwd",
        "selftest/../../x.npy",
        "selftest/00/../../../x.npy",
        "selftest\\00\\x.npy",
        "C:/x.npy",
        "selftest/00/x.npy/",
        "selftest/0/x.npy",
        "selftest/٠٠/x.npy",
        "selftest/00/.hidden.npy",
        "selftest/00/a b.npy",
        "setup.py",
        "folder/",
        "MANIFEST.JSON",
    ],
)
def test_names_that_no_model_has(toy_file: Path, name: str) -> None:
    rewrite(toy_file, {**files_of(toy_file), name: b""})
    with pytest.raises(BundleError, match=r"holds something that no model has|link or folder"):
        Bundle.open(toy_file)


@pytest.mark.parametrize("name", ["data.pkl", "weights.pt", "archive/data.pkl", "model.PTH", "x.joblib"])
def test_a_pickle_by_name(toy_file: Path, name: str) -> None:
    rewrite(toy_file, {**files_of(toy_file), name: b"x"})
    with pytest.raises(BundleError, match="holds a pickle, which could run code"):
        Bundle.open(toy_file)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["network.onnx", "weights.safetensors", "selftest/00/map.npy"])
def test_a_pickle_by_content_is_not_opened(toy_file: Path, tmp_path: Path, name: str, protocol: int) -> None:
    target = tmp_path / "created by the pickle"
    rewrite(toy_file, {**files_of(toy_file), name: pickle.dumps(Bomb(target), protocol)})
    with pytest.raises(BundleError, match="holds a pickle"):
        Bundle.open(toy_file)
    assert not target.exists()


def test_an_array_of_objects_is_not_unpickled(toy_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "created by the pickle"
    stream = io.BytesIO()
    np.save(stream, np.array([Bomb(target)], dtype=object), allow_pickle=True)
    rewrite(toy_file, {**files_of(toy_file), "selftest/00/map.npy": stream.getvalue()})
    with pytest.raises(BundleError, match="no array that a model may hold"):
        list(Bundle.open(toy_file).self_tests())
    assert not target.exists()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (1,), }x",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
        "__import__('os').system('true')",
        "(" * 5000,
        "{",
    ],
)
def test_arrays_that_claim_too_much(toy_file: Path, header: str) -> None:
    text = header.encode().ljust(118) + b"\n"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(4)
    rewrite(toy_file, {**files_of(toy_file), "selftest/00/map.npy": array})
    with pytest.raises(BundleError, match=r"no array that a model may hold|does not hold what it claims"):
        list(Bundle.open(toy_file).self_tests())


def test_a_zip_bomb_is_not_unpacked(toy_file: Path) -> None:
    files = {**files_of(toy_file), "selftest/00/map.npy": bytes(64 << 20)}
    rewrite(toy_file, files, compression=zipfile.ZIP_DEFLATED)
    assert toy_file.stat().st_size < 1 << 20
    with pytest.raises(BundleError, match="zip bomb"):
        Bundle.open(toy_file)


def test_a_bomb_that_lies_about_its_size(toy_file: Path) -> None:
    files = {**files_of(toy_file), "selftest/00/map.npy": bytes(32 << 20)}
    rewrite(toy_file, files, compression=zipfile.ZIP_DEFLATED)
    whole = toy_file.read_bytes().replace(struct.pack("<I", 32 << 20), struct.pack("<I", 1000))
    toy_file.write_bytes(whole)
    with pytest.raises(BundleError, match="damaged"):
        Bundle.open(toy_file)


def test_a_manifest_that_is_huge_or_deep_or_no_json(toy_file: Path) -> None:
    files = files_of(toy_file)
    for manifest, said in (
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "cannot be understood"),
        (b"[" * 200_000, "cannot be understood"),
        (b'{"schema_version": 1, "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "cannot be understood"),
        (b"\xff\xfe\x00", "cannot be understood"),
        (b"[]", "cannot be understood"),
        (b"", "cannot be understood"),
        (os.urandom(1 << 20) * 33, "far more than a model holds"),
    ):
        with zipfile.ZipFile(toy_file, "w") as archive:
            for name, content in {**files, "manifest.json": manifest}.items():
                archive.writestr(name, content)
        with pytest.raises(BundleError, match=said):
            Bundle.open(toy_file)


@pytest.mark.parametrize("missing", ["manifest.json", "network.onnx"])
def test_a_zip_without_its_main_parts(toy_file: Path, missing: str) -> None:
    files = files_of(toy_file)
    del files[missing]
    with zipfile.ZipFile(toy_file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(BundleError, match=f"no Sightmill model: it has no {missing}"):
        Bundle.open(toy_file)


def test_the_same_name_twice(toy_file: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of what this test is about
        with zipfile.ZipFile(toy_file, "a") as archive:
            archive.writestr("network.onnx", b"another")
    with pytest.raises(BundleError, match=r"holds a file twice; got network\.onnx"):
        Bundle.open(toy_file)


def test_a_link_instead_of_a_file(toy_file: Path) -> None:
    files = files_of(toy_file)
    del files["weights.safetensors"]
    rewrite(toy_file, files)
    with zipfile.ZipFile(toy_file, "a") as archive:
        link = zipfile.ZipInfo("weights.safetensors")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BundleError, match="link or folder"):
        Bundle.open(toy_file)


def test_packings_that_the_writer_does_not_use(toy_file: Path) -> None:
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        rewrite(toy_file, files_of(toy_file), compression=compression)
        with pytest.raises(BundleError, match="packed in an unknown way"):
            Bundle.open(toy_file)


def test_too_many_files(toy_file: Path) -> None:
    many = {f"selftest/{index:02d}/{letter}.npy": b"" for index in range(100) for letter in "abcdefghijk"}
    rewrite(toy_file, {**files_of(toy_file), **many})
    with pytest.raises(BundleError, match="more files than a model has"):
        Bundle.open(toy_file)


def test_parts_that_share_their_bytes(toy_file: Path) -> None:
    """The trick of a bomb without nesting: many names over one stream of data."""
    with zipfile.ZipFile(toy_file) as archive:
        offsets = {entry.filename: entry.header_offset for entry in archive.infolist()}
    whole = bytearray(toy_file.read_bytes())
    directory = whole.index(b"PK\x01\x02")
    place = whole.index(b"weights.safetensors", directory) - 4
    whole[place : place + 4] = struct.pack("<I", offsets["network.onnx"])
    toy_file.write_bytes(whole)
    with pytest.raises(BundleError, match=r"overlapping parts|damaged"):
        Bundle.open(toy_file)


def test_a_network_that_reads_other_files_is_refused_on_loading(toy_file: Path) -> None:
    import onnx
    from toy_model import edited

    def outside(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../../etc/passwd")

    rewrite(toy_file, {**files_of(toy_file), "network.onnx": edited(toy_network(), outside)})
    with pytest.raises(BundleError, match="another file"):
        Model.load(toy_file)


def test_settings_and_outputs_that_do_not_fit_the_method(toy_file: Path) -> None:
    files = files_of(toy_file)
    for change, said in (
        (
            {"inference": {"threshold": 7}},
            "settings do not fit this version of Toy.*threshold: 7; allowed: 0 to 1",
        ),
        ({"inference": {"unheard": 7}}, "unknown parameter"),
        ({"outputs": ["scores", "map", "third"]}, "lacks an output"),
    ):
        manifest = {**make_manifest().model_dump(mode="json"), **change}
        rewrite(toy_file, {**files, "manifest.json": json.dumps(manifest).encode()})
        with pytest.raises(SightmillError, match=said):
            Model.load(toy_file)
