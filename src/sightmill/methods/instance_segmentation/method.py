"""The face of instance segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sightmill.data.findings import Finding
from sightmill.data.regions import Box, Region, RotatedBox
from sightmill.data.sample import Sample
from sightmill.evaluation.instances import INSTANCE_METRICS, measure_instances
from sightmill.evaluation.overlap import Kind
from sightmill.evaluation.report import Estimate, Metric, Pair
from sightmill.imaging.view import Frame, View
from sightmill.methods.contract import RawOutputs
from sightmill.methods.detecting.decoding import Answers, answers_of, parts_of, suppressed
from sightmill.methods.detecting.face import DetectingFace, learnt_objects
from sightmill.methods.detecting.masks import masks_of
from sightmill.methods.instance_segmentation.settings import (
    InstanceSegmentationInference,
    InstanceSegmentationTraining,
)

if TYPE_CHECKING:
    from sightmill.methods.learner import Learner

__all__ = ["METHOD", "InstanceSegmentation"]


class InstanceSegmentation(DetectingFace[InstanceSegmentationTraining, InstanceSegmentationInference]):
    """A mask for each object, with a class and a score; objects that touch are told apart."""

    id: ClassVar[str] = "instance_segmentation"
    title: ClassVar[str] = "Instance segmentation"
    summary: ClassVar[str] = "Finds objects and their pixels: for each a mask of its own, a class and a score."
    learns_from: ClassVar[str] = "instance"
    answers_with: ClassVar[tuple[str, ...]] = ("mask",)
    kind: ClassVar[Kind] = "mask"
    tiny: ClassVar[float] = 20.0
    small: ClassVar[float] = 28.0
    Training = InstanceSegmentationTraining
    Inference = InstanceSegmentationInference

    def check(self, samples: Sequence[Sample], training: InstanceSegmentationTraining) -> list[Finding]:
        findings = super().check(samples, training)
        objects = [item for sample in samples for item in learnt_objects(sample)]
        if objects and all(isinstance(item.region, Box | RotatedBox) for item in objects):
            findings.append(
                Finding(
                    "error",
                    "no_outlines",
                    "all objects are marked with boxes, and instance segmentation learns outlines",
                    "draw outlines or masks, or use object_detection",
                )
            )
        return findings

    def answers(self, raw: RawOutputs, frame: Frame, inference: InstanceSegmentationInference) -> Answers:
        return suppressed(
            answers_of(raw, frame, least=0.0),
            max_overlap=inference.max_overlap,
            class_agnostic=inference.max_overlap_class_agnostic,
        )

    def regions(self, found: Answers, raw: RawOutputs, frame: Frame) -> Sequence[tuple[Region | None, dict[str, str]]]:
        groups = parts_of(found, frame)
        regions: list[tuple[Region | None, dict[str, str]]] = [(None, {})] * len(found)
        for group, mask in zip(groups, masks_of(found, raw, frame, groups), strict=True):
            regions[group[0]] = (mask, {})
        return regions

    def metrics(self) -> Sequence[Metric]:
        return INSTANCE_METRICS

    def measure(self, pairs: Sequence[Pair], labels: tuple[str, ...], *, intervals: bool = True) -> dict[str, Estimate]:
        return measure_instances(pairs, labels, intervals=intervals)

    def learner(self, training: InstanceSegmentationTraining, labels: tuple[str, ...], view: View) -> Learner:
        from sightmill.methods.instance_segmentation.learner import InstanceSegmentationLearner

        return InstanceSegmentationLearner(training, labels=labels, view=view)


METHOD = InstanceSegmentation()
