"""A network in an ONNX file, exported once."""

from __future__ import annotations

import pytest
from backbone_toys import net, write_onnx


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A four-stage network that PyTorch exported, with its tensors in a second file as PyTorch likes to do."""
    return write_onnx(net(), tmp_path_factory.mktemp("exported") / "net.onnx", external=True)
