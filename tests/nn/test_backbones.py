"""Our backbones: every parameter learns, any size fits, and folding the normalisations changes nothing."""

import pytest
import torch
from torch import nn

from sightmill.nn.backbones import DEPTHS, STRIDES, Backbone, calibrate_statistics
from sightmill.nn.folding import absorb_statistics, folded
from sightmill.nn.pretrained import load_backbone

EVERY = [(depth, channels) for depth in DEPTHS for channels in (1, 3)]


def made(depth, channels):
    """A backbone as training starts with it: pretrained where its depth has parameters."""
    torch.manual_seed(depth)
    backbone = Backbone(depth=depth, channels=channels)
    load_backbone(backbone)
    return backbone


@pytest.mark.parametrize(("depth", "channels"), EVERY)
def test_fine_tuning_moves_every_parameter(depth, channels):
    backbone = made(depth, channels).train()
    before = {name: value.clone() for name, value in backbone.named_parameters()}
    optimiser = torch.optim.SGD(backbone.parameters(), lr=1e-3)
    coarsest = backbone(torch.rand(2, channels, 64, 64))[-1]
    (coarsest * torch.randn_like(coarsest)).mean().backward()
    for name, value in backbone.named_parameters():
        assert value.grad is not None and value.grad.isfinite().all(), name
        assert value.grad.count_nonzero() > value.numel() / 2, f"half of {name} gets no gradient"
    optimiser.step()
    still = [name for name, value in backbone.named_parameters() if torch.equal(value, before[name])]
    assert not still


@pytest.mark.parametrize(("depth", "channels"), EVERY)
def test_maps_have_the_promised_strides_and_widths_at_any_size(depth, channels):
    backbone = made(depth, channels).eval()
    height, width = 70, 101
    with torch.no_grad():
        stem, maps = backbone.with_stem(torch.rand(1, channels, height, width))
    assert stem.shape == (1, backbone.stem_width, 35, 51)
    for one, stride, wide in zip(maps, STRIDES, backbone.widths, strict=True):
        assert one.shape == (1, wide, -(-height // stride), -(-width // stride))


@pytest.mark.parametrize("depth", DEPTHS)
def test_no_normalisation_is_left_when_a_model_is_exported(depth):
    backbone = made(depth, 3)
    calibrate_statistics(backbone, [torch.rand(2, 3, 64, 64)])
    served = folded(backbone)
    assert not [module for module in served.modules() if isinstance(module, nn.BatchNorm2d)]
    images = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        for ours, theirs in zip(backbone.eval()(images), served(images), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3 * float(ours.abs().max()))


@pytest.mark.parametrize("channels", [1, 3])
def test_absorbed_statistics_change_no_answer_and_leave_nothing_to_scale(channels):
    backbone = made(3, channels).eval()
    images = torch.rand(2, channels, 64, 96)
    with torch.no_grad():
        before = backbone(images)
        absorb_statistics(backbone)
        after = backbone(images)
    for ours, theirs in zip(before, after, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5 * float(ours.abs().max()))
    norms = [module for module in backbone.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms
    for norm in norms:
        assert (norm.weight == 1).all() and (norm.running_mean == 0).all() and (norm.bias != 0).any()
        torch.testing.assert_close(norm.running_var, torch.full_like(norm.running_var, 1 - norm.eps))


def test_only_frozen_statistics_before_learning_convolutions_are_absorbed():
    backbone = made(1, 3).train()
    calibrate_statistics(backbone, [torch.rand(2, 3, 64, 64)])
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    backbone.train()
    absorb_statistics(backbone)
    backbone.eval().requires_grad_(False)
    absorb_statistics(backbone)
    assert all(torch.equal(before[name], value) for name, value in backbone.state_dict().items())
    backbone.stages[0].requires_grad_(True)
    absorb_statistics(backbone)
    changed = {name for name, value in backbone.state_dict().items() if not torch.equal(before[name], value)}
    assert changed and all(name.startswith("stages.0.") for name in changed)


def test_deeper_is_larger():
    sizes = [sum(value.numel() for value in Backbone(depth=depth, channels=3).parameters()) for depth in DEPTHS]
    assert sizes == sorted(sizes) and len(set(sizes)) == len(DEPTHS) == 5
