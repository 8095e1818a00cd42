"""Rows in another basis, for columns that nearly agree.

Moments of columns whose condition is c lose c^2 of their digits. The first fit knows
combinations of the columns that have nothing to do with each other; the same rows in
those, made in pairs of float64, have moments that lose almost nothing. This is what
orthogonal polynomials do for powers, found for any columns.

Y. Yamamoto and others (2015), CholeskyQR2, doi:10.1137/1.9781611974690.ch3.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise.moments.blocks import Frame, Rows, blocks, first_row
from leastwise.moments.double import Array, Double
from leastwise.moments.fold import fold_rows
from leastwise.moments.state import Moments

# Of one sum and one product of pairs.
STEP_ROUNDOFF = 2.0**-103


def rebased_rows(rows: Rows, m: Moments, change: Array, *, about_zero: bool) -> Rows:
    """Return rows of ``z = u change`` and of the scaled targets.

    Parameters
    ----------
    rows : Rows
        The rows that were folded.
    m : Moments
        What they were folded into: u is measured in its units from its shift.
    change : ndarray, shape (p, p)
        The combinations, one a column.
    about_zero : bool
        Whether u is measured from zero: there is no intercept.
    """
    frame = Frame(first_row(rows), m.exponent, m.weight_exponent, m.grain)
    n, p = rows.X.shape
    shift = m.shift.scaled(-m.exponent)
    X, Y = _empty((n, p)), _empty(rows.Y.shape)
    start = 0
    for u, low, _ in blocks(rows, frame):
        part = slice(start, start + len(u))
        start += len(u)
        whole = Double(u[:, 1:], low[:, 1:])
        if about_zero:
            whole = whole + shift[None, :]
        z = in_basis(whole[:, :p], change)
        X.hi[part], X.lo[part] = z.hi, z.lo
        Y.hi[part], Y.lo[part] = whole.hi[:, p:], whole.lo[:, p:]
    return Rows(
        X.hi,
        Y.hi,
        rows.weights,
        # The rounding of the data was judged in the units of the data.
        roundoff=np.zeros(p + Y.shape[1]),
        X_low=X.lo,
        Y_low=Y.lo,
    )


def fold_rebased(rows: Rows, m: Moments, change: Array, *, about_zero: bool) -> Moments:
    """Fold rows that `rebased_rows` made, their own error counted.

    Parameters
    ----------
    rows : Rows
        What it returned.
    m, change, about_zero
        What it was given.
    """
    p = len(change)
    folded = fold_rows(rows)
    size = m.extent[1 : p + 1] / m.extent[0]
    if about_zero:
        size = size + np.abs(m.shift.scaled(-m.exponent).hi[:p])
    # A sum of products in pairs, beside what is left of it.
    left = np.ldexp(folded.extent[1 : p + 1], folded.exponent[:p]) / folded.extent[0]
    error = (p + 1.0) * STEP_ROUNDOFF * float(np.max((size @ np.abs(change)) / left))
    return replace(folded, roundoff=folded.roundoff + 2.0 * error)


def in_basis(u: Double, change: Array) -> Double:
    """Multiply rows of pairs with a matrix of float64."""
    total = Double.zeros((len(u), change.shape[1]))
    for i, row in enumerate(change):
        used = np.flatnonzero(row)
        if not len(used):
            continue
        term = u[:, i, None] * Double.of(row[used])[None, :]
        some = total[:, used] + term
        total.hi[:, used], total.lo[:, used] = some.hi, some.lo
    return total


def _empty(shape: tuple[int, ...]) -> Double:
    return Double(np.empty(shape), np.empty(shape))
