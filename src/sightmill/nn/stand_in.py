"""A network that somebody else made, in the place of our backbone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, pixel_unshuffle

from sightmill.errors import ModelError
from sightmill.nn.backbones import STRIDES, FeatureExtractor

__all__ = ["Origin", "StandIn", "checksum", "read_bytes"]

#: Sides of the image that shows what a network answers: not square, so that exchanged axes are noticed.
PROBE = (64, 96)


@dataclass(frozen=True)
class Origin:
    """Where a stand-in comes from.

    Parameters
    ----------
    name : of the network, for people: ``timm resnet18``, ``net.onnx``.
    files : SHA-256 of the files that were read, by file name.
    learnt : whether its parameters are learnt; if not, they are random.
    """

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    learnt: bool = True

    @property
    def told(self) -> str:
        """The same in words."""
        listed = ", ".join(f"{name} with SHA-256 {value}" for name, value in self.files.items())
        return f"{self.name} ({listed or 'random parameters'})"


class StandIn(FeatureExtractor):
    """See `FeatureExtractor`. Grey images go in as three equal channels.

    Parameters
    ----------
    network : ``(B, 3, H, W)`` -> at least four maps; only ever sees sides that are multiples of 32.
    origin : where it comes from.
    channels : of the images, 1 or 3.
    chosen : which of its maps are those at strides 4, 8, 16 and 32.
    mean, spread : of each channel of the pixels it was trained on; taken off and divided by first.

    Raises
    ------
    ModelError : the network cannot be run, or its maps are not at these strides.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        origin: Origin,
        channels: int,
        chosen: tuple[int, int, int, int] = (0, 1, 2, 3),
        mean: Sequence[float] = (0.0, 0.0, 0.0),
        spread: Sequence[float] = (1.0, 1.0, 1.0),
    ) -> None:
        super().__init__()
        self.network = network
        self.origin = origin
        self.chosen = chosen
        self.stem_width = 4 * channels
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(3, 1, 1))
        self.register_buffer("spread", torch.tensor(spread, dtype=torch.float32).reshape(3, 1, 1))
        self.widths = self._measured()

    def with_stem(self, images: Tensor, *, levels: int = len(STRIDES)) -> tuple[Tensor, list[Tensor]]:
        """See `FeatureExtractor`. A foreign network's stem is not known: the pixels of each 2 x 2 square stand for it.

        The side of a map that is no multiple of its stride is rounded up, as ours is, whatever the network does: the
        image's border is repeated up to the next multiple of 32, and what the maps have too much is cut off.
        """
        height, width = images.shape[2:]
        even = pad(images, (0, width % 2, 0, height % 2), mode="replicate") if height % 2 or width % 2 else images
        if images.shape[1] == 1:
            images = images.expand(-1, 3, -1, -1)
        below, right = -height % STRIDES[-1], -width % STRIDES[-1]
        if below or right:
            images = pad(images, (0, right, 0, below), mode="replicate")
        found = self.network((images - self.mean) / self.spread)
        maps = [found[index] for index in self.chosen[:levels]]
        if below or right:
            maps = [
                one[:, :, : -(-height // stride), : -(-width // stride)]
                for one, stride in zip(maps, STRIDES, strict=False)
            ]
        return pixel_unshuffle(even, 2), maps

    @torch.no_grad()
    def _measured(self) -> tuple[int, int, int, int]:
        """The channels of the four maps, by running the network once."""
        was_training = self.network.training
        images = torch.rand(1, 3, *PROBE, generator=torch.Generator().manual_seed(0))
        try:
            maps = self.network.eval()((images - self.mean) / self.spread)
            shapes = [tuple(maps[index].shape) for index in self.chosen]
        except (RuntimeError, ValueError, TypeError, IndexError, KeyError, AttributeError, AssertionError) as error:
            raise ModelError(
                "this backbone cannot be run",
                where=self.origin.name,
                got=str(error).partition("\n")[0],
                allowed=f"a network that takes (B, 3, H, W) with any sides that are multiples of {STRIDES[-1]}",
            ) from error
        self.network.train(was_training)
        wanted = [(PROBE[0] // stride, PROBE[1] // stride) for stride in STRIDES]
        if [shape[2:] for shape in shapes] != wanted:
            raise ModelError(
                f"the maps of this backbone are not at strides {', '.join(map(str, STRIDES))}",
                where=self.origin.name,
                got=" ".join(str(shape[1:]) for shape in shapes)
                + f" (C, H, W) from an image (3, {PROBE[0]}, {PROBE[1]})",
                allowed=" ".join(f"(C, {height}, {width})" for height, width in wanted),
                remedy="choose another network, or name other maps after the @",
            )
        one, two, three, four = (shape[1] for shape in shapes)
        return one, two, three, four


def checksum(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def read_bytes(file: Path, what: str) -> bytes:
    """A file's content; raises `ModelError`, naming what was wanted."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{what} cannot be read",
            where=file,
            got=error.strerror or type(error).__name__,
            remedy="give the path of a file on this machine: nothing is downloaded",
        ) from error
