"""A second pass over the rows, with a fit in hand, in the units of the first."""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import Double
from leastwise.moments.fold import Rows, blocks, survey


def residual_sums(rows: Rows, slopes: Double, level: Double) -> Double:
    """Sum the weighted squared residuals of each target, in pairs of float64.

    Where a fit is nearly exact, ``y'y - b'X'y`` is the small difference of large
    numbers; the residuals themselves are not.

    Parameters
    ----------
    rows : Rows
        The rows that were folded.
    slopes : Double, shape (p, k)
        Coefficients in scaled units about the shift, in all their digits.
    level : Double, shape (k,)
        The value at the shift.

    Returns
    -------
    Double, shape (k,)
        In units of ``2**(2 * exponent)`` of each target and of the weights.
    """
    frame = survey(rows)
    p, k = slopes.shape
    total = Double.zeros(k)
    for u, low, w in blocks(rows, frame):
        for target in range(k):
            residual = Double(u[:, 1 + p + target], low[:, 1 + p + target])
            residual = residual - _repeat(level[target], len(u))
            for j in range(p):
                column = Double(u[:, 1 + j], low[:, 1 + j])
                residual = residual - column * _repeat(slopes[j, target], len(u))
            square = residual * residual
            if w is not None:
                square = square * Double.of(w)
            total = _add_at(total, target, square.sum())
    return total


def _repeat(value: Double, n: int) -> Double:
    return Double(np.broadcast_to(value.hi, n), np.broadcast_to(value.lo, n))


def _add_at(total: Double, index: int, value: Double) -> Double:
    hi, lo = total.hi.copy(), total.lo.copy()
    entry = total[index] + value
    hi[index], lo[index] = entry.hi, entry.lo
    return Double(hi, lo)
