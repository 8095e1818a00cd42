"""Exact moments -> `Fit`: solved on whole numbers, each number rounded once."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from leastwise.moments.double import Array, Double, matmul
from leastwise.moments.exact import ExactMoments, pair_of
from leastwise.moments.state import Moments
from leastwise.solve.digits import (
    MOST_DIGITS,
    THREE_ROUNDINGS,
    UNIT,
    relative_to_digits,
)
from leastwise.solve.factor import Factor
from leastwise.solve.fit import Rank, fit_of_system
from leastwise.solve.lattice import Eliminated, Lattice, Step, eliminate, lattice_of
from leastwise.solve.rank import Scale, Verdict, judge
from leastwise.solve.result import Fit, where_defined, where_held
from leastwise.solve.scatter import Scatter, scatter_of
from leastwise.solve.system import Solution

# Inputs up to which elimination on whole numbers takes some seconds at most.
MOST_EXACT = 60
# Bits of a square root that a standard error is rounded from.
ROOT_BITS = 256
LEAST = 2.0**-1074


def solve_exactly(
    exact: ExactMoments,
    m: Moments,
    *,
    intercept: bool = True,
    observations: float | None = None,
    rank: Rank = "drop",
    settled: Array | None = None,
    stay: Array | None = None,
) -> Fit:
    """Solve exact moments, without error but the last rounding of each number.

    Columns are judged by the one rank rule, with what is left of them known exactly:
    whether a column is a combination of others is never in doubt.

    Parameters
    ----------
    exact : ExactMoments
        The sums.
    m : Moments
        The same, rounded: the shift and the units of the fit.
    intercept, observations, rank
        As in `leastwise.solve.fit.solve`. The solution of least norm is computed in
        pairs, and says how many digits it has.
    settled : ndarray of bool, shape (k,), optional
        Targets whose residuals are the rounding of the data: taken as 0.
    stay : ndarray of bool, shape (p,), optional
        Columns of which rows say that they are no combination of others.

    Returns
    -------
    Fit

    Examples
    --------
    >>> from leastwise.moments.blocks import Rows, shift_of
    >>> from leastwise.moments.exact import fold_exact, to_moments
    >>> r = Rows(np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.5]]))
    >>> e = fold_exact(r)
    >>> fit = solve_exactly(e, to_moments(e, shift_of(r), np.array([1, 3]), 0))
    >>> fit.coefficients.ravel().tolist()
    [0.9166666666666666, 2.25]
    """
    s = scatter_of(m, intercept=intercept)
    lattice = lattice_of(exact)
    # What a unit of the lattice is in units of the moments, as a power of two.
    lift = [0, *(np.array(lattice.units[1:], int) - m.exponent).tolist()]
    asked = _Rule(m, s, lift, exact.count - int(intercept))
    if stay is not None:
        asked.stay = stay
    found = eliminate(lattice, m.n_inputs, asked.keeps, intercept=intercept)
    rss = found.rss
    if settled is not None:
        rss = [Fraction(0) if z else r for r, z in zip(rss, settled, strict=True)]
        found = replace(found, rss=rss)
    factored = _factor(m, found, lift, asked)
    solution = _solution(m, found, factored, lift)
    if settled is not None and settled.any():
        solution = replace(solution, summed=True)
    fit = fit_of_system(
        (m, s), (factored, solution), observations=observations, rank=rank
    )
    return fit if fit.least_norm else _rounded_once(fit, found, lattice)


class _Rule:
    """The one rank rule, asked with what is left of a column known exactly."""

    def __init__(self, m: Moments, s: Scatter, lift: list[int], limit: int) -> None:
        p = m.n_inputs
        self._lift, self._limit = lift, limit
        self._weight_exponent = m.weight_exponent
        self._scale = Scale(s.grain[:p], s.extent[:p], 0.0, float(s.weight.hi))
        self._kept = 0
        self.beyond = np.zeros(p, dtype=bool)
        self.stay = np.zeros(p, dtype=bool)

    def keeps(self, column: int, step: Step) -> bool:
        j = column - 1
        self.beyond[j] = self._kept >= self._limit
        if self.beyond[j]:
            return False
        power = 2 * self._lift[column] - self._weight_exponent
        pivot = max(pair_of(step.pivot, step.before, power)[0], LEAST)
        combination = np.zeros(j)
        for k, value in step.combination.items():
            if k > 0:
                up = self._lift[column] - self._lift[k]
                combination[k - 1] = pair_of(value, step.before, up)[0]
        verdict = judge(pivot, combination, j, self._scale)
        keep = verdict is Verdict.KEPT or bool(self.stay[j])
        self._kept += int(keep)
        return keep


def _factor(m: Moments, found: Eliminated, lift: list[int], asked: _Rule) -> Factor:
    """Round the inverse factor of the scatter to pairs, in units of the moments."""
    p = m.n_inputs
    inverse = np.zeros((2, p, p))
    inverse[0] = np.eye(p)
    pivots = np.zeros((2, p))
    kept = np.zeros(p, dtype=bool)
    kept[[j - 1 for j in found.kept if j > 0]] = True
    for column, step in found.steps.items():
        if column == 0:
            continue
        j = column - 1
        for k, value in step.combination.items():
            if k > 0:
                up = lift[column] - lift[k]
                inverse[:, j, k - 1] = pair_of(value, step.before, up)
        if kept[j]:
            power = 2 * lift[column] - m.weight_exponent
            pivots[:, j] = pair_of(step.pivot, step.before, power)
    return Factor(
        Double(inverse[0], inverse[1]),
        Double(pivots[0], pivots[1]),
        kept,
        np.zeros(p, dtype=bool),
        asked.beyond,
    )


def _solution(
    m: Moments, found: Eliminated, factored: Factor, lift: list[int]
) -> Solution:
    """Round the solution to pairs, in units of the moments."""
    p, k = m.n_inputs, m.n_targets
    slopes = np.zeros((2, p, k))
    for t, numerators in enumerate(found.numerators):
        for j, value in numerators.items():
            if j > 0:
                up = lift[1 + p + t] - lift[j]
                slopes[:, j - 1, t] = pair_of(value, found.determinant, up)
    keep = factored.kept
    root = Double(np.where(keep, factored.pivots.hi, 1.0), factored.pivots.lo).sqrt()
    roots = factored.inverse / root[:, None]
    roots = Double(
        np.where(keep[:, None], roots.hi, 0.0), np.where(keep[:, None], roots.lo, 0.0)
    )
    power = [2 * up - m.weight_exponent for up in lift[1 + p :]]
    explained = [a - b for a, b in zip(found.tss, found.rss, strict=True)]
    return Solution(
        slopes=Double(slopes[0], slopes[1]),
        inverse=matmul(roots.T, roots),
        roots=roots,
        rss=_pairs(found.rss, power),
        explained=_pairs(explained, power),
    )


def _pairs(values: list[Fraction], power: list[int]) -> Double:
    pairs = [
        pair_of(v.numerator, v.denominator, up)
        for v, up in zip(values, power, strict=True)
    ]
    both = np.array(pairs, dtype=np.float64).reshape(len(values), 2)
    return Double(both[:, 0], both[:, 1])


def _rounded_once(fit: Fit, found: Eliminated, lattice: Lattice) -> Fit:
    """Put the exact numbers, each rounded to the nearest float64, in their places."""
    lead = int(fit.intercept)
    units, (m, k) = lattice.units, fit.coefficients.shape
    first_target = 1 + len(fit.kept)
    coefficients, errors = np.full((m, k), np.nan), np.full((m, k), np.nan)
    there = np.zeros((m, k))
    for j in found.kept:
        variance = found.inverse_diagonal(j)
        for t, numerators in enumerate(found.numerators):
            row, up = j - 1 + lead, units[first_target + t] - units[j]
            coefficients[row, t] = _nearest(numerators[j], found.determinant, up)
            there[row, t] = float(numerators[j] != 0)
            if fit.dof > 0:
                errors[row, t] = _root(variance, found.rss[t] / Fraction(fit.dof), up)
    digits = where_defined(coefficients, there, np.full((m, k), MOST_DIGITS))
    none = np.full(k, MOST_DIGITS)
    return replace(
        fit,
        coefficients=coefficients,
        standard_errors=errors,
        digits=digits,
        se_digits=where_held(errors, np.full((m, k), MOST_DIGITS)),
        worth=np.where(np.isfinite(coefficients), np.nan_to_num(digits), np.nan),
        rss_digits=none,
        rss_bound=UNIT * fit.rss,
        # The quotient is made of rounded sums later.
        r_squared_digits=relative_to_digits(np.full(k, THREE_ROUNDINGS)),
    )


def _nearest(numerator: int, denominator: int, power: int) -> float:
    """Round ``numerator / denominator * 2**power`` to the nearest float64."""
    if power >= 0:
        numerator <<= power
    else:
        denominator <<= -power
    try:
        # The quotient of whole numbers is rounded once in Python, to even.
        return numerator / denominator
    except OverflowError:
        # Whole numbers of thousands of digits: float(numerator) overflows too.
        return math.inf if (numerator > 0) == (denominator > 0) else -math.inf


def _root(variance: tuple[int, int], sigma2: Fraction, power: int) -> float:
    """Round ``sqrt(variance * sigma2) * 2**power``."""
    whole, two = variance
    numerator, denominator = whole * sigma2.numerator, sigma2.denominator
    if numerator == 0:
        return 0.0
    up = 2 * ROOT_BITS - (numerator.bit_length() - denominator.bit_length())
    up += (two - up) % 2
    if up >= 0:
        square = (numerator << up) // denominator
    else:
        square = numerator // (denominator << -up)
    return _nearest(math.isqrt(square), 1, power + (two - up) // 2)
