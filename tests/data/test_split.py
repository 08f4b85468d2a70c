"""Splits: shares kept, groups and near-duplicates never torn apart, the same on every machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightmill.data.annotation import Annotation
from sightmill.data.dataset import Dataset
from sightmill.data.duplicates import exact_groups, fingerprints, grouped, near_duplicate_groups
from sightmill.data.good import is_defective
from sightmill.data.image import find_images, read_image
from sightmill.data.regions import Box
from sightmill.data.sample import Sample
from sightmill.data.split import sample_groups, split_dataset, take_validation
from sightmill.errors import DataError, SettingsError, SightmillError

Pixels = npt.NDArray[Any]


def picture(seed: int, size: int = 64) -> Pixels:
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.normal(size=(size, size)), (0, 0), 3)
    return np.clip(128 + 300 * smooth, 0, 255).astype(np.uint8)


def sample(index: int, *labels: str, split: str | None = None, **attributes: str) -> Sample:
    pixels = np.full((4, 4), index % 251, np.uint8)
    pixels[0, 0] = index // 251
    return Sample(
        pixels,
        f"{index:04}.png",
        tuple(Annotation(label=name) for name in labels),
        split,
        attributes=attributes,
    )


def single(counts: dict[str, int]) -> Dataset:
    names = [name for name, count in counts.items() for _ in range(count)]
    return Dataset.of(sample(index, name) for index, name in enumerate(names))


def held(samples: Iterable[Sample]) -> dict[str | None, Counter[str]]:
    found: dict[str | None, Counter[str]] = {}
    for one in samples:
        found.setdefault(one.split, Counter()).update(one.labels)
    return found


def trusting(data: Dataset, **settings: Any) -> Dataset:
    return split_dataset(data, keep_near_duplicates_together=False, **settings)


def test_each_class_is_divided_in_the_same_proportions() -> None:
    found = held(trusting(single({"a": 100, "b": 40, "c": 20}), train=70, validation=15, test=15, seed=1))
    assert found["train"] == {"a": 70, "b": 28, "c": 14}
    assert found["validation"] == {"a": 15, "b": 6, "c": 3}
    assert found["test"] == {"a": 15, "b": 6, "c": 3}


def test_several_labels_per_image_are_divided_in_the_same_proportions() -> None:
    rng = np.random.default_rng(5)
    shares = {"scratch": 0.5, "dent": 0.2, "rust": 0.08}
    data = Dataset.of(
        sample(index, *(name for name, share in shares.items() if rng.random() < share)) for index in range(300)
    )
    total = held(data)[None]
    found = held(trusting(data, train=60, validation=20, test=20, seed=3))
    for name, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        for label, count in total.items():
            assert abs(found[name][label] - share * count) <= 2, (name, label)
    sizes = Counter(one.split for one in trusting(data, train=60, validation=20, test=20, seed=3))
    assert sizes == {"train": 180, "validation": 60, "test": 60}


def test_the_seed_decides_and_nothing_else() -> None:
    data = single({"a": 30, "b": 30})
    first = [one.split for one in trusting(data, seed=1)]
    assert first == [one.split for one in trusting(data, seed=1)]
    assert first != [one.split for one in trusting(data, seed=2)]
    assert [one.name for one in trusting(data, seed=1)] == [one.name for one in data]


def test_numbers_of_images_are_kept_and_the_rest_stays_out() -> None:
    data = single({"a": 40, "b": 20})
    found = held(trusting(data, train=12, validation=6, test=3, unit="count"))
    assert {split: sum(labels.values()) for split, labels in found.items()} == {
        "train": 12,
        "validation": 6,
        "test": 3,
        None: 39,
    }
    assert found["train"] == {"a": 8, "b": 4}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=5),
    st.integers(5, 90),
    st.integers(0, 10),
    st.integers(0, 1000),
)
def test_every_class_is_taught_and_every_image_placed(counts: list[int], train: int, test: int, seed: int) -> None:
    test = min(test, 100 - train)
    data = single({f"class {index}": count for index, count in enumerate(counts)})
    divided = trusting(data, train=train, validation=100 - train - test, test=test, seed=seed)
    found = held(divided)
    assert None not in found
    assert set(found["train"]) == set(data.labels)
    assert sum(sum(labels.values()) for labels in found.values()) == sum(counts)
    assert test or "test" not in found


def test_a_group_is_never_torn_apart() -> None:
    data = Dataset.of(sample(index, "ab"[index % 2], lot=str(index // 5)) for index in range(60))
    divided = trusting(data, by="group", group="lot", seed=4)
    for lot in range(12):
        assert len({one.split for one in divided if one.attributes["lot"] == str(lot)}) == 1
    sizes = Counter(one.split for one in divided)
    assert sizes["train"] in range(35, 46)
    assert sizes["validation"]
    assert sizes["test"]


def test_groups_are_found_in_names_by_a_pattern() -> None:
    samples = [Sample(np.zeros((2, 2), np.uint8), f"cam{index % 3}/part{index}.png") for index in range(9)]
    assert sample_groups(samples, r"cam(\d)") == [0, 1, 2] * 3
    divided = trusting(Dataset.of(samples), group=r"^cam(\d)/", train=34, validation=33, test=33)
    assert {len({one.split for one in divided if one.name.startswith(f"cam{i}")}) for i in range(3)} == {1}
    with pytest.raises(DataError, match=r"cam0/part0\.png: the pattern for groups does not match this name; got lot"):
        sample_groups(samples, r"lot(\d+)")
    with pytest.raises(SettingsError, match="neither an attribute of the samples nor a pattern with one capture"):
        sample_groups(samples, "lot")
    with pytest.raises(SettingsError, match="not a regular expression"):
        sample_groups(samples, "cam(")
    mixed = [sample(0, lot="1"), sample(1)]
    with pytest.raises(DataError, match=r"0001\.png: the sample has no attribute 'lot'"):
        sample_groups(mixed, "lot")


def test_splits_that_the_data_has_are_kept_unless_told_otherwise() -> None:
    data = Dataset.of([*(sample(i, "a", split="test") for i in range(10)), *(sample(i, "a") for i in range(10, 30))])
    kept = trusting(data, train=50, validation=50, test=0)
    assert [one.split for one in kept][:10] == ["test"] * 10
    assert Counter(one.split for one in kept) == {"test": 10, "train": 10, "validation": 10}
    anew = trusting(data, train=50, validation=50, test=0, overwrite=True)
    assert Counter(one.split for one in anew) == {"train": 15, "validation": 15}
    again = trusting(anew)
    assert [one.split for one in again] == [one.split for one in anew]
    assert "already had a split" in again.notes[-1]


def test_new_images_follow_their_group_into_its_split() -> None:
    data = Dataset.of(
        [sample(i, "a", split="test" if i < 4 else None, lot=str(i % 4 if i < 8 else i)) for i in range(24)]
    )
    divided = trusting(data, group="lot")
    assert [one.split for one in divided][4:8] == ["test"] * 4


def test_anomaly_sets_train_on_flawless_images_only() -> None:
    data = single({"good": 60, "scratch": 20, "dent": 10})
    found = held(trusting(data, anomaly=True, train=60, validation=10, test=30))
    assert found["train"] == {"good": 36}
    assert found["validation"]["good"] == 6
    assert found["test"]["good"] == 18
    assert found["validation"]["scratch"] == 5
    assert found["test"]["scratch"] == 15
    counted = held(trusting(data, anomaly=True, unit="count", train=50, validation=10, test=20))
    assert counted["train"] == {"good": 50}
    assert sum(counted["validation"].values()) == 10
    assert counted["test"]["good"] > 0
    with pytest.raises(DataError, match="30 defective images have nowhere to go"):
        trusting(data, anomaly=True, train=100, validation=0, test=0)
    with pytest.raises(DataError, match="than there are flawless ones; got 61; allowed: at most 60"):
        trusting(data, anomaly=True, unit="count", train=61, validation=0, test=10)
    renamed = held(trusting(single({"ok": 8, "bad": 4}), anomaly=True, good=["ok"], train=50, validation=0, test=50))
    assert renamed["train"] == {"ok": 4}


def test_what_is_defective() -> None:
    assert not is_defective(sample(0, "good"))
    assert not is_defective(sample(0))
    assert is_defective(sample(0, "scratch"))
    assert is_defective(Sample(picture(0), "a", (Annotation(Box(0, 0, 2, 2), "scratch"),)))
    assert not is_defective(sample(0, "fine"), {"good", "fine"})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"train": 70, "validation": 20, "test": 20}, r"add up to 100; got 70 \+ 20 \+ 20 = 110"),
        (
            {"train": 120, "validation": -20, "test": 0},
            "validation: a split cannot have this share; got -20.0",
        ),
        ({"train": float("nan"), "validation": 0, "test": 0}, "train: a split cannot have this share"),
        (
            {"train": 9, "validation": 2, "test": 0, "unit": "count"},
            r"got 9 \+ 2 \+ 0 = 11; allowed: at most 10",
        ),
        ({"train": 1.5, "validation": 2, "test": 0, "unit": "count"}, "must be whole"),
        ({"train": 0, "validation": 0, "test": 0, "unit": "count"}, "all three splits would be empty"),
        ({"unit": "share"}, "unit: unknown unit"),
        ({"by": "colour"}, "by: unknown way to split; got colour; allowed: class, group"),
        ({"by": "group"}, "needs to know the group"),
        ({"group": r"00(0)\d"}, "1 groups cannot fill 3 splits"),
    ],
)
def test_impossible_wishes_are_refused_with_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SightmillError, match=sentence):
        trusting(single({"a": 10}), **settings)


def test_an_empty_data_set_and_empty_classes_are_told() -> None:
    with pytest.raises(DataError, match="no images"):
        trusting(Dataset.of([]))
    divided = trusting(Dataset.of([sample(i, "a") for i in range(10)], labels=("a", "b")))
    assert "No image has the class b" in divided.notes[-1]
    assert "No image went to" in " ".join(trusting(single({"a": 2})).notes)


def copies(pixels: Pixels) -> list[Pixels]:
    jpeg = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_UNCHANGED)
    brighter = np.clip(pixels.astype(int) + 20, 0, 255).astype(np.uint8)
    smaller = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return [pixels.copy(), jpeg, brighter, smaller]


def test_copies_are_found_and_other_pictures_are_not() -> None:
    originals = [picture(seed) for seed in range(20)]
    family = copies(originals[3])
    samples = [Sample(pixels, str(index)) for index, pixels in enumerate([*originals, *family])]
    known = fingerprints(samples)
    groups = near_duplicate_groups(samples)
    assert groups == grouped(known)[0]
    assert {index for index, number in enumerate(groups) if number == groups[3]} == {3, 20, 21, 22, 23}
    assert len(set(groups)) == 20
    exact = exact_groups(known)
    assert [index for index, number in enumerate(exact) if number == exact[3]] == [3, 20]


def test_plain_surfaces_are_not_near_duplicates_of_one_another() -> None:
    shade = np.linspace(90, 160, 128)[None] + np.linspace(0, 20, 128)[:, None]
    samples = [
        Sample(
            np.clip(shade + np.random.default_rng(seed).normal(0, 4, shade.shape), 0, 255).astype(np.uint8),
            str(seed),
        )
        for seed in range(12)
    ]
    assert len(set(near_duplicate_groups(samples))) == 12
    flat = [Sample(np.full((20, 20), value, np.uint8), str(value)) for value in (10, 11, 200, 10)]
    assert near_duplicate_groups(flat) == [0, 1, 2, 0]


def test_pictures_that_differ_in_colour_only_are_not_near_duplicates() -> None:
    gray = picture(1).astype(float)
    red, blue = (
        np.stack([gray * share for share in mix], axis=-1).astype(np.uint8) for mix in ((1, 0.3, 0.2), (0.2, 0.3, 1))
    )
    samples = [Sample(pixels, name) for name, pixels in (("red", red), ("blue", blue), ("red again", red // 2))]
    assert near_duplicate_groups(samples) == [0, 1, 0]


def test_under_a_fixed_camera_only_exact_copies_stay_together() -> None:
    scene = picture(0)
    samples = []
    for seed in range(12):
        noise = np.random.default_rng(seed).normal(0, 6, scene.shape)
        samples.append(Sample(np.clip(scene + noise, 0, 255).astype(np.uint8), str(seed)))
    samples.append(Sample(samples[0].read().copy(), "copy"))
    groups, alike = grouped(fingerprints(samples))
    assert len(set(groups)) == 12
    assert groups[0] == groups[12]
    assert len(alike) in (0, 12)


def test_images_that_cannot_be_read_are_groups_of_their_own(tmp_path: Path) -> None:
    missing = [Sample(tmp_path / f"{index}.png", str(index)) for index in range(3)]
    assert fingerprints(missing) == [None] * 3
    assert near_duplicate_groups(missing) == [0, 1, 2]
    assert exact_groups(fingerprints(missing)) == [0, 1, 2]


def test_near_duplicates_never_leak_into_another_split() -> None:
    pixels = [copy for seed in range(15) for copy in copies(picture(seed))]
    data = Dataset.of(
        Sample(one, f"{index // 4}-{index % 4}", (Annotation(label="ab"[index // 4 % 2]),))
        for index, one in enumerate(pixels)
    )
    divided = split_dataset(data, train=60, validation=20, test=20, seed=2)
    for family in range(15):
        assert len({one.split for one in divided if one.name.startswith(f"{family}-")}) == 1
    assert Counter(one.split for one in divided) == {"train": 36, "validation": 12, "test": 12}
    torn = split_dataset(data, train=60, validation=20, test=20, keep_near_duplicates_together=False)
    assert any(len({one.split for one in torn if one.name.startswith(f"{family}-")}) > 1 for family in range(15))


def test_validation_is_taken_from_every_class_that_can_spare_it() -> None:
    samples = list(single({"a": 40, "b": 20, "c": 1}))
    training, validation = take_validation(samples, 20, 7, keep_near_duplicates_together=False)
    assert Counter(one.label for one in validation) == {"a": 8, "b": 4}
    assert {one.split for one in training} == {"train"}
    assert {one.split for one in validation} == {"validation"}
    assert sorted(one.name for one in [*training, *validation]) == [one.name for one in samples]
    assert [one.name for one in training] == sorted(one.name for one in training)
    again = take_validation(samples, 20, 7, keep_near_duplicates_together=False)
    assert [one.name for one in again[1]] == [one.name for one in validation]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sets(st.sampled_from("abcd"), max_size=3), min_size=1, max_size=30),
    st.integers(1, 99),
    st.integers(0, 99),
)
def test_validation_never_takes_the_last_sample_of_a_class(labels: list[set[str]], percent: int, seed: int) -> None:
    samples = [sample(index, *sorted(names)) for index, names in enumerate(labels)]
    training, validation = take_validation(samples, percent, seed, keep_near_duplicates_together=False)
    assert len(training) + len(validation) == len(samples)
    assert {name for one in training for name in one.labels} == {name for names in labels for name in names}
    assert training


def test_validation_keeps_near_duplicates_and_groups_together() -> None:
    pixels = [copy for seed in range(10) for copy in copies(picture(seed))]
    samples = [
        Sample(one, f"{index // 4}-{index % 4}", (Annotation(label="a"),), attributes={"lot": str(index // 8)})
        for index, one in enumerate(pixels)
    ]
    _, validation = take_validation(samples, 20, 0)
    assert len(validation) == 8
    assert set(Counter(one.name.split("-")[0] for one in validation).values()) == {4}
    _, validation = take_validation(samples, 20, 0, group="lot", keep_near_duplicates_together=False)
    assert len({one.attributes["lot"] for one in validation}) == 1


def test_validation_of_little_and_of_nothing() -> None:
    assert take_validation([], 20, 0) == ([], [])
    training, validation = take_validation([sample(0, "a")], 50, 0)
    assert (len(training), validation) == (1, [])
    training, validation = take_validation([sample(i, "a") for i in range(9)], 0, 0)
    assert (len(training), validation) == (9, [])
    training, validation = take_validation([sample(i, "a") for i in range(2)], 10, 0)
    assert (len(training), len(validation)) == (1, 1)
    for percent in (-1, 100, float("nan")):
        with pytest.raises(SettingsError, match=r"percent: .* allowed: 0 to below 100 %"):
            take_validation([sample(0, "a")], percent, 0)


def test_few_magnetic_tiles_are_taken_for_near_duplicates_of_other_tiles(shared_data: Path) -> None:
    folder = shared_data / "magnetic_tile"
    tiles = dict(line.split(",") for line in (folder / "groups.csv").read_text().splitlines()[1:])
    paths = [path for path in find_images(folder / "train") if path.relative_to(folder).as_posix() in tiles][:200]
    samples = [Sample(path, path.relative_to(folder).as_posix()) for path in paths]
    first = read_image(paths[0])
    groups = near_duplicate_groups([*samples, *(Sample(copy, "copy") for copy in copies(first))])
    assert set(groups[-4:]) == {groups[0]}
    wrong = sum(
        groups[one] == groups[other] and tiles[samples[one].name] != tiles[samples[other].name]
        for one in range(len(samples))
        for other in range(one)
    )
    assert wrong <= 20  # of 19,900 pairs


def test_validation_takes_runs_of_names_where_nothing_tells_groups() -> None:
    """Pictures of one part follow one another: numbers count as numbers, and every class gives a run of its own."""
    names = {"a": [f"a part {number}.png" for number in range(1, 61)], "b": [f"b²{number}.png" for number in range(30)]}
    samples = [
        replace(sample(index, label), name=name) for label, own in names.items() for index, name in enumerate(own)
    ]
    order = {name: place for own in names.values() for place, name in enumerate(own)}
    shuffled = [samples[index] for index in np.random.default_rng(0).permutation(len(samples))]
    for seed in range(5):
        _, validation = take_validation(shuffled, 20, seed, keep_near_duplicates_together=False)
        for label, own in names.items():
            places = sorted(order[one.name] for one in validation if one.label == label)
            assert 0.1 * len(own) <= len(places) <= 0.3 * len(own)
            ends = sum(1 for first, second in pairwise(places) if second != first + 1)
            assert ends <= 1


@pytest.mark.parametrize("name", ["light{light}_part{part:02d}", "line7_{part:02d}{light}"])
def test_runs_follow_the_numbers_that_put_like_images_side_by_side(name: str) -> None:
    """Pictures of one part under other lights: whatever the light does to its look, they are not divided."""
    rng = np.random.default_rng(0)
    samples = []
    for part in range(20):
        base = picture(part)
        for light in range(4):
            other = np.clip(base * 0.75 + rng.normal(0, 9 * light, base.shape), 0, 255).astype(np.uint8)
            samples.append(Sample(other, name.format(light=light, part=part), (Annotation(label="a"),)))
    training, validation = take_validation(samples, 20, 0)
    assert len(validation) == 16
    parts = [
        {one.name.split("part")[-1][:2] if "part" in one.name else one.name[6:8] for one in split}
        for split in (training, validation)
    ]
    assert len(parts[0] & parts[1]) <= 2  # a run may begin and end within a part
