"""Tables: CSV as people write it, and finding the images they name."""

from __future__ import annotations

import contextlib
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.formats import load, save
from sightmill.data.formats.format import ImageFinder
from sightmill.data.image import write_image
from sightmill.data.regions import Box, Mask, Point, Polygon, Whole
from sightmill.data.sample import Sample
from sightmill.errors import FormatError, SightmillError


def images(folder: Path, *names: str) -> None:
    for name in names:
        write_image(folder / name, np.full((6, 8), 100, np.uint8))


def labels(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    return {sample.name: sample.labels for sample in dataset}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    images(tmp_path, "a.png", "b.png", "c.png")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "filename,label,split\na.png,x,train\nb.png,y,test\n",
        "File;Class;Subset\na.png;x;train\nb.png;y;testing\n",
        "\ufeffimage\tlabels\tset\r\n\r\na.png\tx\tTrain\r\n  \r\nb.png\ty\ttest\r\n",
        'sep=;\n"path";"label";"split"\n"a.png";" x ";"train"\n"b.png";"y";"test"',
        ' filename , label , split \n "a.png", x, train\n b.png, y, test,,\n'.replace(' "a.png"', "a.png"),
    ],
)
def test_spellings_of_one_table(place: Path, text: str) -> None:
    (place / "t.csv").write_text(text, encoding="utf-8", newline="")
    found = load(place, learns_from="class")
    assert found.format == "csv"
    assert [(sample.name, sample.label, sample.split) for sample in found] == [
        ("a.png", "x", "train"),
        ("b.png", "y", "test"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    images(tmp_path, "größe.png")
    (tmp_path / "t.csv").write_text("filename,label\ngröße.png,süß\n", encoding=encoding)
    assert labels(load(tmp_path)) == {"größe.png": ("süß",)}


def test_accents_composed_either_way_find_the_file(tmp_path: Path) -> None:
    images(tmp_path, unicodedata.normalize("NFD", "größe.png"))
    (tmp_path / "t.csv").write_text(unicodedata.normalize("NFC", "filename,label\ngröße.png,x\n"), encoding="utf-8")
    assert len(load(tmp_path)) == 1


def test_several_labels_none_and_nothing_known(place: Path) -> None:
    (place / "t.csv").write_text("filename,labels\na.png,x;y\nb.png,\nc.png,y\n", encoding="utf-8")
    found = load(place, learns_from="multi_label")
    assert labels(found) == {"a.png": ("x", "y"), "b.png": (), "c.png": ("y",)}
    assert all(sample.annotated for sample in found)
    with pytest.raises(FormatError, match="'class' wanted, but there is multi_label"):
        load(place / "t.csv", learns_from="class")
    (place / "t.csv").write_text("filename,label\na.png,x\nb.png,\n", encoding="utf-8")
    assert [sample.annotated for sample in load(place, learns_from="class")] == [True, False]


def test_quotes_delimiters_in_cells_extra_columns_and_roi(place: Path) -> None:
    (place / "t.csv").write_text(
        'filename,label,lot,roi\na.png,"x, ""old""",7,1 2 3 4\nb.png,y,,0 0 4 0 4 4\nc.png,y,9,\n',
        encoding="utf-8",
    )
    found = load(place)
    assert found[0].label == 'x, "old"'
    assert [dict(sample.attributes) for sample in found] == [{"lot": "7"}, {}, {"lot": "9"}]
    assert [sample.roi for sample in found] == [Box(1, 2, 4, 6), Polygon([[0, 0], [4, 0], [4, 4]]), None]


@pytest.mark.parametrize("roi", ["1 2 3", "1 2 0 4", "a b c d", "0 0 1 1 2 2", "1 2 3 nan"])
def test_a_roi_that_is_none_names_its_line(place: Path, roi: str) -> None:
    (place / "t.csv").write_text(f"filename,label,roi\n\na.png,x,{roi}\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"t.csv, line 3: this is no region of interest"):
        load(place)


def test_missing_images_are_left_out_and_said(place: Path) -> None:
    (place / "t.csv").write_text("filename,label\na.png,x\ngone.png,x\n,x\n", encoding="utf-8")
    found = load(place)
    assert labels(found) == {"a.png": ("x",)}
    assert "1 image is missing" in found.notes[0] and "gone.png" in found.notes[0]
    assert any("without a file name" in note for note in found.notes)
    (place / "t.csv").write_text("filename,label\ngone.png,x\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"t.csv: none of the 1 images.*gone.png.*images=DIR"):
        load(place, format="csv")


def test_repeated_lines_and_images_in_two_splits(place: Path) -> None:
    (place / "t.csv").write_text(
        "filename,label,split\na.png,x,train\na.png,x,train\na.png,x,test\nb.png,x,test\nb.png,y,test\nc.png,y,fold3\n",
        encoding="utf-8",
    )
    found = load(place)
    assert [(sample.name, sample.labels, sample.split) for sample in found] == [
        ("a.png", ("x",), "train"),
        ("b.png", ("x", "y"), "test"),
        ("c.png", ("y",), None),
    ]
    notes = " ".join(found.notes)
    assert "repeat another" in notes and "listed for train and again for test" in notes and "fold3" in notes


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("filename,label\na.png,x,y\n", r"t.csv, line 2: this line has 3 cells, the header has 2"),
        ("a.png,x\nb.png,y\n", "says nothing about images.*a column of file names"),
        ("filename,label\n", "no lines but the header"),
        ("", "the table is empty"),
        ("filename,x,y,label\na.png,1,left,x\n", r"line 2: coordinates must be numbers; got 1, left"),
        ("filename,x,y,label\na.png,1,inf,x\n", r"line 2: coordinates must be finite"),
        ("filename,x,y,label\na.png,1,2,\n", r"line 2: the label is empty"),
        ("filename,label\n../../a.png,x\n", "leaves the data folder"),
    ],
)
def test_damaged_tables_are_refused_in_a_sentence(place: Path, text: str, sentence: str) -> None:
    (place / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=sentence):
        load(place / "t.csv", format="csv")


@pytest.mark.parametrize(
    "content", [b"\0\0\0", b"\xff\xfe\x00", b'filename,label\n"a.png,x\n', b"\n\n;;\n", bytes(range(256))]
)
def test_rubbish_never_ends_in_a_stack_trace(place: Path, content: bytes) -> None:
    (place / "t.csv").write_bytes(content)
    with pytest.raises(SightmillError):
        load(place / "t.csv")


def test_points_boxes_and_empty_images(place: Path) -> None:
    (place / "p.csv").write_text(
        "filename,x,y,label,split\na.png,1.5,2,x,train\na.png,3,4,y,train\na.png,1.5,2,x,train\nb.png,,,,test\n",
        encoding="utf-8",
    )
    found = load(place, learns_from="point")
    assert found[0].annotations == (Annotation(Point(1.5, 2), "x"), Annotation(Point(3, 4), "y"))
    assert (found[1].annotations, found[1].split, found[1].annotated) == ((), "test", True)
    (place / "b.csv").write_text("filename;xmin;ymin;xmax;ymax;class\na.png;5,5;4;1;2;x\n", encoding="utf-8")
    assert load(place, learns_from="box")[0].annotations == (Annotation(Box(1, 2, 5.5, 4), "x"),)


def test_the_table_that_carries_what_is_wanted(place: Path) -> None:
    (place / "a_classes.csv").write_text("filename,label\na.png,good\nb.png,bad\n", encoding="utf-8")
    (place / "b_many.csv").write_text("filename,labels\na.png,u;v\nb.png,\n", encoding="utf-8")
    (place / "c_points.csv").write_text("filename,x,y,label\na.png,1,2,p\n", encoding="utf-8")
    (place / "groups.csv").write_text("filename,lot\na.png,7\n", encoding="utf-8")
    assert load(place, learns_from="class").labels == ("bad", "good")
    assert load(place, learns_from="anomaly").labels == ("bad", "good")
    assert load(place, learns_from="point").labels == ("p",)
    assert load(place / "b_many.csv").labels == ("u", "v")
    assert load(place, learns_from="point")[0].attributes == {"lot": "7"}
    many = load(place, learns_from="multi_label")
    assert many.labels == ("bad", "good")
    assert "b_many.csv would have fitted as well (give its path to read it)" in many.notes[0]


def test_one_table_per_split_is_read_as_one(place: Path) -> None:
    (place / "train.csv").write_text("filename,label\na.png,x\nc.png,x\n", encoding="utf-8")
    (place / "val.csv").write_text("filename,label\nb.png,y\nc.png,x\n", encoding="utf-8")
    found = load(place)
    assert [(sample.name, sample.split) for sample in found] == [
        ("a.png", "train"),
        ("c.png", "train"),
        ("b.png", "validation"),
    ]
    assert found.labels == ("x", "y")
    assert len(load(place / "val.csv")) == 2


def test_masks_named_by_a_table(place: Path) -> None:
    index = np.zeros((6, 8), np.uint8)
    index[1, 1:4] = 1
    write_image(place / "masks" / "a.png", index)
    (place / "classes.txt").write_text("background\nrust\n", encoding="utf-8")
    (place / "s.csv").write_text("filename,mask,split\na.png,masks/a.png,train\nb.png,,test\n", encoding="utf-8")
    found = load(place, learns_from="mask")
    assert found.labels == ("rust",)
    assert found[0].annotations == (Annotation(Mask(np.ones((1, 3), np.bool_), 1, 1), "rust"),)
    assert (found[1].annotations, found[1].annotated) == ((), True)
    (place / "s.csv").write_text("filename,mask,label\na.png,a.png,hole\nb.png,,good\n", encoding="utf-8")
    found = load(place, learns_from="mask")
    assert [[(item.region.kind, item.label) for item in sample.annotations] for sample in found] == [
        [("whole", "hole"), ("mask", "hole")],
        [("whole", "good")],
    ]
    (place / "s.csv").write_text("filename,mask\na.png,gone.png\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"gone.png"):
        load(place, format="csv")


def test_points_and_boxes_survive_writing(tmp_path: Path) -> None:
    image = np.zeros((6, 8), np.uint8)
    dataset = Dataset.of(
        [
            Sample(image, "i/a.png", (Annotation(Point(1 / 3, 2), "x, y"), Annotation(Point(1, 2), "z")), "train"),
            Sample(image, "i/b.png", (), "test", Box(1, 1, 4.5, 3)),
            Sample(image, "i/c.png", (), None, annotated=False),
        ]
    )
    assert save(dataset, tmp_path / "p", "csv") == []
    again = load(tmp_path / "p", learns_from="point")
    for before, after in zip(dataset, again, strict=True):
        assert (before.name, before.split, before.annotations, before.roi, before.annotated) == (
            after.name, after.split, after.annotations, after.roi, after.annotated,
        )  # fmt: skip
    boxes = Dataset.of([Sample(image, "a.png", (Annotation(Box(0, 1, 2.5, 3), "x"), Annotation(Whole(), "w")))])
    notes = save(boxes, tmp_path / "b", "csv")
    assert "boxes.csv, labels.csv" in notes[0]
    assert load(tmp_path / "b", learns_from="box")[0].annotations == boxes[0].annotations[:1]
    assert load(tmp_path / "b", learns_from="class")[0].labels == ("w",)


def test_several_labels_survive_writing(tmp_path: Path) -> None:
    image = np.zeros((6, 8), np.uint8)
    dataset = Dataset.of(
        [
            Sample(image, "a.png", (Annotation(Whole(), "x"), Annotation(Whole(), "y"))),
            Sample(image, "b.png"),
            Sample(image, "c.png", annotated=False),
        ]
    )
    assert save(dataset, tmp_path / "out", "csv") == []
    again = load(tmp_path / "out")
    assert [(s.labels, s.annotated) for s in again] == [(("x", "y"), True), ((), True), ((), False)]


_WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0;"), min_size=1).filter(
    lambda word: word == word.strip()
)


@settings(max_examples=25, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=3, unique=True), st.dictionaries(_WORDS, _WORDS, max_size=2))
def test_any_label_survives_a_table(words: list[str], attributes: dict[str, str]) -> None:
    sample = Sample(
        np.zeros((2, 2), np.uint8),
        words[0],
        tuple(Annotation(Whole(), word) for word in words),
        attributes={f"my {name}": text for name, text in attributes.items()},
    )
    with TemporaryDirectory() as folder:
        save(Dataset.of([sample]), folder, "csv")
        (again,) = load(folder)
    assert again.annotations == sample.annotations
    assert dict(again.attributes) == dict(sample.attributes)


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=80),
    st.sampled_from([b"", b"filename,label\n", b"filename;x;y;label\n", b"filename,mask\n"]),
)
def test_any_bytes_are_read_or_refused_in_a_sentence(content: bytes, header: bytes) -> None:
    with TemporaryDirectory() as folder:
        images(Path(folder), "a.png")
        (Path(folder) / "t.csv").write_bytes(header + content)
        with contextlib.suppress(SightmillError):
            load(Path(folder) / "t.csv", format="csv")


def test_a_damaged_table_is_told_and_not_passed_over(place: Path) -> None:
    images(place / "x", "1.png")
    images(place / "y", "1.png")
    (place / "t.csv").write_text("filename,label\na.png,x\nb.png,x,y\n", encoding="utf-8")
    (place / "points.csv").write_text("filename,x,y,label\na.png,1,2,p\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"t.csv, line 3: this line has 3 cells"):
        load(place, learns_from="class")
    assert load(place, learns_from="point").format == "csv"


# ---------------------------------------------------------------- finding images


def test_where_images_are_looked_for(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    images(root / "annotations", "beside.png")
    images(root, "at_root.png", "deep/at_root.png")
    images(root / "images", "usual.JPG", "train/usual.png")
    images(elsewhere, "far.png")
    finder = ImageFinder(root / "annotations", root, elsewhere)
    for name, found in {
        "beside.png": "annotations/beside.png",
        "at_root.png": "at_root.png",
        "../at_root.png": "at_root.png",
        "deep\\at_root.png": "deep/at_root.png",
        "usual.JPG": "images/usual.JPG",
        "usual": "images/usual.JPG",
        "far.png": "far.png",
        "C:\\Users\\me\\far.png": "far.png",
        "/home/me/at_root.png": "at_root.png",
        str(root / "at_root.png"): "at_root.png",
    }.items():
        assert finder.name_of(finder.find(name)) == found
    assert finder.name_of(finder.find("usual.png", also=["images/train"])) == "images/train/usual.png"
    with pytest.raises(FormatError, match=r"the image is not there; got gone.png; allowed: a file in .*elsewhere"):
        finder.find("gone.png")
    for name in ("", " ", "a\0b.png", "x" * 5000):
        with pytest.raises(FormatError, match="not there"):
            finder.find(name)


@pytest.mark.parametrize("name", ["../../secret.png", "..\\..\\secret.png", "images/../../../secret.png"])
def test_names_that_climb_out_are_refused(tmp_path: Path, name: str) -> None:
    images(tmp_path, "secret.png")
    (tmp_path / "data" / "annotations").mkdir(parents=True)
    finder = ImageFinder(tmp_path / "data" / "annotations", tmp_path / "data")
    with pytest.raises(FormatError, match="leaves the data folder"):
        finder.find(name)
    with pytest.raises(FormatError, match="not there"):
        finder.find(str(tmp_path / "secret.png"))


def test_images_elsewhere(tmp_path: Path) -> None:
    images(tmp_path / "pictures", "a.png", "sub/b.png")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "t.csv").write_text("filename,label\na.png,x\nsub/b.png,y\n", encoding="utf-8")
    assert list(labels(load(tmp_path / "tables", images=tmp_path / "pictures"))) == ["a.png", "sub/b.png"]
    with pytest.raises(FormatError, match="no such folder of images"):
        load(tmp_path / "tables", images=tmp_path / "nowhere")


# ---------------------------------------------------------------- real data


def test_real_tables(shared_data: Path) -> None:
    screws = load(shared_data / "screws_presence" / "presence.csv")
    assert (len(screws.split("train")), len(screws.split("test"))) == (70, 30)
    assert screws.labels == ("bottom_left", "bottom_right", "top_left", "top_right")
    assert load(shared_data / "screws_presence", learns_from="multi_label").fingerprint() == screws.fingerprint()
    cells = load(shared_data / "bccd", learns_from="point")
    assert (cells.format, len(cells), cells.labels) == ("csv", 364, ("Platelets", "RBC", "WBC"))
    assert sum(len(sample.annotations) for sample in cells) == 4886
    boards = load(shared_data / "deeppcb", learns_from="multi_label")
    assert (len(boards), len(boards.split("validation"))) == (325, 35)
