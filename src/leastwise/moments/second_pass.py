"""A second pass over the rows, with a fit in hand, in the units of the first."""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import Array, Double
from leastwise.moments.fold import Frame, Rows, blocks, first_row
from leastwise.moments.state import Moments


def residual_sums(
    rows: Rows, m: Moments, slopes: Double, level: Double
) -> tuple[Double, Array]:
    """Sum the weighted squared residuals of each target, in pairs of float64.

    Where a fit is nearly exact, ``y'y - b'X'y`` is the small difference of large
    numbers; the residuals themselves are not.

    Parameters
    ----------
    rows : Rows
        The rows that were folded.
    m : Moments
        What they were folded into: its shift and scale are used again.
    slopes : Double, shape (p, k)
        Coefficients in scaled units about the shift, in all their digits.
    level : Double, shape (k,)
        The value at the shift.

    Returns
    -------
    sums : Double, shape (k,)
        In units of ``2**(2 * exponent)`` of each target and of the weights.
    largest : ndarray, shape (k,)
        Largest residual of a row, whatever its weight, in units of ``2**exponent``.
    """
    # The sizes of values are not looked at in a second pass.
    frame = Frame(first_row(rows), m.exponent, m.weight_exponent, m.grain)
    p, k = slopes.shape
    total = Double.zeros(k)
    largest = np.zeros(k)
    for u, low, w in blocks(rows, frame):
        for target in range(k):
            residual = Double(u[:, 1 + p + target], low[:, 1 + p + target])
            residual = residual - _repeat(level[target], len(u))
            for j in range(p):
                column = Double(u[:, 1 + j], low[:, 1 + j])
                residual = residual - column * _repeat(slopes[j, target], len(u))
            largest[target] = max(largest[target], np.abs(residual.hi).max())
            square = residual * residual
            if w is not None:
                square = square * Double.of(w)
            total = _add_at(total, target, square.sum())
    return total, largest


def _repeat(value: Double, n: int) -> Double:
    return Double(np.broadcast_to(value.hi, n), np.broadcast_to(value.lo, n))


def _add_at(total: Double, index: int, value: Double) -> Double:
    hi, lo = total.hi.copy(), total.lo.copy()
    entry = total[index] + value
    hi[index], lo[index] = entry.hi, entry.lo
    return Double(hi, lo)
