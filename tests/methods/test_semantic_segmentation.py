"""Semantic segmentation: what is learnt of areas, where windows are laid, and how maps become regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Mask, Polygon, Region, Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.label_maps import painted
from sightmill.evaluation.report import Pair
from sightmill.imaging.view import View
from sightmill.methods.learner import Batch
from sightmill.methods.semantic_segmentation.learner import SegmentationLearner
from sightmill.methods.semantic_segmentation.method import METHOD
from sightmill.methods.semantic_segmentation.regions import decide
from sightmill.nn.map_losses import NOWHERE

LABELS = ("crack", "stain")


def sample(*drawn: tuple[str, Region], size: tuple[int, int] = (96, 96), **given: Any) -> Sample:
    annotations = tuple(Annotation(region, label) for label, region in drawn)
    return Sample(np.zeros(size[::-1], np.uint8), annotations=annotations, **given)


def scratch(size: tuple[int, int], *, width: int = 1) -> Mask:
    """A slanted line across an image."""
    covered = np.zeros(size[::-1], np.bool_)
    for step in range(min(size) - 8):
        covered[4 + step, 4 + step : 4 + step + width] = True
    mask = Mask.of(covered)
    assert mask is not None
    return mask


def learner_of(one: Sample, **given: Any) -> tuple[SegmentationLearner, View]:
    training = METHOD.resolve([one], METHOD.Training(**{"network_depth": 1, "pretrained": False, **given}))
    view = METHOD.view(training, [one])
    learner = METHOD.learner(training, LABELS, view)
    assert isinstance(learner, SegmentationLearner)
    return learner, view


def told_back(one: Sample, *, inference: dict[str, Any] | None = None, **given: Any) -> Result:
    """What a perfect network's answers are decoded to."""
    learner, view = learner_of(one, **given)
    settings = METHOD.Inference.of(inference or {})
    frame = METHOD.view_under(view, settings).frame(one.size, one.roi)
    raw = learner.ideal(learner.encode(one, frame))
    return METHOD.decode({name: part.numpy() for name, part in raw.items()}, frame, LABELS, settings)


def classes(annotations: tuple[Annotation, ...], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    return painted(annotations, LABELS, *size)


@pytest.mark.parametrize("overlap", [True, False])
@pytest.mark.parametrize("size", [(96, 96), (700, 150), (1100, 900)])
def test_truth_comes_back_whatever_the_size_and_the_tiles(size: tuple[int, int], overlap: bool) -> None:
    one = sample(("crack", scratch(size)), ("stain", Box(20, 60, 60, 90)), size=size)
    result = told_back(one, inference={"overlap": overlap})
    np.testing.assert_array_equal(classes(result.annotations, size), classes(one.annotations, size))


@pytest.mark.parametrize(
    ("size", "tile"), [((640, 480), (320, 480)), ((1024, 1024), (512, 512)), ((1100, 90), (384, 96))]
)
def test_without_overlap_no_part_of_an_image_is_seen_twice(size: tuple[int, int], tile: tuple[int, int]) -> None:
    one = sample(("crack", scratch(size)), size=size)
    view = METHOD.view(METHOD.resolve([one], METHOD.Training()), [one])
    assert (view.width, view.height) == tile
    apart, overlapping = (
        len(METHOD.view_under(view, METHOD.Inference(overlap=overlap)).frame(one.size).tiles)
        for overlap in (False, True)
    )
    assert apart < overlapping
    assert apart * tile[0] * tile[1] < 1.2 * (size[0] + 32) * (size[1] + 32)


def test_classes_may_share_pixels_where_they_are_allowed_to() -> None:
    one = sample(("stain", Box(10, 10, 50, 50)), ("crack", Box(30, 5, 36, 80)))
    both = told_back(one, overlapping=True)
    np.testing.assert_array_equal(classes(both.annotations, one.size), classes(one.annotations, one.size))
    exclusive = classes(told_back(one).annotations, one.size)
    assert not (exclusive[0] & exclusive[1]).any()
    assert exclusive[0].sum() == 6 * 75, "the later one takes the pixels"


def test_a_line_of_one_pixel_is_kept_when_the_image_is_halved() -> None:
    one = sample(("crack", scratch((128, 128))), size=(128, 128))
    learner, view = learner_of(one, downsample=1)
    (tile,) = learner.encode(one, view.frame(one.size))["classes"].numpy()
    rows = np.flatnonzero((tile == 1).any(1))
    assert len(rows) == rows[-1] - rows[0] + 1 >= 58, "the line has gaps"
    assert 58 <= (tile == 1).sum() <= 130


@pytest.mark.parametrize("overlapping", [False, True])
def test_what_nobody_judges_is_not_learnt(overlapping: bool) -> None:
    roi = Polygon([[0, 0], [96, 0], [96, 48], [0, 48]])
    one = sample(("crack", Box(0, 0, 96, 96)), ("ignore", Box(10, 10, 20, 20)), roi=roi)
    learner, view = learner_of(one, overlapping=overlapping)
    frame = view.frame(one.size, one.roi)
    targets = learner.encode(one, frame)
    counted = targets["valid"][0] if overlapping else targets["classes"][0] != NOWHERE
    box = frame.to_input(Box(0, 0, 96, 48)).bounds(0, 0)
    assert int(counted.sum()) == 96 * 48 - 100
    assert counted[int(box.y1) + 30, int(box.x1) + 50]
    with torch.no_grad():
        raw = learner.network.eval()(torch.rand(1, 1, view.height, view.width))
    before = sum(float(part) for part in learner.losses(raw, targets).values())
    with torch.no_grad():
        raw["_logits"] = torch.where(counted, raw["_logits"], torch.tensor(7.0))
        raw[learner.network.answer] = torch.where(counted, raw[learner.network.answer], torch.tensor(0.9))
    assert sum(float(part) for part in learner.losses(raw, targets).values()) == pytest.approx(before, rel=1e-5)


def test_windows_lie_over_marks_of_every_class_as_often() -> None:
    one = sample(("crack", Box(300, 10, 303, 13)), ("stain", Box(0, 100, 200, 280)), size=(320, 288))
    learner, view = learner_of(one, feature_size=48, marked_windows=100)
    targets = {name: rows[0] for name, rows in learner.encode(one, view.frame(one.size)).items()}
    image = np.zeros((1, view.height, view.width), np.float32)
    shown = {1: 0, 2: 0}
    for seed in range(60):
        pixels, cut = learner.compose(image, targets, np.random.default_rng(seed))
        assert pixels.shape == (1, 96, 96) and cut["classes"].shape == (96, 96)
        for number in shown:
            shown[number] += bool((cut["classes"] == number).any())
    assert shown[1] >= 15 and shown[2] >= 15
    still, same = learner.compose(image, targets, None)
    assert still is image and same is targets


def test_windows_stay_where_the_image_is_judged() -> None:
    one = sample(size=(400, 400), roi=Box(200, 200, 390, 390))
    learner, view = learner_of(one, feature_size=48, image_size=384)
    frame = view.frame(one.size, one.roi)
    targets = {name: rows[0] for name, rows in learner.encode(one, frame).items()}
    image = np.zeros((1, *targets["classes"].shape), np.float32)
    for seed in range(20):
        _, cut = learner.compose(image, targets, np.random.default_rng(seed))
        assert (cut["classes"] != NOWHERE).all()


def test_images_of_rare_classes_are_shown_more_often() -> None:
    one = sample(("crack", Box(0, 0, 5, 5)))
    learner, view = learner_of(one)
    learner.experienced = True
    rows = [("stain", Box(0, 0, 20, 20))]
    samples = [sample(*([*rows, ("crack", Box(30, 30, 33, 33))] if number == 0 else rows)) for number in range(16)]
    batches = []
    for owner, item in enumerate(samples):
        targets = learner.encode(item, view.frame(item.size))
        batches.append(Batch(torch.zeros(1, 1, 96, 96), targets, (owner,)))
    learner.prepare(lambda: batches)
    assert learner.repeats == [2, *[1] * 15]
    background, crack, stain = learner.weights.tolist()
    assert background == 1 < stain < crack <= 10


def test_sizes_come_from_the_labels_and_the_images() -> None:
    small = sample(("crack", Box(10, 10, 20, 20)), size=(200, 120))
    large = sample(("stain", Box(10, 10, 110, 110)), size=(640, 480))
    assert METHOD.resolve([small], METHOD.Training()).feature_size == 48
    settings = METHOD.resolve([large], METHOD.Training(scale=100))
    assert (settings.feature_size, settings.image_size) == (150, 512)
    assert METHOD.resolve([large], settings) == settings
    assert METHOD.resolve([large], METHOD.Training(downsample=1, scale=100)).feature_size == 75
    view = METHOD.view(METHOD.resolve([small], METHOD.Training()), [small])
    assert (view.width, view.height) == (224, 128)


def test_what_is_large_is_learnt_from_smaller_images_and_what_is_thin_keeps_its_pixels() -> None:
    def chosen(*boxes: Box, size: tuple[int, int] = (1280, 960), **given: float) -> float:
        marks = [(f"class {index}", box) for index, box in enumerate(boxes)]
        one = sample(*marks, size=size)
        settings = METHOD.resolve([one], METHOD.Training(**given))
        assert METHOD.resolve([one], settings) == settings
        assert METHOD.view(settings, [one]).scale == settings.scale / 100
        return settings.scale

    stain, thin = Box(100, 100, 300, 300), Box(400, 400, 404, 700)
    assert chosen(stain) == 23  # 300 px with a margin become 70
    assert chosen(stain, downsample=1) == 47
    assert chosen(stain, Box(10, 10, 260, 15)) == 50  # five pixels of width stay two and a half
    assert chosen(thin) == 100
    assert chosen(stain, size=(400, 400)) == 40  # images stay large enough to be looked at
    assert chosen(stain, scale=80) == 80


@pytest.mark.parametrize("size", [(1280, 960), (400, 400)])
def test_outlines_choose_the_scale_that_their_pixels_do(size: tuple[int, int]) -> None:
    regions = [Box(100, 100, 300, 300), Polygon([[320, 310], [380, 310], [380, 316], [320, 316]])]
    drawn = [("stain", regions[0]), ("scratch", regions[1])]
    painted = [(label, Mask(region.mask(*size), 0, 0)) for label, region in drawn]
    outlined, masked = (METHOD.resolve([sample(*marks, size=size)], METHOD.Training()) for marks in (drawn, painted))
    assert outlined.scale == masked.scale < 100
    assert outlined == masked


@pytest.mark.parametrize(
    ("samples", "given", "code", "severity"),
    [
        ([sample()], {}, "nothing_to_learn", "error"),
        ([sample(("crack", Box(0, 0, 5, 5)))], {}, "few_images", "warning"),
        ([sample(("crack", Box(0, 0, 5, 5)))] * 5, {"feature_size": 24}, "feature_size", "warning"),
        ([sample(("crack", Box(0, 0, 5, 5)))] * 5, {"feature_size": 300}, "feature_size", "warning"),
        (
            [sample(("crack", Box(0, 0, 5, 5)), ("stain", Box(4, 4, 9, 9)))] * 5,
            {},
            "overlapping_classes",
            "warning",
        ),
    ],
)
def test_what_keeps_images_from_being_learnt_is_said(
    samples: list[Sample], given: dict[str, Any], code: str, severity: str
) -> None:
    found = METHOD.check(samples, METHOD.Training(**given))
    assert [(finding.code, finding.level) for finding in found] == [(code, severity)]
    assert all(finding.what and finding.remedy for finding in found)


def test_images_whose_defects_nobody_painted_are_not_used() -> None:
    painted_one = sample(("crack", Box(0, 0, 5, 5)), split="train")
    good = Sample(np.zeros((9, 9), np.uint8), annotations=(Annotation(Whole(), "good"),), split="train")
    bad = Sample(np.zeros((9, 9), np.uint8), annotations=(Annotation(Whole(), "crack"),), split="train")
    unknown = Sample(np.zeros((9, 9), np.uint8), split="train", annotated=False)
    kept = METHOD.prepared([painted_one, good, bad, unknown], "train", METHOD.Training())
    assert kept == [painted_one, good]


def test_threshold_and_smallest_area_are_fitted_to_held_out_images() -> None:
    """The network answers 0.3 on cracks, and everywhere there are specks of three pixels."""
    pairs = []
    for number in range(4):
        one = sample(("crack", Box(10, 10 * number, 60, 10 * number + 5)))
        learner, view = learner_of(one)
        frame = view.frame(one.size)
        raw = {name: 0.3 * part.numpy() for name, part in learner.ideal(learner.encode(one, frame)).items()}
        for place in range(5):
            raw["probability"][0, 0, 90, 10 * place : 10 * place + 3] = 0.9
        pairs.append(Pair(one, METHOD.decode(raw, frame, LABELS, METHOD.Inference())))
    fitted = METHOD.calibrate(pairs, LABELS, METHOD.Training(), METHOD.Inference())
    assert 0.2 < fitted.inference.threshold <= 0.3
    assert fitted.inference.minimum_area == 4
    assert len(fitted.notes) == 2 and fitted.facts["f1"] == 1 > fitted.facts["f1_before"]
    assert decide(pairs[:0], LABELS, independent=False) is None


def test_false_alarms_never_make_a_model_blind_to_small_features() -> None:
    """Features of 25 pixels, which are missed, and false alarms of 400: hiding the latter would raise the F1."""
    pairs = []
    for number in range(4):
        small = [("crack", Box(10 * place, 80, 10 * place + 5, 85)) for place in range(3)]
        one = sample(("crack", Box(0, 0, 90, 40)), *(small if number else []))
        learner, view = learner_of(one)
        frame = view.frame(one.size)
        raw = {name: part.numpy() for name, part in learner.ideal(learner.encode(one, frame)).items()}
        raw["probability"][0, 0, 50:, :] = 0
        raw["probability"][0, 0, 55:75, 10:30] = 0.9
        pairs.append(Pair(one, METHOD.decode(raw, frame, LABELS, METHOD.Inference())))
    fitted = METHOD.calibrate(pairs, LABELS, METHOD.Training(), METHOD.Inference())
    assert fitted.inference.minimum_area <= 25


def answers_of(one: Sample, change) -> Pair:
    """The pair of a sample and what is made of the ideal maps after this change."""
    learner, view = learner_of(one)
    frame = view.frame(one.size)
    raw = {name: part.numpy().copy() for name, part in learner.ideal(learner.encode(one, frame)).items()}
    change(raw["probability"][0])
    return Pair(one, METHOD.decode(raw, frame, LABELS, METHOD.Inference()))


def test_regions_of_one_class_are_united_where_held_out_images_say_so() -> None:
    """A part of each stain looks like a crack: what is connected is one defect, and most of it says which."""

    def mixed(maps) -> None:
        maps[0, 20:30, 20:40], maps[1, 20:30, 20:40] = 0.6, 0.4

    def apart(maps) -> None:
        """Nothing to unite: what is connected truly has two classes."""

    lone = sample(("stain", Box(20, 20, 60, 60)), ("crack", Box(70, 70, 90, 75)))
    pairs = [answers_of(lone, mixed) for _ in range(3)]
    fitted = METHOD.calibrate(pairs, LABELS, METHOD.Training(), METHOD.Inference())
    assert fitted.inference.united_regions
    assert fitted.facts["iou"] == pytest.approx(1.0) and fitted.facts["iou_before"] < 0.8
    touching = sample(("stain", Box(20, 20, 60, 60)), ("crack", Box(60, 20, 90, 60)))
    pairs = [answers_of(touching, apart) for _ in range(3)]
    assert not METHOD.calibrate(pairs, LABELS, METHOD.Training(), METHOD.Inference()).inference.united_regions


def test_regions_that_are_hardly_sure_are_left_out_where_these_are_false_alarms() -> None:
    """A core that is sure, within a rim that is not, asks for a low threshold; so do false alarms that are as unsure as
    the rim, and as large as what is true."""

    def doubtful(maps) -> None:
        core = maps[0, 45:55, 10:80].copy()
        maps[0, 40:60, 0:90] = 0.62
        maps[0, 45:55, 10:80] = core
        maps[0, 5:27, 0:90] = 0.62

    one = sample(("crack", Box(0, 40, 90, 60)))
    pairs = [answers_of(one, doubtful) for _ in range(3)]
    fitted = METHOD.calibrate(pairs, LABELS, METHOD.Training(), METHOD.Inference())
    assert fitted.inference.threshold < 0.62 < fitted.inference.minimum_score
    assert fitted.facts["f1"] == 1 > fitted.facts["f1_before"]
    assert len(told_back(one, inference={"minimum_score": 0.7}).annotations) == 1


def test_the_least_score_stays_away_from_what_true_regions_score() -> None:
    """Were true regions hardly surer than false alarms, a least score between the two would leave nothing of those that
    are a little less sure."""

    def fitted(sure: float) -> float:
        def doubtful(maps) -> None:
            maps[0, 40:60, 0:90] = 0.62
            maps[0, 45:55, 10:80] = sure
            maps[0, 5:27, 0:90] = 0.62

        one = sample(("crack", Box(0, 40, 90, 60)))
        pairs = [answers_of(one, doubtful) for _ in range(3)]
        return METHOD.calibrate(pairs, LABELS, METHOD.Training(), METHOD.Inference()).inference.minimum_score

    assert 0.62 < fitted(0.95) < 0.9
    assert fitted(0.68) < 0.62


def test_a_region_is_as_sure_as_its_surest_pixel() -> None:
    """A long rim that is half sure must not make a region look like a false alarm that is half sure all over."""

    def doubtful(maps) -> None:
        maps[0, 40:60, 0:90] = 0.6
        maps[0, 48:52, 10:16] = 0.98
        maps[0, 5:35, 0:90] = 0.65

    one = sample(("crack", Box(0, 40, 90, 60)))
    pairs = [answers_of(one, doubtful) for _ in range(3)]
    assert [item.score for item in pairs[0].result.annotations] == pytest.approx([0.98, 0.65], abs=0.01)
    fitted = METHOD.calibrate(pairs, LABELS, METHOD.Training(), METHOD.Inference())
    assert 0.65 < fitted.inference.minimum_score < 0.98 and fitted.facts["f1"] == 1


def test_regions_below_the_smallest_area_or_the_threshold_are_not_told() -> None:
    one = sample(("crack", Box(10, 10, 12, 12)), ("crack", Box(30, 30, 50, 50)))
    assert len(told_back(one).annotations) == 2
    (only,) = told_back(one, inference={"minimum_area": 5}).annotations
    assert only.region.area(*one.size) == 400 and only.score == pytest.approx(1.0)


def test_a_result_has_a_map_of_each_class_and_its_mean() -> None:
    one = sample(("crack", Box(0, 0, 96, 48)))
    result = told_back(one)
    assert list(result.heatmaps) == ["heatmap", *LABELS]
    assert result.values["mean:crack"] == pytest.approx(0.5, abs=0.01)
    assert result.confidences == {"crack": pytest.approx(1.0), "stain": pytest.approx(0.0)}
    assert METHOD.truth(one) == METHOD.answer(result) == "crack"
    assert METHOD.badness(Pair(one, result)) == pytest.approx(0.0)
    drawn = METHOD.draw(one.read(), result)
    assert drawn.shape == (96, 96, 3) and drawn[10, 90].any() and not drawn[90, 90].any()


def test_learnt_features_keep_their_first_stages() -> None:
    learner, _ = learner_of(sample(("scratch", scratch((96, 96)))), pretrained=True)
    body = learner.network.backbone
    assert learner.experienced
    assert not any(weight.requires_grad for part in (body.stem, *body.stages[:2]) for weight in part.parameters())
    assert all(weight.requires_grad for part in body.stages[2:] for weight in part.parameters())
    for given in ({"pretrained": False}, {"pretrained": True, "kept_stages": 0}):
        whole, _ = learner_of(sample(("scratch", scratch((96, 96)))), **given)
        assert all(weight.requires_grad for weight in whole.network.parameters())
