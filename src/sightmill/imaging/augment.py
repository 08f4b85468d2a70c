"""Random changes of training images: a policy draws acts.

The parameters and what they mean are those of `sightmill.methods.training.Augmentation`; this room lies below
the methods, so it says only which names it reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sightmill.imaging.act import Act

__all__ = ["Policy", "Strengths"]


class Strengths(Protocol):
    """How much may change at random: any settings with these names; 0, False or 100 % is off."""

    @property
    def luminance(self) -> float:
        """Largest change of brightness either way, % of the full range."""

    @property
    def contrast(self) -> float:
        """Largest change of contrast either way, %."""

    @property
    def colour(self) -> float:
        """Largest change of the brightness of each colour either way, %."""

    @property
    def noise(self) -> float:
        """Largest amplitude of uniform noise, % of the full range."""

    @property
    def gaussian_blur(self) -> int:
        """Largest kernel, pixels."""

    @property
    def rotation(self) -> float:
        """Largest angle either way, degrees."""

    @property
    def flip_up_down(self) -> bool:
        """Whether half of the images are mirrored top to bottom."""

    @property
    def flip_left_right(self) -> bool:
        """Whether half of the images are mirrored left to right."""

    @property
    def relative_translation(self) -> float:
        """Largest shift either way in each direction, % of the side."""

    @property
    def scale_min(self) -> float:
        """Smallest scale, %."""

    @property
    def scale_max(self) -> float:
        """Largest scale, %."""

    @property
    def horizontal_shear(self) -> float:
        """Largest angle from the vertical either way, degrees."""

    @property
    def vertical_shear(self) -> float:
        """Largest angle from the horizontal either way, degrees."""


@dataclass(frozen=True)
class Policy:
    """Draws acts at random, as strong as the settings allow."""

    strengths: Strengths

    @classmethod
    def of(cls, settings: Strengths) -> Policy:
        """The policy of any settings with the names of `Strengths`."""
        return cls(settings)

    @property
    def is_identity(self) -> bool:
        """Whether all is off: then each act drawn leaves images as they are."""
        given = self.strengths
        return not (
            given.luminance
            or given.contrast
            or given.colour
            or given.noise
            or given.gaussian_blur > 1
            or given.rotation
            or given.flip_up_down
            or given.flip_left_right
            or given.relative_translation
            or given.scale_min != 100
            or given.scale_max != 100
            or given.horizontal_shear
            or given.vertical_shear
        )

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Act:
        """One act for images (or tiles) of this ``(width, height)``.

        All strengths are drawn evenly between off and their largest value (either way where there are two),
        the noise's amplitude too, so that some images stay nearly as they are; scales evenly in their
        logarithm, so that half and double size are equally likely. Each call takes the same number of values
        from `rng`, whatever is on: switching one change on leaves the others as they were.
        """
        given = self.strengths
        share = rng.random(15)
        either_way = 2 * share - 1
        seed = int(rng.integers(1 << 62))
        smallest, largest = given.scale_min / 100, given.scale_max / 100
        shift = given.relative_translation / 100
        return Act.of(
            size,
            rotation=float(either_way[0]) * given.rotation,
            scale=smallest * (largest / smallest) ** float(share[1]),
            horizontal_shear=float(either_way[2]) * given.horizontal_shear,
            vertical_shear=float(either_way[3]) * given.vertical_shear,
            flip_left_right=given.flip_left_right and bool(share[4] < 0.5),
            flip_up_down=given.flip_up_down and bool(share[5] < 0.5),
            shift=(float(either_way[6]) * shift * size[0], float(either_way[7]) * shift * size[1]),
            contrast=1 + float(either_way[11]) * given.contrast / 100,
            tint=tuple(1 + float(way) * given.colour / 100 for way in either_way[12:]),
            offset=float(either_way[8]) * given.luminance / 100,
            noise=float(share[9]) * given.noise / 100,
            blur=int(share[10] * (given.gaussian_blur + 1)),
            seed=seed,
        )
