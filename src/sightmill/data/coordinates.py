"""The conventions of pixels, angles and units, and maps between coordinates.

Pixels
    An image is an array of shape ``(height, width)`` or ``(height, width, 3)``; row 0 is the top row.
    Coordinates are ``x`` to the right and ``y`` down, in pixels, from the top-left **corner** of the
    top-left pixel. So pixel ``(row, column)`` covers ``column <= x < column + 1`` and
    ``row <= y < row + 1``, its centre is ``(column + 0.5, row + 0.5)``, and an image of width W spans
    ``0 <= x <= W``. (COCO and YOLO boxes follow the same convention.)
Angles
    Degrees, clockwise as seen on the screen (x to the right, y down), 0 along +x, in ``[-90, 90)`` for
    boxes, where a half turn changes nothing.
Matrices
    An affine matrix is a float array of shape ``(2, 3)`` acting on column vectors ``(x, y, 1)`` in the
    coordinates above. OpenCV counts from pixel centres: `centre_matrix` turns one into the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sightmill.data.outlines import FloatArray

__all__ = ["centre_matrix", "transform_points"]


def transform_points(points: npt.ArrayLike, matrix: npt.ArrayLike) -> FloatArray:
    """Apply an affine ``(2, 3)`` matrix to points ``(N, 2)``; returns ``(N, 2)``."""
    moved = np.asarray(points, np.float64).reshape(-1, 2)
    matrix = np.asarray(matrix, np.float64)
    transformed: FloatArray = moved @ matrix[:, :2].T + matrix[:, 2]
    return transformed


def centre_matrix(matrix: npt.ArrayLike) -> FloatArray:
    """The same affine map for software that puts (0, 0) at the *centre* of the first pixel (OpenCV)."""
    matrix = np.asarray(matrix, np.float64)
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    return shifted
