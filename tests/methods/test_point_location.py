"""Points: bells and back, spacing, windows, and what the labels say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Point, Polygon
from sightmill.data.sample import Sample
from sightmill.evaluation.points import matched
from sightmill.evaluation.report import Pair
from sightmill.imaging.view import View
from sightmill.methods.point_location.decoding import bells, kept_apart, peaks_of
from sightmill.methods.point_location.learner import PointLearner
from sightmill.methods.point_location.method import METHOD
from sightmill.methods.point_location.settings import PointTraining
from sightmill.nn.backbones import Backbone
from sightmill.nn.peaks import PeakNetwork
from sightmill.nn.pretrained import load_head, provenance, shared_part

LABELS = ("a", "b")


def sample(points, size=(640, 400), *, box: float = 0.0, **given) -> Sample:
    """An image with points ``(label, x, y)``, or boxes of this side around them."""
    half = box / 2
    return Sample(
        np.zeros(size[::-1], np.uint8),
        annotations=tuple(
            Annotation(Box(x - half, y - half, x + half, y + half) if box else Point(x, y), label)
            for label, x, y in points
        ),
        **given,
    )


def scattered(count: int, size: tuple[int, int], apart: float, seed: int = 0) -> list[tuple[str, float, float]]:
    rng = np.random.default_rng(seed)
    kept: list[tuple[str, float, float]] = []
    for _ in range(20 * count):
        x, y = rng.uniform(2, np.array(size) - 2)
        if len(kept) < count and all(np.hypot(x - a, y - b) > apart for _, a, b in kept):
            kept.append((LABELS[len(kept) % 2], float(x), float(y)))
    return kept


def test_bells_and_back_is_exact_to_a_hundredth_of_a_cell():
    rng = np.random.default_rng(0)
    xy = np.stack(np.meshgrid(np.arange(6), np.arange(5)), axis=-1).reshape(-1, 2) * 8 + rng.uniform(2, 6, (30, 2))
    classes = rng.integers(0, 2, 30)
    heat, offset, known = bells(xy, classes, (44, 52), 2, 8.0)
    found = peaks_of(heat, offset)
    assert len(found.scores) == 30
    order = np.lexsort((found.xy[:, 0].round(3), found.xy[:, 1].round(3)))
    truth = np.lexsort((xy[:, 0].round(3), xy[:, 1].round(3)))
    assert np.abs(found.xy[order] - xy[truth]).max() < 0.01
    assert (found.classes[order] == classes[truth]).all()
    assert (known > 0).sum() == 9 * 30


@pytest.mark.parametrize("roi", [None, Box(100, 50, 500, 350), Polygon([[100, 50], [600, 80], [300, 390]])])
@pytest.mark.parametrize("overlap", [True, False])
def test_truth_comes_back_through_windows_scale_and_roi(roi, overlap):
    one = sample(scattered(60, (640, 400), 30), roi=roi)
    training = METHOD.resolve([one], METHOD.Training(feature_size=24, image_size=512, tile_size=192, network_depth=1))
    view = METHOD.view(training, [one])
    settings = METHOD.Inference(overlap=overlap)
    frame = METHOD.view_under(view, settings).frame(one.size, one.roi)
    assert len(frame.tiles) > 4
    learner = METHOD.learner(training, LABELS, view)
    raw = {name: tensor.numpy() for name, tensor in learner.ideal(learner.encode(one, frame)).items()}
    found = matched(Pair(one, METHOD.decode(raw, frame, LABELS, settings)))
    assert (found.owner >= 0).all()
    assert len(found.owner) == len(found.truth)
    assert np.max(found.error) < 0.05


def test_without_overlap_there_are_fewer_windows():
    one = sample([("a", 5, 5)], (1600, 1200))
    training = METHOD.resolve([one], METHOD.Training(feature_size=28, image_size=1600))
    view = METHOD.view(training, [one])
    apart = METHOD.view_under(view, METHOD.Inference(overlap=False))
    assert len(apart.frame(one.size).tiles) < len(view.frame(one.size).tiles)


def test_of_near_points_the_surest_is_kept():
    heat, offset, _ = bells(np.array([[10.5, 10.5], [13.5, 10.5]]), np.array([0, 1]), (20, 24), 2, 4.0)
    heat[10, 10, 0] = 0.9
    peaks = peaks_of(heat, offset)
    assert kept_apart(peaks, 2.9).classes.tolist() == [1, 0]
    assert kept_apart(peaks, 3.1).classes.tolist() == [1]


def test_settings_decide_what_is_kept():
    one = sample([("a", 100, 100), ("a", 130, 100), ("b", 300, 200)])
    training = METHOD.resolve([one], METHOD.Training(feature_size=24, network_depth=1))
    view = METHOD.view(training, [one])
    learner = METHOD.learner(training, LABELS, view)
    frame = view.frame(one.size)
    raw = {name: tensor.numpy().copy() for name, tensor in learner.ideal(learner.encode(one, frame)).items()}
    raw["heat"][:, 1] *= 0.4
    everything = METHOD.decode(raw, frame, LABELS, METHOD.Inference())
    assert METHOD.answer(everything) == "2 a, 1 b"
    assert everything.values["feature_size"] == pytest.approx(24, rel=1e-3)
    strict = METHOD.decode(raw, frame, LABELS, METHOD.Inference(learnt_min_scores=(0.5, 0.5)))
    assert METHOD.answer(strict) == "2 a"
    assert [item.label for item in strict.rejected] == ["b"]
    assert METHOD.answer(METHOD.decode(raw, frame, LABELS, METHOD.Inference(min_score=0.99))) == "2 a"
    sparse = METHOD.decode(raw, frame, LABELS, METHOD.Inference(min_distance_ratio=1.5))
    assert METHOD.answer(sparse) == "1 a, 1 b"


def test_labels_tell_the_size_and_the_spacing():
    boxed = sample(scattered(40, (640, 400), 40), box=30)
    told = METHOD.resolve([boxed], METHOD.Training())
    assert told.feature_size == pytest.approx(33)
    assert 0.15 <= told.min_distance_ratio * 33 <= 40
    assert not [finding for finding in METHOD.check([boxed], METHOD.Training()) if finding.code == "size_guessed"]


@pytest.mark.parametrize("size", [9, 18, 40])
def test_points_without_a_size_are_looked_at(size):
    points = scattered(30, (640, 400), 1.4 * size)
    rows, columns = np.mgrid[:400, :640] + 0.5
    image = np.random.default_rng(0).normal(90, 8, (400, 640))
    for _, x, y in points:
        image[np.hypot(columns - x, rows - y) < size / 2] += 60
    marks = tuple(Annotation(Point(x, y), label) for label, x, y in points)
    one = Sample(image.clip(0, 255).astype(np.uint8), annotations=marks)
    told = METHOD.resolve([one], METHOD.Training())
    assert told.feature_size == pytest.approx(1.1 * size, rel=0.25)
    assert METHOD.resolve([one], told) == told
    (finding,) = METHOD.check([one], METHOD.Training())
    assert (finding.level, finding.code) == ("info", "size_guessed")


def test_an_image_that_cannot_be_read_does_not_stop_the_check(tmp_path):
    shown = sample(scattered(10, (640, 400), 40))
    write_image(tmp_path / "whole.png", shown.read())
    (tmp_path / "broken.png").write_bytes((tmp_path / "whole.png").read_bytes()[:400])
    broken = Sample(tmp_path / "broken.png", annotations=shown.annotations)
    assert [finding.code for finding in METHOD.check([broken], METHOD.Training())] == ["few_points", "size_guessed"]


def test_where_the_picture_tells_nothing_the_distances_do():
    near, far = (sample(scattered(30, (640, 400), apart)) for apart in (16, 60))
    assert 16 <= METHOD.resolve([near], METHOD.Training()).feature_size <= 32
    # Points far apart need not be large: a share of the image is the most that is believed.
    assert METHOD.resolve([far], METHOD.Training()).feature_size == pytest.approx(0.08 * 400)


def test_downsampling_halves_what_the_network_sees():
    boxed = sample(scattered(20, (640, 400), 40), box=20)
    sizes = [METHOD.resolve([boxed], METHOD.Training(downsample=steps)).image_size for steps in (0, 1, 2)]
    assert sizes[1] == pytest.approx(sizes[0] / 2, abs=1)
    assert sizes[2] == pytest.approx(sizes[0] / 4, abs=1)


def test_large_objects_are_shrunk_and_small_ones_enlarged():
    large = METHOD.resolve([sample(scattered(5, (640, 400), 130), box=112)], METHOD.Training())
    small = METHOD.resolve([sample(scattered(40, (640, 400), 20), box=8)], METHOD.Training())
    assert large.image_size < 200
    assert small.image_size > 1500


def test_images_without_points_are_refused():
    (finding,) = METHOD.check([sample([])], METHOD.Training())
    assert finding.level == "error"
    assert "there is none" in finding.what


def test_a_picture_of_hundreds_keeps_the_image_visible_and_counts():
    one = sample(scattered(200, (640, 400), 12))
    training = METHOD.resolve([one], METHOD.Training(feature_size=12, network_depth=1))
    view = METHOD.view(training, [one])
    learner = METHOD.learner(training, LABELS, view)
    frame = view.frame(one.size)
    raw = {name: tensor.numpy() for name, tensor in learner.ideal(learner.encode(one, frame)).items()}
    image = np.full((400, 640, 3), 90, np.uint8)
    drawn = METHOD.draw(image, METHOD.decode(raw, frame, LABELS, METHOD.Inference()))
    changed = (drawn[30:] != image[30:]).any(axis=2).mean()
    assert 0.02 < changed < 0.4


def test_the_decoder_starts_from_what_the_package_has() -> None:
    def started(**values: object) -> PointLearner:
        training = PointTraining.of({"network_depth": 3, "feature_size": 20.0, "min_distance_ratio": 0.5, **values})
        return PointLearner(training, labels=("a", "b"), view=View(width=64, height=64, channels=1))

    learner, fresh = started(), started(pretrained=False)
    own, untaught = shared_part(learner.network), shared_part(fresh.network)
    packaged = PeakNetwork(backbone=Backbone(depth=3, channels=3), classes=7, feature_size=9.0, distance=1.0)
    assert load_head(packaged) == "points3"
    assert all(torch.equal(own[name], value) for name, value in shared_part(packaged).items())
    card = provenance("points3")
    assert card is not None and learner.origin is not None and fresh.origin is not None
    assert learner.origin["sha256"]["points3.safetensors"] == card["sha256"]
    assert any("decoder" in note for note in learner.notes)
    assert not any(torch.equal(own[name], untaught[name]) for name in own)
    assert "points3.safetensors" not in fresh.origin["sha256"]
