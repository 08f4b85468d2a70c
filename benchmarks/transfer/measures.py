"""The measures: each takes features of pictures that teach and of pictures that judge, and gives one figure."""

from __future__ import annotations

import warnings

import cv2
import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.transfer.sets import Picture
from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask, Whole
from sightmill.data.result import Heatmap, Result
from sightmill.data.sample import Sample
from sightmill.evaluation.pixels import pixel_curves
from sightmill.evaluation.report import Pair
from sightmill.nn.folding import folded

__all__ = ["anomaly", "dense", "features", "few_shots", "fine_tuned", "linear", "pooled", "tensor"]

Floats = npt.NDArray[np.float32]
STRIDES = (4, 8, 16, 32)
#: Cells of each kind that a dense probe learns from, about.
CELLS = 2500


def tensor(picture: Picture) -> Tensor:
    """The picture ``(1, 3, H, W)`` in [0, 1], mirrored at its right and lower edge to multiples of 32."""
    high, wide = picture.pixels.shape[:2]
    pixels = np.ascontiguousarray(picture.pixels)
    padded = cv2.copyMakeBorder(pixels, 0, -high % 32, 0, -wide % 32, cv2.BORDER_REFLECT_101)
    return torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255


@torch.inference_mode()
def features(network: nn.Module, pictures: list[Picture]) -> list[list[Tensor]]:
    """The maps of every picture, without the cells of the padding, in half precision to spare memory."""
    found = []
    for picture in pictures:
        high, wide = picture.pixels.shape[:2]
        maps = network(tensor(picture))
        found.append(
            [
                level[0, :, : max(round(high / stride), 1), : max(round(wide / stride), 1)].half()
                for level, stride in zip(maps, STRIDES, strict=True)
            ]
        )
    return found


def pooled(maps: list[list[Tensor]]) -> Floats:
    """Mean and maximum of the channels at strides 8, 16 and 32 of every picture ``(pictures, D)``."""
    rows = []
    for levels in maps:
        whole = [level.float() for level in levels[1:]]
        rows.append(torch.cat([part for level in whole for part in (level.mean((1, 2)), level.amax((1, 2)))]))
    return torch.stack(rows).numpy()


def linear(means: Floats, labels: list[str], teach: list[int], judge: list[int]) -> float:
    """Mean recall over the classes of a logistic regression on `pooled` features (balanced accuracy)."""
    values = means[teach + judge]
    truth = np.array([labels[k] for k in teach + judge])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300, class_weight="balanced"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 300 iterations are the protocol, converged or not
        model.fit(values[: len(teach)], truth[: len(teach)])
    return _recall(truth[len(teach) :], model.predict(values[len(teach) :]))


def few_shots(means: Floats, labels: list[str], teach: list[int], judge: list[int], shots: int, seed: int) -> float:
    """`linear`, taught by `shots` pictures of each class (all of a class that has fewer)."""
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for label in sorted(set(labels)):
        mine = [k for k in teach if labels[k] == label]
        chosen += [mine[index] for index in rng.permutation(len(mine))[:shots]]
    return linear(means, labels, sorted(chosen), judge)


def _recall(truth: npt.NDArray[np.str_], answers: npt.NDArray[np.str_]) -> float:
    return float(np.mean([(answers[truth == label] == label).mean() for label in np.unique(truth)]))


def anomaly(
    maps: list[list[Tensor]], pictures: list[Picture], teach: list[int], judge: list[int], seed: int
) -> tuple[float, float | None]:
    """Image AUROC and pixel AUPRO of distances to the nearest of 4000 good patches (strides 8 and 16 joined)."""
    good = [k for k in teach if pictures[k].label == "good"]
    patches = {k: _patches(maps[k]) for k in {*good, *judge}}
    known = torch.cat([patches[k].flatten(0, 1) for k in good])
    mean, spread = known.mean(0), known.std(0).clamp_min(1e-6)
    chosen = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))[:4000]
    bank = (known[chosen] - mean) / spread
    scores, pairs = [], []
    for k in judge:
        high, wide = patches[k].shape[:2]
        cells = (patches[k].flatten(0, 1) - mean) / spread
        distances = torch.cdist(cells, bank).amin(1)
        scores.append(float(distances.topk(min(5, len(distances))).values.mean()))
        pairs.append(_pair(pictures[k], distances.reshape(high, wide).numpy()))
    bad = np.array([pictures[k].label != "good" for k in judge])
    curves = pixel_curves(pairs, lambda sample: sample.labels == ("good",), intervals=False)
    return float(roc_auc_score(bad, scores)), None if curves is None else curves.areas["pixel_aupro"].value


def _patches(maps: list[Tensor]) -> Tensor:
    """Strides 8 and 16, each averaged over 3 x 3, joined on the finer grid ``(h, w, C)``."""
    fine, coarse = (F.avg_pool2d(level[None].float(), 3, 1, 1, count_include_pad=False) for level in maps[1:3])
    coarse = F.interpolate(coarse, fine.shape[-2:], mode="bilinear", align_corners=False)
    return torch.cat([fine, coarse], 1)[0].permute(1, 2, 0)


def _pair(picture: Picture, distances: Floats) -> Pair:
    high, wide = picture.pixels.shape[:2]
    rows, columns = distances.shape
    matrix = np.array([[columns / wide, 0, 0], [0, rows / high, 0]])
    truth = [Annotation(Whole(), "good" if picture.label == "good" else "bad")]
    if picture.label != "good" and picture.mask is not None and picture.mask.any():
        truth.append(Annotation(Mask(picture.mask == 1, 0, 0), "bad"))
    heatmap = Heatmap(distances, matrix, (wide, high))
    return Pair(
        Sample(picture.pixels, annotations=tuple(truth)),
        Result(annotations=(), labels=("good", "bad"), size=(wide, high), heatmaps={"heatmap": heatmap}),
    )


def dense(
    maps: list[list[Tensor]], pictures: list[Picture], teach: list[int], judge: list[int], seed: int
) -> float | None:
    """Foreground IoU of a linear classifier of the cells (all four strides joined at stride 4)."""
    generator = torch.Generator().manual_seed(seed)
    chosen: list[Tensor] = []
    answers: list[Tensor] = []
    for k in teach:
        share = _share(pictures[k])
        for kind in (share >= 0.5, share == 0):  # cells that are half one and half the other teach nothing
            where = kind.flatten().nonzero()[:, 0]
            where = where[torch.randperm(len(where), generator=generator)[: max(CELLS // len(teach), 4)]]
            chosen.append(_cells(maps[k], where))
            answers.append(share.flatten()[where] >= 0.5)
    known, truth = torch.cat(chosen), torch.cat(answers)
    if not truth.any():
        return None
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200, class_weight="balanced"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(known.numpy(), truth.numpy())
    scaler, classifier = model[0], model[1]
    weights = torch.from_numpy((classifier.coef_[0] / scaler.scale_).astype(np.float32))
    some = teach[:: max(len(teach) // 60, 1)]
    threshold = _best_threshold([(_margins(maps[k], weights), _share(pictures[k])) for k in some])
    both = either = 0.0
    for k in judge:
        found, wanted = _margins(maps[k], weights) > threshold, _share(pictures[k]) >= 0.5
        both += float((found & wanted).sum())
        either += float((found | wanted).sum())
    return both / max(either, 1.0)


def _best_threshold(taught: list[tuple[Tensor, Tensor]]) -> float:
    """Where the classifier's margin gives the best IoU on pictures that teach."""
    margins = np.concatenate([found.flatten().numpy() for found, _ in taught])
    truth = np.concatenate([(share >= 0.5).flatten().numpy() for _, share in taught])
    order = np.argsort(-margins)
    hits = np.cumsum(truth[order])
    union = np.arange(1, len(order) + 1) + truth.sum() - hits
    return float(margins[order][int(np.argmax(hits / union))])


def _cells(maps: list[Tensor], where: Tensor) -> Tensor:
    """All strides joined at stride 4, at some places of the flattened finest grid ``(places, C)``."""
    rows, columns = maps[0].shape[-2:]
    places = torch.stack(((where % columns + 0.5) / columns, (where // columns + 0.5) / rows), 1) * 2 - 1
    grid = places[None, :, None].float()  # (1, places, 1, 2)
    found = [
        F.grid_sample(level[None].float(), grid, padding_mode="border", align_corners=False)[0, :, :, 0]
        for level in maps
    ]
    return torch.cat(found).T


def _margins(maps: list[Tensor], weights: Tensor) -> Tensor:
    """The linear classifier's answer at every cell of stride 4 ``(h, w)``, but for its constant.

    A weighted sum of channels may be taken before the map is enlarged: both are linear.
    """
    rows, columns = maps[0].shape[-2:]
    whole = torch.zeros(rows, columns)
    for level, part in zip(maps, weights.split([len(level) for level in maps]), strict=True):
        small = torch.einsum("chw,c->hw", level.float(), part)[None, None]
        whole += F.interpolate(small, (rows, columns), mode="bilinear", align_corners=False)[0, 0]
    return whole


def _share(picture: Picture) -> Tensor:
    """How much of each cell of stride 4 is foreground ``(h, w)``."""
    mask = picture.mask
    if mask is None:
        raise SystemExit("a dense probe needs masks")
    high, wide = mask.shape
    size = max(round(wide / 4), 1), max(round(high / 4), 1)
    return torch.from_numpy(cv2.resize((mask == 1).astype(np.float32), size, interpolation=cv2.INTER_AREA))


def fine_tuned(
    network: nn.Module,
    pictures: list[Picture],
    teach: list[int],
    judge: list[int],
    seed: int,
    *,
    rate: float,
    epochs: int = 10,
) -> float:
    """Balanced accuracy after `epochs` of AdamW on all parameters, with a linear head on pooled features.

    Pictures are squeezed to 96 x 96 and mirrored by chance; the backbone's rate is `rate`, that of the head 3e-3, and
    both fall as half a cosine. Batch normalisations are folded into the convolutions, as those of the teachers are.
    """
    torch.manual_seed(seed)
    labels = sorted({pictures[k].label for k in teach})
    truth = torch.tensor([labels.index(pictures[k].label) for k in teach])
    images = _squeezed([pictures[k] for k in teach])
    mine = folded(network).requires_grad_(True)
    with torch.no_grad():
        pooled = torch.cat([_pool(mine(part)) for part in images.split(16)])
    mean, spread = pooled.mean(0), pooled.std(0).clamp_min(1e-6)
    head = nn.Linear(pooled.shape[1], len(labels))
    nn.init.zeros_(head.weight)
    groups = [{"params": list(mine.parameters()), "lr": rate}, {"params": list(head.parameters()), "lr": 3e-3}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * -(-len(teach) // 16)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    counts = torch.bincount(truth, minlength=len(labels)).float()
    weights = counts.sum() / counts.clamp_min(1) / len(labels)
    for _ in range(epochs):
        for part in torch.randperm(len(teach)).split(16):
            batch = images[part]
            batch = torch.where(torch.rand(len(part), 1, 1, 1) < 0.5, batch.flip(3), batch)
            logits = head((_pool(mine(batch)) - mean) / spread)
            loss = F.cross_entropy(logits, truth[part], weights)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(mine.parameters(), 5.0)
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        judged = _squeezed([pictures[k] for k in judge])
        answers = torch.cat([head((_pool(mine(part)) - mean) / spread).argmax(1) for part in judged.split(16)])
    return _recall(np.array([pictures[k].label for k in judge]), np.array(labels)[answers.numpy()])


def _squeezed(pictures: list[Picture]) -> Tensor:
    images = [cv2.resize(picture.pixels, (96, 96), interpolation=cv2.INTER_AREA) for picture in pictures]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255


def _pool(maps: list[Tensor]) -> Tensor:
    return torch.cat([part for level in maps[1:] for part in (level.mean((2, 3)), level.amax((2, 3)))], 1)
