"""Parameters that methods share, in the products' own words.

`Training` is what every method has; `Descent` adds what a method that is trained step by step has; `Sized` what a
method has that sees images at their own scale; `Adapting` what one has that adapts learnt features; `Augmentation` what
happens to training images only. A method's settings inherit what fits.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from sightmill.methods.own_backbone import own_backbone
from sightmill.methods.settings import Settings, setting

__all__ = ["Adapting", "Augmentation", "Change", "Descent", "Sized", "Training"]


class Training(Settings):
    """What every training has."""

    network_depth: int = setting(
        3,
        "Capacity of the network: 1-2 for simple tasks and short cycle times, 3 standard, 4-5 for much data "
        "and complex patterns.",
        ge=1,
        le=5,
        group="Network",
    )
    pretrained: bool = setting(
        True,
        "Start from the features that come with Sightmill; off, or a depth that has none, starts from random ones.",
        title="Pretrained features",
        group="Network",
    )
    backbone: str = setting(
        "",
        "A network of your own in place of ours, which network_depth and pretrained then do not change: "
        "timm:NAME, timm:NAME@FILE.safetensors, FILE.onnx, or FILE.onnx@MAP,MAP,MAP,MAP. Nothing is downloaded.",
        title="Own backbone",
        group="Network",
        advanced=True,
    )
    image_size: int = setting(
        0,
        "Longer side of the network's input; 0 chooses it from the images.",
        unit="px",
        ge=0,
        le=4096,
        group="Image",
    )
    downsample: int = setting(
        0,
        "Each step halves both sides of the image: faster, but small details are lost.",
        ge=0,
        le=5,
        group="Image",
    )
    grayscale: bool = setting(
        False, "Convert colour images to gray: for tasks where colour does not matter.", group="Image"
    )
    validation_percent: float = setting(
        20.0,
        "Share of the training images set aside for validation when the data has no validation split.",
        title="Validation share",
        unit="%",
        ge=1,
        le=50,
        group="Data",
    )
    group: str = setting(
        "",
        "What ties images together (lot, camera, part): an attribute of the data, or a pattern with one group in "
        "parentheses on file names. Images of one group are never divided between training and validation.",
        title="Kept together by",
        group="Data",
    )
    seed: int = setting(
        0,
        "Start of all random choices: the same seed, data and version give the same model.",
        ge=0,
        le=2**31 - 1,
        group="Data",
    )
    memory_budget: int = setting(
        2048,
        "Memory for decoded training images; what does not fit goes to a memory-mapped file.",
        unit="MiB",
        ge=16,
        le=1 << 20,
        group="Machine",
        advanced=True,
    )
    device: str = setting(
        "auto",
        "Where to train: auto, cpu, cuda or cuda:0.",
        group="Machine",
        advanced=True,
    )
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto",
        "Arithmetic of training; auto measures a step where the processor has bfloat16 units.",
        group="Machine",
        advanced=True,
    )
    threads: int = setting(
        0,
        "Processor threads; 0 takes one per core, or as many as the environment's OMP_NUM_THREADS says. Fixed for a "
        "training and its resumption.",
        ge=0,
        le=256,
        group="Machine",
        advanced=True,
    )

    @field_validator("backbone")
    @classmethod
    def _backbone_is_named(cls, value: str) -> str:
        if value:
            own_backbone(value)
        return value

    @field_validator("device")
    @classmethod
    def _device_is_named(cls, value: str) -> str:
        index = value.removeprefix("cuda:")
        if value not in ("auto", "cpu", "cuda") and not (value.startswith("cuda:") and index.isdigit()):
            raise ValueError("unknown device name; allowed: auto, cpu, cuda, cuda:0, cuda:1 ...")
        return value


class Change(Settings):
    """A change strategy: at these epochs, a hyper-parameter takes these values."""

    parameter: Literal["learning_rate", "momentum", "weight_prior"] = setting(
        "learning_rate", "Which hyper-parameter changes."
    )
    epochs: tuple[float, ...] = setting((), "When, in epochs (fractions allowed), rising.")
    values: tuple[float, ...] = setting((), "To which values, one per epoch named.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.epochs or len(self.epochs) != len(self.values):
            raise ValueError("a change strategy needs as many values as epochs, at least one")
        if list(self.epochs) != sorted(set(self.epochs)) or self.epochs[0] < 0 or min(self.values) < 0:
            raise ValueError("a change strategy needs rising epochs and values >= 0")
        return self


class Descent(Training):
    """What a method that is trained step by step has."""

    iterations: int = setting(
        30,
        "Stop after this many iterations; after each one the model is validated. 0 = no limit.",
        ge=0,
        le=100_000,
        group="Stopping",
    )
    epochs: float = setting(
        0.0,
        "Stop after this many passes over the training images; 0 = no limit.",
        ge=0,
        le=100_000,
        group="Stopping",
    )
    iterations_without_improvement: int = setting(
        10,
        "Stop when the best validation score has not improved for this many iterations; 0 = never.",
        ge=0,
        le=100_000,
        group="Stopping",
    )
    minutes: float = setting(
        0.0,
        "Stop after this many minutes; 0 = no limit.",
        title="Time limit",
        unit="min",
        ge=0,
        le=100_000,
        group="Stopping",
    )
    validation_accuracy: float = setting(
        0.0,
        "Stop when the validation score reaches this value; 0 = off.",
        unit="%",
        ge=0,
        le=100,
        group="Stopping",
    )
    validation_error: float = setting(
        0.0,
        "Stop when the validation error falls to this value; 0 = off.",
        unit="%",
        ge=0,
        le=100,
        group="Stopping",
    )
    steps_per_iteration: int = setting(
        0,
        "Steps in one iteration; 0 chooses one pass over the images, at least 16 steps.",
        ge=0,
        le=1_000_000,
        group="Optimiser",
        advanced=True,
    )
    optimiser: Literal["adam", "sgd"] = setting(
        "adam", "Adam with decoupled weight decay, or SGD with momentum.", group="Optimiser", advanced=True
    )
    learning_rate: float = setting(0.001, "Size of a step down the gradient.", gt=0, le=10, group="Optimiser")
    momentum: float = setting(
        0.9,
        "How much of the last step is kept: SGD's momentum, Adam's first decay rate.",
        ge=0,
        lt=1,
        group="Optimiser",
        advanced=True,
    )
    weight_prior: float = setting(
        0.01,
        "Weight decay: raise it against overfitting.",
        ge=0,
        le=1,
        group="Optimiser",
        advanced=True,
    )
    batch_size: int = setting(16, "Images in one batch.", ge=1, le=4096, group="Optimiser")
    batch_size_multiplier: int = setting(
        1,
        "Batches whose gradients are added up before a step: large batches in little memory.",
        ge=1,
        le=1024,
        group="Optimiser",
        advanced=True,
    )
    schedule: Literal["cosine", "constant"] = setting(
        "cosine",
        "Course of the learning rate after warm-up: down a cosine to nearly zero, or constant.",
        group="Optimiser",
        advanced=True,
    )
    warm_up: float = setting(
        5.0,
        "Share of the training over which the learning rate rises to its value.",
        title="Warm-up",
        unit="%",
        ge=0,
        le=50,
        group="Optimiser",
        advanced=True,
    )
    changes: tuple[Change, ...] = setting(
        (),
        "Change strategies, each PARAMETER@EPOCH=VALUE[,EPOCH=VALUE ...]; a learning_rate strategy replaces "
        "the schedule.",
        title="Change strategies",
        group="Optimiser",
        advanced=True,
    )

    @field_validator("changes", mode="before")
    @classmethod
    def _changes_in_words(cls, value: object) -> object:
        """Accept the command line's words: ``learning_rate@10=0.001,20=0.0001``."""
        items = (value,) if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            return value
        return tuple(_change_of(item) if isinstance(item, str) else item for item in items)

    @model_validator(mode="after")
    def _can_stop(self) -> Self:
        if not (self.iterations or self.epochs or self.minutes or self.iterations_without_improvement):
            raise ValueError(
                "a training needs a stopping condition: iterations, epochs, minutes or iterations_without_improvement"
            )
        return self


def _change_of(words: str) -> dict[str, object]:
    parameter, _, points = words.partition("@")
    try:
        pairs = [tuple(float(part) for part in point.split("=")) for point in points.split(",")]
        epochs, values = zip(*((epoch, value) for epoch, value in pairs), strict=True)
    except ValueError:
        raise ValueError(
            f"a change strategy is written PARAMETER@EPOCH=VALUE[,EPOCH=VALUE ...], not {words!r}"
        ) from None
    return {"parameter": parameter, "epochs": epochs, "values": values}


class Sized(Training):
    """What a method has that sees images at their own scale, unless they differ in size."""

    sizes: Literal["auto", "own", "one"] = setting(
        "auto",
        "What to do with images of different sizes. own: keep their scale, and see large ones through tiles. one: "
        "bring all to one size, whatever their shape, for parts and cut-outs that fill the image. auto: one where the "
        "images' sizes differ by more than 15 %, else own.",
        title="Different image sizes",
        group="Image",
    )


class Adapting(Training):
    """What a method has that adapts learnt features to its task."""

    kept_stages: int = setting(
        2,
        "Of the four stages of learnt features so many, the finest first, stay as they are; the others change gently. "
        "More carries better to parts that were never seen, and learns faster; 0 adapts all, for many images that look "
        "like nothing else. Random features and a backbone of your own are learnt as a whole.",
        title="Kept stages",
        ge=0,
        le=4,
        group="Network",
        advanced=True,
    )


class Lit(Training):
    """What a method has that remembers how good images look, in whatever light."""

    exposure: float = setting(
        20.0,
        "Largest change of light, darker or brighter, that shall not matter: some good images are remembered as they "
        "are, others so much darker or brighter. It costs no time. 0 where brightness itself tells good from bad.",
        unit="%",
        title="Changes of light",
        ge=0,
        le=50,
        group="Anomaly detection",
    )


class Augmentation(Settings):
    """Random changes of training images; 0 (100 % for scales) turns each off. Inference never sees them."""

    luminance: float = setting(
        0.0,
        "Largest random change of brightness, darker or brighter, relative to the full range.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    contrast: float = setting(
        0.0,
        "Largest random change of contrast, weaker or stronger: differences from the image's mean are scaled.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    colour: float = setting(
        0.0,
        "Largest random change of brightness of each colour by itself, relative to its own. Gray images have none.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    noise: float = setting(
        0.0,
        "Largest random uniform noise, for each pixel and channel, relative to the full range.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    gaussian_blur: int = setting(
        0,
        "Largest kernel of a random Gaussian blur; the kernel is drawn between 0 and this.",
        unit="px",
        ge=0,
        le=63,
        group="Augmentation",
    )
    rotation: float = setting(
        0.0, "Random rotation up to this angle either way.", unit="deg", ge=0, le=180, group="Augmentation"
    )
    flip_up_down: bool = setting(
        False, "Reflect half of the images along the X axis.", title="Flip up–down", group="Augmentation"
    )
    flip_left_right: bool = setting(
        False, "Reflect half of the images along the Y axis.", title="Flip left–right", group="Augmentation"
    )
    relative_translation: float = setting(
        0.0,
        "Largest random shift in each direction, relative to the image or tile.",
        unit="%",
        ge=0,
        le=100,
        group="Augmentation",
    )
    scale_min: float = setting(
        100.0, "Smallest random scale.", title="Smallest scale", unit="%", ge=10, le=1000, group="Augmentation"
    )
    scale_max: float = setting(
        100.0, "Largest random scale.", title="Largest scale", unit="%", ge=10, le=1000, group="Augmentation"
    )
    horizontal_shear: float = setting(
        0.0,
        "Random shear up to this angle from the vertical; the height stays.",
        unit="deg",
        ge=0,
        le=60,
        group="Augmentation",
    )
    vertical_shear: float = setting(
        0.0,
        "Random shear up to this angle from the horizontal; the width stays.",
        unit="deg",
        ge=0,
        le=60,
        group="Augmentation",
    )

    @model_validator(mode="after")
    def _scales_in_order(self) -> Self:
        if self.scale_min > self.scale_max:
            raise ValueError("scale_min must not be larger than scale_max")
        return self
