"""The shortest way from arrays to a fit, for those who make thousands of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from leastwise.engine.plan import fit_rows
from leastwise.engine.quick import fit_quickly
from leastwise.model.array_fit import ArrayFit
from leastwise.moments.blocks import NotFiniteError, Rows

FLOAT = np.dtype(np.float64)


def fit_arrays(
    X: Any, y: Any, *, weights: Any = None, intercept: bool = True
) -> ArrayFit:
    """Fit by least squares and return numbers without names.

    The same fit as `ols(y=y, X=X)`, from the same moments and with the same
    certificate, without what costs time beside a small fit: names, a recipe for new
    data, notes. Missing values are refused, not dropped.

    Parameters
    ----------
    X : array_like, shape (n, p) or (n,)
        Inputs without a column of ones.
    y : array_like, shape (n,) or (n, k)
        One target, or several.
    weights : array_like, shape (n,), optional
        Analytic weights, 0 or more: the variance of a row is sigma^2 / weight.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    ArrayFit

    Raises
    ------
    DataError
        When the data cannot be used; names the column, the row and the value.

    References
    ----------
    Björck (1996), doi:10.1137/1.9781611971484.

    Examples
    --------
    >>> import numpy as np
    >>> import leastwise as lw
    >>> celsius = np.array([[0.0], [10.0], [25.0], [40.0]])
    >>> f = lw.fit_arrays(celsius, 32.0 + 1.8 * celsius[:, 0])
    >>> f.coefficients.tolist()
    [32.0, 1.8]
    """
    if (
        weights is None
        and type(X) is np.ndarray
        and type(y) is np.ndarray
        and X.dtype == y.dtype == FLOAT
        and X.ndim == 2
        and 1 <= y.ndim <= 2
        and len(X) == len(y) > 0
    ):
        Y = y if y.ndim == 2 else y[:, None]
        if Y.shape[1] and (X.shape[1] or intercept):
            quick = fit_quickly(X, Y, intercept=intercept)
            if quick is not None:
                return ArrayFit(*quick, single=y.ndim == 1)
            with suppress(NotFiniteError):
                solved = fit_rows(Rows(X, Y), intercept=intercept)
                return ArrayFit(solved.fit, solved.plan, single=y.ndim == 1)
    return _with_care(X, y, weights, intercept)


def _with_care(X: Any, y: Any, weights: Any, intercept: bool) -> ArrayFit:
    from leastwise.design.matrix import Taken, design_from_arrays
    from leastwise.engine.rows import rows_of
    from leastwise.rows.arrays import as_targets

    targets = as_targets(y)
    _, design = design_from_arrays(
        X, targets, weights=weights, taken=Taken("error"), intercept=intercept
    )
    solved = fit_rows(rows_of(design), intercept=intercept)
    return ArrayFit(solved.fit, solved.plan, targets.flat)
