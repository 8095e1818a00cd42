"""The ladder: how finely the rows are cut, and why.

Small data are folded at the finest tier at once, since it costs nothing that
anyone would notice. Large data take the cheapest tier first and climb while the
certificate is below the target or a column looks like a combination of others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array
from leastwise.moments.fitted import Want
from leastwise.moments.fold import Rows, fold_rows
from leastwise.moments.second_pass import second_pass
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.confirm import confirm
from leastwise.solve.digits import MOST_DIGITS, RESIDUAL_ROUNDOFF
from leastwise.solve.fit import Fit, Rank, solve

TARGET_DIGITS = 8.0
# n * q^2 below which the finest tier costs some milliseconds at most.
SMALL_WORK = 20_000_000
SMALL_REASON = "as for all small data"
# A residual this many roundings of the data wide (root mean square) is rounding,
# unless a row, however light, has one as wide as the second number.
EXACT_ROUNDINGS = 4.0
MOST_ROUNDINGS = 16.0


@dataclass(frozen=True)
class Plan:
    """What ran and why.

    Attributes
    ----------
    tier : {1, 2, 3}
        Slices each number was cut into; 3 is the finest.
    reason : str
        Why this tier.
    kernel : {"compiled", "numpy"}
        What folded the rows.
    target : float
        Digits that were to be certified.
    undecided : int
        Columns that were left out though it is not known whether they are
        combinations of others: more exact arithmetic can decide.
    """

    tier: int
    reason: str
    kernel: str
    target: float = TARGET_DIGITS
    undecided: int = 0


@dataclass(frozen=True)
class Solved:
    """A fit, the moments it stands on, and how it was reached.

    Attributes
    ----------
    fit : Fit
        The solution.
    moments : Moments
        The summary of the rows.
    plan : Plan
        Which tier ran.
    exact : ndarray of bool, shape (k,)
        Targets whose residuals are no larger than the rounding of the data.
    """

    fit: Fit
    moments: Moments
    plan: Plan
    exact: Array


def fit_rows(
    rows: Rows,
    *,
    intercept: bool = True,
    observations: float | None = None,
    target: float = TARGET_DIGITS,
    rank: Rank = "drop",
) -> Solved:
    """Fold and solve, climbing the ladder until enough digits are certified.

    Parameters
    ----------
    rows : Rows
        The rows in memory.
    intercept : bool
        Whether the model has an intercept.
    observations : float, optional
        Observations to count, when that is not the number of rows.
    target : float
        Digits to certify in every coefficient, 0 to 15, or in its standard error
        where that is the larger.
    rank : {"drop", "error", "minimum_norm"}
        What becomes of columns that are combinations; see `leastwise.solve.fit.solve`.

    Returns
    -------
    Solved
    """
    n, p = rows.X.shape
    work = n * (1 + p + rows.Y.shape[1]) ** 2
    tiers: tuple[int, ...]
    if work <= SMALL_WORK:
        tiers, why = (3,), SMALL_REASON
    else:
        tiers, why = (1, 2, 3), f"certifies {target:g} digits"
    for tier in tiers:
        moments = fold_rows(rows, slices=tier)
        fit = solve(moments, intercept=intercept, observations=observations, rank=rank)
        lowest = _lowest(fit)
        settled = bool(fit.kept.all()) and lowest >= target
        if settled or tier == tiers[-1]:
            break
        why = (
            f"because tier {tier} could certify only {cut(lowest)} digits"
            if fit.kept.all()
            else "because a column may be a combination of others"
        )
    fit, exact = _settle_residuals(
        rows, moments, fit, observations, max(target, TARGET_DIGITS), rank
    )
    fit = confirm(rows, moments, fit)
    undecided = int(fit.aliases.doubtful.sum())
    plan = Plan(tier, why, moments.kernel, target, undecided)
    return Solved(fit, moments, plan, exact)


def cut(digits: float) -> str:
    """Write a count of digits, cut and not rounded: 7.96 is not 8."""
    return f"{np.floor(10 * digits) / 10:.1f}"


def _lowest(fit: Fit) -> float:
    """Return the fewest certified digits that mean something.

    A coefficient near zero has few digits of its own; those below its standard
    error say nothing, and are not worth another pass over large data.
    """
    worth = fit.worth[np.isfinite(fit.worth)]
    return float(worth.min()) if len(worth) else MOST_DIGITS


def _settle_residuals(
    rows: Rows,
    m: Moments,
    fit: Fit,
    observations: float | None,
    target: float,
    rank: Rank,
) -> tuple[Fit, Array]:
    """Where y'y - b'X'y has too few digits, sum the residuals themselves."""
    k = rows.Y.shape[1]
    if not (fit.rss_digits < target).any():
        return fit, np.zeros(k, dtype=bool)
    again = second_pass(rows, m, fitted_of(m, fit), Want(pairs=True))
    sums, largest = again.sums.rounded(), again.largest
    p = m.n_inputs
    grain = np.ldexp(m.grain, -m.exponent)
    slopes = np.abs(fit.slopes.hi).T
    noise = slopes @ grain[:p] + grain[p:]
    size = slopes @ m.extent[1 : p + 1] + m.extent[p + 1 :]
    weight = float(m.gram.hi[0, 0])
    floor = weight * (EXACT_ROUNDINGS * noise) ** 2 + (RESIDUAL_ROUNDOFF * size) ** 2
    per_row = MOST_ROUNDINGS * noise + RESIDUAL_ROUNDOFF * size
    exact = (sums <= floor) & (largest <= per_row)
    sums = np.where(exact, 0.0, sums)
    refit = solve(
        m,
        intercept=fit.intercept,
        observations=observations,
        residuals=sums,
        rank=rank,
    )
    return refit, exact
