"""A trained model on disk: one file ``*.sightmill``, which opening reads and never runs.

The file is a zip with nothing in it but::

    manifest.json                     what it is, how images go in and answers come out, its history
    network.onnx                      the graph that every answer comes from
    weights.safetensors               the weights for further training (may be absent from a deployed model)
    selftest/00/input.npy             network inputs ...
    selftest/00/<output>.npy          ... and what the network answered when it was made

No pickle anywhere. The manifest holds the size and SHA-256 of every other file. Opening refuses whatever the
writer would not have written, so a bundle from a stranger is safe to open. The same content always makes the
same bytes.
"""

from __future__ import annotations

from sightmill.bundle.archive import SUFFIX
from sightmill.bundle.bundle import Bundle, SelfTest, write_bundle
from sightmill.bundle.manifest import SCHEMA_VERSION, FileFacts, Manifest

__all__ = ["SCHEMA_VERSION", "SUFFIX", "Bundle", "FileFacts", "Manifest", "SelfTest", "write_bundle"]
