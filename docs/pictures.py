"""The pictures of the documentation, made by the program itself, and the first tutorial's real output.

    python docs/pictures.py

runs the first tutorial in a temporary folder, writes what it prints into its page, and draws ``docs/images`` from what
it leaves. The report page is photographed when a Chromium browser is there; else its picture stays as it is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from examples import run_page, updated

import sightmill
from sightmill.data.annotation import Annotation
from sightmill.data.regions import Box, Point
from sightmill.drawing.maps import overlay_heatmap
from sightmill.drawing.points import draw_points
from sightmill.drawing.regions import draw_annotations
from sightmill.evaluation.scale import HOT
from sightmill.imaging.defects import damage
from sightmill.imaging.view import View
from sightmill.project.parts import DEFECTS, draw_part
from sightmill.training.toys import toy_dataset
from sightmill.training.train import train

Picture = npt.NDArray[np.uint8]

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
METHODS = DOCS.parent / "src" / "sightmill" / "methods"
LARGEST_FILE = 200_000
GAP = 12
#: Pictures of the methods that find objects, and which.
OBJECTS = {"objects": "object_detection", "turned": "oriented_detection", "instances": "instance_segmentation"}


def main() -> None:
    """Run the tutorial, then draw."""
    page = DOCS / "tutorials" / "first-model.md"
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        printed = run_page(page, folder)
        page.write_text(updated(page.read_text(encoding="utf-8"), printed), encoding="utf-8")
        _save("parts.jpg", _row([draw_part(31, None)[0], *(draw_part(31, defect)[0] for defect in DEFECTS)], 200))
        _save("answer.jpg", _answer(folder))
        _save("precise.jpg", _precise(folder))
        for name, method in (("segmentation.jpg", "semantic_segmentation"), ("edges.jpg", "edge_extraction")):
            run_page(METHODS / method / "about.md", folder)
            _save(name, _mapped(folder, method))
        _save("context.jpg", _context(folder))
        _save("synthetic.jpg", _synthetic())
        _save("views.jpg", _views())
        _save("points.jpg", _points())
        for name, method in OBJECTS.items():
            _save(f"{name}.jpg", _objects(method, folder))
        _photograph(folder / "report.html")


def _answer(folder: Path) -> Picture:
    """Image, heatmap and answer of the defective test image that is furthest above the threshold."""
    model = sightmill.load(folder / "flange.sightmill")
    tested = sightmill.load_dataset(folder / "parts", learns_from="anomaly").split("test")
    answers = model.predict_samples(tested.where(lambda sample: sample.label != model.labels[0]))
    sample, result = max(answers, key=lambda answer: answer[1].score or 0.0)
    image, heatmap = sample.read(), result.heatmap
    assert heatmap is not None
    heated = overlay_heatmap(image, heatmap, *HOT)
    return _row([image, heated, model.method.draw(image, result)], 320)


def _objects(name: str, folder: Path) -> Picture:
    """Drawn images with objects, and the answers of a model that learnt from others of their kind."""
    method = sightmill.method(name)
    scenes = toy_dataset(method.learns_from, count=6, size=(200, 160))
    training = method.Training(network_depth=1, iterations=3, steps_per_iteration=45, image_size=200)
    for _ in train(method, scenes, training, output=folder / f"{name}.sightmill"):
        pass
    model = sightmill.load(folder / f"{name}.sightmill")
    answers = list(model.predict_samples(scenes.split("test")))[:3]
    first = answers[0][0].read()
    return _row([np.repeat(first[:, :, None], 3, axis=2), *(model.method.draw(s.read(), r) for s, r in answers)], 200)


def _precise(folder: Path) -> Picture:
    """A defective part, the precise heatmap of it, the answer, and the image that was expected."""
    method = sightmill.method("anomaly_detection_precise")
    parts = sightmill.load_dataset(folder / "parts", learns_from="anomaly")
    for _ in train(method, parts, method.Training(iterations=6), output=folder / "precise.sightmill"):
        pass
    model = sightmill.load(folder / "precise.sightmill")
    scratched = parts.split("test").where(lambda sample: sample.label != model.labels[0])
    sample, result = max(model.predict_samples(scratched), key=lambda answer: answer[1].score or 0.0)
    image, heatmap = sample.read(), result.heatmap
    assert heatmap is not None
    expected = result.pictures["reconstructed"].at_image_size()
    return _row([image, overlay_heatmap(image, heatmap, *HOT), model.method.draw(image, result), expected], 280)


def _mapped(folder: Path, method: str) -> Picture:
    """Two test images of the page of a method that answers for every pixel: image, map of its first class, answer."""
    name = {"semantic_segmentation": "plates", "edge_extraction": "rims"}[method]
    model = sightmill.load(folder / f"{name}.sightmill")
    tested = sightmill.load_dataset(folder / name, learns_from=model.method.learns_from).split("test")
    shown = []
    for sample, result in list(model.predict_samples(list(tested)[1:3])):
        image, heat = sample.read(), result.heatmaps[model.labels[0]].at_image_size()
        shown += [image, overlay_heatmap(image, heat, 0.0, 1.0), model.method.draw(image, result)]
    return _row([_grey_as_colour(picture) for picture in shown], 190)


def _grey_as_colour(picture: Any) -> Picture:
    return np.repeat(picture[:, :, None], 3, 2) if picture.ndim == 2 else picture


def _context(folder: Path) -> Picture:
    """A tray with a part too many, its components, where the global network looks, and the answer in words."""
    sys.path.append(str(DOCS.parent))
    from benchmarks.assemblies.sets import draw, write_set  # beside the documentation, not in the package

    trays = write_set("tray", folder, train=80, good=2, each=1)
    method = sightmill.method("global_context_anomaly_detection")
    file = folder / "tray.sightmill"
    for _ in train(method, sightmill.load_dataset(trays, learns_from="anomaly"), output=file):
        pass
    return _explained(sightmill.load(file), [draw("tray", "extra_part", [9, 3, 1, index])[0] for index in range(12)])


def _explained(model: sightmill.Model, images: list[Picture]) -> Picture:
    """The image that most is said of: its components, its global map, and the answer."""
    result, image = max(
        ((model.predict(image), image) for image in images),
        key=lambda answer: (sum("found" in said for said in answer[0].findings), answer[0].score or 0.0),
    )
    components = result.pictures["components"].at_image_size()
    heated = overlay_heatmap(image, result.heatmaps["global"].at_image_size(), *HOT)
    large = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return _row([image, components, heated, model.method.draw(np.asarray(large, np.uint8), model.predict(large))], 260)


def _synthetic() -> Picture:
    """The same part with five synthetic defects, each outlined."""
    image = draw_part(31, None)[0]
    pixels = image.astype(np.float32) / 255
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] - image.shape[0] / 2
    inside = np.hypot(rows, columns) < 0.36 * image.shape[0]
    shown = []
    for number, kind in enumerate(
        [("scratch", "bright"), ("blob", "texture"), ("islands", "dark"), ("patch", "paste"), ("crack", "dark")]
    ):
        rng = np.random.default_rng(number)
        made = damage(pixels, rng, extent=(45, 60), kinds=[kind], others=[pixels], inside=inside, clear=1.0)
        damaged = (255 * made.image).round().astype(np.uint8)
        outlines, _ = cv2.findContours(made.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        shown.append(np.asarray(cv2.drawContours(damaged, outlines, -1, (255, 60, 60), 1), np.uint8))
    return _row(shown, 200)


def _views() -> Picture:
    """One wide image as each way of fitting shows it to the network."""
    image = np.concatenate([draw_part(seed, defect)[0] for seed, defect in ((4, None), (9, "stain"))], axis=1)
    shown = []
    for fit, sides in (("pad", (224, 224)), ("stretch", (224, 224)), ("scale", (256, 224))):
        view = View.of({"width": sides[0], "height": sides[1], "fit": fit})
        frame = view.frame((image.shape[1], image.shape[0]))
        whole = frame.merge(view.pixels(image, frame).astype(np.float32)).round().astype(np.uint8)
        boxes = [Box(x, y, x + sides[0], y + sides[1]) for x, y in frame.tiles]
        tiles = [Annotation(box, f"tile {number}") for number, box in enumerate(boxes, 1)] if len(boxes) > 1 else []
        shown.append(draw_annotations(whole, tiles))
    return _row(shown, 224)


def _points() -> Picture:
    """The board of point location's own page, enlarged, with the answer on it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        run_page(DOCS.parent / "src/sightmill/methods/point_location/about.md", folder)
        model = sightmill.load(folder / "points.sightmill")
        image = sightmill.load_dataset(folder / "boards", learns_from="point").split("test")[0].read()
    times = 3
    result = model.predict(image)
    enlarged = [
        replace(item, region=Point(times * item.region.x, times * item.region.y))
        for item in result.annotations
        if isinstance(item.region, Point)
    ]
    shown = cv2.resize(image, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    return draw_points(shown, enlarged, result.labels, size=times * result.values["feature_size"])


def _photograph(report: Path) -> None:
    browser = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if browser is None:
        sys.stdout.write("no Chromium browser: the picture of the report stays as it is\n")
        return
    shot = report.with_suffix(".png")
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,900",
         f"--screenshot={shot}", report.as_uri()],
        check=True, capture_output=True,
    )  # fmt: skip
    _save("report.jpg", np.asarray(cv2.imread(str(shot)), np.uint8)[:, :, ::-1])


def _row(pictures: list[Picture], height: int) -> Picture:
    """Pictures side by side on white, all of one height in pixels."""
    parts: list[Any] = []
    for picture in pictures:
        width = round(picture.shape[1] * height / picture.shape[0])
        way = cv2.INTER_AREA if height < picture.shape[0] else cv2.INTER_CUBIC
        parts += [cv2.resize(picture, (width, height), interpolation=way), np.full((height, GAP, 3), 255, np.uint8)]
    return np.concatenate(parts[:-1], axis=1)


def _save(name: str, picture: Picture) -> None:
    """Write a JPEG, as good as the largest file allows."""
    for quality in (90, 80, 70, 60):
        _, encoded = cv2.imencode(
            ".jpg", np.ascontiguousarray(picture[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        if len(encoded) <= LARGEST_FILE:
            break
    (IMAGES / name).write_bytes(encoded.tobytes())
    sys.stdout.write(f"{IMAGES / name}: {len(encoded) // 1000} kB\n")


if __name__ == "__main__":
    main()
