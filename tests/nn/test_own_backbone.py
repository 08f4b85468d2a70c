"""A network of the user's own in place of ours: how it is named, and the whole way from training to the model file."""

import hashlib
import sys

import onnx
import pytest
from backbone_toys import fake_timm
from safetensors.torch import load

from sightmill.bundle import Bundle
from sightmill.data.dataset import Dataset
from sightmill.errors import MissingExtraError, SettingsError
from sightmill.methods.catalogue import named
from sightmill.methods.learner import Learner
from sightmill.methods.own_backbone import OwnBackbone, own_backbone
from sightmill.methods.training import Training
from sightmill.nn.backbones import Backbone
from sightmill.runtime.model import Model
from sightmill.training.events import Finished
from sightmill.training.toys import toy_dataset
from sightmill.training.train import train

SMALL = {"image_size": 64, "device": "cpu", "precision": "float32", "threads": 1}


@pytest.mark.parametrize(
    ("words", "kind", "name", "file", "maps"),
    [
        ("timm:resnet18.a1_in1k", "timm", "resnet18.a1_in1k", None, ()),
        ("timm:resnet18@sub/r.safetensors", "timm", "resnet18", "sub/r.safetensors", ()),
        ("a@b/net.ONNX", "onnx", "", "a@b/net.ONNX", ()),
        ("a@b/net.onnx@one, /two/Relu,three:0,x@4", "onnx", "", "a@b/net.onnx", ("one", "/two/Relu", "three:0", "x@4")),
    ],
)
def test_a_backbone_is_named(words, kind, name, file, maps):
    own = own_backbone(Training(backbone=words).backbone)
    assert isinstance(own, OwnBackbone)
    assert (own.kind, own.name, own.maps) == (kind, name, maps)
    assert (own.file and own.file.as_posix()) == file


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("resnet18", r"is written timm:NAME, .*FILE\.onnx.*; got resnet18"),
        ("net.pt", "is written timm:NAME"),
        ("timm:", "letters, digits, dots and underscores"),
        ("timm:hf-hub:somebody/net", "letters, digits, dots and underscores: nothing is downloaded"),
        ("timm:local-dir:/tmp", "nothing is downloaded"),
        ("timm:resnet18@weights.pth", r"from a \*\.safetensors file only"),
        ("timm:resnet18@", r"from a \*\.safetensors file only"),
        ("net.onnx@a,b,c", "name four different feature maps"),
        ("net.onnx@a,b,c,c", "name four different feature maps"),
        ("net.onnx@a,,b,c", "name four different feature maps"),
    ],
)
def test_other_words_are_refused(words, sentence):
    with pytest.raises(SettingsError, match=rf"backbone: .*{sentence}"):
        Training.of({"backbone": words})


def test_a_method_that_brings_its_own_says_so():
    learner = Learner()
    learner.notes = []
    with pytest.raises(SettingsError, match="this method takes no backbone of your own; got timm:resnet18"):
        learner.start(Backbone(depth=1, channels=3), Training(backbone="timm:resnet18"))


@pytest.mark.parametrize(("pretrained", "files"), [(True, ["depth1.safetensors"]), (False, [])])
def test_our_own_backbone_says_where_it_comes_from(pretrained, files):
    learner = Learner()
    learner.notes = []
    backbone = learner.new_backbone(Training(network_depth=1, pretrained=pretrained), 3)
    assert isinstance(backbone, Backbone) and learner.experienced == pretrained
    assert learner.origin["name"] == "Sightmill, depth 1"
    assert list(learner.origin["sha256"]) == files


@pytest.mark.slow
def test_an_onnx_file_is_trained_and_served(exported, tmp_path):
    method, data = named("classification"), toy_dataset("class", size=(64, 64))
    settings = method.Training.of(
        {"backbone": str(exported), "iterations": 1, "steps_per_iteration": 2, "batch_size": 4, **SMALL}
    )
    *_, last = train(method, data, settings, output=tmp_path / "m.sightmill")
    assert isinstance(last, Finished)
    digest = hashlib.sha256(exported.read_bytes()).hexdigest()
    assert any(f"net.onnx with SHA-256 {digest}" in note for note in last.notes)
    bundle = Bundle.open(tmp_path / "m.sightmill")
    backbone, weights = bundle.manifest.provenance["backbone"], load(bundle.weights())
    operators = {node.op_type for node in onnx.load_model_from_string(bundle.network()).graph.node}
    assert backbone["name"] == "net.onnx" and backbone["sha256"]["net.onnx"] == digest
    assert "HardSwish" in operators
    assert any(name.startswith("backbone.network.conv") for name in weights)
    assert Model.load(tmp_path / "m.sightmill").verify().passed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("anomaly_detection", {"sampling_density": "low"}),
        ("anomaly_detection_precise", {"iterations": 1, "steps_per_iteration": 2, "batch_size": 4}),
    ],
)
def test_a_timm_network_finds_anomalies_in_grey_images(name, own, monkeypatch, tmp_path):
    fake_timm(monkeypatch)
    method = named(name)
    data = Dataset.of(toy_dataset("anomaly", size=(64, 64)))
    settings = method.Training.of({"backbone": "timm:tiny_net", "grayscale": True, **own, **SMALL})
    *_, last = train(method, data, settings, output=tmp_path / "m.sightmill")
    assert any("timm tiny_net (random parameters)" in note for note in last.notes)
    manifest = Bundle.open(tmp_path / "m.sightmill").manifest
    assert manifest.provenance["backbone"] == {"name": "timm tiny_net", "sha256": {}}
    assert manifest.view.channels == 1
    assert Model.load(tmp_path / "m.sightmill").verify().passed


def test_without_timm_a_training_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "timm", None)
    method = named("classification")
    settings = method.Training(backbone="timm:resnet18")
    with pytest.raises(MissingExtraError, match=r'pip install "sightmill\[timm\]"'):
        list(train(method, toy_dataset("class"), settings, output=tmp_path / "m.sightmill"))
