"""A fit as a second pass over the rows reads it."""

from __future__ import annotations

import numpy as np

from leastwise.moments.double import Array
from leastwise.moments.fitted import Fitted
from leastwise.moments.state import Moments
from leastwise.solve.result import Fit


def fitted_of(m: Moments, fit: Fit) -> Fitted:
    """Return a fit in the scaled units of the moments it came from.

    Parameters
    ----------
    m : Moments
        The moments.
    fit : Fit
        Their solution.
    """
    p = m.n_inputs
    root = np.ldexp(fit.root, m.exponent[:p][None, :]) * 2.0 ** (
        m.weight_exponent / 2.0
    )
    if fit.intercept:
        mean = (m.gram[0, 1 : p + 1] / m.gram[0, 0]).rounded()
        beside = 1.0 / float(m.gram.hi[0, 0])
    else:
        mean = -m.shift[:p].scaled(-m.exponent[:p]).rounded()
        beside = 0.0
    return Fitted(fit.slopes, fit.level, mean, _lower(root), beside)


def _lower(root: Array) -> Array:
    """Return a lower triangle of the same lengths: that of a least-norm fit is full."""
    if not np.triu(root, 1).any():
        return root
    triangle = np.asarray(np.linalg.qr(root[:, ::-1], mode="r"))
    return np.asarray(triangle[::-1, ::-1])
