"""Pretrained parameters: loaded exactly, for colour and grey, and refused in one sentence when damaged."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import save

from sightmill.errors import ModelError
from sightmill.nn.backbones import Backbone
from sightmill.nn.detectors import CHANNELS, Detector
from sightmill.nn.peaks import PeakNetwork
from sightmill.nn.pretrained import (
    WEIGHTS,
    load_backbone,
    load_head,
    pretrained_depths,
    provenance,
    shared_part,
)


@pytest.fixture
def folder(tmp_path):
    """A folder with parameters of depth 1, as `pretraining.publish` writes them."""
    torch.manual_seed(5)
    state = Backbone(depth=1, channels=3).state_dict()
    state = {name: value.half() for name, value in state.items() if not name.endswith("num_batches_tracked")}
    _write(tmp_path, save(state))
    return tmp_path


def _write(folder, content, **card):
    (folder / "depth1.safetensors").write_bytes(content)
    card = {"sha256": hashlib.sha256(content).hexdigest(), **card}
    (folder / "depth1.json").write_text(json.dumps(card), encoding="utf-8")


def test_loading_replaces_every_parameter(folder):
    one, two = Backbone(depth=1, channels=3).eval(), Backbone(depth=1, channels=3).eval()
    images = torch.rand(2, 3, 64, 48)
    assert not torch.allclose(one(images)[3], two(images)[3])
    assert load_backbone(one, folder=folder) and load_backbone(two, folder=folder)
    for a, b in zip(one(images), two(images), strict=True):
        assert torch.equal(a, b)


def test_grey_input_gives_what_three_equal_channels_give(folder):
    colour, grey = Backbone(depth=1, channels=3).eval(), Backbone(depth=1, channels=1).eval()
    assert load_backbone(colour, folder=folder) and load_backbone(grey, folder=folder)
    images = torch.rand(2, 1, 64, 64)
    for a, b in zip(colour(images.expand(-1, 3, -1, -1)), grey(images), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_a_depth_without_parameters_is_left_alone(folder):
    backbone = Backbone(depth=2, channels=3)
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    assert load_backbone(backbone, folder=folder) is False
    assert all(torch.equal(value, before[name]) for name, value in backbone.state_dict().items())
    assert pretrained_depths(folder=folder) == (1,)
    assert provenance("depth2", folder=folder) is None


def test_loaded_parameters_all_learn(folder):
    backbone = Backbone(depth=1, channels=1)
    load_backbone(backbone, folder=folder)
    sum(level.square().mean() for level in backbone(torch.rand(2, 1, 64, 64))).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in backbone.parameters())


def test_one_changed_byte_is_noticed(folder):
    file = folder / "depth1.safetensors"
    content = bytearray(file.read_bytes())
    content[-7] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"depth1\.safetensors: .*damaged.*SHA-256"):
        load_backbone(Backbone(depth=1, channels=3), folder=folder)


@pytest.mark.parametrize("card", [None, "{", "[]", '{"licence": "Apache-2.0"}'])
def test_a_missing_or_damaged_card_is_a_sentence(folder, card):
    file = folder / "depth1.json"
    file.unlink() if card is None else file.write_text(card, encoding="utf-8")
    with pytest.raises(ModelError, match=r"depth1\.json: the provenance card"):
        load_backbone(Backbone(depth=1, channels=3), folder=folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"not safetensors at all", "no safetensors file"), (save({"x": torch.zeros(2)}), "do not fit the backbone")],
)
def test_a_foreign_file_with_its_own_checksum_is_refused(folder, content, sentence):
    _write(folder, content)
    with pytest.raises(ModelError, match=sentence):
        load_backbone(Backbone(depth=1, channels=3), folder=folder)


def test_the_depths_that_most_need_them_have_pretrained_parameters():
    assert {1, 2, 3} <= set(pretrained_depths())


@pytest.mark.parametrize("depth", pretrained_depths())
def test_the_packaged_parameters_are_whole(depth):
    backbone = Backbone(depth=depth, channels=1).eval()
    assert load_backbone(backbone)
    assert all(level.isfinite().all() for level in backbone(torch.rand(1, 1, 64, 64)))
    card = provenance(f"depth{depth}")
    assert {"recipe", "teachers", "images_seen", "hours", "licence", "probe", "command", "commit", "seed"} <= set(card)
    assert " /" not in card["command"], "no folder of the machine that it was made on"
    assert sum(file.stat().st_size for file in WEIGHTS.glob("*.safetensors")) <= 40e6


def _detector(depth=1, finest=8, **others):
    return Detector(
        backbone=Backbone(depth=depth, channels=1), finest=finest, channels=CHANNELS[depth], classes=2, **others
    )


def _write_detector(folder, tensors):
    content = save({f"stride8.{name}": value.half().contiguous() for name, value in tensors.items()})
    (folder / "detector1.safetensors").write_bytes(content)
    (folder / "detector1.json").write_text(json.dumps({"sha256": hashlib.sha256(content).hexdigest()}))


def test_pyramid_and_towers_are_replaced_and_nothing_else(tmp_path):
    torch.manual_seed(1)
    given, detector = _detector(), _detector(turns=2, extra=5)
    others = {name for name in detector.state_dict() if name not in shared_part(detector)}
    before = {name: value.clone() for name, value in detector.state_dict().items()}
    assert load_head(detector, folder=tmp_path) is None
    _write_detector(tmp_path, shared_part(given))
    assert load_head(detector, folder=tmp_path) == "detector1"
    for name, value in shared_part(detector).items():
        assert torch.equal(value, given.state_dict()[name].half().float())
    assert all(torch.equal(detector.state_dict()[name], before[name]) for name in others)
    assert {"head.class_logits.weight", "head.place.weight", "backbone.stem.0.weight"} <= others


def test_a_detector_that_does_not_fit_is_a_sentence(tmp_path):
    _write_detector(tmp_path, shared_part(_detector()))
    with pytest.raises(ModelError, match="do not fit the detector of depth 1 and stride 4"):
        load_head(_detector(finest=4), folder=tmp_path)


def _points(depth=1, **others):
    return PeakNetwork(
        backbone=Backbone(depth=depth, channels=1), **{"classes": 2, "feature_size": 20.0, "distance": 0.5, **others}
    )


def test_the_decoder_of_points_is_replaced_and_nothing_else(tmp_path):
    torch.manual_seed(1)
    given, network = _points(), _points(classes=5, feature_size=33.0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert load_head(network, folder=tmp_path) is None
    content = save({f"points.{name}": value.half().contiguous() for name, value in shared_part(given).items()})
    (tmp_path / "points1.safetensors").write_bytes(content)
    (tmp_path / "points1.json").write_text(json.dumps({"sha256": hashlib.sha256(content).hexdigest()}))
    assert load_head(network, folder=tmp_path) == "points1"
    replaced = shared_part(network)
    for name, value in network.state_dict().items():
        assert torch.equal(value, given.state_dict()[name].half().float() if name in replaced else before[name])
    assert not {"head.last.weight", "scale", "backbone.stem.0.weight"} & set(replaced)


HEADS = [
    (head, depth)
    for head in ("detector", "points")
    for depth in range(1, 6)
    if provenance(f"{head}{depth}") is not None
]


@pytest.mark.parametrize(("head", "depth"), HEADS)
def test_packaged_heads_belong_to_the_packaged_features(head, depth):
    card, features = provenance(f"{head}{depth}"), provenance(f"depth{depth}")
    assert card["features"] == features["sha256"], f"teach it again: `python -m pretraining.objects --head {head}`"
    assert {"recipe", "images_seen", "hours", "licence", "command", "commit", "seed"} <= set(card)
    for network in [_points(depth)] if head == "points" else [_detector(depth, finest) for finest in (4, 8)]:
        assert load_head(network.eval()) == f"{head}{depth}"
        assert all(answer.isfinite().all() for answer in network(torch.rand(1, 1, 64, 64)).values())
