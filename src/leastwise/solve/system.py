"""Solve the scaled system S b = g: in pairs, or plainly where that is enough.

The plain route (LAPACK's Cholesky, refined with residuals in pairs) serves many
columns that are far from collinear. It is left at once when a column might be a
combination of others: that question has one rule, and it is asked in pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array, Double, matmul, matvec
from leastwise.moments.state import bordered
from leastwise.solve.factor import Factor, factor
from leastwise.solve.plain import PLAIN_LIMIT, PLAIN_ROUNDOFF, invert_plainly
from leastwise.solve.rank import Scale
from leastwise.solve.scatter import Scatter

# Fewer columns than this are solved in pairs in a few milliseconds; a better Gram
# deserves the pairs up to where they would be waited for.
MANY_COLUMNS, VERY_MANY_COLUMNS = 48, 96
# Gram errors above this come from the first tier.
FIRST_TIER_ROUNDOFF = 2.0**-60
REFINEMENTS = 4
# Pairs of numbers beyond this power of two cannot be multiplied.
LARGE = 900


@dataclass(frozen=True)
class Solution:
    """The solved system in scaled units.

    Attributes
    ----------
    slopes : Double, shape (p, k)
        Coefficients; zero for dropped columns.
    inverse : Double, shape (p, p)
        Inverse of the scatter of the kept columns.
    roots : Double, shape (p, p)
        R with R'R equal to `inverse`.
    rss : Double, shape (k,)
        Residual sums of squares.
    explained : Double, shape (k,)
        Sums of squares that the inputs explain.
    summed : bool
        Whether `rss` was summed over the rows.
    inverse_roundoff : float
        What computing the inverse adds to the error of the Gram.
    """

    slopes: Double
    inverse: Double
    roots: Double
    rss: Double
    explained: Double
    summed: bool = False
    inverse_roundoff: float = 0.0


def solve_system(s: Scatter, limit: int) -> tuple[Factor, Solution]:
    """Factor and solve.

    Parameters
    ----------
    s : Scatter
        The system, p inputs and k targets.
    limit : int
        The largest rank the number of rows allows.
    """
    p = len(s.xx)
    many = MANY_COLUMNS if s.roundoff > FIRST_TIER_ROUNDOFF else VERY_MANY_COLUMNS
    if many <= p < limit:
        plain = _solve_plainly(s)
        if plain is not None:
            return plain
    scale = Scale(s.grain[:p], s.extent[:p], s.roundoff, float(s.weight.hi))
    factored = factor(s.xx, scale, limit)
    return factored, _solve_in_pairs(s, factored)


def correlation_of(inverse: Array) -> Array:
    """Return the correlation of coefficients from their (X'WX)^-1."""
    # A dropped column has a diagonal of 0, and so has a slope that is 0 for sure.
    root = np.sqrt(np.diagonal(inverse))
    safe = np.where(root > 0, root, 1.0)
    correlation: Array = inverse / np.outer(safe, safe)
    np.fill_diagonal(correlation, 1.0)
    return correlation


# What leaves the range on the way has no digits in the end.
@np.errstate(over="ignore", invalid="ignore")
def with_intercept(
    s: Scatter, solution: Solution, intercept: bool
) -> tuple[Double, Double]:
    """Add the row of the intercept, if any, to the coefficients and to the inverse.

    b_0 = mean_y - mean' b, so var(b_0) = 1/W + mean' V mean and
    cov(b_0, b) = -V mean. Where columns are nearly collinear, V is large and V mean is
    not: it is solved for, with corrections by the residual as the slopes have them.
    """
    if not intercept:
        return solution.slopes, solution.inverse
    p = len(solution.slopes)
    mean = s.mean[:p]
    first = s.mean[p:] - (solution.slopes.T * mean[None, :]).sum(axis=1)
    v, left = Double.zeros(p), mean
    # Of columns that vary in very light rows only, V is as large as float64 goes: in
    # units of 2^up its products are not beyond that.
    up = _power_beyond(solution.inverse.hi)
    inverse, xx = solution.inverse.scaled(-up), s.xx.scaled(up)
    for _ in range(1 + (REFINEMENTS if solution.inverse_roundoff else 1)):
        v = v + matvec(inverse, left)
        left = mean - matvec(xx, v)
    # mean'v + v'(mean - S v): what is wrong with v comes in squared. Never below 0,
    # but for a Gram whose errors leave no digit.
    of_mean = (v * (mean + left)).sum().scaled(up)
    corner = Double.of(1.0) / s.weight
    corner = corner + of_mean if of_mean.hi > 0 else corner
    scaled = Double(
        np.vstack([first.hi[None, :], solution.slopes.hi]),
        np.vstack([first.lo[None, :], solution.slopes.lo]),
    )
    return scaled, bordered(corner, -v.scaled(up), solution.inverse)


def _power_beyond(inverse: Array) -> int:
    largest = float(np.abs(inverse).max(initial=0.0))
    if not largest > 2.0**LARGE or not np.isfinite(largest):
        return 0
    return int(np.frexp(largest)[1])


def _solve_in_pairs(s: Scatter, f: Factor) -> Solution:
    p, k = s.xy.shape
    keep = np.flatnonzero(f.kept)
    lower = f.inverse[np.ix_(keep, keep)]
    pivots = f.pivots[keep]
    z = matmul(lower, s.xy[keep])
    weighted = z / pivots[:, None]
    some = matmul(lower.T, weighted)
    roots = lower / pivots.sqrt()[:, None]
    inverse = matmul(roots.T, roots)
    # An inverse factor loses twice what the condition asks for; one correction by the
    # residual gives half of it back.
    xx = s.xx[np.ix_(keep, keep)]
    left = s.xy[keep] - matmul(xx, some)
    some = some + matmul(inverse, left)
    left = s.xy[keep] - matmul(xx, some)
    # b'g + b'(g - S b): what is wrong with b comes in squared.
    explained = (some * (s.xy[keep] + left)).sum(axis=0)
    return Solution(
        _spread(some, (p, k), np.ix_(keep, np.arange(k))),
        _spread(inverse, (p, p), np.ix_(keep, keep)),
        _spread(roots, (p, p), np.ix_(keep, keep)),
        _not_negative(s.yy - explained),
        explained,
    )


def _solve_plainly(s: Scatter) -> tuple[Factor, Solution] | None:
    p, k = s.xy.shape
    found = invert_plainly(s.xx.hi)
    if found is None:
        return None
    roots, inverse = found
    extent = s.extent[:p]
    if PLAIN_ROUNDOFF * (extent @ np.abs(inverse) @ extent) > PLAIN_LIMIT:
        return None
    b = Double.of(inverse @ s.xy.hi)
    for _ in range(REFINEMENTS):
        left = [s.xy[:, t] - matvec(s.xx, b[:, t]) for t in range(k)]
        correction = inverse @ np.column_stack([r.hi for r in left])
        b = b + Double.of(correction)
    explained = (b * s.xy).sum(axis=0)
    side = 1.0 / np.diagonal(roots)
    none = np.zeros(p, dtype=bool)
    factored = Factor(
        Double.of(roots * side[:, None]), Double.of(side**2), ~none, none, none
    )
    return factored, Solution(
        b,
        Double.of(inverse),
        Double.of(roots),
        _not_negative(s.yy - explained),
        explained,
        inverse_roundoff=PLAIN_ROUNDOFF,
    )


def _not_negative(a: Double) -> Double:
    positive = a.hi > 0
    return Double(np.where(positive, a.hi, 0.0), np.where(positive, a.lo, 0.0))


def _spread(part: Double, shape: tuple[int, ...], where: tuple[Array, ...]) -> Double:
    hi, lo = np.zeros(shape), np.zeros(shape)
    hi[where], lo[where] = part.hi, part.lo
    return Double(hi, lo)
