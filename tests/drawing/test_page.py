"""The report page: whole, self-contained, bounded, and safe whatever things are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Whole
from sightmill.data.result import Heatmap, Result
from sightmill.data.sample import Sample
from sightmill.drawing.regions import draw_result
from sightmill.errors import SightmillError
from sightmill.evaluation.report import Curves, Estimate, Histogram, Matrix, Metric, Pair, Report, Series, Table
from sightmill.project.evaluate import Evaluation
from sightmill.project.page import ReportSample, write_page, write_report

NASTY = "a/<img src=x onerror=alert(1)>'\".png"


class Tags(HTMLParser):
    """Collects the tags of a page and checks that they close."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "input", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def report(**changes: object) -> Report:
    given: dict[str, object] = {
        "method": "anomaly_detection",
        "split": "test",
        "images": 3,
        "metrics": {
            "image_auroc": Estimate(0.987, 0.91, 1.0, 3),
            "odd_figure": Estimate(12.5),
            "undefined": Estimate(float("nan")),
        },
        "figures": [
            Matrix("Confusion", NASTY, counts=np.eye(2, dtype=np.int64), labels=("good", NASTY)),
            Curves("ROC", "note", series=(Series(NASTY, np.array([0.0, 1]), np.array([0.0, 1])),)),
            Histogram("Scores", "note", edges=np.array([0.0, 1]), groups={"good": np.array([3])}),
            Table("Types", "note", columns=("Type",), rows=((NASTY,),)),
        ],
        "samples": [{"name": NASTY, "truth": "hole", "answer": "good", "score": 0.4, "badness": 0.9, "wrong": True}],
        "notes": [NASTY],
    }
    return Report(**{**given, **changes})  # type: ignore[arg-type]  # a toy of mixed values


def sample(name: str = NASTY, badness: float = 0.9, side: int = 40) -> ReportSample:
    image = np.full((side, side, 3), 90, np.uint8)
    drawn = image.copy()
    drawn[5:9, 5:9] = 255
    return ReportSample(name, NASTY, "good", 0.41, badness, image, drawn, drawn, drawn)


def parsed(path: Path) -> tuple[str, Tags]:
    text = path.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert not tags.open
    return text, tags


def test_a_page_is_whole_and_needs_nothing_from_outside(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "report.html"
    write_report(
        target, report(), [sample()], title="Anomaly detection", metrics=[Metric("image_auroc", "Image AUROC")]
    )
    text, tags = parsed(target)
    assert {"98.7 %", "91.0 to 100.0 %, 3 images", "Image AUROC", "Odd figure"} <= set(re.findall(r">([^<>]+)<", text))
    assert sum(tag == "svg" for tag, _ in tags.found) == 4
    for tag, given in tags.found:
        assert tag not in {"link", "iframe", "object"}
        assert all(not (value or "").startswith(("http", "//")) for key, value in given.items() if key != "xmlns")
        assert tag != "img" or (given.get("src") or "data:image/").startswith("data:image/")
    assert list(target.parent.iterdir()) == [target]


def test_names_cannot_inject_anything(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", report(), [sample()])
    text, tags = parsed(tmp_path / "r.html")
    assert "<img src=x" not in text
    assert not any(key.startswith("on") for _, given in tags.found for key in given)
    assert sum(tag == "script" for tag, _ in tags.found) == 1
    policy = next(given["content"] for _, given in tags.found if given.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy


def test_training_images_raise_a_banner(tmp_path: Path) -> None:
    write_report(tmp_path / "a.html", report(split="train", trained_on=True))
    write_report(tmp_path / "b.html", report())
    assert "Measured on training images" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Measured on training images" not in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_pictures_are_capped_said_and_never_held_all_at_once(tmp_path: Path) -> None:
    asked = 0

    def many() -> Iterator[ReportSample]:
        nonlocal asked
        for index in range(1000):
            asked += 1
            yield sample(f"{index}.png")

    write_report(tmp_path / "r.html", report(images=1000), many(), pictures=7)
    text, _ = parsed(tmp_path / "r.html")
    assert text.count("class='tile wrong'") == 7
    assert "Pictures of the 7 worst of 1\u202f000 images" in text
    assert asked <= 8


def test_large_pictures_are_shrunk_and_equal_ones_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (1500, 2000, 3), dtype=np.uint8)
    write_report(tmp_path / "r.html", report(), [ReportSample("a", "good", "good", 0.1, 0.1, image, image, image)])
    text, _ = parsed(tmp_path / "r.html")
    assert text.count("data:image/jpeg") == 1
    assert len(text) < 400_000


def test_a_page_without_anything_still_stands(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", Report("classification", "test", 0, {}))
    text, _ = parsed(tmp_path / "r.html")
    assert "Classification: evaluation" in text


def test_a_failing_sample_leaves_the_old_page(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    target.write_text("old")

    def broken() -> Iterator[ReportSample]:
        yield sample()
        raise SightmillError("lost")

    with pytest.raises(SightmillError, match="lost"):
        write_report(target, report(), broken())
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_page_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SightmillError, match="the report cannot be written"):
        write_report(tmp_path / "file" / "r.html", report())


class _Method:
    title = "Anomaly detection"

    def metrics(self) -> list[Metric]:
        return [Metric("image_auroc", "Image AUROC")]

    def draw(self, image: np.ndarray, result: Result) -> np.ndarray:
        return draw_result(image, result)


def test_the_page_of_an_evaluation_draws_truth_answer_and_heatmap(tmp_path: Path) -> None:
    matrix = np.array([[0.1, 0, 0], [0, 0.1, 0]])
    result = Result(
        (Annotation(Whole(), "defect", 1.5),),
        ("good", "defect"),
        (80, 60),
        heatmaps={"heatmap": Heatmap(np.eye(6, 8, dtype=np.float32), matrix, (80, 60), limits=(0.5, 2.0))},
        values={"anomaly_score": 1.5, "threshold": 1.0},
        flags={"is_valid": False},
    )
    known = (Annotation(Whole(), "hole"), Annotation(Box(20, 30, 40, 50), "hole"))
    here = Sample(np.full((60, 80), 90, np.uint16), NASTY, known)
    gone = Sample(tmp_path / "gone.png", "gone.png", known)
    row = {"truth": "hole", "answer": "defect", "score": 1.5, "badness": 0.4, "wrong": False}
    rows = [{**row, "name": NASTY}, {**row, "name": "gone.png"}]
    evaluation = Evaluation(report(samples=rows), (Pair(here, result), Pair(gone, result)))
    model = SimpleNamespace(method=_Method(), labels=("good", "defect"))
    write_page(tmp_path / "r.html", model, evaluation)  # type: ignore[arg-type]  # a stand-in for a model
    text, tags = parsed(tmp_path / "r.html")
    (tile,) = [given for tag, given in tags.found if tag == "button" and "data-name" in given]
    assert {"data-truth", "data-answer", "data-heat"} <= set(tile)
    assert tile["data-name"] == NASTY
    assert "gone.png" in text
    assert "Heatmap 0.500" in text
