"""The ladder: how finely the rows are cut, and why.

Small data are folded at the finest tier at once, since it costs nothing that
anyone would notice. Large data take the cheapest tier first and climb while the
certificate is below the target or a column looks like a combination of others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.engine.exact import (
    EXACT_ROUNDINGS,
    MOST_ROUNDINGS,
    Question,
    fit_exactly,
    is_quick,
)
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.moments.fitted import Want
from leastwise.moments.fold import fold_rows
from leastwise.moments.rebase import fold_rebased, rebased_rows
from leastwise.moments.second_pass import second_pass
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.carry import change_for, solve_carried
from leastwise.solve.confirm import confirm
from leastwise.solve.digits import MOST_DIGITS, RESIDUAL_ROUNDOFF
from leastwise.solve.exactly import MOST_EXACT
from leastwise.solve.fit import Rank, solve
from leastwise.solve.result import Fit

TARGET_DIGITS = 8.0
# n * q^2 below which the finest tier costs a fraction of a millisecond, and one below
# which the second costs some milliseconds: more digits than are asked for, for nothing.
FINEST_WORK = 1_000_000
SMALL_WORK = 20_000_000
SMALL_REASON = "as for all small data"
# n * q^2 below which another basis costs a tenth of a second at most, the digits that
# spare it, and the numbers in X beyond which it is not tried, for it takes the memory
# of four times as many.
QUICK_REBASE = 300_000
ENOUGH_DIGITS = 14.0
MOST_REBASED = 5_000_000
EXACT_TIER = 4
# Errors of the Gram below this come from the finest tier.
LAST_TIER_ROUNDOFF = 2.0**-80


@dataclass(frozen=True)
class Plan:
    """What ran and why.

    Attributes
    ----------
    tier : {1, 2, 3, 4}
        Slices each number was cut into; 4 is exact arithmetic.
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
    exact: bool = False,
    folded: Moments | None = None,
) -> Solved:
    """Fold and solve, climbing the ladder until enough digits are certified.

    The last rung is exact arithmetic. It is gone to where tier 3 has too few digits,
    or leaves in doubt whether a column is a combination of others, if that takes about
    a second at most (see `leastwise.engine.exact.is_quick`), or where it is asked for.

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
    exact : bool
        Whether to sum and to solve without rounding, whatever that takes.
    folded : Moments, optional
        Of the rows, at the first tier, where somebody has folded them already.

    Returns
    -------
    Solved
    """
    ask = Question(intercept, observations, rank)
    if exact:
        return _exactly(rows, ask, "as asked", target)
    n, p = rows.X.shape
    work = n * (1 + p + rows.Y.shape[1]) ** 2
    first, why = first_tier(work), SMALL_REASON
    if first == 1:
        why = f"certifies {target:g} digits"
    tiers = range(first, 4)
    for tier in tiers:
        known = folded if tier == 1 else None
        moments = known or fold_rows(rows, slices=tier)
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
    ground = _Ground(rows, moments, moments, None)
    if tier == 3:
        before = _fewest(fit)
        ground, fit = _in_better_basis(ground, fit, observations, target)
        if ground.change is not None:
            why += f"; {cut(before)} digits, and more in a basis of its own"
    fit, rounding = _settle_residuals(
        ground, fit, observations, max(target, TARGET_DIGITS), rank
    )
    fit = confirm(rows, moments, fit)
    undecided = int(fit.aliases.doubtful.sum())
    short = _lowest(fit) < target
    if tier == 3 and (short or undecided) and is_quick(rows):
        why = f"because tier 3 could certify only {cut(_lowest(fit))} digits"
        if undecided:
            why = "to decide whether columns are combinations of others"
        return _exactly(rows, ask, why, target)
    plan = Plan(tier, why, moments.kernel, target, undecided)
    return Solved(fit, moments, plan, rounding)


def _exactly(rows: Rows, ask: Question, why: str, target: float) -> Solved:
    fit, moments, settled = fit_exactly(rows, ask)
    many = rows.X.shape[1] > MOST_EXACT
    if many:
        # The sums are exact, the solution is not.
        why += f"; more than {MOST_EXACT} inputs are solved in pairs of float64"
        ground = _Ground(rows, moments, moments, None)
        ground, fit = _in_better_basis(ground, fit, ask.observations, target)
        want = max(target, TARGET_DIGITS)
        fit, settled = _settle_residuals(ground, fit, ask.observations, want, ask.rank)
        fit = confirm(rows, moments, fit)
    undecided = int(fit.aliases.doubtful.sum())
    plan = Plan(EXACT_TIER, why, moments.kernel, target, undecided)
    return Solved(fit, moments, plan, settled)


def first_tier(work: int) -> int:
    """Return the tier to begin with, by n q^2 of the rows.

    Examples
    --------
    >>> first_tier(400 * 3**2), first_tier(10**6 * 12**2)
    (3, 1)
    """
    return 3 if work <= FINEST_WORK else 2 if work <= SMALL_WORK else 1


def may_be_rebased(n: int, p: int) -> bool:
    """Say whether another basis is tried unasked, for more digits than are aimed at."""
    return n * (p + 1) ** 2 <= QUICK_REBASE


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


def _fewest(fit: Fit) -> float:
    digits = np.concatenate([fit.digits.ravel(), fit.se_digits.ravel()])
    found = digits[np.isfinite(digits)]
    return float(found.min()) if len(found) else MOST_DIGITS


@dataclass(frozen=True)
class _Ground:
    """The rows and moments that a fit is solved on, and those of the columns.

    `change` is the basis of the rows; None where they are the columns themselves.
    """

    rows: Rows
    moments: Moments
    columns: Moments
    change: Array | None

    def solve(
        self, fit: Fit, observations: float | None, rank: Rank, residuals: Array | None
    ) -> Fit:
        if self.change is None:
            return solve(
                self.columns,
                intercept=fit.intercept,
                observations=observations,
                residuals=residuals,
                rank=rank,
            )
        found = solve_carried(
            fit,
            self.columns,
            self.moments,
            self.change,
            observations=observations,
            residuals=residuals,
        )
        return fit if found is None else found


def _in_better_basis(
    ground: _Ground, fit: Fit, observations: float | None, target: float
) -> tuple[_Ground, Fit]:
    """Fold the rows again in combinations of the columns that have little in common."""
    rows, m = ground.rows, ground.columns
    n, p = rows.X.shape
    if not p or not fit.kept.all() or n * p > MOST_REBASED:
        return ground, fit
    fewest = _fewest(fit)
    quick = may_be_rebased(n, p) and fewest < ENOUGH_DIGITS
    change = change_for(fit, m)
    if not (quick or _lowest(fit) < target) or not np.isfinite(change).all():
        return ground, fit
    about_zero = not fit.intercept
    made = rebased_rows(rows, m, change, about_zero=about_zero)
    other = fold_rebased(made, m, change, about_zero=about_zero)
    found = solve_carried(fit, m, other, change, observations=observations)
    if found is None or not _is_better(found, fit):
        return ground, fit
    return _Ground(made, other, m, change), found


def _is_better(one: Fit, other: Fit) -> bool:
    """Say whether a certificate says more, where residuals are not yet summed."""
    if _lowest(one) > _lowest(other) + 0.5 or _fewest(one) > _fewest(other):
        return True
    enough = _lowest(one) >= min(_lowest(other), ENOUGH_DIGITS)
    return enough and bool((one.rss_bound < other.rss_bound).all())


def _settle_residuals(
    ground: _Ground,
    fit: Fit,
    observations: float | None,
    target: float,
    rank: Rank,
) -> tuple[Fit, Array]:
    """Where y'y - b'X'y has too few digits, sum the residuals themselves."""
    m, columns = ground.moments, ground.columns
    k = columns.n_targets
    if not (fit.rss_digits < target).any():
        return fit, np.zeros(k, dtype=bool)
    p = m.n_inputs
    own = fit
    if ground.change is not None:
        own = solve(m, intercept=fit.intercept, observations=observations)
    again = second_pass(ground.rows, m, fitted_of(m, own), Want(pairs=True))
    sums, largest = again.sums.rounded(), again.largest
    grain = np.ldexp(columns.grain, -columns.exponent)
    noise = np.abs(fit.slopes.hi).T @ grain[:p] + grain[p:]
    if ground.change is not None:
        noise = np.ldexp(noise, -m.exponent[p:])
    size = np.abs(own.slopes.hi).T @ m.extent[1 : p + 1] + m.extent[p + 1 :]
    weight = float(m.gram.hi[0, 0])
    # Coefficients are off by what the Gram is: rows of an exact fit show that.
    off = m.roundoff * np.sqrt(fit.condition) if m.roundoff < LAST_TIER_ROUNDOFF else 0
    left = float(np.clip(off, RESIDUAL_ROUNDOFF, LAST_TIER_ROUNDOFF)) * size
    floor = weight * (EXACT_ROUNDINGS * noise) ** 2 + left**2
    per_row = MOST_ROUNDINGS * noise + left
    exact = (sums <= floor) & (largest <= per_row)
    sums = np.where(exact, 0.0, sums)
    return ground.solve(fit, observations, rank, sums), exact
