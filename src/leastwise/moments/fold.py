"""Rows -> `Moments`: the one seam to BLAS and to the compiled kernel.

A float64 Gram rounds every product. Here each column is first shifted by the
first row (the error of that subtraction is kept), scaled by a power of two to
at most 1, and cut into slices of 20 bits. The product of two slices, summed over
4096 rows, fits 53 bits: the matrix product is *exact*, whatever the order or the
threads. Only the last, smallest slice is rounded. With one slice this is an
ordinary Gram; a second and a third make its error 2^21 and 2^42 times smaller.

Ozaki, Ogita, Oishi and Rump (2012), doi:10.1007/s11075-011-9478-1.
"""

from __future__ import annotations

import numpy as np

from leastwise.moments.blocks import (
    Rows,
    first_row,
    low_parts,
    scaled_weights,
    shift_of,
    weight_exponent_of,
)
from leastwise.moments.fold_numpy import fold_numpy
from leastwise.moments.kernel import Sums, fold_compiled, has_kernel
from leastwise.moments.state import Moments, beside

# The last slice rounds against the largest value of a column, not against its
# root mean square; the extent of a column is at least this part of the largest.
EXTENT_FLOOR = 2.0**-3
LEAST_EXTENT = 0.5


def fold_rows(rows: Rows, *, slices: int = 3) -> Moments:
    """Fold rows into moments.

    Parameters
    ----------
    rows : Rows
        At least one row; finite values; positive weights.
    slices : {1, 2, 3}
        How finely to cut; see `gram_roundoff` for what each is good to.

    Returns
    -------
    Moments

    Raises
    ------
    NotFiniteError
        When a value is not a number, or infinite.

    Examples
    --------
    >>> m = fold_rows(Rows(np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]])))
    >>> m.count, float(m.weight_sum.hi)
    (2, 2.0)
    """
    n, p = rows.X.shape
    weight_exponent = weight_exponent_of(rows.weights)
    sums = _fold_compiled(rows, weight_exponent, slices) or fold_numpy(rows, slices)
    # Nothing is smaller than the rounding of the last slice, whatever the weights.
    floor = max(LEAST_EXTENT, EXTENT_FLOOR * np.sqrt(n)) if slices > 1 else 0.0
    diagonal = np.sqrt(np.maximum(np.diagonal(sums.gram.hi), 0.0))
    unit = np.full(len(sums.largest), 2.0**-53)
    weights = rows.weights
    return Moments(
        count=n,
        gram=sums.gram,
        shift=shift_of(rows),
        exponent=sums.exponent,
        weight_exponent=weight_exponent,
        grain=(unit if rows.roundoff is None else rows.roundoff) * sums.largest,
        extent=np.maximum(diagonal, floor),
        log_weight=0.0 if weights is None else float(np.sum(np.log(weights))),
        roundoff=sums.roundoff,
        n_inputs=p,
        kernel=sums.kernel,
    )


def add_targets(m: Moments, rows: Rows, *, slices: int = 3) -> Moments:
    """Add targets to moments that exist, from their rows with the new targets.

    Parameters
    ----------
    m : Moments
        Of the same inputs and weights.
    rows : Rows
        The inputs and weights again, in any order of rows, with the new targets
        alone in Y.
    slices : {1, 2, 3}
        As in `fold_rows`.

    Returns
    -------
    Moments
        With the targets of `m` first, then the new ones; see
        `leastwise.moments.state.beside` for products between the two.

    Raises
    ------
    ValueError
        When the rows are not those of `m`.

    Examples
    --------
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
    >>> add_targets(fold_rows(Rows(x, y)), Rows(x, 2 * y)).n_targets
    2
    """
    return beside(m, fold_rows(rows, slices=slices))


def _fold_compiled(rows: Rows, weight_exponent: int, slices: int) -> Sums | None:
    if not has_kernel():
        return None
    w = scaled_weights(rows, weight_exponent)
    low = low_parts(rows)
    return fold_compiled(rows.X, rows.Y, w, first_row(rows), slices, low=low)
