"""Global context anomaly detection: what is counted and said, how witnesses are weighed, trials, and both networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import ModelError
from sightmill.imaging.view import View
from sightmill.methods.global_context_anomaly_detection.inventory import ordinary, take_inventory, told
from sightmill.methods.global_context_anomaly_detection.learner import LocalLesson
from sightmill.methods.global_context_anomaly_detection.method import METHOD
from sightmill.methods.global_context_anomaly_detection.network import ContextNetwork
from sightmill.methods.global_context_anomaly_detection.painting import COMPONENTS, component_colour, painted
from sightmill.methods.global_context_anomaly_detection.settings import ContextInference
from sightmill.methods.global_context_anomaly_detection.shots import another_shot
from sightmill.methods.global_context_anomaly_detection.weighing import smooth_highest, sum_scale, weigh
from sightmill.methods.usual import Usual
from sightmill.nn.backbones import Backbone
from sightmill.runtime.model import Model
from sightmill.training.train import train

# What all of them share is made once: they stay in one process.
pytestmark = pytest.mark.xdist_group("assemblies")

FloatArray = npt.NDArray[np.float32]


def shares_of(squares: list[tuple[int, int, int]], *, components: int = 3, side: int = 40) -> FloatArray:
    """Component 1 everywhere but on squares of 8 cells: ``(component index, row, column)`` of their corners."""
    owner = np.zeros((side, side), int)
    for index, row, column in squares:
        owner[row : row + 8, column : column + 8] = index
    return np.stack([owner == index for index in range(components)]).astype(np.float32)


PIECES = np.array([1.0, 64 / 1600, 64 / 1600])
GOOD = [shares_of([(1, 4 + way, 4), (1, 24, 4 + way), (2, 10, 24 + way)]) for way in range(5)]


def test_an_inventory_counts_pieces_and_those_that_touch() -> None:
    found = take_inventory(shares_of([(1, 4, 4), (1, 24, 4), (2, 10, 20)]), PIECES)
    assert found[:, 0].tolist() == [1, 2, 1]
    assert found[1, 1] == pytest.approx(128 / 1600)
    assert found[2, 2:] == pytest.approx([24 / 40, 14 / 40])
    touching = take_inventory(shares_of([(1, 4, 4), (1, 4, 12)]), PIECES)
    assert touching[:, 0].tolist() == [1, 2, 0]
    assert np.isnan(touching[2, 2:]).all()


@pytest.mark.parametrize(
    ("squares", "said"),
    [
        ([(1, 4, 4), (2, 10, 24)], "component 2: 1 found, 2 expected"),
        ([(1, 4, 4), (1, 24, 4), (2, 10, 24), (2, 30, 30)], "component 3: 2 found, 1 expected"),
        ([(1, 4, 4), (1, 24, 4), (2, 30, 24)], "component 3: lies 50 % of the image further down than expected"),
        ([(1, 4, 4), (1, 24, 5), (2, 10, 25)], ""),
    ],
)
def test_what_differs_is_said_in_words(squares: list[tuple[int, int, int]], said: str) -> None:
    known = ordinary([take_inventory(shares, PIECES) for shares in GOOD])
    sentences = told(take_inventory(shares_of(squares), PIECES), known)
    assert any(sentence.startswith(said) for sentence in sentences) if said else not sentences


def test_of_what_is_never_twice_alike_nothing_is_said() -> None:
    rng = np.random.default_rng(0)
    inventories = []
    for number in range(8):
        places = [(1, int(row), int(column)) for row, column in rng.integers(0, 32, (number + 1, 2))]
        inventories.append(take_inventory(shares_of(places), PIECES))
    known = ordinary(inventories)
    assert np.isnan(known[1, :2]).all()


def test_one_strong_witness_is_enough_and_equals_agree() -> None:
    assert smooth_highest([2.0, 2.0, 2.0]) == pytest.approx(2)
    assert smooth_highest([0.0, 50.0]) == pytest.approx(50, abs=1)
    assert smooth_highest([3.0, 3.0]) > smooth_highest([3.0, 0.0]) > smooth_highest([2.0, 0.0])
    assert smooth_highest(np.zeros((4, 5, 3))).shape == (4, 5)


def test_witnesses_come_to_one_scale() -> None:
    rng = np.random.default_rng(1)
    good = rng.normal([10, 1000], [1, 50], (60, 2))
    found = weigh(good)
    placed = found.placed(good)
    assert np.median(placed, axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert placed.std(0) == pytest.approx([1, 1], abs=0.35)
    shift, gain = sum_scale(smooth_highest(placed))
    together = (smooth_highest(placed) - shift) * gain
    assert abs(np.median(together)) < 0.2 and together.std() == pytest.approx(1, abs=0.15)
    bad = rng.normal([18, 1000], [1, 50], (30, 2))
    assert ((smooth_highest(found.placed(bad)) - shift) * gain > 3).all()


def test_two_alike_images_do_not_blow_a_scale_up() -> None:
    found = weigh(np.array([[4.0], [4.0]]))
    assert found.placed(np.array([4.4])) == pytest.approx(0.4 / 0.080001, rel=1e-3)
    assert sum_scale(np.array([0.0, 0.0]))[1] == pytest.approx((4 / 6) ** -0.5)


def plate(seed: int, *, missing: int = 0, stain: bool = False, split: str = "train") -> Sample:
    """A gray plate with two bright discs on the left and a dark one on the right, moved a little each time."""
    rng = np.random.default_rng([seed, missing, stain])
    rows, columns = np.mgrid[:72, :96] + 0.5
    image = 110 + rng.normal(0, 3, (72, 96))
    dx, dy = rng.uniform(-2, 2, 2)
    for number, (x, y, light) in enumerate(((24, 20, 90), (24, 52, 90), (70, 36, -80)), 1):
        if number != missing:
            image[np.hypot(columns - x - dx, rows - y - dy) < 11] += light
    if stain:
        image[np.hypot(columns - 48, rows - 20) < 6] = 30
    label = "missing" if missing else "stain" if stain else "good"
    return Sample(image.clip(0, 255).astype(np.uint8), f"{split}/{label}/{seed}.png", (Annotation(label=label),), split)


def test_another_shot_moves_only_if_it_may() -> None:
    image = np.zeros((1, 40, 60), np.float32)
    image[0, 10:20, 10:20] = 0.5
    valid = np.ones((40, 60), np.bool_)
    still, same = another_shot(image, valid, np.random.default_rng(0), shift=0)
    moved, _ = another_shot(image, valid, np.random.default_rng(0), shift=10)
    bright = image[0] > 0
    assert still[0][bright].min() > still[0][~bright].max()
    assert not moved[0][bright].min() > moved[0][~bright].max()
    assert same.all() and still.dtype == moved.dtype == np.float32


def test_a_handful_of_good_images_finds_the_scale_of_the_local_network(tmp_path: Path) -> None:
    """Two held-out images would be alike by chance, and everything else strange."""
    data = Dataset.of(plate(seed) for seed in range(9))
    training = METHOD.Training.of({"network_depth": 1, "networks": "local"})
    *_, _ = train(METHOD, data, training, output=tmp_path / "model.sightmill")
    model = Model.load(tmp_path / "model.sightmill")
    asked = [plate(seed, split="test", stain=seed > 1005) for seed in range(1000, 1010)]
    scores = [result.values["raw_score"] for _, result in model.predict_samples(asked, inference={"networks": "local"})]
    assert max(map(abs, scores[:6])) < 12 < min(scores[6:])


@pytest.mark.parametrize(("count", "parts", "judging"), [(1, 1, [0]), (3, 3, [0, 1, 2]), (200, 4, range(0, 160, 4))])
def test_images_judge_as_many_as_there_are_up_to_forty(count: int, parts: int, judging: Sequence[int]) -> None:
    network = ContextNetwork(Backbone(depth=1, channels=1), networks="local", size=(64, 64))
    lesson = LocalLesson(network, count, torch.Generator(), [])
    assert lesson.parts == parts and sorted(lesson.judging) == list(judging)


VIEW = View(width=64, height=64, channels=1)


def answers(*, local: float = 0.0, context: float = 0.0, found: int = 2) -> dict[str, Any]:
    """Raw outputs for one image with one strange place of this height in each map."""
    maps = {"local": np.zeros((1, 32, 32, 3), np.float32), "where": np.full((1, 8, 8), 0.01, np.float32)}
    maps["local"][0, 8:10, 20:22, 0] = local
    maps["usual"] = Usual.unknown((1.0, 0.0, 0.0)).packed()[None]
    maps["local_scale"] = np.array([[0.0, 1.0]], np.float32)
    maps["where"][0, 5, 2] = 0.3
    table = np.array([[-1, -1, -1, -1, -1, -1, -1, -1, 1], [2, 2, *[-1] * 6, 4 / 256]], np.float32)
    owner = np.zeros((16, 16), int)
    for number in range(found):
        owner[2:4, 2 + 4 * number : 4 + 4 * number] = 1
    shares = np.stack([owner == index for index in range(2)]).astype(np.float32)[None]
    return maps | {
        "context": np.array([context], np.float32),
        "components": shares,
        "ordinary": table[None],
    }


def decoded(raw: dict[str, Any], **inference: Any) -> Result:
    frame = VIEW.frame((128, 128))
    values = {"score_centre": 3.0, "score_spread": 3.0} | inference
    return METHOD.decode(raw, frame, ("good", "defect"), ContextInference.of(values))


def test_a_good_image_has_all_maps_and_scores_and_nothing_to_say() -> None:
    result = decoded(answers())
    assert set(result.heatmaps) == {"heatmap", "local", "global"}
    assert result.label == "good" and not result.findings
    for name in ("anomaly_score", "anomaly_score_local", "anomaly_score_global"):
        assert result.values[name] == pytest.approx(25, abs=1)
    assert result.pictures[COMPONENTS].values.shape == (16, 16, 3)


def test_each_network_reports_for_itself_and_either_is_enough() -> None:
    structural, logical = decoded(answers(local=12)), decoded(answers(context=12, found=1))
    for result, sure, calm in ((structural, "local", "global"), (logical, "global", "local")):
        assert result.label == "defect"
        assert result.values[f"anomaly_score_{sure}"] > 60 > 30 > result.values[f"anomaly_score_{calm}"]
    assert structural.findings[0] == "at x 82, y 34: a place that looks like none in good images"
    assert logical.findings[0] == "component 2: 1 found, 2 expected"


def test_the_strange_place_of_a_whole_image_is_shown_as_hot_as_the_image() -> None:
    result = decoded(answers(context=12))
    hot = result.heatmaps["global"].at_image_size()
    row, column = np.unravel_index(hot.argmax(), hot.shape)
    assert 80 <= row < 96 and 32 <= column < 48
    assert hot.max() == pytest.approx(result.values["anomaly_score_global"], abs=5)


@pytest.mark.parametrize(("networks", "names"), [("local", {"local"}), ("global", {"global"})])
def test_one_network_decides_alone_where_it_shall(networks: str, names: set[str]) -> None:
    result = decoded(answers(local=12 * (networks == "global"), context=12 * (networks == "local")), networks=networks)
    assert set(result.heatmaps) == {"heatmap"} | names and result.label == "good"
    assert (COMPONENTS in result.pictures) == (networks == "global")


def test_a_network_that_was_not_trained_cannot_be_asked() -> None:
    raw = {name: answers()[name] for name in ("local", "usual", "local_scale")}
    assert decoded(raw).label == "good"
    with pytest.raises(ModelError, match=r"networks.*got global.*local"):
        decoded(raw, networks="global")


def test_tolerance_ignores_the_most_extreme_pixels() -> None:
    raw = answers(local=12)
    scores = [
        decoded(raw, networks="local", anomaly_score_tolerance=share).values["raw_score"] for share in (0, 0.2, 0.5)
    ]
    assert scores[0] > scores[1] > scores[2] == 0


def test_findings_are_written_on_the_picture_and_their_pieces_outlined() -> None:
    image = np.full((128, 128), 120, np.uint8)
    calm, told_of = (METHOD.draw(image, decoded(answers(context=12 * bad, found=1))) for bad in (0, 1))
    assert told_of.shape == (128, 128, 3) and told_of.dtype == np.uint8
    assert (told_of[-13:] < 60).mean() > 0.6 and (told_of[-13:].max(2) > 200).any()
    assert (calm[-13:] == 120).all()
    colour = component_colour(2)
    assert (told_of[16:32, 16:32] == colour).all(2).any() and not (calm == colour).all(2).any()


def test_components_keep_their_colours_apart() -> None:
    assert len({component_colour(number) for number in range(1, 33)}) == 32
    picture = painted(shares_of([(2, 0, 0)]))
    assert picture[0, 0] == pytest.approx(np.array(component_colour(3)) / 255)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Both networks, learnt from sixteen complete plates."""
    samples = [plate(seed) for seed in range(16)] + [plate(seed, split="validation") for seed in range(20, 28)]
    file = Path(tmp_path_factory.mktemp("plates")) / "plates.sightmill"
    values = {"network_depth": 1, "threads": 1, "precision": "float32"}
    for _ in train(METHOD, Dataset.of(samples), METHOD.Training.of(values), output=file):
        pass
    return Model.load(file)


def test_missing_parts_are_found_and_named(model: Model) -> None:
    good = [model.predict(plate(seed).read()) for seed in range(40, 46)]
    for missing in (1, 2, 3):
        for seed in range(3):
            result = model.predict(plate(seed, missing=missing).read())
            assert result.values["raw_score"] > max(answer.values["raw_score"] for answer in good)
            assert result.values["anomaly_score_global"] > 50
            assert result.findings and not result.flags["is_valid"]
            assert any("found" in finding or "of the image" in finding for finding in result.findings)


def test_a_stain_is_found_where_it_lies(model: Model) -> None:
    result = model.predict(plate(1, stain=True).read())
    assert not result.flags["is_valid"]
    hot = result.heatmaps["local"].at_image_size()
    row, column = np.unravel_index(hot.argmax(), hot.shape)
    assert np.hypot(row - 20, column - 48) < 12


def test_a_network_that_sees_nothing_strange_says_nothing() -> None:
    alone = decoded(answers(context=12, found=1)).findings
    assert alone and not any("looks like none" in sentence for sentence in alone)
    both = decoded(answers(local=14, context=12, found=1)).findings
    assert any("looks like none" in sentence for sentence in both) and set(alone) < set(both)


def test_small_images_are_enlarged_and_large_ones_made_smaller() -> None:
    def side(width: int, height: int) -> int:
        samples = [Sample(np.zeros((height, width), np.uint8), "good")]
        return METHOD.resolve(samples, METHOD.Training()).image_size

    assert [side(64, 48), side(200, 256), side(320, 200), side(900, 700)] == [96, 384, 384, 384]
    assert side(350, 200) == 350  # so little would only blur it


def test_what_is_gathered_is_stated_for_each_network() -> None:
    samples = [Sample(np.zeros((96, 128), np.uint8), "good")]
    stated = {}
    for networks in ("both", "local", "global"):
        training = METHOD.resolve(samples, METHOD.Training.of({"networks": networks, "network_depth": 1}))
        stated[networks] = METHOD.learner(training, ("good", "bad"), METHOD.view(training, samples)).gathered_bytes
    assert stated["both"] == stated["local"] + stated["global"] and min(stated.values()) > 1_000_000
