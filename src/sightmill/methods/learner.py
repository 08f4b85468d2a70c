"""The torch half of the contract: what a method must know to be trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from sightmill.data.sample import Sample
from sightmill.errors import SettingsError
from sightmill.imaging.view import Frame
from sightmill.methods.own_backbone import OwnBackbone, own_backbone
from sightmill.methods.training import Training
from sightmill.nn.backbones import Backbone, FeatureExtractor
from sightmill.nn.detectors import Detector
from sightmill.nn.onnx_backbones import onnx_backbone
from sightmill.nn.peaks import PeakNetwork
from sightmill.nn.pretrained import load_backbone, load_head, provenance
from sightmill.nn.stand_in import StandIn
from sightmill.nn.timm_models import timm_backbone

__all__ = ["Batch", "Batches", "Learner", "gentle_groups", "inherit_matching", "keep_stages"]

#: One image ``(C, H, W)`` float32 in [0, 1].
Pixels = npt.NDArray[np.float32]


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
        training flag of its own in its answers. Outputs whose name starts with ``_`` are for the losses: they are
        not exported, and `Method.decode` never sees them.
    notes : sentences about what the acts did, for the user.
    """

    network: nn.Module
    notes: list[str]
    #: Whether the features are learnt already: from the package, or from an earlier model.
    experienced: bool = False
    #: Where the backbone comes from, JSON-ready: its name, and SHA-256 of the files it was read from. For the model.
    origin: dict[str, Any] | None = None
    #: How often each row of the training images is shown in one pass, in the order of `prepare`'s batches; None shows
    #: each once. Set by `prepare`, for rare things in many images: what `compose` cannot do, which sees one row.
    repeats: Sequence[int] | None = None
    #: Settings of `Augmentation` for the descent, beside those that the user asked for. Set by `prepare`, for changes
    #: that only the features can tell to be harmless.
    harmless_changes: Mapping[str, bool] = MappingProxyType({})
    #: ``(height, width)`` of the windows that `aim` or `compose` cut for training; None for whole tiles.
    window: tuple[int, int] | None = None
    #: Bytes that what is gathered from the images (patches, statistics) takes at most, whatever their number.
    gathered_bytes: int = 0

    def new_backbone(self, training: Training, channels: int) -> FeatureExtractor:
        """The backbone that the settings ask for, for 1 or 3 input channels: ours, or the user's own.

        Raises
        ------
        MissingExtraError, ModelError : the user's own cannot be read or does not fit; one sentence.
        """
        if not training.backbone:
            backbone = Backbone(depth=training.network_depth, channels=channels)
            self.start(backbone, training)
            return backbone
        stand_in = _read(own_backbone(training.backbone), channels)
        self.experienced = stand_in.origin.learnt
        self.origin = {"name": stand_in.origin.name, "sha256": dict(stand_in.origin.files)}
        self.notes.append(f"The backbone is a network of your own: {stand_in.origin.told}.")
        return stand_in

    def start(self, backbone: Backbone, training: Training) -> None:
        """Give a fresh backbone the features that come with the package, if they are wanted and there are any."""
        if training.backbone:
            raise SettingsError(
                "this method takes no backbone of your own", where="backbone", got=training.backbone, allowed="nothing"
            )
        if training.pretrained:
            self.experienced = load_backbone(backbone)
        card = provenance(f"depth{backbone.depth}") if self.experienced else None
        files = {f"depth{backbone.depth}.safetensors": card["sha256"]} if card else {}
        self.origin = {"name": f"Sightmill, depth {backbone.depth}", "sha256": files}
        ground = "the features that come with Sightmill" if self.experienced else "random features"
        self.notes.append(f"The network of depth {backbone.depth} started from {ground}.")

    def take_head(self, network: Detector | PeakNetwork) -> bool:
        """Give a network before packaged features the head that comes with them; whether there is one."""
        name = load_head(network)
        card = provenance(name) if name else None
        if card is None or self.origin is None:
            return False
        self.origin["sha256"][f"{name}.safetensors"] = card["sha256"]
        return True

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """Truth -> targets, one row per tile ``(T, ...)``. The frame may hold an augmentation's motion."""
        return {}

    def aim(self, sample: Sample, frame: Frame, rng: np.random.Generator) -> tuple[int, int, int, int] | None:
        """The window ``(x1, y1, x2, y2)`` of one augmented tile that joins the batch; None takes the whole tile.

        For what the annotations tell; all windows must be of one size, that of `window`. What depends on the pixels
        is for `compose`.
        """
        return None

    def compose(
        self, image: Pixels, targets: dict[str, Tensor], rng: np.random.Generator | None
    ) -> tuple[Pixels, dict[str, Tensor]]:
        """One row before it joins a batch: may change image ``(C, H, W)`` and targets together.

        For what depends on the pixels: synthetic defects, crops, pasted objects. All rows must come out in one size.
        Runs in the loading thread. `rng` is None where the image must stay as it is (validation, `prepare`,
        `settle`); then only targets may be added.
        """
        return image, targets

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

    def weigh(self, batches: Batches) -> None:
        """Before each validation: what is fitted to held-out samples, the `Method.trials` among them.

        Without gradients, in evaluation mode; what it sets belongs to the weights that are kept.
        """

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


def _read(own: OwnBackbone, channels: int) -> StandIn:
    """The network that the user names."""
    if own.kind == "onnx" and own.file is not None:
        return onnx_backbone(own.file, maps=own.maps, channels=channels)
    return timm_backbone(own.name, file=own.file, channels=channels)


def keep_stages(backbone: FeatureExtractor, count: int) -> None:
    """The stem and so many stages of our own features stay as they were learnt, and need no gradients; 0 keeps nothing.

    Edges and simple textures are the same everywhere; the maps of these stages are so large that learning them takes a
    good part of the time.
    """
    if count and isinstance(backbone, Backbone):
        for part in (backbone.stem, *backbone.stages[:count]):
            part.requires_grad_(False)


def gentle_groups(network: nn.Module, learnt: nn.Module, scale: float) -> list[dict[str, object]]:
    """See `Learner.parameter_groups`: what is learnt already moves more slowly; gains and offsets are not decayed.

    Parameters
    ----------
    learnt : a part of the network.
    scale : of its learning rate.
    """
    slow = set(learnt.parameters())
    groups: list[dict[str, object]] = []
    for in_learnt, own_scale in ((True, scale), (False, 1.0)):
        trained = [p for p in network.parameters() if p.requires_grad and (p in slow) == in_learnt]
        for decayed in (True, False):
            weights = [weight for weight in trained if (weight.ndim > 1) == decayed]
            if weights:
                groups.append({"params": weights, "lr_scale": own_scale, "undecayed": not decayed})
    return groups


def inherit_matching(network: nn.Module, weights: dict[str, Tensor]) -> list[str]:
    """Copy every tensor whose name and shape fit; returns the names of the network's tensors left as they were."""
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    network.load_state_dict(fitting, strict=False)
    return sorted(set(own) - set(fitting))
