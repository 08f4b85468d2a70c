"""Object detection: what is learnt of boxes, and how answers become objects."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from detecting_toys import as_numbers, learner_of, picture, raw_boxes, square, told_back

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Polygon, Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.report import Pair
from sightmill.imaging.augment import Policy
from sightmill.imaging.view import View
from sightmill.methods.learner import Learner
from sightmill.methods.object_detection.method import METHOD
from sightmill.nn.backbones import Backbone
from sightmill.nn.detectors import CHANNELS, Detector
from sightmill.nn.pretrained import load_head, provenance, shared_part
from sightmill.training.loading import Store, augmented_batches, plain_batches

FRAME = View(width=160, height=128, fit="scale").frame((160, 128))
LABELS = ("bolt", "nut")


def decoded(boxes: list[tuple[float, float, float, float, float, int]], **inference: object) -> Result:
    return METHOD.decode(raw_boxes(boxes), FRAME, LABELS, METHOD.Inference.of(inference))


def test_one_object_seen_by_several_places_is_told_once() -> None:
    result = decoded([(10, 10, 50, 50, 0.9, 0), (12, 11, 51, 50, 0.8, 0), (80, 60, 120, 100, 0.7, 1)])
    assert as_numbers(result) == [(10, 10, 50, 50), (80, 60, 120, 100)]
    assert [item.label for item in result.annotations] == ["bolt", "nut"]
    assert [item.score for item in result.annotations] == pytest.approx([0.9, 0.7])


def test_overlap_may_be_allowed_within_a_class_and_between_classes() -> None:
    # The first two overlap by a half, the others by 0.9.
    boxes = [(10, 10, 50, 50, 0.9, 0), (10, 24, 50, 64, 0.8, 0), (80, 10, 120, 50, 0.7, 0), (80, 12, 120, 52, 0.6, 1)]
    assert len(decoded(boxes, max_overlap=0.4, max_overlap_class_agnostic=1.0).annotations) == 3
    assert len(decoded(boxes, max_overlap=0.6, max_overlap_class_agnostic=1.0).annotations) == 4
    assert len(decoded(boxes, max_overlap=0.6, max_overlap_class_agnostic=0.8).annotations) == 3


def test_what_is_not_sure_enough_or_too_much_is_kept_back() -> None:
    boxes = [(0, 0, 20, 20, 0.9, 0), (40, 0, 60, 20, 0.5, 0), (80, 0, 100, 20, 0.2, 1), (120, 0, 140, 20, 0.01, 1)]
    result = decoded(boxes, min_score=0.4)
    assert [round(item.score or 0, 1) for item in result.annotations] == [0.9, 0.5]
    assert [round(item.score or 0, 1) for item in result.rejected] == [0.2]
    assert len(decoded(boxes, min_score=0.4, max_objects=1).annotations) == 1
    assert len(decoded(boxes, min_score=0.4, max_objects=1).rejected) == 2


def test_a_box_ends_at_the_border_of_the_image() -> None:
    assert as_numbers(decoded([(-10, 100, 30, 140, 0.9, 0)])) == [(0, 100, 30, 128)]


def test_a_perfect_network_gives_the_truth_back() -> None:
    boxes = [("nut", square(3.5, 4.25, 20)), ("bolt", Box(60, 30, 64, 90)), ("nut", square(80, 30, 64))]
    result = told_back(METHOD, picture(boxes))
    assert as_numbers(result) == [(3.5, 4.25, 23.5, 24.25), (60, 30, 64, 90), (80, 30, 144, 94)]
    assert METHOD.answer(result) == METHOD.truth(picture(boxes)) == "1 bolt, 2 nut"


@pytest.mark.parametrize("size", [(700, 500), (1500, 90)])
def test_objects_of_a_large_image_are_told_once_whatever_tiles_see_of_them(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    boxes, taken = [], np.zeros((size[1], size[0]), bool)
    while len(boxes) < 30:
        side = rng.uniform(8, 60)
        x, y = rng.uniform(0, size[0] - side), rng.uniform(0, size[1] - side)
        box = square(round(x, 1), round(y, 1), round(side, 1)).clipped(*size)
        if box is not None and not taken[int(y) : int(y + side) + 1, int(x) : int(x + side) + 1].any():
            taken |= box.mask(*size)
            boxes.append(("bolt", box))
    result = told_back(METHOD, picture(boxes, size), image_size=max(size), tile_size=256, small_objects="on")
    expected = sorted((box.x1, box.y1, box.x2, box.y2) for _, box in boxes)
    np.testing.assert_allclose(as_numbers(result), expected, atol=0.02)


def test_an_object_larger_than_the_overlap_of_tiles_is_put_together() -> None:
    sample = picture([("bolt", Box(100, 40, 500, 100)), ("nut", square(20, 20, 30))], (640, 128))
    result = told_back(METHOD, sample, image_size=640, tile_size=256)
    np.testing.assert_allclose(as_numbers(result), [(20, 20, 50, 50), (100, 40, 500, 100)], atol=0.02)


def test_outside_of_the_region_of_interest_nothing_is_learnt_or_told() -> None:
    inside, outside = square(40, 40, 20), square(120, 40, 20)
    roi = Polygon([[10, 10], [100, 10], [100, 110], [10, 110]])
    sample = picture([("bolt", inside), ("bolt", outside)], roi=roi)
    assert as_numbers(told_back(METHOD, sample)) == [(40, 40, 60, 60)]
    view = View(width=160, height=128, fit="scale")
    raw = raw_boxes([(*np.array([60, 50, 80, 70]) + 0.0, 0.9, 0)])
    frame = view.frame((160, 128), roi)
    result = METHOD.decode(raw, frame, LABELS, METHOD.Inference())
    assert len(result.annotations) == 1
    raw["boxes"][..., 0] = 2.0  # in the padding, to the left of the region
    assert not METHOD.decode(raw, frame, LABELS, METHOD.Inference()).annotations


def test_targets_move_with_the_pixels(tmp_path: Path) -> None:
    sample = picture([("bolt", Box(40, 30, 70, 80)), ("bolt", Box(100, 60, 140, 80))])
    training, learner, view = learner_of(METHOD, [sample], scale_min=80, scale_max=120, small_objects="on")
    store = Store([sample], view, budget=1 << 30, scratch=tmp_path)
    assert list(store.fill(1))
    batches = augmented_batches(store, learner, Policy.of(training), 4, torch.device("cpu"), seed=1, first=0)
    seen = 0
    for batch in (next(batches) for _ in range(4)):
        for image, boxes, classes in zip(
            batch.images.numpy(), batch.targets["boxes"], batch.targets["classes"], strict=True
        ):
            for cx, cy, width, height in boxes[classes >= 0].tolist():
                bright = image[0] > 0.5
                x1, y1, x2, y2 = (
                    round(value) for value in (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
                )
                assert bright[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1].all(), "the object does not fill its box"
                for rows, columns in ((slice(y1, y2), slice(x2 + 1, x2 + 3)), (slice(y2 + 1, y2 + 3), slice(x1, x2))):
                    beyond = bright[rows, columns]
                    at_border = x2 + 3 > image.shape[2] - 2 or y2 + 3 > image.shape[1] - 2
                    assert at_border or not beyond.any(), "the object reaches beyond its box"
                seen += 1
    batches.close()
    assert seen >= 20


def test_what_is_marked_as_a_crowd_is_neither_object_nor_background(tmp_path: Path) -> None:
    sample = picture([("bolt", square(40, 40, 32))], iscrowd="1")
    plain = picture([("bolt", square(100, 40, 32))])
    both = Sample(plain.image, annotations=(*sample.annotations, *plain.annotations), split="train")
    _, learner, view = learner_of(METHOD, [both], small_objects="off")
    targets = learner.encode(both, view.frame(both.size))
    assert int((targets["classes"] >= 0).sum()) == 1
    shown = targets["shown"][0].numpy()
    assert not shown[5:9, 5:9].any()
    assert shown[5:9, 12:16].all()


def test_small_objects_enlarge_the_image_and_large_ones_do_not() -> None:
    def chosen(side: float, size: tuple[int, int] = (1200, 900)) -> tuple[int, int, str]:
        training = METHOD.resolve([picture([("bolt", square(50, 50, side))], size)], METHOD.Training())
        return training.image_size, training.tile_size, training.small_objects

    assert chosen(8) == (1800, 640, "on")
    assert chosen(30) == (640, 640, "on")
    assert chosen(60) == (480, 480, "off")  # 24 pixels are enough
    assert chosen(300) == (320, 320, "off")
    assert chosen(22, (640, 480)) == (640, 640, "off")  # hardly smaller is not worth the blur


def test_a_training_takes_the_time_there_is_but_few_images_are_not_shown_without_end() -> None:
    picked = [picture([("bolt", square(50, 50, 126))], (640, 640))]
    few, many, more = (METHOD.resolve(picked * count, METHOD.Training()) for count in (4, 400, 800))
    assert 16 <= few.steps_per_iteration < many.steps_per_iteration == more.steps_per_iteration
    assert METHOD.resolve(picked * 800, METHOD.Training(steps_per_iteration=7)).steps_per_iteration == 7


def test_learnt_features_keep_their_first_stage() -> None:
    sample = picture([("bolt", square(50, 50, 40))])
    _, learner, _ = learner_of(METHOD, [sample], pretrained=True)
    body = learner.network.backbone
    assert learner.experienced
    assert not any(weight.requires_grad for part in (body.stem, body.stages[0]) for weight in part.parameters())
    assert all(weight.requires_grad for weight in body.stages[1].parameters())
    _, fresh, _ = learner_of(METHOD, [sample])
    assert all(weight.requires_grad for weight in fresh.network.parameters())


def test_images_of_many_sizes_are_seen_through_one_window() -> None:
    samples = [picture([("bolt", square(10, 10, 30))], size) for size in ((200, 200), (220, 200), (900, 700))]
    training = METHOD.resolve(samples, METHOD.Training())
    view = METHOD.view(training, samples)
    assert (view.width, view.height) == (320, 320)
    assert len(view.frame((900, 700)).tiles) > 1


def test_images_without_objects_are_refused_in_a_sentence() -> None:
    empty = Sample(np.zeros((40, 40), np.uint8), "empty.png", (Annotation(Whole(), "good"),), "train")
    (finding,) = METHOD.check([empty], METHOD.Training())
    assert finding.level == "error" and "object" in finding.what
    flat = picture([("bolt", Box(10, 10, 10, 20)), ("bolt", square(30, 30, 20))])
    codes = {item.code for item in METHOD.check([flat], METHOD.Training())}
    assert codes == {"few_objects", "objects_without_area"}
    assert METHOD.labels([flat, empty], METHOD.Training()) == ("bolt",)


def test_the_threshold_is_fitted_to_held_out_images() -> None:
    sample = picture([("bolt", square(10, 10, 40)), ("nut", square(80, 60, 40))])
    answers = raw_boxes([(10, 10, 50, 50, 0.25, 0), (80, 60, 120, 100, 0.2, 1), (100, 5, 120, 25, 0.1, 0)])
    result = METHOD.decode(answers, FRAME, LABELS, METHOD.Inference())
    assert not result.annotations
    fitted = METHOD.calibrate([Pair(sample, result)], LABELS, METHOD.Training(most_objects=5), METHOD.Inference())
    assert fitted.inference.min_score == pytest.approx(0.15)
    assert fitted.inference.max_objects == 8
    json.dumps(dict(fitted.facts))
    nothing = METHOD.calibrate([], LABELS, METHOD.Training(most_objects=5), METHOD.Inference())
    assert "not fitted" in nothing.notes[0]


def test_the_usual_sizes_are_measured_before_training(tmp_path: Path) -> None:
    sample = picture([("bolt", Box(20, 20, 60, 40)), ("bolt", Box(90, 60, 130, 80))])
    _, learner, view = learner_of(METHOD, [sample], small_objects="off")
    store = Store([sample], view, budget=1 << 30, scratch=tmp_path)
    assert list(store.fill(1))
    learner.prepare(lambda: plain_batches(store, learner, 4, torch.device("cpu")))
    network = learner.network
    assert network.prior[0].tolist() == pytest.approx([40, 20])


def test_the_answer_is_drawn() -> None:
    sample = picture([("bolt", square(40, 40, 40))])
    drawn = METHOD.draw(sample.read(), told_back(METHOD, sample))
    assert drawn.shape == (128, 160, 3)
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 2


@pytest.mark.parametrize("small", ["on", "off"])
def test_pyramid_and_towers_start_from_what_the_package_has(small: str) -> None:
    sample = picture([("nut", Box(40, 40, 70, 70))])

    def started(**values: object) -> tuple[Learner, dict[str, torch.Tensor]]:
        _, learner, _ = learner_of(METHOD, [sample], network_depth=3, small_objects=small, **values)
        return learner, {name: value.clone() for name, value in shared_part(learner.network).items()}  # type: ignore[arg-type]  # a detector

    learner, own = started(pretrained=True)
    packaged = Detector(
        backbone=Backbone(depth=3, channels=3), finest=4 if small == "on" else 8, channels=CHANNELS[3], classes=1
    )
    assert load_head(packaged)
    assert all(torch.equal(own[name], value) for name, value in shared_part(packaged).items())
    card = provenance("detector3")
    assert card is not None and learner.origin is not None
    assert learner.origin["sha256"]["detector3.safetensors"] == card["sha256"]
    _, fresh = started(pretrained=False)
    assert not any(torch.equal(own[name], fresh[name]) for name in own if name.endswith("0.weight"))
