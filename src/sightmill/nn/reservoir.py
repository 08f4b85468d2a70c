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
        self._keys = torch.zeros(0)
        self._kept: Tensor | None = None

    def add(self, vectors: Tensor) -> None:
        """Take in ``(N, D)``."""
        if not len(vectors):
            return
        self.seen += len(vectors)
        vectors = vectors.detach().float().cpu()
        self._kept = vectors if self._kept is None else torch.cat([self._kept, vectors])
        self._keys = torch.cat([self._keys, torch.rand(len(vectors), generator=self._generator)])
        if len(self._keys) > self.size:
            top = self._keys.topk(self.size).indices.sort().values
            self._kept, self._keys = self._kept[top], self._keys[top]

    @property
    def vectors(self) -> Tensor:
        """What was kept ``(n, D)``, in the order it came; ``(0, 0)`` before anything came."""
        return torch.zeros(0, 0) if self._kept is None else self._kept
