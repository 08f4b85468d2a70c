"""Supply: images painted in processes of their own, so that the network never waits for a picture."""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["Supply"]


@dataclass(frozen=True)
class Supply:
    """Batches of procedural images of mixed sizes, endlessly.

    Parameters
    ----------
    sizes : side in pixels -> how often a batch has it (relative).
    pixels : pixels of one batch; small images come in larger batches, so all cost about the same.
    margin : pixels added to each side's length for the teachers' shifted windows.
    painters : number of processes.
    seed : of the first painter; the others follow. A resumed run passes another seed, so no image comes twice.
    """

    sizes: dict[int, float]
    pixels: int
    margin: int
    painters: int
    seed: int

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield batches ``(B, side + margin, side + margin, 3)`` uint8 RGB until the iterator is closed."""
        context = multiprocessing.get_context("spawn")
        waiting: multiprocessing.Queue[np.ndarray] = context.Queue(maxsize=4)
        stop = context.Event()
        workers = [
            context.Process(target=_paint, args=(self, self.seed * 1009 + number, waiting, stop), daemon=True)
            for number in range(self.painters)
        ]
        for worker in workers:
            worker.start()
        try:
            while True:
                try:
                    yield waiting.get(timeout=5)
                except queue.Empty:
                    if not any(worker.is_alive() for worker in workers):
                        raise SystemExit("All painters have died; see their messages above.") from None
        finally:
            stop.set()
            for worker in workers:
                worker.terminate()


def _paint(supply: Supply, seed: int, waiting: multiprocessing.Queue[np.ndarray], stop: object) -> None:
    import os
    import signal

    import cv2

    from pretraining.images import Painter

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the trainer decides when to stop
    cv2.setNumThreads(1)
    parent = os.getppid()
    painter = Painter(seed)
    sides, shares = list(supply.sizes), np.array(list(supply.sizes.values()))
    while not stop.is_set():  # type: ignore[attr-defined]  # multiprocessing's Event has no public type
        side = int(painter.rng.choice(sides, p=shares / shares.sum()))
        count = max(2, round(supply.pixels / side**2))
        images = painter.batch(count, side + supply.margin)
        while True:
            if stop.is_set() or os.getppid() != parent:  # type: ignore[attr-defined]  # as above
                return
            try:
                waiting.put(images, timeout=2)
                break
            except queue.Full:
                time.sleep(0.05)
