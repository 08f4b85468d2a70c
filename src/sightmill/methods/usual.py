"""Several kinds of evidence in one number for each place: each less what is usual of it, near the border too.

Good images differ all over, too: a part from another lot, another exposure. Such a level says nothing of a defect, but
hides those of calm images behind good images that are strange everywhere. So each image is judged beside its own level,
as far as good images differ in theirs; a surface that is strange all over, beyond that, still counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightmill.methods.borders import STEPS, border_profile, evened, no_profile

__all__ = ["FACTS", "LEVEL", "REACH", "Usual", "counted", "highest", "level"]

#: A signal counts from so many deviations below what good images show at most. What lies lower is of no defect, and
#: differs from part to part: it would only blur the other evidence.
REACH = 1.0
#: Numbers of `Usual.packed` for each kind.
FACTS = 2 * STEPS + 5
#: The level of an image: what a share of its places stays below, in percent. Defects may cover most of it.
LEVEL = 25.0
#: Levels count for nothing up to what a share of good images has, in percent: one odd image is to excuse no other.
ORDINARY = 75.0
#: Fewer good images do not tell how levels differ: then they count.
FEWEST = 10

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Usual:
    """What good images usually show of each of K kinds of evidence, and what the kinds count for.

    Parameters
    ----------
    profiles : ``(K, 2, STEPS)``, near the border: `borders.border_profile` of each kind.
    calmest, slack : ``(K,)``: the lowest level of a good image, and how far above it is that of an ordinary one.
    centre, spread : ``(K,)``, of the good images' scores: their middle, and how much they differ, above 0.
    share : ``(K,)``, >= 0.
    """

    profiles: FloatArray
    calmest: FloatArray
    slack: FloatArray
    centre: FloatArray
    spread: FloatArray
    share: FloatArray

    @classmethod
    def unknown(cls, share: Sequence[float]) -> Usual:
        """Before there were good images: evidence counts as it is."""
        kinds = len(share)
        profiles = np.stack([no_profile()] * kinds)
        nothing = np.zeros(kinds, np.float32)
        return cls(profiles, nothing, nothing, nothing, np.ones(kinds, np.float32), np.asarray(share, np.float32))

    @classmethod
    def of(
        cls,
        kinds: Sequence[Sequence[FloatArray]],
        steps: Sequence[FloatArray],
        *,
        percent: float,
        share: Sequence[float],
    ) -> Usual:
        """Of good images: for each kind the places ``(n,)`` of each image; their `border_steps`; and the share of
        highest values, in percent, that is an image's score.
        """
        if not steps:
            return cls.unknown(share)
        profiles, calmest, slack, centre, spread = [], [], [], [], []
        for images in kinds:
            profile = border_profile(images, steps)
            even = [evened(places, near, profile) for places, near in zip(images, steps, strict=True)]
            levels = [level(places, near) for places, near in zip(even, steps, strict=True)]
            lowest = min(levels)
            ordinary = np.percentile(levels, ORDINARY) if len(levels) >= FEWEST else lowest
            excused = np.minimum(levels, ordinary) - lowest
            scores = np.array([highest(places, percent) for places in even]) - excused
            profiles.append(profile)
            calmest.append(lowest)
            slack.append(excused.max())
            centre.append(float(np.median(scores)))
            # The deviation of few images says little: a hundredth of the score keeps it from vanishing.
            spread.append(float(np.std(scores, ddof=len(scores) > 1)) + 0.01 * abs(centre[-1]) + 1e-6)
        told = (np.asarray(values, np.float32) for values in (calmest, slack, centre, spread, share))
        return cls(np.stack(profiles), *told)

    @classmethod
    def unpacked(cls, facts: npt.ArrayLike) -> Usual:
        """From `packed`."""
        rows = np.asarray(facts, np.float32)
        profiles = rows[:, : 2 * STEPS].reshape(-1, 2, STEPS)
        return cls(profiles, *rows[:, 2 * STEPS :].T)

    def packed(self) -> FloatArray:
        """All of it in one array ``(K, FACTS)``, which a network can answer."""
        rest = (part[:, None] for part in (self.calmest, self.slack, self.centre, self.spread, self.share))
        return np.concatenate([self.profiles.reshape(len(self.share), -1), *rest], 1).astype(np.float32)

    def standing(self, kind: int, values: FloatArray, steps: FloatArray) -> FloatArray:
        """Evidence of one kind, all of an image, in deviations from the good images' scores: arrays of one shape."""
        even = evened(values, steps, self.profiles[kind])
        if self.slack[kind] > 0:
            even = even - np.clip(level(even, steps) - self.calmest[kind], 0, self.slack[kind])
        return np.asarray((even - self.centre[kind]) / self.spread[kind], np.float32)

    def added(self, kinds: Sequence[FloatArray], steps: FloatArray, signals: Sequence[bool]) -> FloatArray:
        """All kinds of evidence in one number for each place of an image: arrays of one shape.

        Parameters
        ----------
        kinds : what places show of each kind; `steps` are their `border_steps`.
        signals : of each kind, whether only what stands out counts (`counted`).
        """
        total = np.zeros(steps.shape, np.float32)
        for kind, (values, is_signal) in enumerate(zip(kinds, signals, strict=True)):
            if self.share[kind]:
                total += self.share[kind] * counted(self.standing(kind, values, steps), is_signal)
        return total


def counted(standing: FloatArray, is_signal: bool) -> FloatArray:
    """What a standing counts for: itself, or, of a signal, how far above `REACH` deviations below usual it is."""
    return np.maximum(standing + REACH, 0) if is_signal else standing


def level(values: FloatArray, steps: FloatArray) -> float:
    """What `LEVEL` percent of an image's places stay below; the outermost, and what does not count, are left out."""
    within = values[steps >= 1]
    places = (within if within.size else values).reshape(-1)
    # As np.percentile says, which takes ten times as long for so few places.
    last = len(places) - 1
    at = LEVEL / 100 * last
    below = int(at)
    lower, upper = np.partition(places, (below, min(below + 1, last)))[[below, min(below + 1, last)]]
    return float(lower + (at - below) * (upper - lower))


def highest(values: npt.NDArray[np.floating], percent: float) -> float:
    """The mean of the highest of values ``(n,)``, over a share of them in percent; of one at least."""
    count = max(round(percent / 100 * len(values)), 1)
    return float(np.partition(values, len(values) - count)[-count:].mean())
