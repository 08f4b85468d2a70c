"""An evaluation as one HTML file: figures, plots, and the images with the worst answers first.

The file needs no network and no other file. Plots and tables show without JavaScript; a content
security policy lets nothing run but the page's own script, whatever a class or an image file is called.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightmill.drawing.colours import class_colours
from sightmill.drawing.maps import overlay_heatmap
from sightmill.drawing.plots import (
    confusion_plot,
    curves_plot,
    escaped,
    histogram_plot,
    number,
    table_html,
)
from sightmill.drawing.regions import displayable, draw_annotations
from sightmill.errors import DataError, SightmillError
from sightmill.evaluation.report import Curves, Estimate, Figure, Histogram, Matrix, Metric, Report, Table
from sightmill.project.tiles import DIALOG, WRONG, ReportSample, heat_legend, tile

if TYPE_CHECKING:
    from sightmill.project.evaluate import Evaluation
    from sightmill.runtime.model import Model

__all__ = ["ReportSample", "write_page", "write_report"]

#: So many images are shown with pictures, unless another number is asked for.
PICTURES = 200

_MOST_ROWS = 5000


def write_page(path: str | Path, model: Model, evaluation: Evaluation, *, pictures: int = PICTURES) -> None:
    """Write the page of an evaluation, with pictures of the images with the worst answers.

    Parameters
    ----------
    model : the model evaluated; its method draws the answers.
    pictures : how many images to show at most.

    Raises
    ------
    SightmillError : the file cannot be written.
    """
    heat_range = _heat_range(evaluation)
    write_report(
        path,
        evaluation.report,
        _drawn_samples(model, evaluation, heat_range),
        title=model.method.title,
        metrics=model.method.metrics(),
        pictures=pictures,
        heat_range=heat_range,
    )


def write_report(
    path: str | Path,
    report: Report,
    samples: Iterable[ReportSample] = (),
    *,
    title: str = "",
    metrics: Sequence[Metric] = (),
    pictures: int = PICTURES,
    heat_range: tuple[float, float] | None = None,
) -> None:
    """Write a report as one HTML file; an old one is replaced only by a whole new one.

    Parameters
    ----------
    samples : worst first; read one by one, so that memory holds one image at a time.
    title : name of the method for people; empty takes the report's method id.
    metrics : names and directions of the figures; figures without one are shown by their key.
    pictures : how many samples to show at most; how many there are is said on the page.
    heat_range : values at the cold and the hot end of the heatmaps, for their legend; None shows none.

    Raises
    ------
    SightmillError : the file cannot be written.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".report-", suffix=".html")
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
            for part in _page(report, samples, title or _words(report.method), metrics, pictures, heat_range):
                stream.write(part)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        if isinstance(error, OSError):
            raise _unwritable(target, error) from error
        raise


def _unwritable(target: Path, error: OSError) -> SightmillError:
    return SightmillError(
        "the report cannot be written",
        where=target,
        got=error.strerror or str(error),
        remedy="choose a file in a folder that you may write to and that has room",
    )


def _page(
    report: Report,
    samples: Iterable[ReportSample],
    title: str,
    metrics: Sequence[Metric],
    pictures: int,
    heat_range: tuple[float, float] | None,
) -> Iterator[str]:
    script = _resource("page.js")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    yield (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:; "
        f"style-src 'unsafe-inline'; script-src 'sha256-{allowed}'\">"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escaped(title)}: evaluation</title><style>{_resource('page.css')}</style></head><body>"
    )
    if report.trained_on:
        yield (
            "<p class='banner' role='alert'>Measured on training images. <span>The model has "
            "seen these images: the figures below say nothing about new ones. Evaluate on the test split "
            "before you decide.</span></p>"
        )
    yield from _header(report, title, metrics)
    yield "<main>"
    if report.figures:
        yield "<h2>Figures</h2><div class='figures'>"
        yield from (_figure(figure) for figure in report.figures)
        yield "</div>"
    yield from _samples(report, samples, pictures, heat_range)
    yield f"</main><footer>Written by Sightmill on {datetime.now():%Y-%m-%d %H:%M}.</footer>"
    yield f"<script>{script}</script></body></html>\n"


def _header(report: Report, title: str, metrics: Sequence[Metric]) -> Iterator[str]:
    wrong = sum(_is_wrong(row) for row in report.samples)
    facts = [("Method", title), ("Split", report.split), ("Images", number(report.images))]
    if report.samples:
        facts.append(("Wrong decisions", number(wrong)))
    listed = "".join(f"<span>{name} <b>{escaped(value)}</b></span>" for name, value in facts)
    yield f"<header><div><h1>{escaped(title)}: evaluation</h1><p class='facts'>{listed}</p>"
    if report.metrics:
        known = {metric.name: metric for metric in metrics}
        yield "<dl class='cards'>"
        for name, estimate in report.metrics.items():
            yield _card(known.get(name) or Metric(name, _words(name)), estimate)
        yield "</dl>"
        if any(estimate.low is not None for estimate in report.metrics.values()):
            yield (
                "<p class='small'>Intervals hold the true figure with 95 % confidence, for images like "
                "these. More images make them narrower.</p>"
            )
    if report.notes:
        yield "<ul class='notes'>" + "".join(f"<li>{escaped(note)}</li>" for note in report.notes) + "</ul>"
    yield "</div></header>"


def _card(metric: Metric, estimate: Estimate) -> str:
    ends = [estimate.value, *(end for end in (estimate.low, estimate.high) if end is not None)]
    share = all(0 <= end <= 1 for end in ends)
    unit = " %" if share else ""

    def said(value: float) -> str:
        return (f"{100 * value:.1f}" if share else number(value)) if np.isfinite(value) else "–"

    bar, words = "", []
    if estimate.low is not None and estimate.high is not None:
        words.append(f"{said(estimate.low)} to {said(estimate.high)}{unit}")
        if share:
            left, wide = 100 * estimate.low, 100 * (estimate.high - estimate.low)
            bar = (
                "<svg viewBox='0 0 100 8' preserveAspectRatio='none' aria-hidden='true'>"
                "<rect y='3' width='100' height='2' fill='currentColor' fill-opacity='.15'/>"
                f"<rect x='{left:.2f}' y='2' width='{max(wide, 0.6):.2f}' height='4' "
                "style='fill:var(--accent)' fill-opacity='.55'/>"
                f"<rect x='{min(100 * estimate.value, 99):.2f}' width='1' height='8' fill='currentColor'/>"
                "</svg>"
            )
    if estimate.count:
        words.append(f"{number(estimate.count)} images")
    aim = " (lower is better)" if metric.better == "lower" else ""
    return (
        f"<div class='card'><dt>{escaped(metric.title)}{aim}</dt>"
        f"<dd><span class='value'>{said(estimate.value)}{unit}</span>{bar}"
        f"<span class='interval'>{', '.join(words)}</span></dd></div>"
    )


def _figure(figure: Figure) -> str:
    wide, drawn = False, ""
    if isinstance(figure, Curves):
        drawn = curves_plot(
            [(series.name, series.x, series.y) for series in figure.series],
            title=figure.title,
            x_label=figure.x_label,
            y_label=figure.y_label,
            diagonal=figure.diagonal,
            x_range=figure.x_range,
            y_range=figure.y_range,
            markers=all(len(series.x) <= 30 for series in figure.series),
        )
    elif isinstance(figure, Histogram):
        drawn = histogram_plot(
            figure.edges,
            figure.groups,
            title=figure.title,
            x_label=figure.x_label,
            thresholds=figure.thresholds,
        )
    elif isinstance(figure, Matrix):
        wide = len(figure.labels) > 6
        drawn = confusion_plot(figure.counts, figure.labels, figure.row_labels, title=figure.title)
    elif isinstance(figure, Table):
        wide = len(figure.columns) > 6
        drawn = table_html(figure.columns, figure.rows)
    kind = " class='wide'" if wide else ""
    return (
        f"<figure{kind}><h3>{escaped(figure.title)}</h3><p>{escaped(figure.note)}</p>"
        f"<div class='scroll'>{drawn}</div></figure>"
    )


def _samples(
    report: Report, samples: Iterable[ReportSample], pictures: int, heat_range: tuple[float, float] | None
) -> Iterator[str]:
    tiles = (tile(sample) for sample in islice(samples, pictures))
    first = next(tiles, None)
    if first is not None:
        yield "<h2>Images, worst answers first</h2>"
        if report.images > pictures:
            yield f"<p class='small'>Pictures of the {pictures} worst of {number(report.images)} images.</p>"
        yield (
            "<div class='filters'>"
            "<button type='button' id='only-wrong' aria-pressed='false'>Wrong decisions only</button>"
            "<input id='search' type='search' placeholder='File, truth or prediction' "
            "aria-label='Filter by file, truth or prediction'>"
            f"<span id='count' class='small'></span>{heat_legend(heat_range)}</div><div class='tiles'>"
        )
        yield first
        yield from tiles
        yield f"</div>{DIALOG}"
    if report.samples:
        shown = report.samples[:_MOST_ROWS]
        cut = f", the {_MOST_ROWS} worst" if len(report.samples) > _MOST_ROWS else ""
        yield f"<details><summary>List of all {number(len(report.samples))} images{cut}</summary>"
        yield "<div class='scroll'>"
        yield table_html(
            ("Image", "Truth", "Prediction", "Score", "Decision"),
            [
                (
                    row.get("name"),
                    row.get("truth"),
                    row.get("answer"),
                    row.get("score"),
                    "wrong" if _is_wrong(row) else "right",
                )
                for row in shown
            ],
        )
        yield "</div></details>"


def _drawn_samples(
    model: Model, evaluation: Evaluation, heat_range: tuple[float, float] | None
) -> Iterator[ReportSample]:
    colours = class_colours(model.labels)
    for pair, row in zip(evaluation.pairs, evaluation.report.samples, strict=False):
        try:
            pixels = pair.sample.read()
        except DataError:  # gone since it was evaluated; the list of all images still names it
            continue
        image = displayable(pixels)
        heatmap = pair.result.heatmap
        low, high = heat_range or (None, None)
        yield ReportSample(
            name=str(row["name"]),
            truth=str(row["truth"] or ""),
            answer=str(row["answer"] or ""),
            score=row["score"],
            badness=float(row["badness"]),
            image=image,
            truth_drawn=draw_annotations(image, pair.sample.annotations, palette=colours),
            answer_drawn=model.method.draw(image, pair.result),
            heatmap_overlay=None if heatmap is None else overlay_heatmap(image, heatmap, low, high),
        )


def _heat_range(evaluation: Evaluation) -> tuple[float, float] | None:
    """The values that heatmaps are drawn cold and hot at, where they are the same for all images."""
    for pair in evaluation.pairs:
        for heatmap in pair.result.heatmaps.values():
            return heatmap.limits
    return None


def _is_wrong(row: Any) -> bool:
    return bool(row.get("wrong", row.get("badness", 0.0) > WRONG))


def _words(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


@cache
def _resource(name: str) -> str:
    return resources.files("sightmill.project").joinpath(name).read_text(encoding="utf-8")
