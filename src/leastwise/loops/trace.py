"""What a descent writes down on its way, at a bounded number of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MOST_POINTS = 512
DENSE_POINTS = 64


@dataclass(frozen=True)
class Trace:
    """A descent as it went, at steps that grow apart.

    Every step of the first 64 is there, then steps in a geometric series, then
    the last: at most 512 points, so that a page can hold and play them.

    Attributes
    ----------
    step : ndarray of int, shape (t,)
        Step numbers; 0 is the start.
    loss : ndarray, shape (t,)
        Mean squared error of the standardised targets, summed over targets.
    gradient_norm : ndarray, shape (t,)
        Norm of the gradient of that loss.
    distance : ndarray, shape (t,)
        Norm of the difference to the exact standardised coefficients.
    standardised : ndarray, shape (t, m, k)
        Standardised coefficients.
    coefficients : ndarray, shape (t, m, k)
        Coefficients in original units.
    """

    step: Array
    loss: Array
    gradient_norm: Array
    distance: Array
    standardised: Array
    coefficients: Array


def recorded_steps(steps: int) -> Array:
    """Choose which of `steps` steps to write down: 512 numbers, never falling.

    The last is `steps` and is repeated to fill, so that every descent has the
    same shape and is compiled once.

    Examples
    --------
    >>> recorded_steps(5000)[[0, 1, 63, 64, -1]].tolist()
    [0, 1, 63, 64, 5000]
    >>> recorded_steps(3)[:6].tolist()
    [0, 1, 2, 3, 3, 3]
    """
    dense = np.arange(DENSE_POINTS)
    top = max(steps, DENSE_POINTS)
    spread = np.geomspace(DENSE_POINTS, top, MOST_POINTS - DENSE_POINTS)
    chosen = np.unique(
        np.concatenate([dense, np.rint(spread), [steps]]).astype(np.int64)
    )
    chosen = chosen[chosen <= steps]
    return np.concatenate([chosen, np.full(MOST_POINTS, steps)])[:MOST_POINTS]
