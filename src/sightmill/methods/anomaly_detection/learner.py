"""The learner of the fast variant: one pass over the good images, no descent."""

from __future__ import annotations

import torch
from torch import Tensor

from sightmill.data.sample import Sample
from sightmill.imaging.view import Frame
from sightmill.methods.anomaly_detection.network import AnomalyNetwork
from sightmill.methods.anomaly_detection.settings import AnomalyTraining
from sightmill.methods.learner import Batches, Learner, inherit_matching
from sightmill.nn.backbones import calibrate_statistics

__all__ = ["AnomalyLearner"]

#: Patches kept while the images stream by; the bank is chosen from them. Bounds memory whatever the data set's size.
RESERVOIR = 60_000
#: Directions that the features are projected on, at most.
DIRECTIONS = 128
#: Patches that the bank is chosen from, and directions in which their distances are compared.
CANDIDATES, SKETCH = 20_000, 32


class AnomalyLearner(Learner):
    """See `Learner`. Memory is bounded: `RESERVOIR` patches, whatever the number and size of images."""

    network: AnomalyNetwork

    def __init__(self, training: AnomalyTraining, *, channels: int) -> None:
        self.training = training
        self.notes: list[str] = []
        self.network = AnomalyNetwork(
            depth=training.network_depth, channels=channels, density=training.sampling_density
        )
        self.start(self.network.backbone, training)

    def encode(self, sample: Sample, frame: Frame) -> dict[str, Tensor]:
        """Which cells of the feature grid lie in the image and its region of interest: ``(T, h, w)`` bool."""
        valid = torch.from_numpy(frame.valid())
        width, height = frame.tile_size
        tiles = torch.stack([valid[y : y + height, x : x + width] for x, y in frame.tiles])
        stride = self.network.stride
        cells = torch.nn.functional.avg_pool2d(tiles[:, None].float(), stride, ceil_mode=True)[:, 0]
        return {"valid": cells >= 0.5}

    def prepare(self, batches: Batches) -> None:
        if not self.experienced:
            calibrate_statistics(self.network.backbone, (batch.images for batch in batches()))

    @torch.no_grad()
    def settle(self, batches: Batches) -> None:
        network = self.network.eval()
        generator = torch.Generator().manual_seed(self.training.seed)
        patches = self._reservoir(batches, generator)  # (N, D)
        mean = patches.mean(0)
        projection = _whitening(patches - mean)
        projected = (patches - mean) @ projection
        size = min(self.training.bank_size or network.capacity, len(projected))
        chosen = _coreset(projected, size, generator)
        device = network.mean.device
        network.remember(
            mean=mean.to(device), projection=projection.to(device), bank=projected[chosen].contiguous().to(device)
        )
        self.notes.append(
            f"The model remembers {size} of {self.seen} patches of good images, in {projection.shape[1]} directions."
        )

    def _reservoir(self, batches: Batches, generator: torch.Generator) -> Tensor:
        """A uniform sample of all valid patches: each gets a random key, the largest keys stay."""
        kept: Tensor | None = None
        keys = torch.zeros(0)
        self.seen = 0
        for batch in batches():
            features = self.network.features(batch.images).float().cpu()
            fresh = features[batch.targets["valid"].cpu()]  # (n, D)
            self.seen += len(fresh)
            fresh_keys = torch.rand(len(fresh), generator=generator)
            kept = fresh if kept is None else torch.cat([kept, fresh])
            keys = torch.cat([keys, fresh_keys])
            if len(keys) > RESERVOIR:
                top = keys.topk(RESERVOIR).indices.sort().values
                kept, keys = kept[top], keys[top]
        if kept is None or not len(kept):
            raise _nothing_to_see()
        return kept

    def inherit(self, weights: dict[str, Tensor], labels: tuple[str, ...]) -> list[str]:
        """The features of the earlier model; what is ordinary is learnt anew."""
        self.experienced = True
        features = {name: tensor for name, tensor in weights.items() if name.startswith("backbone.")}
        return [name for name in inherit_matching(self.network, features) if name.startswith("backbone.")]


def _nothing_to_see() -> Exception:
    from sightmill.errors import TrainingError

    return TrainingError(
        "no part of the training images lies inside their regions of interest",
        remedy="enlarge the regions of interest, or remove them",
    )


def _whitening(centred: Tensor) -> Tensor:
    """Principal directions ``(D, P)``, each scaled towards unit variance but never blowing up what barely varies."""
    covariance = (centred.T @ centred).double() / max(len(centred) - 1, 1)
    values, vectors = torch.linalg.eigh(covariance)
    order = values.argsort(descending=True)[:DIRECTIONS]
    values, vectors = values[order].clamp(min=0), vectors[:, order]
    floor = 0.1 * values.mean() + 1e-12
    # eigh leaves the sign of each direction open; fix it so that every build gives the same model.
    signs = vectors.gather(0, vectors.abs().argmax(0, keepdim=True)).sign()
    whitening: Tensor = vectors * signs / (values + floor).sqrt()
    return whitening.float()


def _coreset(points: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Indices of `size` points that cover the others: greedy farthest points (k-centre; Gonzalez 1985).

    Distances are measured in a random projection, which keeps them well enough (Johnson & Lindenstrauss 1984).
    """
    if size >= len(points):
        return torch.arange(len(points))
    candidates = torch.randperm(len(points), generator=generator)[: max(5 * size, CANDIDATES)].sort().values
    directions = torch.randn(points.shape[1], min(SKETCH, points.shape[1]), generator=generator)
    cloud = points[candidates] @ (directions / directions.shape[1] ** 0.5)
    norms = (cloud * cloud).sum(1)
    chosen = torch.empty(size, dtype=torch.int64)
    distances = torch.full((len(cloud),), torch.inf)
    index = int(torch.randint(len(cloud), (1,), generator=generator))
    for position in range(size):
        chosen[position] = index
        distances = torch.minimum(distances, norms + norms[index] - 2 * (cloud @ cloud[index]))
        index = int(distances.argmax())
    return candidates[chosen]
