"""For which engine and precision a model's thresholds hold, and a word where another one is serving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sightmill.bundle import Manifest
from sightmill.runtime.session import EngineFacts

__all__ = ["RUNTIME", "doubts_of", "runtime_record"]

#: The key of a manifest's calibration that names the engine.
RUNTIME = "runtime"


def runtime_record(facts: EngineFacts) -> dict[str, str]:
    """What a calibration says about the engine that its thresholds hold for."""
    return {"engine": facts.engine, "version": facts.version, "precision": facts.precision, "device": facts.device}


def doubts_of(manifest: Manifest, facts: EngineFacts) -> tuple[str, ...]:
    """Sentences about why this engine may decide otherwise than the model promises; empty when it does not.

    A model that says nothing of a runtime has nothing calibrated. Versions of one engine count as the same.
    """
    said = manifest.calibration.get(RUNTIME)
    if not isinstance(said, Mapping):
        return ()
    if (said.get("engine"), said.get("precision")) == (facts.engine, facts.precision):
        return ()
    return (
        f"This model was calibrated with {_words(said)}, and {facts.engine} in {facts.precision} is serving: what it "
        "promises does not hold here. Calibrate it for this runtime: "
        f"sightmill calibrate MODEL DATA --engine {facts.engine} --precision {facts.precision} -o NEW_MODEL.",
    )


def _words(said: Mapping[str, Any]) -> str:
    engine, precision = (str(said.get(part, "?"))[:40] for part in ("engine", "precision"))
    return f"{engine} in {precision}"
