"""Images: the gallery, one image, labels, and bringing images in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sightmill.server.messages.common import Answer, Order, Request, Selection, SplitName, Where
from sightmill.server.messages.projects import Window
from sightmill.server.messages.regions import AnyRegion, Labelled

__all__ = [
    "Accept",
    "Annotating",
    "Browse",
    "Export",
    "GalleryPage",
    "Image",
    "ImageIds",
    "ImageRow",
    "Import",
    "ImportPreview",
    "Labelling",
    "Level",
    "Prediction",
    "Removing",
    "Reviewing",
    "Roi",
    "Rows",
    "Skipped",
    "Sorted",
    "Splitting",
    "Uploaded",
    "WindowLevel",
]


class ImageRow(Answer):
    """An image in the gallery.

    Parameters
    ----------
    version : changes when the pixels do: put it into the URLs of pictures.
    revision : rises with each change of what is known about it.
    labels : of the image as a whole and of its objects, each once.
    objects : regions that are not the whole image.
    thumbnail : URL of its thumbnail.
    predicted, score, wrong, confident : of the active (or asked for) run; None where it has no answer.
    problem : why it cannot be read.
    """

    id: int
    name: str
    width: int
    height: int
    channels: int
    dtype: str
    version: str
    revision: int
    split: SplitName | None
    label: str | None
    labels: list[str]
    labelled: bool
    objects: int
    review: Literal["open", "accepted", "rejected"]
    thumbnail: str
    predicted: str | None
    score: float | None
    badness: float | None
    wrong: bool | None
    confident: bool | None
    problem: str | None


class Sorted(Request):
    """The images that match, sorted. Sorted by score or badness, those without a prediction come last."""

    where: Where = Where()
    sort: Literal["added", "name", "score", "badness", "size"] = "added"
    order: Order = "up"


class Browse(Sorted):
    """A page of the gallery; ``cursor`` is ``next`` of the page before."""

    cursor: Annotated[str, Field(max_length=2000)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Rows(Request):
    """The rows of these images, in this order; those that are not there are left out."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(max_length=500)]
    run: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class GalleryPage(Answer):
    """A page of the gallery; `next` is the cursor of the following page, None at the end."""

    items: list[ImageRow]
    next: str | None
    total: int


class ImageIds(Answer):
    """The ids of all images that match, in order: for the scroll bar and for "select all"."""

    ids: list[int]


class Level(Answer):
    """One level of the pyramid; level 0 has the image's own pixels."""

    level: int
    width: int
    height: int
    columns: int
    rows: int


class Image(ImageRow):
    """One image with all that is known of it.

    Parameters
    ----------
    annotations : truth.
    roi : region of interest.
    tile_size, levels : the pyramid; ``tiles`` is the URL to fill in (``{level}``, ``{x}``, ``{y}``).
    picture : URL of the whole image as it is shown.
    file : where the file is on the server.
    copied : whether it lies in the project's own folder.
    """

    annotations: list[Labelled]
    roi: AnyRegion | None
    attributes: dict[str, str]
    notes: list[str]
    file: str
    copied: bool
    bytes: int
    tile_size: int
    levels: list[Level]
    tiles: str
    picture: str


class WindowLevel(Answer):
    """Gray values of an image for the window/level sliders.

    Parameters
    ----------
    lowest, highest : values that occur.
    low, high : the window that is shown when nothing is asked for.
    counts : a histogram of 256 bars from lowest to highest.
    """

    dtype: str
    lowest: float
    highest: float
    low: float
    high: float
    counts: list[int]


class Annotating(Request):
    """All annotations of an image, as they are after the gesture.

    Parameters
    ----------
    annotations : replaces what was there. Empty and ``labelled``: nothing is in the image (or it is good).
    labelled : False says that nothing is known of the image.
    revision : of the image the drawing is based on; when another window was faster, the answer is 409 with
        kind ``Conflict``, and nothing is changed. None overwrites.
    title : what was done, for the history ("Draw box").
    """

    annotations: Annotated[list[Labelled], Field(max_length=10_000)]
    labelled: bool = True
    revision: int | None = None
    title: Annotated[str, Field(max_length=200)] = "Annotate"
    window: Window = ""


class Roi(Request):
    """A region of interest for images; None takes it away."""

    selection: Selection
    roi: AnyRegion | None
    window: Window = ""


class Labelling(Request):
    """A label for images as a whole.

    ``set`` replaces their image labels (regions stay), ``add`` and ``remove`` are for several labels per image,
    ``clear`` takes all annotations away: nothing is known of them then.
    """

    selection: Selection
    label: Annotated[str, Field(max_length=200)] = ""
    action: Literal["set", "add", "remove", "clear"] = "set"
    window: Window = ""


class Splitting(Request):
    """A split for images; None takes it away."""

    selection: Selection
    split: SplitName | None
    window: Window = ""


class Reviewing(Request):
    """The state of the review for images."""

    selection: Selection
    review: Literal["open", "accepted", "rejected"]
    window: Window = ""


class Removing(Request):
    """Images to take out of the project. Their files stay; undo brings them back."""

    selection: Selection
    window: Window = ""


class Accept(Request):
    """Predictions to take over as labels, for images that a run has answered.

    Parameters
    ----------
    run : whose predictions; None takes the active run.
    minimum_score : annotations below this score are left out.
    replace : True replaces what is known; False only labels images of which nothing is known.
    """

    selection: Selection
    run: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    minimum_score: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    replace: bool = False
    window: Window = ""


class Prediction(Answer):
    """A run's answer for an image, decided with the given inference settings.

    Parameters
    ----------
    values, flags, confidences : named numbers, yes/no answers, and a score per class.
    truth : the truth in a word; empty when it is not known.
    heatmap : URL of the heatmap (colours with transparency); None where the method has none.
    heat_low, heat_high : the values at its cold and hot end.
    """

    run: int
    image: int
    label: str | None
    score: float | None
    annotations: list[Labelled]
    values: dict[str, float | None]
    flags: dict[str, bool]
    confidences: dict[str, float]
    truth: str
    badness: float | None
    wrong: bool | None
    heatmap: str | None
    heat_low: float | None
    heat_high: float | None


class Skipped(Answer):
    """A file that was not taken, and why."""

    name: str
    sentence: str


class Uploaded(Answer):
    """The images that came in, and the files that did not."""

    ids: list[int]
    skipped: list[Skipped]
    revision: int


class Import(Request):
    """A folder or annotation file on the server to bring in.

    Parameters
    ----------
    path : within the roots.
    format : id of a data format; None finds it.
    images : folder of the images that the annotations name; None is beside them.
    copy_files : True copies the images into the project; False uses them where they are.
    plain : True takes the images of a folder and reads no annotations.
    """

    path: Annotated[str, Field(max_length=4096)]
    format: Annotated[str, Field(max_length=100)] | None = None
    images: Annotated[str, Field(max_length=4096)] | None = None
    copy_files: bool = False
    plain: bool = False


class ImportPreview(Answer):
    """What an import would bring."""

    format: str
    title: str
    images: int
    labelled: int
    labels: list[str]
    splits: dict[str, int]
    regions: dict[str, int]
    notes: list[str]


class Export(Request):
    """Write the data in a format: as a zip file to download, or into a folder on the server.

    Parameters
    ----------
    format : id of a data format.
    selection : which images; None takes all.
    folder : within the roots, must be empty or missing; None makes a zip file.
    """

    format: Annotated[str, Field(max_length=100)]
    selection: Selection | None = None
    folder: Annotated[str, Field(max_length=4096)] | None = None
