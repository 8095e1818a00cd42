"""`descend`: gradient descent on arrays, in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.engine.plan import first_tier
from leastwise.loops.descent import Descent
from leastwise.loops.descent import descend as descend_on
from leastwise.loops.descent_compiled import descend_quickly
from leastwise.loops.from_moments import standardised
from leastwise.loops.optimiser import GradientDescent
from leastwise.moments.fold import fold_rows
from leastwise.moments.standardise import StandardisedMoments

FLOAT = np.dtype(np.float64)


def descend(
    X: Any,
    y: Any,
    solver: GradientDescent | None = None,
    *,
    weights: Any = None,
    intercept: bool = True,
) -> Descent:
    """Standardise rows, descend on the mean squared error, restore the units.

    The iterates are those of a loop over the rows that steps against the gradient with
    a fixed rate, in standardised units; they are computed from the moments of the rows
    in closed form, so that 5,000 steps cost what one does. There is no inference in
    it: ``ols(..., solver=GradientDescent())`` has standard errors.

    Parameters
    ----------
    X : array_like, shape (n, p) or (n,)
        Inputs without a column of ones.
    y : array_like, shape (n,) or (n, k)
        One target, or several.
    solver : GradientDescent, optional
        Rate, steps, tolerance and start. With ``tolerance=0`` it takes all steps.
    weights : array_like, shape (n,), optional
        Analytic weights, 0 or more.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    Descent
        With the coefficients of the last step, the status and the trace;
        `Descent.at` has those of any step.

    Raises
    ------
    DataError
        When the data cannot be used; names the column, the row and the value.
    RequestError
        For a rate, a number of steps or a start that cannot be.

    References
    ----------
    Nesterov (2004), doi:10.1007/978-1-4419-8853-9, section 1.2.

    Examples
    --------
    >>> import numpy as np
    >>> import leastwise as lw
    >>> celsius = np.array([[0.0], [10.0], [25.0], [40.0]])
    >>> y = 32 + 1.8 * celsius[:, 0]
    >>> way = lw.descend(celsius, y, lw.GradientDescent(rate=0.1))
    >>> way.status.value, way.coefficients.round(9).tolist()
    ('converged', [32.0, 1.8])
    >>> way.at(3).round(3).tolist()
    [49.28, 0.878]
    """
    how = GradientDescent() if solver is None else solver
    if not isinstance(how, GradientDescent):
        raise RequestError(
            f"solver={solver!r} has no closed form",
            fix="Give leastwise.GradientDescent(), or use ols(..., solver=...)",
        )
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
        way = descend_quickly(X, Y, how, intercept=intercept, single=y.ndim == 1)
        if way is not None:
            return way
    moments, single = _with_care(X, y, weights, intercept)
    return descend_on(moments, how, single=single)


def _with_care(
    X: Any, y: Any, weights: Any, intercept: bool
) -> tuple[StandardisedMoments, bool]:
    from leastwise.design.matrix import Taken, design_from_arrays
    from leastwise.engine.rows import rows_of
    from leastwise.rows.arrays import as_targets

    targets = as_targets(y)
    _, design = design_from_arrays(
        X, targets, weights=weights, taken=Taken("error"), intercept=intercept
    )
    rows = rows_of(design)
    tier = first_tier(rows.X.shape[0] * (1 + rows.X.shape[1] + rows.Y.shape[1]) ** 2)
    return standardised(fold_rows(rows, slices=tier), intercept=intercept), targets.flat
