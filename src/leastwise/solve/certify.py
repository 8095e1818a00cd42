"""The certificate: how many decimal digits of each number are right.

The Gram that was solved is the true one but for errors of at most ``e d_i d_j`` in
entry (i, j), in the augmented Gram of ``[1, u, y]`` about the shift; e is the roundoff
and d are the extents of the moments. Let V be the inverse of its part of the inputs
(the one included), L the rows of V carried over to the coefficients in the units they
are given in, and r = (-b_0, -b, 1) with b_0 the level at the shift. Then, with

    gain_i = sum_j |L_ij| d_j,   size = sum_k d_k |r_k|,   q = e sum_jk d_j |V_jk| d_k,

the coefficients are off by at most ``e gain_i size / (1 - q)``, the diagonal of the
inverse by ``e gain_i^2 / (1 - q)`` and the residual sum of squares by
``e size^2 / (1 - q)``. The factor 1/(1 - q) is the whole of the higher orders: each
further order brings another |V| e d d'. Of many columns the errors are not all at
their largest and of the worst sign at once: where it is less, the first order is
``SPREAD e`` times the same products with the sums replaced by roots of sums of
squares. Neither centring nor the intercept asks for a
factor of its own, because the errors of the sums and of the weight are entries of
the augmented Gram like all others.

N. J. Higham (2002), Accuracy and Stability of Numerical Algorithms, sections 7.2
and 20, doi:10.1137/1.9780898718027.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array, Double
from leastwise.solve.digits import (
    ALGEBRA_ROUNDOFF,
    AMPLIFICATION_LIMIT,
    RESIDUAL_PAIR_ROUNDOFF,
    SPREAD,
    THREE_ROUNDINGS,
    UNIT,
    relative_to_digits,
)
from leastwise.solve.scatter import Scatter
from leastwise.solve.system import Solution, with_intercept


@dataclass(frozen=True)
class Certificate:
    """Digits and bounds of one fit.

    Attributes
    ----------
    digits, se_digits : ndarray, shape (m, k)
        Of coefficients and standard errors.
    worth : ndarray, shape (m, k)
        Digits of coefficients beside the standard error, where that is the larger.
    rss_bound, rss_digits, r_squared_digits : ndarray, shape (k,)
        Absolute bound of the residual sum of squares, its digits, and those of
        R-squared: NaN where that is 0, or 0/0.
    condition : float
        How many times the Gram's error is amplified at worst.
    """

    digits: Array
    se_digits: Array
    worth: Array
    rss_bound: Array
    rss_digits: Array
    r_squared_digits: Array
    condition: float


@dataclass(frozen=True)
class _Sizes:
    """What relative errors of a Gram are multiplied by: see the module."""

    bound: Array
    variance: Array
    rss: Array
    worst: tuple[Array, Array, Array]
    explained: Array
    total: Array
    amplification: float


# A bound beyond the range of float64 leaves no digit.
@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def certify(
    s: Scatter,
    solution: Solution,
    coefficients: Double,
    inverse: Array,
    se: Array,
    *,
    carry: Array | None = None,
) -> Certificate:
    """Bound the errors of a solution and turn the bounds into digits.

    Parameters
    ----------
    s : Scatter
        What was solved.
    solution : Solution
        Its solution.
    coefficients : Double, shape (m, k)
        Coefficients in scaled units, the intercept first when there is one.
    inverse : ndarray, shape (m, m)
        Their (X'WX)^-1.
    se : ndarray, shape (m, k)
        Their standard errors.
    carry : ndarray, shape (m, p), optional
        When these are not the coefficients of the system but combinations of them:
        the absolute values of what its slopes are multiplied by. The intercept is
        that of the system and such a combination.
    """
    level = _level_row(s, solution, inverse if carry is None else None)
    e, fold, ours = (
        s.fold_roundoff,
        _of_fold(s, solution, level, carry),
        _of_pairs(s, solution, level, carry),
    )
    q = e * fold.amplification + ALGEBRA_ROUNDOFF * ours.amplification
    higher = q / (1.0 - q) if q < AMPLIFICATION_LIMIT else np.inf
    bound, variance_bound, gram_bound = (
        e * of_fold
        + ALGEBRA_ROUNDOFF * of_pairs
        + higher * (e * worst + ALGEBRA_ROUNDOFF * of_pairs)
        for of_fold, of_pairs, worst in zip(
            (fold.bound, fold.variance, fold.rss),
            ours.worst,
            fold.worst,
            strict=True,
        )
    )
    # An inverse in float64 is one factorisation, whose errors are not independent.
    variance_bound += solution.inverse_roundoff * fold.worst[1]
    rss, rss_bound = solution.rss.hi, gram_bound
    if solution.summed:
        # Coefficients off by d add d'Sd: q times less than the Gram's own error.
        rounding = RESIDUAL_PAIR_ROUNDOFF * np.sqrt(ours.rss)
        rss_bound = higher * (e * fold.worst[2] + ALGEBRA_ROUNDOFF * ours.rss)
        rss_bound += rounding * (2.0 * np.sqrt(rss) + rounding)
    r_squared_bound = _of_r_squared(s, solution, fold, ours) * (1.0 + higher)
    relative = _ratio(bound, np.abs(coefficients.hi))
    beside = _ratio(bound, np.fmax(np.abs(coefficients.hi), se))
    variance = _ratio(variance_bound, np.diagonal(inverse))
    settled = solution.summed & (rss == 0)
    rss_relative = np.where(settled, 0.0, _ratio(rss_bound, rss))
    r_squared = np.where(settled, 0.0, r_squared_bound)
    # 0/0 is no R-squared, and 0 has no relative digits.
    none = (s.yy.hi <= 0) | (~settled & (solution.explained.hi == 0))
    # A standard error is the root of a product: half of both relative errors.
    se_relative = 0.5 * (variance[:, None] + rss_relative[None, :])
    return Certificate(
        digits=relative_to_digits(relative + UNIT),
        se_digits=relative_to_digits(se_relative + THREE_ROUNDINGS),
        worth=relative_to_digits(beside + UNIT),
        rss_bound=rss_bound,
        rss_digits=relative_to_digits(rss_relative + UNIT),
        r_squared_digits=np.where(
            none, np.nan, relative_to_digits(r_squared + THREE_ROUNDINGS)
        ),
        condition=fold.amplification,
    )


def _carried(of_system: Array, carry: Array | None) -> Array:
    """Bound combinations of rows that are bounded, the intercept's and one."""
    if carry is None:
        return of_system
    lead = len(carry) - carry.shape[1]
    combined = np.asarray(carry @ of_system[lead:])
    combined[:lead] += of_system[:lead]
    return combined


def _level_row(s: Scatter, solution: Solution, inverse: Array | None) -> Array:
    """Return V mean: how slopes and the intercept of the system vary together."""
    if not s.intercept:
        return np.zeros(len(s.xx))
    if inverse is None:
        inverse = with_intercept(s, solution, s.intercept)[1].hi
    return -inverse[0, 1:]


def _ratio(bound: Array, value: Array) -> Array:
    return np.where(bound == 0.0, 0.0, bound / value)


def _of_fold(
    s: Scatter, solution: Solution, level: Array, carry: Array | None
) -> _Sizes:
    """Sizes for errors of the augmented Gram about the shift."""
    p = len(s.xx)
    one, d, d_y = s.fold_extent[0], s.fold_extent[1 : p + 1], s.fold_extent[p + 1 :]
    v, b = solution.inverse.hi, solution.slopes.hi
    local, local_y = s.local_mean.hi[:p], s.local_mean.hi[p:]
    # Through the root of V: squares stay positive, whatever cancels in V itself.
    half = solution.roots.hi @ local
    first = solution.roots.hi.T @ half
    of_slopes = np.column_stack([np.abs(first) * one, np.abs(v) * d])
    corner, left = float(half @ half), of_slopes
    if s.intercept:
        # The row of the intercept at zero, which is not the one at the shift.
        share = 1.0 / float(s.weight.hi)
        of_level = np.append(np.abs(share + local @ level) * one, np.abs(level) * d)
        left = np.vstack([of_level, of_slopes])
        corner = corner + share
    moved, slopes = local @ b, d @ np.abs(b)
    right = np.vstack(
        [np.abs(local_y - moved) * one, d[:, None] * np.abs(b), d_y[None, :]]
    )
    (gain, spread), (size, width) = _sums(left, axis=1), _sums(right, axis=0)
    gain, spread = _carried(gain, carry), _carried(spread, carry)
    worst = gain[:, None] * size
    return _Sizes(
        bound=np.minimum(worst, SPREAD * spread[:, None] * width),
        variance=np.minimum(gain**2, SPREAD * spread**2),
        rss=np.minimum(size**2, SPREAD * width**2),
        worst=(worst, gain**2, size**2),
        explained=(slopes + np.abs(moved) * one)
        * (slopes + np.abs(2.0 * local_y - moved) * one + 2.0 * d_y),
        total=(d_y + np.abs(local_y) * one) ** 2,
        amplification=float(
            d @ of_slopes.sum(axis=1) + one * (corner * one + np.abs(first) @ d)
        ),
    )


def _sums(a: Array, axis: int) -> tuple[Array, Array]:
    """Return the sum, and the root of the sum of squares, along an axis."""
    return a.sum(axis=axis), np.sqrt((a**2).sum(axis=axis))


def _of_pairs(
    s: Scatter, solution: Solution, level: Array, carry: Array | None
) -> _Sizes:
    """Sizes for the rounding of our own algebra, whose errors have less structure.

    What is computed with V is bounded entry by entry by the roots of its diagonal, as
    ``|L^-1|' D^-1 |L^-1|`` is. The row of the intercept is solved for and corrected, so
    its errors are those of a residual, and the square of the others.
    """
    p = len(s.xx)
    d, d_y = s.extent[:p], s.extent[p:]
    b = np.abs(solution.slopes.hi)
    root = np.sqrt(np.diagonal(solution.inverse.hi))
    total, size = root @ d, d @ b + d_y
    slopes = root * max(total, 1.0)
    bound, variance = slopes[:, None] * size, slopes**2
    if s.intercept:
        local = np.abs(s.local_mean.hi)
        # The mean is rounded as part of what it is the sum of.
        mean = local + np.abs(s.mean.hi - s.local_mean.hi)
        at_zero, second = np.abs(level) @ d, ALGEBRA_ROUNDOFF * total**2
        rough = np.abs(s.mean.hi[:p]) @ slopes
        of_level = (at_zero + second * rough) * size + mean[:p] @ b + mean[p:]
        corner = at_zero**2 + 2.0 * (mean[:p] @ np.abs(level)) + (second * rough) ** 2
        bound = np.vstack([of_level, bound])
        variance = np.append(corner + 1.0 / float(s.weight.hi), variance)
    bound = _carried(bound, carry)
    variance = _carried(np.sqrt(variance), carry) ** 2
    return _Sizes(
        bound=bound,
        variance=variance,
        rss=size**2,
        worst=(bound, variance, size**2),
        explained=size**2,
        total=d_y**2,
        amplification=float(total**2),
    )


def _of_r_squared(s: Scatter, solution: Solution, fold: _Sizes, ours: _Sizes) -> Array:
    """Bound the relative error of explained/tss, in the better of two ways.

    With psi = (-mean_y, 0, 1) and r as in the module, tss = psi'G psi and
    rss = r'G r. The explained sum is their difference, its error
    (psi - r)'E(psi + r): small where little is explained. Where much is, the error of
    1 - rss/tss is smaller.
    """
    tss, explained, rss = (
        s.yy.hi,
        solution.explained.hi,
        s.yy.hi - solution.explained.hi,
    )
    e = s.fold_roundoff
    of_total = e * fold.total + ALGEBRA_ROUNDOFF * ours.total
    of_rest = e * fold.rss + ALGEBRA_ROUNDOFF * ours.rss
    of_explained = e * fold.explained + ALGEBRA_ROUNDOFF * ours.explained
    as_share = _ratio(of_explained, explained) + _ratio(of_total, tss)
    as_rest = _ratio(of_rest + of_total * np.abs(rss) / tss, explained)
    return np.asarray(np.fmin(as_share, as_rest))
