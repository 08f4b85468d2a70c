"""A fair sample of vectors that stream by, in bounded memory."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Reservoir"]


class Reservoir:
    """Keeps at most `size` vectors ``(D,)``, each that came by with the same chance.

    Each vector draws a random key; the largest keys stay. (Efraimidis & Spirakis, "Weighted random sampling with a
    reservoir" (2006), with equal weights.)
    """

    def __init__(self, size: int, generator: torch.Generator) -> None:
        self.size = size
        self.seen = 0
        self._generator = generator
        #: Of each place: the key of what lies there, and how many came before it. The vectors lie in `_kept`.
        self._keys = torch.zeros(0)
        self._arrival = torch.zeros(0, dtype=torch.int64)
        self._kept: Tensor | None = None

    def add(self, vectors: Tensor) -> None:
        """Take in ``(N, D)``."""
        if not len(vectors):
            return
        if self._kept is None:  # the system gives memory to what is written only
            self._kept = torch.empty(self.size, vectors.shape[1])
        keys = torch.rand(len(vectors), generator=self._generator)
        arrival = torch.arange(self.seen, self.seen + len(vectors))
        self.seen += len(vectors)
        held = len(self._keys)
        both = torch.cat([self._keys, keys])
        stays = torch.zeros(len(both), dtype=torch.bool)
        stays[both.topk(min(self.size, len(both))).indices] = True
        entering = stays[held:].nonzero()[:, 0]
        fresh = torch.arange(held, min(held + len(entering), self.size))
        places = torch.cat([(~stays[:held]).nonzero()[:, 0], fresh])
        self._keys = torch.cat([self._keys, torch.zeros(len(fresh))])
        self._arrival = torch.cat([self._arrival, torch.zeros(len(fresh), dtype=torch.int64)])
        self._keys[places], self._arrival[places] = keys[entering], arrival[entering]
        self._kept[places] = vectors.detach().float().cpu()[entering]

    @property
    def vectors(self) -> Tensor:
        """What was kept ``(n, D)``, in the order it came; ``(0, 0)`` before anything came."""
        return torch.zeros(0, 0) if self._kept is None else self._kept[self._arrival.argsort()]
