"""A backbone from timm: nothing is fetched, its own pixels' scale goes first, parameters come from a local file."""

import hashlib
import sys

import pytest
import torch
from backbone_toys import WIDTHS, Extractor, fake_timm, whole_model_state
from safetensors.torch import save, save_file

from sightmill.errors import MissingExtraError, ModelError
from sightmill.nn.timm_models import timm_backbone


def test_an_untrained_network_is_asked_for(monkeypatch):
    asked = fake_timm(monkeypatch)
    backbone = timm_backbone("tiny_net", file=None, channels=3)
    assert asked == [("tiny_net", {"pretrained": False, "features_only": True})]
    assert backbone.widths == WIDTHS and not backbone.origin.learnt
    assert backbone.origin.told == "timm tiny_net (random parameters)"
    sum(level.square().mean() for level in backbone(torch.rand(2, 3, 64, 64))).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in backbone.parameters())


def test_parameters_come_from_a_file_and_pixels_are_scaled(monkeypatch, tmp_path):
    fake_timm(monkeypatch)
    torch.manual_seed(9)
    own, file = Extractor().eval(), tmp_path / "tiny.safetensors"
    save_file(whole_model_state(own), file)
    backbone = timm_backbone("tiny_net", file=file, channels=1).eval()
    images = torch.rand(2, 1, 64, 96)
    mean, spread = (torch.tensor(own.default_cfg[name]).reshape(3, 1, 1) for name in ("mean", "std"))
    wanted = own((images.expand(-1, 3, -1, -1) - mean) / spread)[1:]
    for mine, theirs in zip(backbone(images), wanted, strict=True):
        torch.testing.assert_close(mine, theirs)
    assert backbone.origin.learnt
    assert backbone.origin.files == {"tiny.safetensors": hashlib.sha256(file.read_bytes()).hexdigest()}


def test_without_timm_the_line_to_type_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r'a backbone from timm needs .*pip install "sightmill\[timm\]"'):
        timm_backbone("resnet18", file=None, channels=3)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no_such_net", r"timm no_such_net: timm cannot make .*got Unknown model \(no_such_net\)"),
        ("shallow_net", "no map at stride 32; got maps at strides 2, 4, 8, 16, 16"),
    ],
)
def test_a_network_that_does_not_fit_is_a_sentence(monkeypatch, name, sentence):
    fake_timm(monkeypatch)
    with pytest.raises(ModelError, match=sentence):
        timm_backbone(name, file=None, channels=3)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read; got No such file.*nothing is downloaded"),
        (b"\x80\x02}q\x00.", "are no safetensors file"),
        (save({"blocks.0.0.weight": torch.zeros(6, 3, 3, 3)}), "24 of the layers of timm tiny_net find no parameters"),
        (save({"blocks.0.0.weight": torch.zeros(6, 1, 3, 3)}), "25 of the layers .*none for blocks_0.0.weight"),
    ],
)
def test_parameters_that_do_not_fit_are_a_sentence(monkeypatch, tmp_path, content, sentence):
    fake_timm(monkeypatch)
    file = tmp_path / "tiny.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=rf"tiny\.safetensors: .*{sentence}"):
        timm_backbone("tiny_net", file=file, channels=3)
