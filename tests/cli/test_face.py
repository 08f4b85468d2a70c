"""The public face: its names, and that it needs no PyTorch."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sightmill


def test_every_public_name_is_there():
    assert set(sightmill.__all__) <= set(dir(sightmill))
    for name in sightmill.__all__:
        assert getattr(sightmill, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="forecast"):
        _ = sightmill.forecast


def test_method_and_its_error():
    assert sightmill.method("classification").id == "classification"
    with pytest.raises(sightmill.SightmillError, match="anomaly_detection"):
        sightmill.method("telepathy")


def test_importing_and_loading_names_loads_no_torch():
    script = (
        "import sys, sightmill\n"
        "for name in set(sightmill.__all__) - {'train'}: getattr(sightmill, name)\n"
        "assert 'torch' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=400).returncode == 0
