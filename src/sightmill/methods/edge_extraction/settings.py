"""Parameters of edge extraction."""

from __future__ import annotations

from typing import Literal

from sightmill.methods.full_maps import MapInference, MapTraining
from sightmill.methods.settings import setting, usually
from sightmill.methods.training import Adapting

__all__ = ["EdgeInference", "EdgeTraining"]


class EdgeTraining(MapTraining):
    """Fixed by training."""

    areas: Literal["auto", "outlines", "centre_lines"] = setting(
        "auto",
        "What a marked area stands for: its outline, or its centre line. auto: the centre line where most of what is "
        "marked is thin and long (cracks, wires, seams that were painted). Drawn lines are always taken as they are.",
        title="Meaning of areas",
        group="Edges",
    )
    window_size: int = setting(
        160,
        "Side of the windows that the network learns from, in pixels after downsampling: as much as a person has to "
        "see to tell the edge from others.",
        unit="px",
        ge=64,
        le=1024,
        group="Windows",
    )
    # Where exactly a line runs is told by the finest stages.
    kept_stages: int = usually(0, Adapting, "kept_stages")


class EdgeInference(MapInference):
    """Free after training."""

    threshold: float = setting(
        0.5,
        "A line goes as far as its probability reaches this. Fitted by training.",
        gt=0,
        lt=1,
        group="Decision",
    )
    minimum_length: float = setting(
        8.0,
        "Connected lines shorter than this are not reported.",
        unit="px",
        ge=0,
        le=1_000_000,
        group="Decision",
    )
