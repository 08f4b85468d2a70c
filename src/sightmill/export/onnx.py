"""A finished network as an ONNX graph, its batch normalisations folded into the convolutions."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from sightmill.imaging.view import View
from sightmill.nn.folding import folded

__all__ = ["example_input", "to_onnx"]

#: ONNX operator set: old enough for runtimes in the field, new enough for what the networks use.
OPSET = 18


def example_input(view: View) -> Tensor:
    """Two inputs of the view's size, ``(2, C, H, W)``, for tracing."""
    return torch.rand(2, view.channels, view.height, view.width, generator=torch.Generator().manual_seed(0))


class Served(nn.Module):
    """A network that answers with some of its outputs only."""

    def __init__(self, network: nn.Module, outputs: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self.outputs = outputs

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        answers = self.network(image)
        return {name: answers[name] for name in self.outputs}


def to_onnx(network: nn.Module, view: View, outputs: tuple[str, ...]) -> bytes:
    """The network as ONNX bytes: one input ``image`` of the view's size, any batch size.

    Parameters
    ----------
    network : ``(B, C, H, W)`` -> ``{name: tensor}``.
    outputs : names of its outputs in its order; others that it has are left out, with what leads to them only.
    """
    with _quiet():
        program = torch.onnx.export(
            Served(folded(network).cpu(), outputs),
            (example_input(view),),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            input_names=["image"],
            output_names=list(outputs),
            opset_version=OPSET,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("PyTorch's exporter returned nothing")
    serialised: bytes = program.model_proto.SerializeToString()
    return serialised


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch's exporter talks about packages that are not installed; that is no news to our user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
