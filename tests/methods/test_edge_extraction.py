"""Edge extraction: bells over lines and outlines, and from ridges back to lines between the pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.coordinates import transform_points
from sightmill.data.lines import distance_to_lines
from sightmill.data.regions import Box, Mask, Polyline, Region, Whole
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.evaluation.edges import edge_score, measure_edges
from sightmill.evaluation.report import Pair
from sightmill.methods.edge_extraction.learner import EdgeLearner
from sightmill.methods.edge_extraction.method import METHOD

TURNS = np.linspace(0, 2 * np.pi, 181)


def sample(*drawn: Region, size: tuple[int, int] = (128, 96), label: str = "rim", **given: Any) -> Sample:
    annotations = tuple(Annotation(region, label) for region in drawn)
    return Sample(np.zeros(size[::-1], np.uint8), annotations=annotations, **given)


def circle(x: float, y: float, radius: float) -> Polyline:
    return Polyline(np.column_stack([x + radius * np.cos(TURNS), y + radius * np.sin(TURNS)]))


def told_back(one: Sample, *, inference: dict[str, Any] | None = None, **given: Any) -> Result:
    """What a perfect network's answers are decoded to."""
    training = METHOD.resolve([one], METHOD.Training(network_depth=1, pretrained=False, **given))
    view = METHOD.view(training, [one])
    learner = METHOD.learner(training, ("rim",), view)
    assert isinstance(learner, EdgeLearner)
    settings = METHOD.Inference.of(inference or {})
    frame = METHOD.view_under(view, settings).frame(one.size, one.roi)
    raw = learner.ideal(learner.encode(one, frame))
    return METHOD.decode({name: part.numpy() for name, part in raw.items()}, frame, ("rim",), settings)


def corners(result: Result) -> npt.NDArray[np.float64]:
    return np.concatenate([part for item in result.annotations for part in item.region.parts])  # type: ignore[attr-defined]  # these are lines


def stripe(x1: int, y1: int, x2: int, y2: int, size: tuple[int, int] = (128, 96)) -> Mask:
    mask = Mask.of(Box(x1, y1, x2, y2).mask(*size))
    assert mask is not None
    return mask


@pytest.mark.parametrize(("x", "y", "radius"), [(64, 48, 30), (63.3, 47.8, 21.4), (60.5, 50.25, 38.7)])
def test_a_circle_comes_back_to_a_tenth_of_a_pixel(x: float, y: float, radius: float) -> None:
    result = told_back(sample(circle(x, y, radius)))
    assert len(result.annotations) == 1, "a closed line is one line"
    away = np.hypot(*(corners(result) - [x, y]).T) - radius
    assert abs(away).mean() < 0.05 and abs(away).max() < 0.35
    assert result.annotations[0].label == "rim" and (result.annotations[0].score or 0) > 0.9


@pytest.mark.parametrize("overlap", [True, False])
def test_lines_run_on_over_the_borders_of_tiles(overlap: bool) -> None:
    size = (1100, 700)
    line = Polyline([[10.0, 20.0], [1090.0, 650.0]])
    result = told_back(sample(line, size=size), inference={"overlap": overlap}, image_size=256)
    (found,) = result.annotations
    assert isinstance(found.region, Polyline)
    assert found.region.length == pytest.approx(line.length, rel=0.02)
    away = distance_to_lines([np.array([[10.0, 20.0], [1090.0, 650.0]])], *size, reach=9)
    assert max(away[int(y), int(x)] for x, y in corners(result)) < 1.2


def test_a_halved_image_gives_lines_at_the_images_own_scale() -> None:
    result = told_back(sample(circle(100, 90, 60), size=(200, 180)), downsample=1)
    away = np.hypot(*(corners(result) - [100, 90]).T) - 60
    assert abs(away).mean() < 0.3


def test_an_area_stands_for_its_outline_or_its_centre_line() -> None:
    area = stripe(20, 40, 100, 47)
    outline = corners(told_back(sample(area)))
    assert outline[:, 1].min() == pytest.approx(40, abs=0.6) and outline[:, 1].max() == pytest.approx(47, abs=0.6)
    middle = corners(told_back(sample(area), areas="centre_lines"))
    assert middle[:, 1] == pytest.approx(43.5, abs=0.6)
    assert middle[:, 0].min() < 28 and middle[:, 0].max() > 92


@pytest.mark.parametrize(
    ("areas", "given", "meant"),
    [
        ([stripe(20, 40, 100, 44)], {}, "centre_lines"),
        ([stripe(20, 40, 100, 41)], {}, "centre_lines"),
        ([stripe(20, 40, 100, 47)], {}, "outlines"),
        ([stripe(20, 40, 100, 47)], {"scale": 50.0}, "centre_lines"),
        ([stripe(20, 40, 100, 44)], {"areas": "outlines"}, "outlines"),
        ([stripe(20, 40, 24, 44)], {}, "outlines"),
        ([stripe(20, 40, 100, 44), *[stripe(x, 60, x + 4, 64) for x in range(0, 120, 12)]], {}, "centre_lines"),
        ([stripe(20, 40, 60, 44), Box(70, 10, 120, 90)], {}, "outlines"),
        ([circle(64, 48, 30)], {}, "outlines"),
    ],
)
def test_areas_that_are_thin_and_long_were_painted_along_a_line(
    areas: list[Region], given: dict[str, Any], meant: str
) -> None:
    one = sample(*areas)
    training = METHOD.resolve([one], METHOD.Training.of(given))
    assert training.areas == meant
    said = METHOD.check([one] * 5, METHOD.Training.of(given))
    assert [finding.code for finding in said] == ["areas_are_lines"] * (meant == "centre_lines")


def test_where_the_image_cuts_an_area_there_is_no_edge() -> None:
    result = told_back(sample(stripe(0, 0, 64, 96)))
    assert corners(result)[:, 0] == pytest.approx(64, abs=0.3)


def test_what_nobody_judges_is_not_learnt() -> None:
    one = sample(circle(64, 48, 30))
    one = Sample(one.image, annotations=(*one.annotations, Annotation(Box(0, 0, 128, 48), "dont care")))
    training = METHOD.resolve([one], METHOD.Training(network_depth=1, pretrained=False))
    view = METHOD.view(training, [one])
    frame = view.frame(one.size)
    learner = METHOD.learner(training, ("rim",), view)
    targets = learner.encode(one, frame)
    top = int(transform_points(np.array([[0.0, 48.0]]), frame.matrix)[0, 1])
    assert not targets["valid"][0, :top].any() and int(targets["valid"].sum()) == 128 * 48
    away = measure_edges([Pair(one, told_back(sample(circle(64, 48, 30))))], intervals=False)
    assert away["f1"].value > 0.98


def test_short_lines_and_unsure_ones_are_not_told() -> None:
    drawn = sample(Polyline([[10, 10], [16, 10]]), Polyline([[10, 50], [110, 50]]))
    assert len(told_back(drawn, inference={"minimum_length": 0}).annotations) == 2
    (long,) = told_back(drawn).annotations
    assert long.region.bounds(*drawn.size).x2 > 100
    assert told_back(drawn).heatmaps["ridge"].at_image_size()[9:11, 14].max() > 0.5, "curves still know of it"


def test_lines_that_cross_end_where_they_meet() -> None:
    result = told_back(sample(Polyline([[20, 50], [110, 50]]), Polyline([[60, 10], [60, 90]])))
    assert len(result.annotations) == 4
    for item in result.annotations:
        assert isinstance(item.region, Polyline)
        ends = item.region.parts[0][[0, -1]]
        assert np.hypot(*(ends - [60, 50]).T).min() < 2.5


def test_the_threshold_is_fitted_to_held_out_images() -> None:
    one = sample(circle(64, 48, 30))
    result = told_back(one)
    fitted = METHOD.calibrate([Pair(one, result)], ("rim",), METHOD.Training(), METHOD.Inference(threshold=0.9))
    assert 0 < fitted.inference.threshold < 0.9 and fitted.facts["f1"] > 0.98
    nothing = METHOD.calibrate([Pair(sample(), result)], ("rim",), METHOD.Training(), METHOD.Inference(threshold=0.9))
    assert nothing.inference.threshold == 0.9


def test_one_class_whatever_the_lines_are_called() -> None:
    assert METHOD.labels([sample(circle(9, 9, 5))], METHOD.Training()) == ("rim",)
    both = [sample(circle(9, 9, 5)), sample(circle(9, 9, 5), label="seam")]
    assert METHOD.labels(both, METHOD.Training()) == ("edge",)
    assert METHOD.truth(both[1]) == "seam" and METHOD.truth(sample()) == "background"


def test_what_keeps_images_from_being_learnt_is_said() -> None:
    training = METHOD.Training()
    assert [finding.level for finding in METHOD.check([sample()], training)] == ["error"]
    assert [finding.code for finding in METHOD.check([sample(circle(9, 9, 5))], training)] == ["few_images"]
    assert METHOD.check([sample(circle(9, 9, 5))] * 5, training) == []
    bad = Sample(np.zeros((9, 9), np.uint8), annotations=(Annotation(Whole(), "bad"),), split="train")
    empty = sample(split="train")
    assert METHOD.prepared([bad, empty], "train", training) == [empty]


def test_the_answer_is_drawn_and_judged() -> None:
    one = sample(circle(64, 48, 30))
    result = told_back(one)
    assert METHOD.badness(Pair(one, result)) == 1 - edge_score(Pair(one, result)) < 0.02
    drawn = METHOD.draw(one.read(), result)
    assert drawn.shape == (96, 128, 3) and drawn[48, 94].any() and not drawn[48, 64].any()
