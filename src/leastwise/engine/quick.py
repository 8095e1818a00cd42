"""Small plain arrays: folded and solved in one call of the compiled kernel.

What it returns is what `leastwise.engine.plan.fit_rows` returns, to the last digits
that are certified; where anything is out of the ordinary it returns nothing, and
that way is taken.
"""

from __future__ import annotations

import numpy as np

from leastwise.engine.plan import (
    ENOUGH_DIGITS,
    SMALL_REASON,
    TARGET_DIGITS,
    Plan,
    first_tier,
    may_be_rebased,
)
from leastwise.moments.double import Array
from leastwise.moments.kernel import (
    PRODUCTS,
    is_read,
    kernel_roundoff,
    rows_at,
    threads_for,
)
from leastwise.solve.compiled import fit_compiled
from leastwise.solve.fit import MOST_IN_FINE_PAIRS
from leastwise.solve.result import Fit, Weighing, fit_of

# A plan for each tier that small data begin with.
_PLANS = {tier: Plan(tier, SMALL_REASON, "compiled") for tier in (2, 3)}


def fit_quickly(X: Array, Y: Array, *, intercept: bool) -> tuple[Fit, Plan] | None:
    """Fit plain float64 arrays without weights, or return None.

    Parameters
    ----------
    X, Y : ndarray of float64, shapes (n, p) and (n, k)
        With at least one row, in any order of memory.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    Fit, Plan, or None
        None when the data are large, a number is not finite, a column may be a
        combination of others, or fewer digits than usual are certain.
    """
    (n, p), k = X.shape, Y.shape[1]
    work = n * (1 + p + k) ** 2
    tier = first_tier(work)
    if tier not in _PLANS or p >= MOST_IN_FINE_PAIRS:
        return None
    if not (is_read(X) and is_read(Y)):
        return None
    shift = np.concatenate([X[0], Y[0]])
    found = fit_compiled(
        rows_at(X, Y, None, shift, tier),
        threads=threads_for(PRODUCTS[tier - 1] * work),
        roundoff=kernel_roundoff(n, tier),
        intercept=intercept,
    )
    if found is None or not found.lowest >= TARGET_DIGITS:
        return None
    if found.fewest < ENOUGH_DIGITS and may_be_rebased(n, p):
        return None
    return fit_of(found, Weighing(float(n)), intercept=intercept), _PLANS[tier]
