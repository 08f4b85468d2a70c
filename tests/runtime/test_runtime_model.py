"""A loaded model answers for arrays, files, samples, and streams of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from toy_model import Toy, in_memory, make_manifest, self_test, skip_without_openvino, toy_network

from sightmill.bundle import Bundle, write_bundle
from sightmill.data.regions import Box
from sightmill.data.result import Result
from sightmill.data.sample import Sample
from sightmill.errors import BundleError, DataError, DeviceError, ImageError, ModelError, SettingsError
from sightmill.imaging.view import View
from sightmill.runtime.model import Model
from sightmill.runtime.session import Session
from sightmill.runtime.verification import difference

BRIGHT = np.full((40, 50, 3), 200, np.uint8)
DARK = np.full((40, 50, 3), 20, np.uint8)


def mixed(count: int) -> list[Sample]:
    """Images of three sizes and random grey."""
    chance = np.random.default_rng(3)
    sizes = [(40, 50), (33, 90), (64, 64)]
    return [
        Sample(
            chance.integers(0, 255, (*sizes[chance.integers(3)], 3), np.uint8),
            name=f"{index}.png",
        )
        for index in range(count)
    ]


def test_a_model_from_a_file_answers_like_the_one_in_memory(toy_file: Path) -> None:
    model = Model.load(toy_file)
    assert model.labels == ("bright", "dark")
    assert isinstance(model.method, Toy)
    assert model.view == View(width=32, height=32)
    assert model.inference.threshold == 0.5
    assert model.facts.to_dict()["engine"] == "onnxruntime"
    for image, label in ((BRIGHT, "bright"), (DARK, "dark")):
        assert model.predict(image).label == label
        assert model.predict(image).to_dict() == in_memory().predict(image).to_dict()
    assert model.predict(BRIGHT).size == (50, 40)


def test_a_model_opens_under_any_name(toy_file: Path) -> None:
    strange = toy_file.with_name("Prüfung 检查 №1.sightmill")
    toy_file.rename(strange)
    assert Model.load(strange).predict(BRIGHT).label == "bright"
    assert Model.load(str(strange), warm_up=False).predict(BRIGHT).label == "bright"


def test_openvino_answers_like_onnxruntime(toy_file: Path) -> None:
    skip_without_openvino()
    one, other = Model.load(toy_file), Model.load(toy_file, engine="openvino")
    assert other.verify().passed
    assert other.facts.engine == "openvino"
    assert other.predict(BRIGHT).values == pytest.approx(one.predict(BRIGHT).values, abs=1e-5)


def test_arrays_files_and_samples(tmp_path: Path) -> None:
    model = in_memory()
    path = tmp_path / "grün 绿.png"
    path.write_bytes(cv2.imencode(".png", DARK)[1].tobytes())
    for image in (path, str(path), Sample(path), Sample(DARK), DARK):
        assert model.predict(image).label == "dark"
    results = model.predict([path, BRIGHT, Sample(DARK)])
    assert [result.label for result in results] == ["dark", "bright", "dark"]
    assert [result.label for result in model.predict(image for image in (DARK, BRIGHT))] == ["dark", "bright"]
    assert model.predict([]) == []
    assert model.predict(DARK[:, :, 0]).label == "dark"


def test_a_region_of_interest_is_all_that_is_seen() -> None:
    image = DARK.copy()
    image[10:20, 10:30] = 250
    model = in_memory()
    roi = Box(10, 10, 30, 20)
    assert model.predict(image).label == "dark"
    assert model.predict(image, roi=roi).label == "bright"
    assert model.predict(Sample(image, roi=roi)).label == "bright"
    assert [result.label for result in model.predict([image, image], roi=roi)] == ["bright", "bright"]
    with pytest.raises(ImageError, match=r"part\.png: the region of interest covers no pixel"):
        model.predict(Sample(image, name="part.png", roi=Box(900, 900, 910, 910)))


def test_the_stream_gives_the_answers_of_single_images_in_order() -> None:
    model = in_memory()
    samples = mixed(40)
    alone = [model.predict(sample) for sample in samples]
    for batch_size in (1, 3, 8, 100):
        for workers in (1, 4):
            streamed = list(model.predict_samples(samples, batch_size=batch_size, workers=workers))
            assert [sample for sample, _ in streamed] == samples
            for one, (_, other) in zip(alone, streamed, strict=True):
                assert other.label == one.label
                assert other.size == one.size
                assert other.values == pytest.approx(one.values, abs=1e-5)


def test_large_images_go_through_tile_by_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_memory(view=View(width=32, height=32, fit="scale"))
    seen: list[int] = []
    run = model.session.run

    def counted(batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        seen.append(len(batch))
        return run(batch)

    monkeypatch.setattr(model.session, "run", counted)
    image = np.full((200, 300, 3), 128, np.uint8)
    result = model.predict(image, batch_size=4)
    assert result.values["tiles"] == sum(seen) > 60
    assert max(seen) == 4
    assert result.values["mean"] == pytest.approx(128 / 255, abs=1e-4)
    small = np.full((20, 30, 3), 255, np.uint8)
    results = model.predict([small, image, small, small], batch_size=4)
    assert [result.values["tiles"] for result in results] == [1, result.values["tiles"], 1, 1]
    assert results[2].values["mean"] == pytest.approx(1)
    assert max(seen) == 4


def test_the_stream_takes_no_more_images_than_it_needs() -> None:
    taken = 0

    def endless() -> Iterator[Sample]:
        nonlocal taken
        while True:
            taken += 1
            yield Sample(BRIGHT)

    stream = in_memory().predict_samples(endless(), batch_size=4, workers=2)
    for _ in range(10):
        next(stream)
    assert taken <= 10 + 2 * 4 + 2
    before = threading.active_count()
    stream.close()
    assert threading.active_count() < before


def test_large_images_are_not_piled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sightmill.runtime.stream._MOST_BYTES_AHEAD", 1)
    taken: list[Sample] = []

    def watched() -> Iterator[Sample]:
        for sample in mixed(20):
            taken.append(sample)
            yield sample

    for count, _ in enumerate(in_memory().predict_samples(watched(), batch_size=1, workers=2), 1):
        assert len(taken) <= count + 2
    assert count == 20


def test_reading_and_thinking_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_memory()
    busy = {"reading": 0, "both": 0}

    class Slow(Sample):
        def read(self) -> npt.NDArray[Any]:
            busy["reading"] += 1
            time.sleep(0.01)
            busy["reading"] -= 1
            return super().read()

    run = model.session.run

    def slow(batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        busy["both"] += busy["reading"] > 0
        time.sleep(0.01)
        busy["both"] += busy["reading"] > 0
        return run(batch)

    monkeypatch.setattr(model.session, "run", slow)
    assert len(list(model.predict_samples([Slow(BRIGHT) for _ in range(10)], batch_size=2))) == 10
    assert busy["both"]


def test_a_bad_image_is_named(tmp_path: Path) -> None:
    model = in_memory()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG nothing more")
    for image in (broken, tmp_path / "missing.png", Sample(BRIGHT.astype(np.uint16), name="deep.png")):
        name = image.name
        with pytest.raises(ImageError, match=name):
            model.predict(image)
        with pytest.raises(ImageError, match=name):
            model.predict([BRIGHT, image])
    with pytest.raises(DataError, match="this is no image; got int"):
        model.predict([BRIGHT, 7])  # type: ignore[list-item]  # wrong on purpose


def test_a_folder_run_goes_on_after_a_bad_image() -> None:
    model = in_memory()
    samples = [
        Sample(BRIGHT, name="a"),
        Sample(Path("none.png"), name="b"),
        Sample(DARK, name="c"),
        Sample(Path("none.png"), name="d"),
    ]
    answers = list(model.predict_samples(samples, errors="yield"))
    assert [sample.name for sample, _ in answers] == ["a", "b", "c", "d"]
    assert [isinstance(answer, Result) for _, answer in answers] == [True, False, True, False]
    assert isinstance(answers[1][1], ImageError)
    stream = model.predict_samples(samples)
    assert next(stream)[0].name == "a"
    with pytest.raises(ImageError, match=r"none\.png"):
        next(stream)


def test_other_settings_for_one_call_and_for_good() -> None:
    model = in_memory(inference={"threshold": 0.6})
    grey = np.full((8, 8, 3), 140, np.uint8)
    assert model.predict(grey).label == "dark"
    assert model.predict(grey, inference={"threshold": 0.5}).label == "bright"
    assert model.predict(grey, inference=model.inference.changed(threshold=0.5)).label == "bright"
    lower = model.with_inference(threshold=0.5)
    assert lower.predict(grey).label == "bright"
    assert lower.manifest.inference == {"threshold": 0.5}
    assert lower.session is model.session
    assert model.predict(grey).label == "dark"
    with pytest.raises(SettingsError, match=r"threshold: .*got 2; allowed: 0 to 1"):
        model.with_inference(threshold=2)
    with pytest.raises(SettingsError, match="unknown parameter"):
        model.predict(grey, inference={"treshold": 0.5})
    with pytest.raises(SettingsError, match="another method"):
        model.predict(grey, inference=Toy.Training())


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
def test_counts_that_make_no_sense(wrong: Any) -> None:
    model = in_memory()
    with pytest.raises(SettingsError, match="batch_size"):
        model.predict(BRIGHT, batch_size=wrong)
    with pytest.raises(SettingsError, match="batch_size"):
        model.predict_samples([], batch_size=wrong)
    with pytest.raises(SettingsError, match="workers"):
        model.predict_samples([], workers=wrong)
    with pytest.raises(SettingsError, match="repeats"):
        model.time_per_image(wrong)


def test_eight_threads_share_one_model() -> None:
    model = in_memory()
    samples = mixed(48)
    alone = [model.predict(sample).to_dict() for sample in samples]
    with ThreadPoolExecutor(8) as pool:
        assert [result.to_dict() for result in pool.map(model.predict, samples)] == alone


def test_raw_outputs_and_frame_make_the_answer() -> None:
    model = in_memory()
    raw, frame = model.raw(Sample(BRIGHT))
    assert frame.size == (50, 40)
    assert model.method.decode(raw, frame, model.labels, model.inference).values == model.predict(BRIGHT).values


def test_verification_passes_on_a_sound_file(toy_file: Path) -> None:
    verification = Model.load(toy_file).verify()
    assert verification.passed
    assert [record.name for record in verification.records] == [
        "files",
        "selftest/00/map",
        "selftest/00/scores",
    ]
    assert all(line.startswith("passed") for line in verification.lines)
    assert verification.to_dict()["passed"] is True


def test_verification_finds_other_answers(tmp_path: Path) -> None:
    network = toy_network()
    good = self_test(network)
    off = replace(good, outputs={**good.outputs, "map": good.outputs["map"] * 1.01})
    for parity, passed in (({}, False), ({"tolerance": 0.05}, True), ({"tolerance": "high"}, False)):
        path = tmp_path / "m.sightmill"
        write_bundle(path, make_manifest(parity=parity), network=network, self_tests=[good, off])
        verification = Model.load(path).verify()
        assert verification.passed is passed
        if not passed:
            assert [record.name for record in verification.records if not record.passed] == ["selftest/01/map"]
            assert "FAILED  selftest/01/map: differs by 0.0099" in "\n".join(verification.lines)
    write_bundle(
        path,
        make_manifest(parity={"tolerance": 1e9}),
        network=network,
        self_tests=[replace(good, outputs={**good.outputs, "map": good.outputs["map"] * 2})],
    )
    assert not Model.load(path).verify().passed


def test_verification_finds_damage_done_after_loading(toy_file: Path) -> None:
    model = Model.load(toy_file)
    whole = bytearray(toy_file.read_bytes())
    whole[whole.index(b"weights") + len("weights.safetensors")] ^= 1
    toy_file.write_bytes(whole)
    verification = model.verify()
    assert not verification.passed
    assert "damaged" in verification.lines[0]


def test_there_is_nothing_to_verify_in_memory_or_without_answers(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not saved yet"):
        in_memory().verify()
    write_bundle(tmp_path / "m", make_manifest(), network=toy_network())
    verification = Model.load(tmp_path / "m").verify()
    assert not verification.passed
    assert "no stored answers" in verification.lines[-1]


def test_how_outputs_are_compared() -> None:
    one = np.array([1.0, -4.0, 2.0], np.float32)
    assert difference(one, one) == 0
    assert difference(one + np.float32(0.04), one) == pytest.approx(0.01, rel=1e-3)
    assert difference(one[:2], one) == np.inf
    assert difference(np.array([1, np.nan, 2], np.float32), one) == np.inf
    assert difference(np.array([1, 2, 3, 5]), np.array([1, 2, 3, 4])) == 0.25
    infinite = np.array([1, np.inf], np.float32)
    assert difference(infinite, infinite) == 0
    assert difference(np.zeros((0, 4)), np.zeros((0, 4))) == 0
    assert difference(np.full(3, 1e-6), np.zeros(3)) == pytest.approx(1e-6)


@pytest.mark.parametrize(
    "view",
    [
        View(width=48, height=32),
        View(width=64, height=32, fit="scale", scale=0.5),
        View(width=32, height=32, grayscale=True, dtype="uint16", white=4095),
        View(width=32, height=32, dtype="float32", white=1),
    ],
)
def test_time_is_measured_part_by_part(view: View) -> None:
    time_spent = in_memory(view=view).time_per_image(3)
    assert set(time_spent) == {"view", "network", "decode", "total", "width", "height", "tiles"}
    assert time_spent["total"] > 0
    assert time_spent["tiles"] == 1


def test_a_network_that_lacks_an_output() -> None:
    with pytest.raises(BundleError, match="lacks an output that the model names; got scores, map; allowed: masks"):
        Model(Toy(), make_manifest(outputs=("masks",)), Session(toy_network()))


def test_engines_and_devices_that_are_not_there(toy_file: Path) -> None:
    with pytest.raises(DeviceError, match="unknown engine"):
        Model.load(toy_file, engine="magic")
    with pytest.raises(BundleError, match="no such model file"):
        Model.load(toy_file.with_name("none"))


def test_a_bundle_can_be_checked_without_an_engine(toy_file: Path) -> None:
    assert "network.onnx" in Bundle.open(toy_file).check()


def test_a_network_of_another_version_of_its_method_is_refused_in_a_sentence(
    toy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model.load(toy_file)
    decode = Toy.decode
    monkeypatch.setattr(Toy, "decode", lambda self, raw, *rest: decode(self, raw, *rest) if raw["evidence"] else None)
    said = r"trained by another version.*map.*scores.*'evidence'.*Train it anew"
    for ask in (lambda: model.predict(BRIGHT), lambda: model.predict([BRIGHT, DARK]), lambda: model.time_per_image(1)):
        with pytest.raises(ModelError, match=said):
            ask()
