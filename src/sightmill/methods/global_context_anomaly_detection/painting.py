"""Components in colours, and on a picture: the pieces that a finding is about, and the finding in words."""

from __future__ import annotations

import re

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.annotation import Annotation
from sightmill.data.coordinates import centre_matrix
from sightmill.data.regions import Mask
from sightmill.data.result import Picture, Result
from sightmill.drawing.colours import CATEGORIES, Colour
from sightmill.drawing.regions import draw_annotations
from sightmill.drawing.sentences import draw_sentences

__all__ = ["COMPONENTS", "component_colour", "draw_findings", "painted"]

#: The name of the picture in which each place has the colour of its component.
COMPONENTS = "components"
#: How much darker colours get when there are more components than colours.
DARKER = 0.55
#: A component that covers more of the image than this is not outlined: it is the ground.
GROUND_SHARE = 0.2
#: Pieces smaller than this share of the image are specks.
SPECK = 0.0005
#: The component that a sentence is about.
ABOUT = re.compile(r"component (\d+):")


def component_colour(number: int) -> Colour:
    """The colour of a component, by its number from 1."""
    rounds, index = divmod(number - 1, len(CATEGORIES))
    red, green, blue = (round(part * DARKER**rounds) for part in CATEGORIES[index])
    return red, green, blue


def painted(shares: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Shares ``(K, h, w)`` -> a picture ``(h, w, 3)`` in [0, 1]: each place in the colour of its main component."""
    colours = np.array([component_colour(index + 1) for index in range(len(shares))], np.float32) / 255
    return np.asarray(colours[shares.argmax(0)], np.float32)


def draw_findings(picture: npt.NDArray[np.uint8], result: Result) -> npt.NDArray[np.uint8]:
    """A picture of a result with its findings written along the bottom, and the pieces they are about outlined."""
    if not result.findings:
        return picture
    numbers = [int(about[1]) if (about := ABOUT.match(finding)) else 0 for finding in result.findings]
    if COMPONENTS in result.pictures:
        pieces = [
            Annotation(piece, str(number))
            for number in sorted({*numbers} - {0})
            for piece in _pieces(result.pictures[COMPONENTS], component_colour(number))
        ]
        palette = {piece.label: component_colour(int(piece.label)) for piece in pieces}
        picture = draw_annotations(picture, pieces, palette=palette)
    size = min(max(min(picture.shape[:2]) // 26, 11), 64)
    colours = [component_colour(number) if number else None for number in numbers]
    draw_sentences(picture, list(zip(result.findings, colours, strict=True)), size)
    return picture


def _pieces(components: Picture, colour: Colour) -> list[Mask]:
    """The pieces of one component as regions of the image; none of one that is the ground."""
    own = (components.values == np.array(colour, np.uint8)).all(2).astype(np.float32)
    full = cv2.warpAffine(
        own,
        centre_matrix(components.matrix),
        components.size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    covered = np.asarray(full > 0.5)
    if covered.mean() > GROUND_SHARE:
        return []
    count, index_map, statistics, _ = cv2.connectedComponentsWithStats(covered.astype(np.uint8), connectivity=8)
    found = []
    for index in range(1, count):
        x, y, width, height, area = (int(value) for value in statistics[index])
        if area >= SPECK * covered.size:
            found.append(Mask(index_map[y : y + height, x : x + width] == index, x, y))
    return found
