"""A backbone from an ONNX file answers as the file does, learns, and is refused in one sentence where it is unfit."""

import copy
import hashlib

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from backbone_toys import WIDTHS, net
from onnx import TensorProto, helper, numpy_helper

from sightmill.errors import ModelError
from sightmill.nn import onnx_operators
from sightmill.nn.backbones import STRIDES
from sightmill.nn.onnx_backbones import onnx_backbone

# What all of them share is made once: they stay in one process.
pytestmark = pytest.mark.xdist_group("onnx_backbones")

RNG = np.random.default_rng(1)


def load(file, maps=(), channels=3):
    return onnx_backbone(file, maps=maps, channels=channels).eval()


def edited(exported, tmp_path, change):
    """The exported network with a change, all tensors inside."""
    model = onnx.load(exported)
    change(model)
    onnx.save(model, tmp_path / "edited.onnx")
    return tmp_path / "edited.onnx"


def test_it_answers_as_the_network_that_was_exported(exported):
    backbone, own = load(exported), net()
    assert backbone.widths == WIDTHS
    images = torch.rand(2, 3, 128, 64)
    for mine, theirs in zip(backbone(images), own(images), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (50, 71), (33, 100), (20, 20)])
@pytest.mark.parametrize("channels", [1, 3])
def test_maps_have_the_sides_that_methods_expect(exported, size, channels):
    backbone = load(exported, channels=channels)
    images = torch.rand(1, channels, *size)
    stem, maps = backbone.with_stem(images)
    assert stem.shape == (1, backbone.stem_width, -(-size[0] // 2), -(-size[1] // 2))
    for features, width, stride in zip(maps, WIDTHS, STRIDES, strict=True):
        assert features.shape == (1, width, -(-size[0] // stride), -(-size[1] // stride))
    assert len(backbone.with_stem(images, levels=3)[1]) == 3


def test_grey_images_are_three_equal_channels(exported):
    images = torch.rand(1, 1, 64, 64)
    for grey, colour in zip(
        load(exported, channels=1)(images), load(exported)(images.expand(-1, 3, -1, -1)), strict=True
    ):
        assert torch.equal(grey, colour)


def test_every_parameter_learns_and_a_copy_is_its_own(exported):
    backbone = onnx_backbone(exported, maps=(), channels=3)
    other = copy.deepcopy(backbone)
    assert backbone.training
    sum(level.square().mean() for level in backbone(torch.rand(2, 3, 64, 64))).backward()
    parameters = list(backbone.parameters())
    assert len(parameters) > 20
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in parameters)
    assert all(p.grad is None for p in other.parameters())


def test_it_says_which_files_it_was_read_from(exported):
    origin = load(exported).origin
    files = [exported, exported.with_name("net.onnx.data")]
    assert origin.files == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    assert origin.learnt and all(file.name in origin.told for file in files)


def test_maps_inside_the_graph_are_named(exported, tmp_path):
    def one_output(model):
        del model.graph.output[:-1]

    names = tuple(output.name for output in onnx.load(exported).graph.output)
    file = edited(exported, tmp_path, one_output)
    with pytest.raises(ModelError, match=r"must have four outputs.*got 1: .*FILE\.onnx@MAP"):
        load(file)
    images = torch.rand(1, 3, 32, 32)
    for mine, theirs in zip(load(file, names)(images), load(exported)(images), strict=True):
        assert torch.equal(mine, theirs)
    with pytest.raises(ModelError, match=rf"no such map in this graph; got {names[0][:-1]}_.*{names[0]}"):
        load(file, (f"{names[0][:-1]}_", *names[1:]))


def test_maps_at_other_strides_are_refused(exported):
    names = [output.name for output in onnx.load(exported).graph.output]
    with pytest.raises(ModelError, match=r"not at strides 4, 8, 16, 32; got \(8, 8, 12\) \(6, 16, 24\).*allowed"):
        load(exported, (names[1], names[0], *names[2:]))


def test_a_missing_or_foreign_file_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"none\.onnx: the ONNX file of the backbone cannot be read.*No such file"):
        load(tmp_path / "none.onnx")
    for content in (b"", b"no network at all", b"\x80\x02}q\x00."):
        (tmp_path / "net.onnx").write_bytes(content)
        with pytest.raises(ModelError, match=r"net\.onnx: this is no ONNX file"):
            load(tmp_path / "net.onnx")


def test_operators_that_are_not_understood_are_named(exported, tmp_path):
    def change(model):
        relu = next(node for node in model.graph.node if node.op_type == "Relu")
        relu.op_type = "Celu"
        leaky = next(node for node in model.graph.node if node.op_type == "LeakyRelu")
        leaky.domain = "com.somebody"

    with pytest.raises(ModelError, match=r"not understood.*: Celu, com\.somebody\.LeakyRelu; allowed: Add, .*Relu"):
        load(edited(exported, tmp_path, change))


def test_what_leads_to_no_map_does_not_matter(exported, tmp_path):
    def change(model):
        model.graph.node.append(helper.make_node("Softmax", [model.graph.output[3].name], ["classes"]))

    assert load(edited(exported, tmp_path, change)).widths == WIDTHS


@pytest.mark.parametrize("location", ["../stolen.data", "/etc/hostname", ""])
def test_tensors_outside_the_folder_are_refused(exported, tmp_path, location):
    (tmp_path / "stolen.data").write_bytes(bytes(10_000))
    model = onnx.load(exported, load_external_data=False)
    tensor = next(item for item in model.graph.initializer if item.data_location == TensorProto.EXTERNAL)
    next(entry for entry in tensor.external_data if entry.key == "location").value = location
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"from outside its folder; got .*allowed: a file beside it"):
        load(tmp_path / "inner" / "net.onnx")


def test_a_link_does_not_lead_out_of_the_folder(exported, tmp_path):
    (tmp_path / "net.onnx").write_bytes(exported.read_bytes())
    (tmp_path / "net.onnx.data").symlink_to(exported.with_name("net.onnx.data"))
    with pytest.raises(ModelError, match="from outside its folder"):
        load(tmp_path / "net.onnx")


def test_tensors_that_are_cut_short_are_refused(exported, tmp_path):
    (tmp_path / "net.onnx").write_bytes(exported.read_bytes())
    whole = exported.with_name("net.onnx.data").read_bytes()
    (tmp_path / "net.onnx.data").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"the tensor .* is damaged"):
        load(tmp_path / "net.onnx")


def test_a_network_that_is_rebuilt_wrongly_is_noticed(exported, monkeypatch):
    monkeypatch.setitem(onnx_operators.OPERATORS, "HardSwish", lambda node: torch.nn.ReLU())
    with pytest.raises(ModelError, match="is not what ONNX Runtime answers"):
        load(exported)


def graph_of(nodes, file, *, constants=None, channels=4, opset=17, shape=("b", 3, "h", "w"), stride=1):
    """A graph that makes ``x`` ``(B, channels, H, W)`` and ``start`` from the image by the nodes, then four maps of x.

    A convolution makes ``start`` ``(B, 4, H, W)``; the nodes, with a stride, lead from there to ``x``.
    """
    weights = {"start.weight": RNG.normal(size=(4, 3, 3, 3)), **(constants or {})}
    all_nodes = [helper.make_node("Conv", ["image", "start.weight"], ["start"], pads=[1, 1, 1, 1]), *nodes]
    before, width = "x", channels
    for number, step in enumerate((4 // stride, 2, 2, 2)):
        weights[f"{number}.weight"] = RNG.normal(size=(5, width, step, step)) / 4
        all_nodes.append(helper.make_node("Conv", [before, f"{number}.weight"], [f"map{number}"], strides=[step, step]))
        before, width = f"map{number}", 5
    graph = helper.make_graph(
        all_nodes,
        "toy",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"map{n}", TensorProto.FLOAT, [None] * 4) for n in range(4)],
        [
            numpy_helper.from_array(value if value.dtype == np.int64 else value.astype(np.float32), name)
            for name, value in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, file)
    return file


def node(operator, *inputs, **attributes):
    return helper.make_node(operator, ["start", *inputs], ["x"], **attributes)


PER_CHANNEL = {name: RNG.uniform(0.5, 1.5, 4) for name in ("scale", "offset", "mean", "variance")}
KERNEL = {"weight": RNG.normal(size=(4, 4, 3, 3)), "bias": RNG.normal(size=4)}
WHOLE = {"amounts": np.array([0, 0, 1, 1, 0, 0, -1, 2]), "axes": np.array([-1, 2]), "two": np.array([0, 1, 0, -1])}

UNDERSTOOD = {
    "batch normalisation": ([node("BatchNormalization", *PER_CHANNEL, epsilon=0.01)], PER_CHANNEL, {}),
    "same padding": (
        [node("Conv", "weight", "bias", auto_pad="SAME_UPPER", strides=[2, 2])],
        KERNEL,
        {"stride": 2},
    ),
    "same padding below": ([node("Conv", "weight", auto_pad="SAME_LOWER", strides=[2, 2])], KERNEL, {"stride": 2}),
    "uneven padding": ([node("Conv", "weight", "bias", pads=[0, 1, 2, 1])], KERNEL, {}),
    "no clipping below": ([node("Clip", "", "high")], {"high": np.array(0.5)}, {}),
    "old clipping": ([node("Clip", min=-0.5, max=0.75)], {}, {"opset": 9}),
    "average with padding": (
        [node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)],
        {},
        {},
    ),
    "average without": ([node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])], {}, {}),
    "maximum": ([node("MaxPool", kernel_shape=[5, 5], pads=[2, 2, 2, 2])], {}, {}),
    "padding": ([node("Pad", "amounts", "", mode="reflect")], WHOLE, {}),
    "padding of axes": ([node("Pad", "two", "", "axes")], WHOLE, {"opset": 18}),
    "old padding": ([node("Pad", pads=[0, 0, 1, 0, 0, 0, -1, 0], value=0.25)], {}, {"opset": 10}),
    "slopes": ([node("PRelu", "slope")], {"slope": RNG.uniform(size=(4, 1, 1))}, {}),
    "hard sigmoid": ([node("HardSigmoid", alpha=0.3, beta=0.4)], {}, {}),
    "arithmetic": (
        [
            helper.make_node("Sub", ["one", "start"], ["less"]),
            helper.make_node("Div", ["less", "scale"], ["part"]),
            helper.make_node("Mul", ["part", "start"], ["x"]),
        ],
        {"one": np.array(1.0), "scale": RNG.uniform(0.5, 1, (4, 1, 1))},
        {},
    ),
    "a constant made by a node": (
        [
            helper.make_node("Constant", [], ["half"], value=numpy_helper.from_array(np.float32([0.5]))),
            helper.make_node("Identity", ["half"], ["same"]),
            helper.make_node("Add", ["start", "same"], ["x"]),
        ],
        {},
        {},
    ),
    "joined channels": ([helper.make_node("Concat", ["start", "start"], ["x"], axis=-3)], {}, {"channels": 8}),
    "gated by the mean": (
        [
            helper.make_node("ReduceMean", ["start"], ["mean"], axes=[-1, -2]),
            helper.make_node("GlobalMaxPool", ["start"], ["most"]),
            helper.make_node("Add", ["mean", "most"], ["both"]),
            helper.make_node("Tanh", ["both"], ["gate"]),
            helper.make_node("Mul", ["start", "gate"], ["dropped"]),
            helper.make_node("Dropout", ["dropped"], ["x"]),
        ],
        {},
        {},
    ),
    "one size only": ([node("Elu", alpha=0.5)], {}, {"shape": (1, 3, 64, 96)}),
}


@pytest.mark.parametrize("case", UNDERSTOOD)
def test_an_operator_means_what_onnx_runtime_makes_of_it(case, tmp_path):
    nodes, constants, options = UNDERSTOOD[case]
    file = graph_of(nodes, tmp_path / "net.onnx", constants=constants, **options)
    backbone = load(file)
    images = RNG.random((1, 3, 64, 96), dtype=np.float32)
    wanted = onnxruntime.InferenceSession(file.read_bytes()).run(None, {"image": images})
    for mine, theirs in zip(backbone(torch.from_numpy(images)), wanted, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), theirs, rtol=1e-3, atol=1e-4)


REFUSED = {
    "uneven padding of a pool": ([node("MaxPool", kernel_shape=[2, 2], pads=[0, 0, 1, 1])], {}, "padding is uneven"),
    "a weight that is computed": (
        [helper.make_node("Identity", ["weight"], ["w"]), helper.make_node("Relu", ["w"], ["v"]), node("Conv", "v")],
        KERNEL,
        "its input 2 is computed",
    ),
    "training mode": (
        [node("BatchNormalization", *PER_CHANNEL, training_mode=1)],
        PER_CHANNEL,
        "exported in training mode",
    ),
    "a mean over channels": ([node("ReduceMean", axes=[1])], {}, "not over height and width"),
    "joined rows": ([helper.make_node("Concat", ["start", "start"], ["x"], axis=2)], {}, "does not join the channels"),
    "padded channels": ([node("Pad", "amounts")], {"amounts": np.array([0, 1, 0, 0, 0, 0, 0, 0])}, "not of height and"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_attribute_that_is_not_understood_is_named(case, tmp_path):
    nodes, constants, sentence = REFUSED[case]
    file = graph_of(nodes, tmp_path / "net.onnx", constants=constants)
    with pytest.raises(ModelError, match=rf"net\.onnx: the operator \w+ that makes x is not understood: .*{sentence}"):
        load(file)


def test_an_input_of_another_shape_is_refused(tmp_path):
    file = graph_of([node("Relu")], tmp_path / "net.onnx", shape=("b", 1, "h", "w"))
    with pytest.raises(ModelError, match=r"one input of images; got image \(b, 1, h, w\); allowed: \(B, 3, H, W\)"):
        load(file)
