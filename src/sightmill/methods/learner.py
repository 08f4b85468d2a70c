"""The torch half of the contract: what a method must know to be trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torch import Tensor, nn

from sightmill.data.sample import Sample
from sightmill.imaging.view import Frame
from sightmill.methods.training import Training
from sightmill.nn.backbones import Backbone
from sightmill.nn.pretrained import load_backbone

__all__ = ["Batch", "Batches", "Learner", "inherit_matching"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Images that go through the network together, and their targets.

    Parameters
    ----------
    images : ``(B, C, H, W)`` float32 in [0, 1]; a tile counts as an image.
    targets : what `Learner.encode` gave, stacked: ``(B, ...)``.
    owners : for each row, which sample it belongs to.
    """

    images: Tensor
    targets: dict[str, Tensor]
    owners: tuple[int, ...]


#: One pass over the training images, without augmentation, each time it is called.
Batches = Callable[[], Iterable[Batch]]


class Learner:
    """A network and the acts of training it; each act may be empty.

    Attributes
    ----------
    network : ``(B, C, H, W)`` float32 -> ``{output name: tensor}``, leading axis B. It can be traced and has no
        training flag of its own in its answers.
    notes : sentences about what the acts did, for the user.
    """

    network: nn.Module
    notes: list[str]
    #: Whether the features are learnt already: from the package, or from an earlier model.
    experienced: bool = False

    def start(self, backbone: Backbone, training: Training) -> None:
        """Give a fresh backbone the features that come with the package, if they are wanted and there are any."""
        if training.pretrained:
            self.experienced = load_backbone(backbone)
        ground = "the features that come with Sightmill" if self.experienced else "random features"
        self.notes.append(f"The network of depth {backbone.depth} started from {ground}.")

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """Truth -> targets, one row per tile ``(T, ...)``. The frame may hold an augmentation's motion."""
        return {}

    def prepare(self, batches: Batches) -> None:
        """Before the descent: statistics, anchors, a first head."""

    def freeze(self) -> None:
        """Called when the network was put into training mode: put back what must not change (frozen statistics)."""

    def losses(self, raw: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
        """Named scalars whose sum is descended. An empty dictionary means there is nothing to descend."""
        return {}

    def ideal(self, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        """What a perfect network would answer to these targets: decoding it gives the truth back.

        Empty where nothing is descended.
        """
        return {}

    def settle(self, batches: Batches) -> None:
        """After the descent: memory bank, scale of maps. Runs on the kept weights, without gradients."""

    @property
    def descends(self) -> bool:
        """Whether there is anything to descend."""
        return type(self).losses is not Learner.losses

    def parameter_groups(self) -> list[dict[str, object]]:
        """Parameters for the optimiser; a group may scale the learning rate with the key ``lr_scale``,
        and be spared weight decay with the key ``undecayed``."""
        return [{"params": [weight for weight in self.network.parameters() if weight.requires_grad]}]

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """Take over the weights of an earlier model whose classes were `labels`; returns what was left out."""
        return inherit_matching(self.network, weights)


def inherit_matching(network: nn.Module, weights: dict[str, Tensor]) -> list[str]:
    """Copy every tensor whose name and shape fit; returns the names of the network's tensors left as they were."""
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    network.load_state_dict(fitting, strict=False)
    return sorted(set(own) - set(fitting))
