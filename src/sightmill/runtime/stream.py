"""Images made ready for the network while it works on the ones before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightmill.data.sample import Sample
from sightmill.errors import DataError, ImageError
from sightmill.imaging.view import Frame, View

__all__ = ["Prepared", "prepare", "prepared_in_order"]

_MOST_BYTES_AHEAD = 256 << 20


@dataclass(frozen=True, eq=False)
class Prepared:
    """A sample with its pixels cut to the network's input.

    Parameters
    ----------
    tiles : ``(T, h, w, C)`` in the image's own depth: a quarter of the memory of float32.
    frame : the way back.
    """

    sample: Sample
    tiles: npt.NDArray[Any]
    frame: Frame


def prepare(sample: Sample, view: View) -> Prepared:
    """Read a sample and cut it to the network's input; raises `DataError` that names the sample."""
    where = sample.name or ("image" if isinstance(sample.image, np.ndarray) else str(sample.image))
    try:
        image = sample.read()
        frame = view.frame((image.shape[1], image.shape[0]), sample.roi)
        return Prepared(sample, view.pixels(image, frame), frame)
    except DataError as error:
        if error.where is not None:
            raise
        raise type(error)(error.what, where=where, got=error.got, allowed=error.allowed, remedy=error.remedy) from error
    except MemoryError as error:
        raise ImageError("the image is too large for this machine's memory", where=where) from error
    except (OSError, cv2.error) as error:
        raise ImageError(f"the image cannot be read ({error})", where=where) from error


def prepared_in_order(
    samples: Iterable[Sample], view: View, *, ahead: int, workers: int = 2
) -> Iterator[tuple[Sample, Prepared | DataError]]:
    """Each sample in order, prepared by threads, or with the error that keeps it from being used.

    Parameters
    ----------
    ahead : most images taken from `samples` before they are asked for; fewer when they are large.
    workers : threads that read and resize.
    """
    source = iter(samples)
    waiting: deque[tuple[Sample, Future[Prepared]]] = deque()
    room = min(workers, ahead)  # until it is known how large the images are
    largest = 1
    pool = ThreadPoolExecutor(workers, thread_name_prefix="sightmill-images")
    try:
        while True:
            while len(waiting) < room and (sample := next(source, None)) is not None:
                waiting.append((sample, pool.submit(prepare, sample, view)))
            if not waiting:
                return
            sample, future = waiting.popleft()
            answer: Prepared | DataError
            try:
                answer = future.result()
                largest = max(largest, answer.tiles.nbytes)
                room = max(min(ahead, _MOST_BYTES_AHEAD // largest), 1)
            except DataError as error:
                answer = error
            yield sample, answer
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
