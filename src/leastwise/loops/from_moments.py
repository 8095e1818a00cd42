"""`Moments` -> the standardised moments that a descent runs on."""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import Array
from leastwise.moments.kernel import fold_compiled
from leastwise.moments.standardise import StandardisedMoments
from leastwise.moments.state import Moments
from leastwise.solve.scatter import scatter_of

# A variance this small beside the largest square of its column.
HARDLY = 2.0**-40


def standardised(m: Moments, *, intercept: bool = True) -> StandardisedMoments:
    """Standardise moments: centred and scaled in pairs, rounded once at the end.

    Parameters
    ----------
    m : Moments
        Of at least one row.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    StandardisedMoments

    Examples
    --------
    >>> from leastwise.moments.blocks import Rows
    >>> from leastwise.moments.fold import fold_rows
    >>> rows = Rows(np.array([[0.0], [2.0]]), np.array([[1.0], [5.0]]))
    >>> s = standardised(fold_rows(rows))
    >>> s.mean_x.tolist(), s.scale_y.tolist(), s.cross.tolist()
    ([1.0], [2.0], [[1.0]])
    """
    p = m.n_inputs
    s = scatter_of(m, intercept=intercept)
    weight = s.weight.rounded()
    xx, xy, yy = (
        s.xx.rounded() / weight,
        s.xy.rounded() / weight,
        s.yy.rounded() / weight,
    )
    # What is left of a constant column is the error of the Gram.
    noise = s.roundoff * s.extent**2 / weight
    scale_x = _scale(np.diagonal(xx), noise[:p])
    scale_y = _scale(yy, noise[p:])
    varies_x, varies_y = scale_x > 0, scale_y > 0
    down_x = np.where(varies_x, scale_x, np.inf)
    down_y = np.where(varies_y, scale_y, np.inf)
    mean = s.mean.scaled(m.exponent).rounded()
    return StandardisedMoments(
        mean_x=mean[:p],
        mean_y=mean[p:],
        scale_x=np.where(varies_x, np.ldexp(scale_x, m.exponent[:p]), 1.0),
        scale_y=np.where(varies_y, np.ldexp(scale_y, m.exponent[p:]), 1.0),
        gram=xx / np.outer(down_x, down_x),
        cross=xy / np.outer(down_x, down_y),
        yy=yy / down_y**2,
        intercept=intercept,
    )


def _scale(square: Array, noise: Array) -> Array:
    return np.sqrt(np.where(square > noise, square, 0.0))


def quickly(X: Array, Y: Array, *, intercept: bool) -> StandardisedMoments | None:
    """Standardise plain float64 arrays by the compiled fold, or return None.

    Parameters
    ----------
    X, Y : ndarray of float64, shapes (n, p) and (n, k)
        With at least one row.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    StandardisedMoments or None
        None where float64 is not enough to centre the sums, where a column may be
        constant, and where there is no kernel: see `standardised`.
    """
    n, p = X.shape
    shift = np.concatenate([X[0], Y[0]]) if intercept else np.zeros(p + Y.shape[1])
    sums = fold_compiled(X, Y, None, shift, 2)
    if sums is None:
        return None
    local = sums.gram.hi[0, 1:] / n
    inner = sums.gram.hi[1:, 1:] / n
    square = inner.diagonal().copy()
    if intercept:
        inner = inner - np.multiply.outer(local, local)
        left = inner.diagonal()
        # Three bits may cancel, not more.
        if not (left >= 0.125 * square).all():
            return None
        square = left
    # A column that hardly varies is left to the rule of `standardised`.
    if not (square > HARDLY).all():
        return None
    scale = np.sqrt(square)
    unit = inner / np.multiply.outer(scale, scale)
    scale = np.ldexp(scale, sums.exponent)
    mean = shift + np.ldexp(local, sums.exponent) if intercept else shift
    return StandardisedMoments(
        mean_x=mean[:p],
        mean_y=mean[p:],
        scale_x=scale[:p],
        scale_y=scale[p:],
        gram=unit[:p, :p],
        cross=unit[:p, p:],
        yy=np.ones(Y.shape[1]),
        intercept=intercept,
    )
