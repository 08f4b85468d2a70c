"""A model file is written whole or not at all, and comes back as it went in."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest
from toy_model import LABELS, make_manifest, self_test, toy_network

from sightmill.bundle import SCHEMA_VERSION, Bundle, Manifest, SelfTest, write_bundle
from sightmill.errors import BundleError


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    network = toy_network()
    tests = [self_test(network, seed) for seed in range(3)]
    manifest = make_manifest(
        training={"network_depth": 2},
        inference={"threshold": 0.25},
        metrics={"accuracy": 0.5},
        parity={"images": 3},
    )
    written = write_bundle(tmp_path / "m.sightmill", manifest, network=network, weights=b"weights", self_tests=tests)
    bundle = Bundle.open(tmp_path / "m.sightmill")
    assert bundle.manifest == written
    assert bundle.manifest.labels == LABELS
    assert bundle.manifest.inference == {"threshold": 0.25}
    assert bundle.manifest.files["network.onnx"].size == len(network)
    assert bundle.network() == network
    assert bundle.weights() == b"weights"
    for read, given in zip(bundle.self_tests(), tests, strict=True):
        np.testing.assert_array_equal(read.input, given.input)
        for name, array in given.outputs.items():
            np.testing.assert_array_equal(read.outputs[name], array)


def test_the_same_content_makes_the_same_bytes(tmp_path: Path) -> None:
    network = toy_network()
    for name in ("a.sightmill", "b.sightmill"):
        write_bundle(tmp_path / name, make_manifest(), network=network, self_tests=[self_test(network)])
    assert (tmp_path / "a.sightmill").read_bytes() == (tmp_path / "b.sightmill").read_bytes()


@pytest.mark.parametrize("name", ["модель zwölf 模型.sightmill", "with blank.sightmill", "x" * 240])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    write_bundle(tmp_path / name, make_manifest(), network=toy_network())
    assert Bundle.open(tmp_path / name).manifest.method == "toy"
    assert names_in(tmp_path) == [name]


def test_labels_in_any_script_survive(tmp_path: Path) -> None:
    labels = ("Ärger ß", "良品", "💥", 'quote " \\ ', "")
    write_bundle(tmp_path / "m", make_manifest(labels=labels), network=toy_network())
    assert Bundle.open(tmp_path / "m").manifest.labels == labels


def test_a_constant_map_does_not_look_like_a_zip_bomb(tmp_path: Path) -> None:
    flat = SelfTest(
        np.zeros((1, 3, 600, 600), np.float32),
        {"scores": np.zeros((1, 2), np.float32), "map": np.zeros((1, 1, 600, 600), np.float32)},
    )
    write_bundle(tmp_path / "m", make_manifest(), network=toy_network(), self_tests=[flat])
    assert next(Bundle.open(tmp_path / "m").self_tests()).input.shape == (1, 3, 600, 600)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_model(toy_file: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    before = toy_file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*((os, "fsync", full) if broken == "fsync" else (Path, "replace", full)))
    with pytest.raises(BundleError, match=r"could not be saved \(No space left on device\).*Free some space"):
        write_bundle(toy_file, make_manifest(labels=("other",)), network=toy_network())
    assert toy_file.read_bytes() == before
    assert names_in(toy_file.parent) == [toy_file.name]


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a Unix thing")
def test_a_disk_that_fills_half_way_and_a_killed_process_leave_the_old_model(toy_file: Path) -> None:
    before = toy_file.read_bytes()
    program = textwrap.dedent(
        """
        import os, resource, signal, sys
        from pathlib import Path
        from sightmill.bundle import write_bundle
        from sightmill.errors import BundleError
        from toy_model import make_manifest

        path = Path(sys.argv[1])
        if sys.argv[2] == "full":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            try:
                write_bundle(path, make_manifest(), network=os.urandom(400_000))
            except BundleError as error:
                print(error)
        else:
            os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
            write_bundle(path, make_manifest(), network=b"another")
        """
    )
    for way, code in (("full", 0), ("killed", -9)):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
        done = subprocess.run(
            [sys.executable, "-c", program, str(toy_file), way],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert toy_file.read_bytes() == before
        if way == "full":
            assert "could not be saved" in done.stdout
            assert names_in(toy_file.parent) == [toy_file.name]


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"could not be saved.*choose another folder"):
        write_bundle(tmp_path / "none" / "m.sightmill", make_manifest(), network=b"x")


def test_a_model_without_weights_says_so(tmp_path: Path) -> None:
    write_bundle(tmp_path / "m", make_manifest(), network=toy_network())
    with pytest.raises(BundleError, match="carries no weights"):
        Bundle.open(tmp_path / "m").weights()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outputs": ("../../etc/passwd",)}, "name that cannot be saved"),
        ({"outputs": ("input",)}, "name that cannot be saved"),
        ({"metrics": {"accuracy": float("nan")}}, "cannot be written as JSON"),
        ({"provenance": {"made": object()}}, "cannot be written as JSON"),
        ({"labels": ("\ud800",)}, "cannot be written as JSON"),
    ],
)
def test_what_a_bundle_may_not_hold_is_not_written(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(BundleError, match=said):
        write_bundle(tmp_path / "m", Manifest.model_construct(**{**dict(make_manifest()), **changes}), network=b"x")
    assert not names_in(tmp_path)


def test_self_tests_must_fit(tmp_path: Path) -> None:
    given = np.zeros((1, 3, 8, 8), np.float32)
    with pytest.raises(BundleError, match="does not hold the network's outputs"):
        write_bundle(tmp_path / "m", make_manifest(), network=b"x", self_tests=[SelfTest(given, {})])
    objects = {"scores": np.array([object()]), "map": given}
    with pytest.raises(BundleError, match="only numbers"):
        write_bundle(tmp_path / "m", make_manifest(), network=b"x", self_tests=[SelfTest(given, objects)])


def test_keys_of_a_later_version_are_skipped(toy_file: Path) -> None:
    _rewrite_manifest(toy_file, lambda said: said.update(later={"anything": [1]}))
    assert Bundle.open(toy_file).manifest.schema_version == SCHEMA_VERSION


def test_a_newer_layout_is_refused(toy_file: Path) -> None:
    _rewrite_manifest(toy_file, lambda said: (said.clear(), said.update(schema_version=99)))
    with pytest.raises(BundleError, match=r"made by a newer Sightmill; got format 99; allowed: up to 1\. Update"):
        Bundle.open(toy_file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda said: said.update(labels=["good", 7]), "cannot be understood; got labels.1"),
        (lambda said: said.update(labels=["good", "good"]), "names a class twice"),
        (lambda said: said.pop("view"), "cannot be understood; got view"),
        (lambda said: said["view"].update(width=10**9), "cannot be understood; got view.width"),
        (
            lambda said: said.update(method="teleport"),
            "method that is not installed here; got teleport; allowed: toy",
        ),
        (
            lambda said: said.update(metrics={"accuracy": "high"}),
            "cannot be understood; got metrics.accuracy",
        ),
        (lambda said: said.update(outputs=["../x"]), "name that is not allowed"),
        (lambda said: said["files"].pop("network.onnx"), "do not name the same files; got network.onnx"),
        (lambda said: said["files"]["network.onnx"].update(size=3), "damaged"),
        (lambda said: said["files"]["network.onnx"].update(sha256="0" * 64), "damaged.*network.onnx"),
        (lambda said: said.pop("schema_version"), "cannot be understood; got schema_version"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(toy_file: Path, change: object, said: str) -> None:
    _rewrite_manifest(toy_file, change)
    with pytest.raises(BundleError, match=said):
        Bundle.open(toy_file)


def _rewrite_manifest(path: Path, change: object) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files["manifest.json"])
    change(said)  # type: ignore[operator]  # each case is a function of the manifest's dictionary
    files["manifest.json"] = json.dumps(said).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
