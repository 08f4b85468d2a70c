"""Whether random changes show the training images as production never will: a warning before the training.

Two things can be seen in the images themselves. Parts that all lie alike are not turned, mirrored, shifted or zoomed in
production either; and a mirrored or turned image that looks like one of another class teaches that class wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.findings import Finding
from sightmill.data.sample import Sample
from sightmill.errors import ImageError
from sightmill.imaging.act import Act
from sightmill.methods.training import Augmentation, Training

__all__ = ["LOOKED_AT", "SIDE", "Thumbnails", "mirrors_unlike_data", "unlikely_changes"]

#: Images that are looked at, at most and at least, and the side that they are looked at with.
LOOKED_AT, FEWEST, SIDE = 48, 6, 48
#: Images lie alike when their correlation with the mean of the others is above the first; a change that takes away more
#: than the second is none that they show.
ALIKE, LOST = 0.4, 0.25
#: A change confuses classes when so many more images than before look most like one of another class; where looks do
#: not tell classes apart before it, to this share, they say nothing after it either.
CONFUSED, TOLD = 0.3, 0.2

Thumbnails = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Change:
    """What one setting may do to an image at its strongest, and how it is called; whether it turns or mirrors."""

    setting: str
    words: str
    acts: tuple[Act, ...]
    turns: bool = False


def unlikely_changes(samples: Sequence[Sample], training: Training) -> list[Finding]:
    """Warnings about the geometric augmentation of these settings; none without any.

    Parameters
    ----------
    samples : the training images. Those that cannot be read are left out; the training tells of them.
    """
    if not isinstance(training, Augmentation):
        return []
    usual = type(training)()
    several = all(len(sample.labels) == 1 for sample in samples) and len({sample.label for sample in samples}) > 1
    asked = [(change, _stronger(training, usual, change.setting)) for change in _changes(training)]
    asked = [(change, stronger) for change, stronger in asked if stronger or (change.turns and several)]
    chosen = np.random.default_rng(0).permutation(len(samples))[:LOOKED_AT] if asked else ()
    looks, labels = _seen([samples[index] for index in chosen])
    if len(looks) < FEWEST:
        return []
    findings = []
    for change, stronger in asked:
        confused = _confused(looks, labels, change) if change.turns and several else None
        before, after = confused or _likeness(looks, change)
        if confused is not None:
            findings.append(
                Finding(
                    "warning",
                    "augmentation_confuses_classes",
                    f"{change.words} {after:.0%} of the training images look most like one of another class, "
                    f"{before:.0%} of them as they are",
                    f"switch {change.setting} off, unless parts of each class do come so in production",
                )
            )
        elif stronger and _unlike(before, after):
            findings.append(
                Finding(
                    "warning",
                    "augmentation_unlike_data",
                    f"the training images all lie alike (correlation {before:.2f}), and {change.words} they do not "
                    f"({after:.2f})",
                    f"switch {change.setting} off or make it weaker, unless parts do come so in production",
                )
            )
    return findings


def mirrors_unlike_data(looks: Thumbnails) -> frozenset[str]:
    """The settings that mirror images as these ``(n, SIDE, SIDE)`` never are, because all of them lie alike."""
    if len(looks) < FEWEST:
        return frozenset()
    mirrors = _changes(Augmentation(flip_left_right=True, flip_up_down=True))
    return frozenset(mirror.setting for mirror in mirrors if _unlike(*_likeness(looks, mirror)))


def _unlike(before: float, after: float) -> bool:
    """Whether images that lie alike do not when they are changed, by their likenesses."""
    return before > ALIKE and before - after > LOST


def _changes(given: Augmentation) -> Iterator[Change]:
    """Those that are on, at their strongest."""
    size = (SIDE, SIDE)
    if given.flip_left_right:
        yield Change("flip_left_right", "mirrored left to right", (Act.of(size, flip_left_right=True),), turns=True)
    if given.flip_up_down:
        yield Change("flip_up_down", "mirrored top to bottom", (Act.of(size, flip_up_down=True),), turns=True)
    if given.rotation:
        angles = (-given.rotation, -given.rotation / 2, given.rotation / 2, given.rotation)
        words = f"turned by up to {given.rotation:g} degrees"
        yield Change("rotation", words, tuple(Act.of(size, rotation=angle) for angle in angles), turns=True)
    if given.relative_translation:
        shift = given.relative_translation / 100 * SIDE
        words = f"shifted by {given.relative_translation:g} %"
        ways = ((shift, 0.0), (-shift, 0.0), (0.0, shift), (0.0, -shift))
        yield Change("relative_translation", words, tuple(Act.of(size, shift=way) for way in ways))
    for setting, scale in (("scale_min", given.scale_min), ("scale_max", given.scale_max)):
        if scale != 100:
            yield Change(setting, f"scaled to {scale:g} %", (Act.of(size, scale=scale / 100),))


def _stronger(given: Augmentation, usual: Augmentation, setting: str) -> bool:
    """Whether the user asks for more than the method does by itself."""
    mine, own = float(getattr(given, setting)), float(getattr(usual, setting))
    return mine < own if setting == "scale_min" else mine > own


def _seen(samples: Sequence[Sample]) -> tuple[Thumbnails, list[str]]:
    """Small gray pictures ``(n, SIDE, SIDE)`` of the samples that can be read, and their classes."""
    looks, labels = [], []
    for sample in samples:
        try:
            pixels = sample.read().astype(np.float32)
        except ImageError:
            continue
        gray = pixels.mean(2) if pixels.ndim == 3 else pixels
        looks.append(cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
        labels.append(sample.label or "")
    return np.array(looks, np.float32).reshape(-1, SIDE, SIDE), labels


def _vectors(looks: Thumbnails) -> Thumbnails:
    """Unit vectors ``(n, SIDE * SIDE)`` whose products are correlations; the light's slow fall is taken off."""
    details = [look - cv2.GaussianBlur(look, (0, 0), SIDE / 6, borderType=cv2.BORDER_REFLECT) for look in looks]
    flat = np.array(details).reshape(len(looks), -1)
    flat -= flat.mean(1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), np.float32)


def _changed(looks: Thumbnails, change: Change) -> Iterator[Thumbnails]:
    for act in change.acts:
        yield _vectors(np.array([act.image(look) for look in looks]))


def _likeness(looks: Thumbnails, change: Change) -> tuple[float, float]:
    """The median correlation of an image with the mean of the others: as it is, and changed."""
    plain = _vectors(looks)
    means = plain.sum(0) - plain
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
    changed = [float(np.median((vectors * means).sum(1))) for vectors in _changed(looks, change)]
    return float(np.median((plain * means).sum(1))), float(np.mean(changed))


def _confused(looks: Thumbnails, labels: Sequence[str], change: Change) -> tuple[float, float] | None:
    """Which share of the images looks most like one of another class, as they are and changed; None where looks tell
    nothing of classes, or no less than before.
    """
    names = np.array(labels)
    plain = _vectors(looks)
    own = np.eye(len(looks), dtype=np.bool_)

    def others(vectors: Thumbnails) -> float:
        nearest = np.where(own, -np.inf, vectors @ plain.T).argmax(1)
        return float((names[nearest] != names).mean())

    before, after = others(plain), float(np.mean([others(vectors) for vectors in _changed(looks, change)]))
    return (before, after) if before <= TOLD and after - before > CONFUSED else None
