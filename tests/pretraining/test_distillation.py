"""The distillation with toy teachers: it learns, resumes where it was, and its weights can be published."""

import argparse
import json

import numpy as np
import pytest
import torch
from pretraining.checkpoint import read_checkpoint, write_checkpoint
from pretraining.distil import TAPS, Run
from pretraining.history import entries, table
from pretraining.publish import publish
from pretraining.students import Student
from pretraining.supply import Supply
from pretraining.targets import Standard
from pretraining.teachers import Tap, check

from sightmill.nn.backbones import Backbone
from sightmill.nn.pretrained import load_backbone, provenance


def _toy_archives(folder):
    """Archives of the teachers' make with random parameters of the right shapes."""
    rng = np.random.default_rng(0)

    def layer(arrays, name, out, into, side):
        spread = np.sqrt(2 / (into * side * side))
        arrays[f"{name}/w"] = (rng.normal(size=(out, into, side, side)) * spread).astype(np.float16)
        arrays[f"{name}/b"] = np.zeros(out, np.float16)

    one: dict[str, np.ndarray] = {}
    layer(one, "conv1", 32, 3, 3)
    before = 32
    widths = {"conv2": (64, 128), "conv3": (128, 256), "conv4": (256, 512), "conv5": (512,) * 5 + (1024,)}
    for stage, outs in widths.items():
        for i, out in enumerate(outs, 1):
            layer(one, f"{stage}_{i}_dw", before, 1, 3)
            layer(one, f"{stage}_{i}_sep", out, before, 1)
            before = out
    two: dict[str, np.ndarray] = {}
    layer(two, "conv", 32, 3, 3)
    before = 32
    outs = (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160)
    for i, out in enumerate(outs):
        inner = before * 6 if i else before
        if i:
            layer(two, f"block_{i}_expand", inner, before, 1)
        layer(two, f"block_{i}_depthwise", inner, 1, 3)
        layer(two, f"block_{i}_project", out, inner, 1)
        before = out
    np.savez(folder / "mobilenet_v1.npz", **one)
    np.savez(folder / "mobilenet_v2.npz", **two)


def _flags(tmp_path, **changes):
    flags = {
        "teachers": tmp_path,
        "out": tmp_path / "run",
        "depths": [1],
        "hours": 1.0,
        "taps": list(TAPS),
        "rate": 2e-3,
        "batch": 4,
        "threads": 1,
        "painters": 1,
        "engine": "torch",
        "device": "cpu",
        "seed": 0,
        "packaged": False,
    }
    return argparse.Namespace(**{**flags, **changes})


@pytest.fixture(autouse=True)
def keep_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_a_run_learns_resumes_and_publishes(tmp_path):
    _toy_archives(tmp_path)
    run = Run(_flags(tmp_path))
    batch = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 72, 72, 3), dtype=np.uint8))
    run.seconds = 100.0
    errors = [run.step(batch)["depth1"].mean().item() for _ in range(25)]
    assert errors[-1] < 0.9 * errors[0]
    run.sums, run.counts = {"depth1": torch.full((len(TAPS),), 0.5)}, [1, 4]
    run.describe(1.0)
    run.checkpoint()

    again = Run(_flags(tmp_path))
    assert (again.steps, again.images, again.sittings) == (25, 100, 2)
    assert again.rate() == pytest.approx(run.rate())
    torch.manual_seed(1)
    one = run.step(batch)["depth1"]
    torch.manual_seed(1)
    two = again.step(batch)["depth1"]
    torch.testing.assert_close(one, two, rtol=1e-3, atol=1e-4)
    for a, b in zip(run.parameters, again.parameters, strict=True):  # the optimiser's moments came back too
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)

    publish(tmp_path / "run", 1, {"tile_accuracy": 0.9}, tmp_path / "weights")
    card = provenance("depth1", folder=tmp_path / "weights")
    assert card["images_seen"] == 100 and card["probe"] == {"tile_accuracy": 0.9} and len(card["teachers"]) == 2
    assert load_backbone(Backbone(depth=1, channels=1), folder=tmp_path / "weights")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["steps"] == 25


def test_a_checkpoint_is_written_whole(tmp_path):
    student = Student(1, [Tap("v1", "conv4_1", 8, 5)])
    optimiser = torch.optim.AdamW([p for p in student.parameters() if p.requires_grad])
    write_checkpoint(tmp_path / "c.safetensors", student, optimiser, {"steps": 3})
    assert [file.name for file in tmp_path.iterdir()] == ["c.safetensors"]
    assert read_checkpoint(tmp_path / "c.safetensors", student, optimiser) == {"steps": 3}


def test_standardised_channels_have_unit_spread_and_dead_ones_are_left_out():
    standard = Standard(3)
    torch.manual_seed(0)
    for _ in range(20):
        features = torch.randn(8, 3, 16, 16) * torch.tensor([2.0, 0.1, 0.0])[:, None, None] + 5
        target, alive = standard(features)
    assert alive.tolist() == [True, True, False]
    assert target[:, :2].std((0, 2, 3)).tolist() == pytest.approx([1, 1], abs=0.05)
    assert abs(target[:, :2].mean().item()) < 0.05


def test_painters_supply_batches_of_equal_cost():
    supply = iter(Supply(sizes={32: 1.0, 64: 1.0}, pixels=4 * 64 * 64, margin=8, painters=1, seed=1))
    shapes = {next(supply).shape for _ in range(6)}
    supply.close()
    assert shapes <= {(16, 40, 40, 3), (4, 72, 72, 3)}


def test_the_rebuilt_teachers_give_the_published_figures(shared_data, capsys):
    teachers = shared_data.parent / "teachers"
    if not (teachers / "mobilenet_v1.npz").exists():
        pytest.skip(f"the teachers' archives are not in {teachers}")
    assert check(teachers), capsys.readouterr().out


def test_a_depth_goes_on_alone_and_its_card_and_log_tell_so(tmp_path):
    _toy_archives(tmp_path)
    both = Run(_flags(tmp_path, depths=[1, 2], taps=["v1.conv3_1"]))
    batch = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 72, 72, 3), dtype=np.uint8))
    both.step(batch)
    both.seconds = 360.0
    both.sums, both.counts = {name: torch.full((1,), 0.5) for name in ("depth1", "depth2")}, [1, 4]
    both.describe(1.0)
    both.checkpoint()

    alone = Run(_flags(tmp_path, depths=[2], taps=["v1.conv3_1"]))
    assert (alone.steps, alone.images) == (1, 4)
    for name, value in alone.modules["students"]["depth2"].state_dict().items():
        assert torch.equal(value, both.modules["students"]["depth2"].state_dict()[name])
    alone.step(batch)
    alone.seconds = 720.0
    alone.sums, alone.counts = {"depth2": torch.full((1,), 0.25)}, [1, 4]
    alone.describe(1.0)
    alone.checkpoint()
    publish(tmp_path / "run", 2, None, tmp_path / "weights")
    card = json.loads((tmp_path / "weights" / "depth2.json").read_text())
    assert card["stages"] == [
        {"depths": [1, 2], "hours": 0.1, "images": 4},
        {"depths": [2], "hours": 0.1, "images": 4},
    ]
    lines = table(entries([tmp_path / "run" / "log.txt"]), rows=2)
    assert [line.split(" | ")[3:] for line in lines[2:]] == [["0.500", "0.500 |"], ["-", "0.750 |"]]


def test_packaged_weights_go_on_without_their_checkpoint(tmp_path):
    _toy_archives(tmp_path)
    with pytest.raises(SystemExit, match="counts from the start"):
        Run(_flags(tmp_path, hours=0.1, packaged=True, taps=["v1.conv3_1"]))
    run = Run(_flags(tmp_path, hours=20.0, packaged=True, taps=["v1.conv3_1"]))
    packaged = Backbone(depth=1, channels=3)
    load_backbone(packaged)
    card = provenance("depth1")
    assert run.images == card["images_seen"] and run.spent() == 0.0 and run.translating()
    assert run.seconds == pytest.approx(3600 * 2 * card["hours"], rel=1e-2)  # of one thread, after hours of two
    before = {name: value.clone() for name, value in run.modules["students"]["depth1"].named_parameters()}
    for name, value in packaged.named_parameters():
        assert torch.equal(value, before[f"backbone.{name}"])
    batch = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 72, 72, 3), dtype=np.uint8))
    run.step(batch)  # at first the projections alone
    moved = {
        name for name, value in run.modules["students"]["depth1"].named_parameters() if (value != before[name]).any()
    }
    assert moved and not any(name.startswith("backbone") for name in moved)
    run.seconds += 3600.0
    assert not run.translating()
    run.step(batch)
    assert (run.modules["students"]["depth1"].backbone.stem[0].weight != before["backbone.stem.0.weight"]).any()
    run.sums, run.counts = {"depth1": torch.full((1,), 0.5)}, [1, 4]
    run.describe(1.0)
    run.checkpoint()
    again = Run(_flags(tmp_path, hours=20.0, packaged=True, taps=["v1.conv3_1"]))
    assert again.spent() == pytest.approx(run.spent()) and again.images == run.images
    publish(tmp_path / "run", 1, None, tmp_path / "weights")
    stages = json.loads((tmp_path / "weights" / "depth1.json").read_text())["stages"]
    assert sum(stage["images"] for stage in stages[:-1]) == card["images_seen"]
    assert stages[-1] == {"depths": [1], "hours": 1.0, "images": 8}
