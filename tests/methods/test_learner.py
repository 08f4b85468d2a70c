"""What learners share: which weights are learnt, and how fast."""

from __future__ import annotations

import torch
from torch import nn

from sightmill.methods.learner import gentle_groups, keep_stages
from sightmill.nn.backbones import Backbone


class Network(nn.Module):
    """A backbone and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone(depth=1, channels=1)
        self.head = nn.Sequential(nn.Conv2d(8, 4, 3), nn.BatchNorm2d(4))


def test_every_weight_is_in_one_group_with_its_own_pace_and_decay() -> None:
    network = Network()
    groups = gentle_groups(network, network.backbone, 0.25)
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    pace = {id(weight): (group["lr_scale"], group["undecayed"]) for group in groups for weight in group["params"]}
    assert pace[id(network.backbone.stem[0].weight)] == (0.25, False)
    assert pace[id(network.backbone.stem[1].weight)] == (0.25, True)
    assert pace[id(network.head[0].weight)] == (1.0, False)
    assert pace[id(network.head[0].bias)] == (1.0, True)


def test_what_is_kept_is_in_no_group_and_does_not_move() -> None:
    network = Network()
    keep_stages(network.backbone, 0)
    assert all(weight.requires_grad for weight in network.parameters())
    keep_stages(network.backbone, 2)
    before = {name: weight.clone() for name, weight in network.named_parameters()}
    groups = gentle_groups(network, network.backbone, 1.0)
    optimiser = torch.optim.SGD([weight for group in groups for weight in group["params"]], lr=1.0)
    network.backbone.eval()
    sum(part.square().mean() for part in network.backbone(torch.rand(2, 1, 64, 64))).backward()
    optimiser.step()
    moved = {name for name, weight in network.named_parameters() if not weight.equal(before[name])}
    assert moved
    assert all(name.startswith(("backbone.stages.2", "backbone.stages.3")) for name in moved)
