"""Precise anomaly detection: trials it is judged by, labelled defects it learns from, and both approaches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Mask
from sightmill.data.sample import Sample
from sightmill.imaging.defects import KEPT_APART
from sightmill.methods.anomaly_detection_precise.learner import PreciseLearner
from sightmill.methods.anomaly_detection_precise.method import METHOD
from sightmill.methods.anomaly_detection_precise.settings import PreciseTraining
from sightmill.training.loading import Store, augmented_batches, plain_batches

from sightmill.imaging.augment import Policy  # isort: skip

LABELS = ("good", "defect")


def part(seed: int, *, size: tuple[int, int] = (120, 80), defect: str = "", where: bool = True) -> Sample:
    """A striped plate; a defective one has a square in which the stripes run across."""
    width, height = size
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    image = 120 + 40 * np.sin(columns / 2.5) + rng.normal(0, 3, (height, width))
    annotations = [Annotation(label=defect or "good")]
    if defect:
        x, y = int(rng.integers(10, width - 34)), int(rng.integers(10, height - 34))
        square = (slice(y, y + 24), slice(x, x + 24))
        image[square] = 120 + 40 * np.sin(rows[square] / 2.5)
        mask = np.zeros((height, width), np.bool_)
        mask[square] = True
        region = Mask.of(mask)
        if where and region is not None:
            annotations.append(Annotation(region, defect))
    return Sample(image.clip(0, 255).astype(np.uint8), f"{defect or 'good'}/{seed}.png", tuple(annotations), "train")


def training(**values: object) -> PreciseTraining:
    return METHOD.Training.of({"network_depth": 1, "threads": 1, "batch_size": 4, **values})


def learner_of(samples: list[Sample], tmp_path, **values: object) -> tuple[PreciseLearner, Store]:  # type: ignore[no-untyped-def]  # pytest's path
    resolved = METHOD.resolve(samples, training(**values))
    view = METHOD.view(resolved, samples)
    torch.manual_seed(0)
    learner = METHOD.learner(resolved, LABELS, view)
    assert isinstance(learner, PreciseLearner)
    store = Store(samples, view, budget=1 << 30, scratch=tmp_path)
    assert len(list(store.fill(1))) == len(samples)
    learner.prepare(lambda: plain_batches(store, learner, 4, torch.device("cpu")))
    return learner, store


def test_trials_are_good_images_with_a_defect_that_is_never_trained_on() -> None:
    samples = [part(seed) for seed in range(5)]
    resolved = METHOD.resolve(samples, training())
    view = METHOD.view(resolved, samples)
    trials, again = (METHOD.trials([*samples, part(9, defect="turned")], resolved, view) for _ in range(2))
    assert len(trials) == 15
    assert len({trial.read().tobytes() for trial in trials}) == 15
    for sample, trial, same in zip(3 * samples, trials, again, strict=True):
        assert trial.label == "synthetic"
        assert tuple(trial.attributes["synthetic"].split()) in KEPT_APART
        image, changed = sample.read(), trial.read()
        assert changed.dtype == image.dtype and changed.shape == image.shape
        assert np.array_equal(changed, same.read())
        mask = trial.annotations[1].region.mask(120, 80)
        assert mask.any() and (changed[mask] != image[mask]).mean() > 0.5
        assert (changed != image).mean() < 0.5


def test_many_held_out_images_give_a_bounded_number_of_trials() -> None:
    samples = [part(seed, size=(40, 40)) for seed in range(90)]
    resolved = METHOD.resolve(samples, training())
    assert len(METHOD.trials(samples, resolved, METHOD.view(resolved, samples))) == 30


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_trials_keep_the_depth_of_the_images(kind: type) -> None:
    samples = []
    for seed in range(3):
        sample = part(seed)
        image = (sample.read().astype(np.float64) * (1 / 255 if kind is np.float32 else 16)).astype(kind)
        samples.append(Sample(image, sample.name, sample.annotations, "train"))
    resolved = METHOD.resolve(samples, training())
    trials = METHOD.trials(samples, resolved, METHOD.view(resolved, samples))
    for sample, trial in zip(3 * samples, trials, strict=True):
        assert trial.read().dtype == kind
        assert trial.read().max() <= 2 * sample.read().max()


def test_defective_images_of_the_training_split_are_learnt_from_only_if_wanted() -> None:
    samples = [part(1), part(2, defect="turned"), part(3).with_split("validation")]
    names = {
        wanted: {
            split: [sample.name for sample in METHOD.prepared(samples, split, training(labelled_defects=wanted))]
            for split in ("train", "validation")
        }
        for wanted in (True, False)
    }
    assert names[True] == {"train": ["good/1.png", "turned/2.png"], "validation": ["good/3.png"]}
    assert names[False] == {"train": ["good/1.png"], "validation": ["good/3.png", "turned/2.png"]}


def test_truth_says_what_is_known(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    samples = [part(1), part(2, defect="turned"), part(3, defect="turned", where=False)]
    learner, store = learner_of(samples, tmp_path)
    good, marked, unmarked = (learner.encode(item.sample, item.frame) for item in store.items)
    assert good["good"].item() == 1 and not good["mask"].any() and good["weak"].item() == 0
    assert marked["good"].item() == 0 and marked["weak"].item() == 0
    scale = 64 / METHOD.resolve(samples, training()).feature_size
    assert marked["mask"].sum().item() == pytest.approx(24 * 24 * scale**2, rel=0.1)
    assert unmarked["good"].item() == 0 and unmarked["weak"].item() == 1 and not unmarked["mask"].any()


def test_of_a_bad_image_in_several_tiles_nothing_is_learnt_unless_the_place_is_marked(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    samples = [part(1, size=(900, 80)), part(2, size=(900, 80), defect="turned", where=False)]
    learner, store = learner_of(samples, tmp_path, feature_size=64)
    targets = learner.encode(samples[1], store.by_sample[1][0].frame)
    assert len(targets["good"]) > 1
    assert not targets["valid"].any() and not targets["weak"].any() and not targets["good"].any()


def test_only_good_images_are_damaged_and_the_undamaged_ones_are_kept(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    samples = [part(1), part(2, defect="turned")]
    learner, store = learner_of(samples, tmp_path, synthetic_defects=100)
    rng = np.random.default_rng(0)
    for item in store.items:
        image = store.view.normalise(item.pixels[None])[0]
        targets = {name: rows[0] for name, rows in learner.encode(item.sample, item.frame).items()}
        shown, told = learner.compose(image, targets, rng)
        same = bool((torch.from_numpy(shown) == told["clean"]).all())
        assert same == (item.sample.label != "good") and told["damaged"].item() == float(not same)
        assert told["mask"].any() and shown.shape == tuple(told["clean"].shape)
        calm, plain = learner.compose(image, targets, None)
        assert calm is image and plain["damaged"].item() == 0


@pytest.mark.parametrize("where", [True, False])
def test_labelled_defects_are_learnt_with_and_without_their_places(tmp_path, where: bool) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    """Stripes that run across: the same grey values, so no synthetic defect is meant to look like them."""
    samples = [part(seed) for seed in range(6)] + [part(seed, defect="turned", where=where) for seed in range(6, 10)]
    learner, store = learner_of(samples, tmp_path, synthetic_defects=30)
    network = learner.network
    optimiser = torch.optim.Adam([weight for weight in network.parameters() if weight.requires_grad], 0.003)
    batches = augmented_batches(store, learner, Policy.of(training()), 5, torch.device("cpu"), seed=0, first=0)

    def found() -> float:
        """How far the head's highest answers on new turned stripes stand above those on new good plates."""
        network.eval()
        heights = []
        for defect in ("", "turned"):
            images = [store.view(part(seed, defect=defect).read())[0] for seed in range(50, 54)]
            with torch.no_grad():
                head = network(torch.from_numpy(np.concatenate(images)))["evidence"][:, -1]
            heights.append(head.flatten(1).topk(20).values.mean())
        return float(heights[1] - heights[0])

    for _ in range(25):
        batch = next(batches)
        network.train()
        learner.freeze()
        losses = learner.losses(network(batch.images), batch.targets)
        assert ("labelled" in losses) == bool(batch.targets["weak"].any())
        optimiser.zero_grad()
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        optimiser.step()
    batches.close()
    assert found() > 1.0


def test_the_global_view_keeps_the_aspect_and_the_result_holds_the_expected_image(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    samples = [part(seed, size=(200, 80)) for seed in range(4)]
    learner, store = learner_of(samples, tmp_path, approach="global")
    view = store.view
    assert view.fit == "pad" and (view.width, view.height) == (224, 96)
    image = samples[0].read()
    batch, frame = view(image)
    with torch.no_grad():
        raw = learner.network.eval()(torch.from_numpy(batch))
    answers = {name: tensor.numpy() for name, tensor in raw.items() if not name.startswith("_")}
    result = METHOD.decode(answers, frame, LABELS, METHOD.Inference())
    assert result.pictures["reconstructed"].at_image_size().shape[:2] == image.shape
    assert result.heatmap is not None and result.heatmap.shape == image.shape


@pytest.mark.parametrize(
    ("size", "expected"), [((1250, 500), (640, 256)), ((800, 600), (640, 480)), ((200, 150), (224, 160))]
)
def test_default_views_keep_the_aspect_and_never_enlarge(size: tuple[int, int], expected: tuple[int, int]) -> None:
    samples = [Sample(np.zeros(size[::-1], np.uint8), str(n), (Annotation(label="good"),), "train") for n in range(3)]
    resolved = METHOD.resolve(samples, training())
    view = METHOD.view(resolved, samples)
    assert (view.width, view.height) == expected and view.scale <= 1


def test_a_few_large_images_do_not_make_all_others_costly() -> None:
    samples = [part(seed, size=(100, 100)) for seed in range(20)] + [part(99, size=(300, 100))]
    resolved = METHOD.resolve(samples, training(feature_size=64))
    assert METHOD.view(resolved, samples).width == 128


def test_an_earlier_model_is_the_start_but_not_its_statistics(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    samples = [part(seed) for seed in range(4)]
    first, store = learner_of(samples, tmp_path)
    weights = {name: tensor.clone() for name, tensor in first.network.state_dict().items()}
    second, _ = learner_of(samples, tmp_path, seed=1)
    assert second.inherit(weights, LABELS) == []
    own = second.network.state_dict()
    assert all(
        torch.equal(own[name], tensor) for name, tensor in weights.items() if name.startswith(("student", "head"))
    )
    second.prepare(lambda: plain_batches(store, second, 4, torch.device("cpu")))
    assert all(judge.bank.shape[1] > 1 for judge in second.network.place_judges)


def test_evidence_is_put_on_the_scale_of_held_out_good_images(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's path
    samples = [part(seed) for seed in range(6)]
    learner, store = learner_of(samples, tmp_path)
    resolved = METHOD.resolve(samples, training())
    held = [part(seed) for seed in range(20, 26)]
    judged = Store([*held, *METHOD.trials(held, resolved, store.view)], store.view, budget=1 << 30, scratch=tmp_path)
    assert len(list(judged.fill(1))) == 24
    learner.network.eval()
    with torch.no_grad():
        learner.weigh(lambda: plain_batches(judged, learner, 4, torch.device("cpu")))
        scores = []
        for item in judged.items:
            raw = learner.network(torch.from_numpy(store.view.normalise(item.pixels[None])))
            answers = {name: tensor.numpy() for name, tensor in raw.items() if not name.startswith("_")}
            scores.append(METHOD.decode(answers, item.frame, LABELS, METHOD.Inference()).values["raw_score"])
    assert np.std(scores[:6]) < 2
    assert np.mean(scores[6:]) > np.mean(scores[:6]) + 1
    learner.settle(lambda: plain_batches(store, learner, 4, torch.device("cpu")))
    assert "suspicion" in learner.notes[-1] and "%" in learner.notes[-1]
