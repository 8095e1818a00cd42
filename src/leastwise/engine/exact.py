"""Exact mode: rows are summed and solved without rounding, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.blocks import Rows, shift_of, survey
from leastwise.moments.double import Array
from leastwise.moments.exact import ExactMoments, fold_exact, to_moments
from leastwise.moments.exact_fold import LIMB_BITS
from leastwise.moments.fitted import Want
from leastwise.moments.second_pass import second_pass
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.confirm import confirm
from leastwise.solve.digits import RESIDUAL_ROUNDOFF
from leastwise.solve.exactly import MOST_EXACT, solve_exactly
from leastwise.solve.fit import Rank, solve
from leastwise.solve.result import Fit

# A residual this many roundings of the data wide (root mean square) is rounding,
# unless a row, however light, has one as wide as the second number.
EXACT_ROUNDINGS = 4.0
MOST_ROUNDINGS = 16.0
# What nobody waits for, about a second on two cores each: inputs, products of limbs in
# the sums, and inputs^5 limbs^2 in the elimination.
MOST_UNASKED = 30
MOST_UNASKED_PRODUCTS = 2_000_000_000
MOST_UNASKED_ELIMINATION = 1_000_000_000
MANTISSA = 53


@dataclass(frozen=True)
class Question:
    """What is asked of the rows; see `leastwise.engine.plan.fit_rows`."""

    intercept: bool = True
    observations: float | None = None
    rank: Rank = "drop"


def fit_exactly(rows: Rows, ask: Question) -> tuple[Fit, Moments, Array]:
    """Sum the rows without rounding and solve what they sum to without rounding.

    Beyond `MOST_EXACT` inputs the exact sums are rounded to pairs of float64 and
    solved in those.

    Parameters
    ----------
    rows : Rows
        The rows in memory.
    ask : Question
        What is asked.

    Returns
    -------
    fit : Fit
    moments : Moments
        The exact sums, rounded to pairs.
    settled : ndarray of bool, shape (k,)
        Targets whose residuals are no larger than the rounding of the data.
    """
    exact = fold_exact(rows)
    frame = survey(rows)
    m = to_moments(exact, shift_of(rows), frame.exponent, frame.weight_exponent)
    if exact.n_inputs > MOST_EXACT:
        fit = solve(
            m, intercept=ask.intercept, observations=ask.observations, rank=ask.rank
        )
        return fit, m, np.zeros(m.n_targets, dtype=bool)
    fit = _with_light_rows(rows, exact, m, ask)
    settled = _is_rounding(rows, m, fit)
    if settled.any():
        fit = _solved(exact, m, ask, fit.kept, settled)
    return fit, m, settled


def is_quick(rows: Rows) -> bool:
    """Say whether exact arithmetic is gone for unasked: about a second at most.

    Limbs are counted from the largest and the smallest value of each column.
    """
    p = rows.X.shape[1]
    if p > MOST_UNASKED:
        return False
    columns = [a[:, j] for a in (rows.X, rows.Y) for j in range(a.shape[1])]
    lows = 3 * int(rows.X_low is not None or rows.Y_low is not None)
    limbs = [_limbs(column) + lows for column in columns]
    weights = 0 if rows.weights is None else _limbs(rows.weights)
    right = 1 + sum(limbs)
    left = right + (len(columns) + 1) * weights
    longest = max(limbs, default=0) + weights
    return (
        len(rows.X) * left * right <= MOST_UNASKED_PRODUCTS
        and p**5 * longest**2 <= MOST_UNASKED_ELIMINATION
    )


def _limbs(column: Array) -> int:
    size = np.abs(column.astype(np.float64))
    least = float(np.min(size, where=size > 0, initial=np.inf))
    if not np.isfinite(least):
        return 0
    spread = int(np.frexp(size.max())[1]) - int(np.frexp(least)[1])
    return 2 + (MANTISSA + spread) // LIMB_BITS


def _solved(
    exact: ExactMoments,
    m: Moments,
    ask: Question,
    stay: Array | None = None,
    settled: Array | None = None,
) -> Fit:
    return solve_exactly(
        exact,
        m,
        intercept=ask.intercept,
        observations=ask.observations,
        rank=ask.rank,
        settled=settled,
        stay=stay,
    )


def _with_light_rows(rows: Rows, exact: ExactMoments, m: Moments, ask: Question) -> Fit:
    """Keep columns that the rank rule calls a combination and a row does not.

    A row of little weight hardly shows in what is left of a column; in the rows it
    does, and its sums are exact.
    """
    stay = np.zeros(exact.n_inputs, dtype=bool)
    while True:
        fit = confirm(rows, m, _solved(exact, m, ask, stay))
        more = fit.aliases.doubtful & ~stay
        if not more.any():
            return fit
        # One at a time: the next may be a combination of this one.
        stay[np.flatnonzero(more)[0]] = True


def _is_rounding(rows: Rows, m: Moments, fit: Fit) -> Array:
    """Find targets whose residuals are the rounding of the data, or nothing at all."""
    p = m.n_inputs
    grain = np.ldexp(m.grain, -m.exponent)
    slopes = np.abs(np.nan_to_num(fit.slopes.hi)).T
    noise = slopes @ grain[:p] + grain[p:]
    weight = float(m.gram.hi[0, 0])
    small: Array = fit.rss <= weight * (EXACT_ROUNDINGS * noise) ** 2
    if not small.any():
        return small
    size = slopes @ m.extent[1 : p + 1] + m.extent[p + 1 :]
    largest = second_pass(rows, m, fitted_of(m, fit), Want(pairs=True)).largest
    within = largest <= MOST_ROUNDINGS * noise + RESIDUAL_ROUNDOFF * size
    return np.asarray(small & within)
