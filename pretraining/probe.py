"""The quick judge: what a backbone's frozen features are worth, on the training parts of two small sets.

    python -m pretraining.probe --data FOLDER --depth 3 --weights runs/first/depth3.safetensors

Three figures for each network, beside an untrained one (statistics calibrated) of the same depth:

- magnetic tiles, six classes: accuracy and macro-F1 of a linear probe, four folds that never part a tile;
- magnetic tiles, anomalies: AUROC of the distance to the nearest patches of good tiles, other good tiles against
  the training part's defects (protocol of the teachers' README, smaller);
- board crops, six classes: accuracy of a linear probe, four stratified folds.

Test parts are never read. With a few hundred images, differences below 0.015 mean nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.nn import functional as F

from pretraining.teachers import load_teachers
from sightmill.nn.backbones import Backbone, calibrate_statistics

Network = Callable[[Tensor], list[Tensor]]  # images (B, 3, H, W) in [0, 1] -> maps at strides 8, 16, 32

__all__ = ["judge"]


def _tensor(files: Iterable[Path], side: int) -> Tensor:
    """Images squeezed to a square ``(N, 3, side, side)`` in [0, 1]."""
    pictures = []
    for file in files:
        image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
        pictures.append(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)[..., ::-1])
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@torch.inference_mode()
def _maps(network: Network, images: Tensor) -> list[Tensor]:
    parts = [network(batch) for batch in images.split(16)]
    return [torch.cat(level) for level in zip(*parts, strict=True)]


def _pooled(maps: list[Tensor]) -> np.ndarray:
    return torch.cat([part for level in maps for part in (level.mean((2, 3)), level.amax((2, 3)))], 1).numpy()


def _linear(features: np.ndarray, labels: np.ndarray, folds: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    answers = np.empty_like(labels)
    for train, test in folds:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300, class_weight="balanced"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 300 iterations are the protocol, whether converged or not
            model.fit(features[train], labels[train])
        answers[test] = model.predict(features[test])
    return answers


def _patches(maps: list[Tensor]) -> Tensor:
    """Maps at strides 8 and 16, averaged over 3 x 3 and joined at stride 8 ``(N, cells, C)``."""
    fine, coarse = (F.avg_pool2d(level, 3, 1, 1, count_include_pad=False) for level in maps[:2])
    coarse = F.interpolate(coarse, fine.shape[-2:], mode="bilinear", align_corners=False)
    return torch.cat([fine, coarse], 1).flatten(2).transpose(1, 2)


def _anomaly(maps: list[Tensor], good: np.ndarray, bank: np.ndarray) -> float:
    """AUROC of images outside the bank: mean of the five largest distances to the nearest bank patch."""
    patches = _patches(maps)
    known = patches[torch.from_numpy(bank)].flatten(0, 1)
    mean, spread = known.mean(0), known.std(0).clamp_min(1e-6)
    chosen = torch.randperm(len(known), generator=torch.Generator().manual_seed(0))[:5000]
    known = (known[chosen] - mean) / spread
    rest = np.flatnonzero(~bank)
    scores = [
        torch.cdist((patches[k] - mean) / spread, known).amin(1).topk(5).values.mean().item() for k in rest.tolist()
    ]
    return float(roc_auc_score(~good[rest], scores))


def judge(network: Network, data: Path, *, side: int = 192) -> dict[str, float]:
    """The figures of one network; `data` is the folder of the development sets."""
    tiles = data / "magnetic_tile"
    rows = [row for row in _rows(tiles / "classes.csv") if row["split"] == "train"]
    tile_of = {row["filename"]: row["tile"] for row in _rows(tiles / "groups.csv")}
    labels = np.array([row["label"] for row in rows])
    groups = np.array([tile_of[row["filename"]] for row in rows])
    maps = _maps(network, _tensor((tiles / row["filename"] for row in rows), side))
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=0).split(labels, labels, groups)
    answers = _linear(_pooled(maps), labels, folds)
    figures = {
        "tile_accuracy": float((answers == labels).mean()),
        "tile_macro_f1": float(f1_score(labels, answers, average="macro")),
    }
    good = labels == "free"
    names = np.unique(groups[good])
    held = set(np.random.default_rng(0).permutation(names)[: len(names) // 3])
    bank = good & ~np.isin(groups, list(held))
    figures["tile_anomaly_auroc"] = _anomaly(maps, good, bank)

    crops = sorted((data / "deeppcb_crops" / "train").glob("*/*.png"))
    kinds = np.array([file.parent.name for file in crops])
    maps = _maps(network, _tensor(crops, 96))
    answers = _linear(_pooled(maps), kinds, StratifiedKFold(4, shuffle=True, random_state=0).split(kinds, kinds))
    figures["board_accuracy"] = float((answers == kinds).mean())
    return {name: round(value, 4) for name, value in figures.items()}


def ours(depth: int, weights: Path | None, data: Path) -> Network:
    """A backbone with these weights; without, an untrained one calibrated on some of the tiles."""
    torch.manual_seed(0)
    backbone = Backbone(depth=depth, channels=3)
    if weights is None:
        files = sorted((data / "magnetic_tile" / "train" / "good").glob("*.jpg"))[::8]
        calibrate_statistics(backbone, _tensor(files, 192).split(16))
    else:
        state = {name: value.float() for name, value in load_file(weights).items()}
        lost = backbone.load_state_dict(state, strict=False)
        missing = [name for name in lost.missing_keys if not name.endswith("num_batches_tracked")]
        if missing or lost.unexpected_keys:
            raise SystemExit(f"{weights} does not hold a backbone of depth {depth}.")
    backbone.eval()
    return lambda images: backbone(images)[1:]


def teacher(folder: Path, taps: tuple[str, ...]) -> Network:
    (network,) = load_teachers(folder, taps).values()
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development sets")
    parser.add_argument("--depth", type=int, nargs="+", default=[3])
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="one file for each depth, in order")
    parser.add_argument("--teachers", type=Path, help="judge the teachers too; folder of their archives")
    parser.add_argument("--no-random", action="store_true", help="leave the untrained networks out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    table: dict[str, dict[str, float]] = {}
    if flags.teachers:
        v1 = ("v1.conv4_1", "v1.conv5_5", "v1.conv5_6")
        table["MobileNetV1"] = judge(teacher(flags.teachers, v1), flags.data)
        narrow = ("v2.block_5", "v2.block_12", "v2.block_16")
        table["MobileNetV2 narrow"] = judge(teacher(flags.teachers, narrow), flags.data)
        wide = ("v2.block_6_expand", "v2.block_13_expand", "v2.conv_last")
        table["MobileNetV2 expanded"] = judge(teacher(flags.teachers, wide), flags.data)
    if flags.weights and len(flags.weights) != len(flags.depth):
        parser.error("give one --weights file for each --depth")
    for number, depth in enumerate(flags.depth):
        if not flags.no_random:
            table[f"depth {depth} untrained"] = judge(ours(depth, None, flags.data), flags.data)
        if flags.weights:
            table[f"depth {depth}"] = judge(ours(depth, flags.weights[number], flags.data), flags.data)
    if table:
        columns = list(next(iter(table.values())))
        print(f"{'network':24}" + "".join(f"{column:>20}" for column in columns))
        for name, figures in table.items():
            print(f"{name:24}" + "".join(f"{figures[column]:20.4f}" for column in columns))
    if flags.json:
        flags.json.write_text(json.dumps(table, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
