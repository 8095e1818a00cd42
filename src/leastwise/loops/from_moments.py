"""`Moments` -> the standardised moments that a descent runs on."""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import Array
from leastwise.moments.standardise import StandardisedMoments
from leastwise.moments.state import Moments
from leastwise.solve.scatter import scatter_of


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
