"""Pascal VOC: one XML file per image, with boxes.

VOC counts pixels from 1 and its corners are the first and the last pixel *inside* the box, so a box from
``xmin`` to ``xmax`` spans ``xmin - 1 <= x <= xmax`` here. Source: M. Everingham and J. Winn, "The PASCAL
Visual Object Classes Challenge 2012 Development Kit". Read besides: ``robndbox`` (turned boxes of roLabelImg,
angle in radians), ``attributes`` and ``labelmap.txt`` as CVAT writes them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats.finder import ImageFinder
from sightmill.data.formats.folder import images_below, is_litter, read_text
from sightmill.data.formats.format import ANNOTATION_FILE, Claim, Format
from sightmill.data.formats.losses import Losses
from sightmill.data.formats.overlap import without_overlap
from sightmill.data.formats.placing import ImageWriter
from sightmill.data.image import IMAGE_SUFFIXES
from sightmill.data.regions import Box, Region, RotatedBox
from sightmill.data.sample import Sample
from sightmill.errors import AnnotationError, FormatError

__all__ = ["FORMAT", "PascalVoc"]

_FLAGS = ("difficult", "truncated", "occluded")
_SPLIT_FILES = {"train": "train", "validation": "val", "test": "test"}
_LARGEST_FILE = 50_000_000
_IMAGE_FOLDERS = ("JPEGImages", "images", "Images")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class PascalVoc(Format):
    """``Annotations/*.xml``, ``JPEGImages/``, ``ImageSets/Main/{train,val,trainval,test}.txt``.

    XML files that lie beside their images are read too. Of segmentation sets the boxes are read.
    """

    id = "voc"
    title = "Pascal VOC (one XML file per image)"

    def recognise(self, root: Path) -> Claim | None:
        files = _xml_files(root)
        first = next((path for path in files[:20] if b"<annotation" in _head(path)), None)
        if first is None:
            return None
        turned = any(b"<robndbox" in _head(path) for path in files[:20])
        carries = frozenset({"box", "rotated_box"} if turned else {"box"})
        return Claim(carries, ANNOTATION_FILE, f"the file {first.relative_to(_folder_of(root)).as_posix()}")

    def read(self, source: Path, images: ImageFinder) -> Dataset:
        """Read a folder, or the folder of a single XML file.

        Images without an XML file are kept as not annotated. Boxes without area are left out with a note.

        Raises
        ------
        FormatError : no XML here, damaged or hostile XML, a list of images that names unknown ones.
        AnnotationError : a box whose corners cannot be; names the file and the object.
        """
        root = _folder_of(source)
        files = [source] if source.is_file() else _xml_files(root)
        if not files:
            raise FormatError(
                "there is no Pascal VOC annotation here",
                where=source,
                allowed="XML files in Annotations/, or beside the images",
            )
        notes: list[str] = []
        without_area: dict[str, int] = {}
        splits = _splits(root, notes)
        base = root / "Annotations" if (root / "Annotations").is_dir() else root
        samples: list[Sample] = []
        for path in files:
            key = path.relative_to(base).with_suffix("").as_posix() if path.is_relative_to(base) else path.stem
            sample = _sample(path, images, without_area)
            if sample is not None:
                for split in splits.get(key, {None: None}):
                    samples.append(sample.with_split(split))
        if source.is_dir():
            samples.extend(_not_annotated(root, images, samples, splits))
        for name, count in without_area.items():
            notes.append(f"{name}: {count} {'box' if count == 1 else 'boxes'} without area left out")
        notes.extend(images.notes(source))
        used = sorted({item.label for sample in samples for item in sample.annotations})
        labels = tuple(dict.fromkeys([*_label_map(root), *used]))
        return Dataset(without_overlap(samples, notes), labels, notes=tuple(notes))

    def write(self, dataset: Dataset, folder: Path) -> list[str]:
        """Write ``JPEGImages``, ``Annotations``, ``ImageSets/Main``, and the labels in ``labelmap.txt``.

        Outlines and masks become the boxes around them; labels of whole images and points are left out.
        """
        losses = Losses("Pascal VOC")
        writer = ImageWriter(folder)
        listed: dict[str, list[str]] = {}
        for sample in dataset:
            losses.of_sample(sample, unannotated=False)
            name = writer.place(sample, "JPEGImages").removeprefix("JPEGImages/")
            key = PurePosixPath(name).with_suffix("").as_posix()
            if sample.annotated:
                _write_xml(folder / "Annotations" / f"{key}.xml", _tree(sample, name, losses))
            if sample.split is not None:
                listed.setdefault(sample.split, []).append(key)
        lists = folder / "ImageSets" / "Main"
        lists.mkdir(parents=True, exist_ok=True)
        for split, keys in listed.items():
            (lists / f"{_SPLIT_FILES[split]}.txt").write_text("\n".join(keys) + "\n", "utf-8")
        if dataset.labels:
            lines = ["# label:color_rgb:parts:actions", *(f"{name}:::" for name in dataset.labels)]
            (folder / "labelmap.txt").write_text("\n".join(lines) + "\n", "utf-8")
        return losses.notes() + writer.finish()


def _folder_of(source: Path) -> Path:
    folder = source.parent if source.is_file() else source
    return folder.parent if folder.name == "Annotations" else folder


def _xml_files(root: Path) -> list[Path]:
    if root.is_file():
        return [root] if root.suffix.lower() == ".xml" else []
    base = root / "Annotations" if (root / "Annotations").is_dir() else root
    return sorted(path for path in base.rglob("*.xml") if not is_litter(path.name))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(65536)
    except OSError:
        return b""


def _sample(path: Path, images: ImageFinder, without_area: dict[str, int]) -> Sample | None:
    tree = _parsed(path)
    stated = (tree.findtext("filename") or "").strip()
    folder = (tree.findtext("folder") or "").strip()
    # Tools leave a stale <filename> behind when images are renamed: the XML file's own name is tried next.
    near = [str(path.parent.relative_to(images.root))] if path.is_relative_to(images.root) else []
    also = (*_IMAGE_FOLDERS, *near)
    tried = [stated, f"{folder}/{stated}" if folder else "", path.stem]
    found = next((name for name in tried if name and _is_there(name, images, also)), None)
    place = images.find_or_note(found or stated or path.stem, also=also)
    if place is None:
        return None
    annotations = []
    for number, item in enumerate(tree.iterfind("object"), start=1):
        where = f"{path}, object {number}"
        region = _region(item, where)
        if region is None:
            without_area[path.name] = without_area.get(path.name, 0) + 1
        else:
            label = (item.findtext("name") or "").strip()
            if not label:
                raise AnnotationError("the object has no name", where=where)
            annotations.append(Annotation(region, label, attributes=_attributes(item)))
    return Sample(place, images.name_of(place), tuple(annotations))


def _is_there(name: str, images: ImageFinder, also: tuple[str, ...]) -> bool:
    try:
        images.find(name, also=also)
    except FormatError:
        return False
    return True


def _parsed(path: Path) -> Element:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise FormatError("the XML file is too large", where=path, allowed=f"{_LARGEST_FILE} bytes")
        tree = parse(path).getroot()
    except DefusedXmlException as error:
        raise FormatError(
            "the XML file defines entities or refers to other files, which annotations have no need of",
            where=path,
            remedy="do not trust where it comes from",
        ) from error
    except ParseError as error:
        line, column = error.position
        raise FormatError(
            "the file is not XML", where=f"{path}, line {line}, column {column}", got=str(error)
        ) from error
    except (ValueError, LookupError) as error:  # an encoding that the XML parser does not know
        raise FormatError("the file is not XML", where=path, got=str(error)) from error
    except OSError as error:
        raise FormatError("the file cannot be read", where=path, got=error.strerror or str(error)) from error
    if not isinstance(tree, Element) or tree.tag != "annotation":
        raise FormatError("this is not a Pascal VOC file", where=path, allowed="<annotation> ... </annotation>")
    return tree


def _region(item: Element, where: str) -> Region | None:
    turned = item.find("robndbox")
    if turned is not None:
        cx, cy, width, height, angle = (_number(turned, tag, where) for tag in ("cx", "cy", "w", "h", "angle"))
        if width < 0 or height < 0:
            raise AnnotationError("the turned box has a negative side", where=where, got=f"{width} x {height}")
        return RotatedBox(cx, cy, width, height, math.degrees(angle)) if width and height else None
    box = item.find("bndbox")
    if box is None:
        raise AnnotationError("the object has no <bndbox>", where=where)
    xmin, ymin, xmax, ymax = (_number(box, tag, where) for tag in ("xmin", "ymin", "xmax", "ymax"))
    if xmax < xmin - 1 or ymax < ymin - 1:
        raise AnnotationError(
            "the corners of the box are in the wrong order",
            where=where,
            got=f"xmin {xmin:g}, ymin {ymin:g}, xmax {xmax:g}, ymax {ymax:g}",
            allowed="xmin <= xmax and ymin <= ymax",
        )
    # Both corners in one pixel is how tools write a click without a drag, not an object of one pixel.
    if xmin == xmax and ymin == ymax:
        return None
    # Tools that count from 0 write a 0 at the border: nothing begins left of the image.
    left, top = (0.0 if 0 <= first < 1 else first - 1 for first in (xmin, ymin))
    return Box(left, top, xmax, ymax) if left < xmax and top < ymax else None


def _number(parent: Element, tag: str, where: str) -> float:
    text = (parent.findtext(tag) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < 1e9:
        raise AnnotationError(f"<{tag}> must be a number of pixels", where=where, got=text[:40] or "nothing")
    return value


def _attributes(item: Element) -> dict[str, str]:
    found = {}
    for flag in _FLAGS:
        text = (item.findtext(flag) or "").strip()
        if text and text != "0":
            found[flag] = text
    for entry in item.iterfind("attributes/attribute"):
        name, value = entry.findtext("name"), entry.findtext("value")
        if name and value is not None:
            found[name] = value
    return found


def _splits(root: Path, notes: list[str]) -> dict[str, dict[str | None, None]]:
    """The splits of each image, by the name of its XML file without suffix."""
    folder = root / "ImageSets" / "Main"
    listed: dict[str, dict[str | None, None]] = {}
    known = {path.stem for name in ("Annotations", *_IMAGE_FOLDERS) for path in (root / name).rglob("*.*")}
    for split, stem in _SPLIT_FILES.items():
        for key in _listed(folder / f"{stem}.txt", known):
            listed.setdefault(key, {})[split] = None
    for key in _listed(folder / "trainval.txt", known):
        listed.setdefault(key, {"train": None})
    unknown = [key for key in listed if PurePosixPath(key).name not in known]
    if unknown:
        shown = ", ".join(unknown[:3]) + (" ..." if len(unknown) > 3 else "")
        notes.append(f"{len(unknown)} names in ImageSets/Main have neither image nor XML: {shown}")
    return listed


def _listed(path: Path, known: Container[str]) -> Iterator[str]:
    """The names in a list of images; a second column (lists per class have one) and a suffix are dropped."""
    for line in read_text(path).splitlines() if path.is_file() else []:
        name = line.strip().replace("\\", "/")
        for spelling in (name, name.partition(" ")[0]):
            pure = PurePosixPath(spelling)
            key = pure.with_suffix("") if pure.suffix.lower() in IMAGE_SUFFIXES else pure
            if key.name in known:
                break
        if name:
            yield key.as_posix()


def _not_annotated(
    root: Path, images: ImageFinder, samples: list[Sample], splits: dict[str, dict[str | None, None]]
) -> Iterator[Sample]:
    """The images of the image folder that no XML file speaks of."""
    known = {sample.image for sample in samples if isinstance(sample.image, Path)}
    folder = next((root / name for name in _IMAGE_FOLDERS if (root / name).is_dir()), None)
    for path in images_below(folder) if folder is not None else []:
        if path not in known:
            key = path.relative_to(folder or root).with_suffix("").as_posix()
            for split in splits.get(key, {None: None}):
                yield Sample(path, images.name_of(path), (), split, annotated=False)


def _label_map(root: Path) -> list[str]:
    """The labels of CVAT's ``labelmap.txt``, one ``label:colour:parts:actions`` a line."""
    path = root / "labelmap.txt"
    if not path.is_file():
        return []
    lines = [line.strip() for line in read_text(path).splitlines()]
    names = [line.rsplit(":", 3)[0] for line in lines if line and not line.startswith("#")]
    return [name for name in names if name and name != "background"]


def _tree(sample: Sample, name: str, losses: Losses) -> Element:
    width, height = sample.size
    tree = Element("annotation")
    _add(tree, "folder", "JPEGImages")
    _add(tree, "filename", name)
    size = SubElement(tree, "size")
    for tag, value in (("width", width), ("height", height), ("depth", sample.info.channels)):
        _add(size, tag, str(value))
    _add(tree, "segmented", "0")
    for item in sample.annotations:
        region = item.region
        losses.of_annotation(item, text=True, score=True)
        if region.kind in ("polygon", "mask"):
            losses.add(f"regions of the kind {region.kind} became the boxes around them")
            region = region.bounds(width, height)
        if not isinstance(region, Box | RotatedBox):
            losses.add(f"regions of the kind {region.kind} were left out")
            continue
        if isinstance(region, Box) and region.width == region.height == 1:
            losses.add("boxes of one pixel were written, which is also how tools write a box without area")
        _add_object(tree, item, region)
    return tree


def _add_object(tree: Element, item: Annotation, region: Box | RotatedBox) -> None:
    entry = SubElement(tree, "object")
    _add(entry, "name", item.label)
    _add(entry, "pose", "Unspecified")
    for flag in ("truncated", "difficult"):
        _add(entry, flag, item.attributes.get(flag, "0"))
    others = {key: value for key, value in item.attributes.items() if key not in ("truncated", "difficult")}
    if isinstance(region, RotatedBox):
        _add(entry, "type", "robndbox")
        box = SubElement(entry, "robndbox")
        angle = math.radians(region.angle)
        sides = {"cx": region.cx, "cy": region.cy, "w": region.width, "h": region.height, "angle": angle}
    else:
        box = SubElement(entry, "bndbox")
        sides = {"xmin": region.x1 + 1, "ymin": region.y1 + 1, "xmax": region.x2, "ymax": region.y2}
    for tag, side in sides.items():
        _add(box, tag, f"{side:.12g}")
    if others:
        attributes = SubElement(entry, "attributes")
        for key, value in others.items():
            attribute = SubElement(attributes, "attribute")
            _add(attribute, "name", key)
            _add(attribute, "value", value)


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = _NOT_XML.sub("", text)


def _write_xml(path: Path, tree: Element) -> None:
    indent(tree)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tostring(tree, encoding="utf-8"))


FORMAT = PascalVoc()
