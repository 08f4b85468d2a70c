"""The images of an evaluation page: a tile each, and the overlay that shows one of them large."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.drawing.colours import heat_colours, hexadecimal
from sightmill.drawing.plots import escaped, number

__all__ = ["DIALOG", "WRONG", "ReportSample", "heat_legend", "tile"]

Picture = npt.NDArray[np.uint8]

#: Above this badness an answer is a wrong decision.
WRONG = 0.5

_PICTURE_SIDE = 560
_CRISP_SIDE = 160

#: The overlay, which the page's script fills.
DIALOG = (
    "<dialog aria-label='Image'><div class='bar'><span class='name'></span>"
    "<button type='button' data-view='image'>Image</button>"
    "<button type='button' data-view='truth'>Truth</button>"
    "<button type='button' data-view='answer'>Prediction</button>"
    "<button type='button' data-view='heat'>Heatmap</button>"
    "<button type='button' id='before' aria-label='Previous image'>←</button>"
    "<button type='button' id='after' aria-label='Next image'>→</button>"
    "<button type='button' id='close' aria-label='Close'>✕</button></div>"
    "<div class='stage'><img alt=''></div>"
    "<p class='facts'><span>Truth <b id='truth'></b></span><span>Prediction <b id='answer'></b></span>"
    "<span>Score <b id='score'></b></span><span>Decision <b id='verdict'></b></span></p></dialog>"
)


@dataclass(frozen=True, eq=False)
class ReportSample:
    """One image of a report.

    Parameters
    ----------
    name, truth, answer : as the page says them.
    score : of the answer; None when it has none.
    badness : how wrong the answer is; above 0.5 it is a wrong decision.
    image : uint8 RGB ``(H, W, 3)``, any size.
    truth_drawn, answer_drawn : the image with truth and answer on it.
    heatmap_overlay : the image under its heatmap; None when the method has none.
    """

    name: str
    truth: str
    answer: str
    score: float | None
    badness: float
    image: Picture
    truth_drawn: Picture
    answer_drawn: Picture
    heatmap_overlay: Picture | None = None


def tile(sample: ReportSample) -> str:
    """A button with the image and its answer, carrying the other pictures for the overlay."""
    wrong = sample.badness > WRONG
    score = "" if sample.score is None else number(sample.score)
    layers = {"truth": sample.truth_drawn, "answer": sample.answer_drawn, "heat": sample.heatmap_overlay}
    carried = "".join(
        f" data-{name}='{_data_uri(picture)}'"
        for name, picture in layers.items()
        if picture is not None and not np.array_equal(picture, sample.image)
    )
    verdict = f"{sample.truth or '–'} → {sample.answer or '–'}"
    return (
        f"<button type='button' class='tile{' wrong' if wrong else ''}' data-name='{escaped(sample.name)}' "
        f"data-said='{escaped(sample.truth or '–')}' data-told='{escaped(sample.answer or '–')}' "
        f"data-score='{escaped(score or '–')}'{carried}>"
        f"<img loading='lazy' alt='' src='{_data_uri(sample.image)}'>"
        f"<span class='words'><span class='verdict'>{escaped(verdict)}</span> {escaped(score)}"
        f"<span class='name' title='{escaped(sample.name)}'><bdi>{escaped(sample.name)}</bdi></span>"
        "</span></button>\n"
    )


def heat_legend(heat_range: tuple[float, float] | None) -> str:
    """The colours of the heatmaps with the values at their ends; nothing without a range."""
    if heat_range is None:
        return ""
    stops = ",".join(hexadecimal(colour) for colour in heat_colours()[::51].tolist())
    low, high = heat_range
    return (
        f"<span class='heat'>Heatmap {number(low)}<i style='background:linear-gradient(90deg,{stops})'></i>"
        f"{number(high)}</span>"
    )


def _data_uri(picture: Picture) -> str:
    """A JPEG of bounded size; small pictures as PNG, so that single pixels stay visible."""
    height, width = picture.shape[:2]
    shrink = _PICTURE_SIDE / max(height, width)
    if shrink < 1:
        size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    crisp = max(height, width) <= _CRISP_SIDE
    kind, options = ("png", []) if crisp else ("jpeg", [cv2.IMWRITE_JPEG_QUALITY, 82])
    _, encoded = cv2.imencode(f".{kind}", np.ascontiguousarray(picture[:, :, ::-1]), options)
    return f"data:image/{kind};base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"
