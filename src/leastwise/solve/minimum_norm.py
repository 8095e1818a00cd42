"""Of all least squares solutions, the one with the smallest slopes.

Where columns are combinations of others, the solutions are b + N t for any t: each
dropped column j gives N a vector v with ``sum_k v_k (x_k - mean_k) = 0``. The one of
least norm is the projection b - N (N'N)^-1 N'b. As written that is the difference of
large numbers when the columns have different units, so it is computed on the other
side: N has the form [I; M], since each dropped column has a row of its own, and rows
change places until all entries of M are at most 2; the complement is Z = [-M'; I], and

    b_mn = Z (I + M M')^-1 Z'b.

Standard errors follow the same map: R'R = V turns into (R P)'(R P) = P V P'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.moments.double import PAIR_ROUNDOFF, Array, Double, matmul
from leastwise.solve.alias import doubts
from leastwise.solve.digits import relative_to_digits
from leastwise.solve.factor import Factor, factor
from leastwise.solve.rank import Scale
from leastwise.solve.scatter import Scatter
from leastwise.solve.system import Solution

# Numbers 2**900 apart still leave room for the low halves of pairs above 2**-1074.
MOST_SPREAD = 900
# Entries of M up to this are small enough: it costs no more than that factor.
LARGE_ENTRY = 2.0


def too_different() -> DataError:
    """Return the error for columns whose units no norm can hold together."""
    return DataError(
        "the columns that are combinations of each other have units too different "
        "for one norm",
        fix='Give them in similar units, or use rank="drop"',
    )


@dataclass(frozen=True)
class MinimumNorm:
    """The solution of least norm, and what is not known of the combinations.

    Attributes
    ----------
    solution : Solution
        With slopes for all columns.
    slope_doubt : ndarray, shape (p, k)
        What the uncertainty of the combinations can move the slopes by.
    root_doubt : ndarray, shape (p, p)
        The same for each row of `solution.roots`, columns being coefficients.
    """

    solution: Solution
    slope_doubt: Array
    root_doubt: Array


def to_minimum_norm(
    s: Scatter, f: Factor, solution: Solution, exponent: Array
) -> MinimumNorm:
    """Take the solution of the kept columns to the one of least norm.

    The norm is that of the slopes in original units, the intercept left out of it.

    Parameters
    ----------
    s : Scatter
        The system, in scaled units.
    f : Factor
        Which columns were dropped, and their combinations.
    solution : Solution
        Of the kept columns, zero for the others.
    exponent : ndarray of int, shape (p,)
        Columns are in units of ``2**exponent``.

    Raises
    ------
    DataError
        When the units are too different for float64 to hold one norm.
    """
    k = solution.slopes.shape[1]
    null = f.inverse[~f.kept].T
    own = np.flatnonzero((null.hi != 0).any(axis=1))
    unsure = doubts(f, s, solution.inverse.hi)[~f.kept].T[own]
    # Rows of the roots are zero for dropped columns, and stay so.
    used = np.flatnonzero(f.kept)
    both = Double(
        np.hstack([solution.slopes.hi, solution.roots.hi[used].T]),
        np.hstack([solution.slopes.lo, solution.roots.lo[used].T]),
    )
    # From here on in original units, each column of vectors with a factor of its own.
    into = -exponent[own][:, None]
    vectors, top = _to_one(both[own], into)
    basis, first = _to_one(null[own], into)
    basis, change, pivots = _reduced(basis)
    nearest = _project(basis, pivots, vectors)
    moved = _moved(
        _Reduced(basis.hi, change, pivots),
        np.ldexp(unsure, into - first),
        vectors.hi,
        nearest.hi,
    )
    back = nearest.scaled(top - into)
    hi, lo = both.hi.copy(), both.lo.copy()
    hi[own], lo[own] = back.hi, back.lo
    doubt = np.zeros(hi.shape)
    doubt[own] = np.ldexp(moved, top - into)
    slopes, few = Double(hi[:, :k], lo[:, :k]), Double(hi[:, k:], lo[:, k:]).T
    roots = Double.zeros(solution.roots.shape)
    roots.hi[used], roots.lo[used] = few.hi, few.lo
    root_doubt = np.zeros(roots.shape)
    root_doubt[used] = doubt[:, k:].T
    return MinimumNorm(
        replace(solution, slopes=slopes, roots=roots, inverse=matmul(few.T, few)),
        doubt[:, :k],
        root_doubt,
    )


def _to_one(a: Double, power: Array) -> tuple[Double, Array]:
    """Multiply by powers of two, and each column by one that brings it to about 1.

    Raises
    ------
    DataError
        When entries would leave the range of float64.
    """
    size = np.where(a.hi != 0, np.frexp(a.hi)[1] + power, np.iinfo(np.int32).min)
    top = size.max(axis=0, keepdims=True, initial=np.iinfo(np.int32).min)
    top = np.where((a.hi != 0).any(axis=0, keepdims=True), top, 0)
    if ((a.hi != 0) & (size < top - MOST_SPREAD)).any():
        raise too_different()
    return a.scaled(power - top), top


@dataclass(frozen=True)
class _Reduced:
    """A basis [I; M] of the null space in float64, and how it came from the first."""

    basis: Array
    change: Array
    pivots: Array


def _reduced(a: Double) -> tuple[Double, Array, Array]:
    """Bring a basis to [I; M]: the identity in its pivot rows, small elsewhere.

    Returns
    -------
    basis : Double, shape (q, r)
    change : ndarray, shape (r, r)
        ``basis = a @ change``.
    pivots : ndarray of int, shape (r,)
        Row of each unit.
    """
    q, r = a.shape
    rows, columns = np.ones(q, dtype=bool), np.ones(r, dtype=bool)
    pivots, change = np.zeros(r, dtype=int), np.eye(r)
    whole = Double(a.hi.copy(), a.lo.copy())
    # Rows with one entry, as those of dropped columns are at first, are units already.
    alone = (a.hi != 0).sum(axis=1) == 1
    for i in np.flatnonzero(alone).tolist():
        c = int(np.flatnonzero(a.hi[i])[0])
        if columns[c]:
            unit = whole[i, c]
            scaled = whole[:, c] / unit
            whole.hi[:, c], whole.lo[:, c] = scaled.hi, scaled.lo
            change[:, c] /= float(unit.hi)
            rows[i], columns[c], pivots[c] = False, False, i
    if columns.any():
        raise too_different()
    # Each exchange makes the volume of the pivots' rows more than twice as large.
    while True:
        size = np.abs(whole.hi) * rows[:, None]
        i, c = divmod(int(size.argmax()), r)
        if not size[i, c] > LARGE_ENTRY:
            return whole, change, pivots
        at = float(whole.hi[i, c])
        column, factors = whole[:, c] / whole[i, c], whole.hi[i].copy()
        low = whole.lo[i].copy()
        factors[c] = low[c] = 0.0
        change[:, c] /= at
        change -= np.outer(change[:, c], factors)
        used = np.flatnonzero(rows)
        left = whole[used] - column[used][:, None] * Double(factors, low)[None, :]
        whole.hi[used], whole.lo[used] = left.hi, left.lo
        former = pivots[c]
        # The unit that leaves, in the row that was its own.
        left = -column[former] * Double(factors, low)
        whole.hi[former], whole.lo[former] = left.hi, left.lo
        whole.hi[:, c], whole.lo[:, c] = column.hi, column.lo
        whole.hi[i], whole.lo[i] = np.arange(r) == c, 0.0
        rows[i], rows[former], pivots[c] = False, True, i


def _project(basis: Double, pivots: Array, vectors: Double) -> Double:
    """Project on the complement of the basis [I; M], in pairs."""
    free = np.setdiff1d(np.arange(len(basis)), pivots)
    m = basis[free]
    inner = vectors[free] - matmul(m, vectors[pivots])
    gram = matmul(m, m.T) + Double.of(np.eye(len(free)))
    nothing = np.zeros(len(free))
    solved = factor(gram, Scale(nothing, nothing, 0.0, 0.0), len(free))
    half = matmul(solved.inverse, inner) / solved.pivots[:, None]
    at_free = matmul(solved.inverse.T, half)
    at_pivots = -matmul(m.T, at_free)
    hi, lo = np.zeros(vectors.shape), np.zeros(vectors.shape)
    hi[free], lo[free] = at_free.hi, at_free.lo
    hi[pivots], lo[pivots] = at_pivots.hi, at_pivots.lo
    return Double(hi, lo)


def _moved(reduced: _Reduced, unsure: Array, before: Array, after: Array) -> Array:
    """Bound what errors of the first basis move projected vectors by.

    With P the projection and N+ the inverse of N on its range, to first order
    ``d(Pb) = -P dN N+ b - (N+)' dN' Pb``.
    """
    basis, pivots = reduced.basis, reduced.pivots
    q, r = basis.shape
    free = np.setdiff1d(np.arange(q), pivots)
    m = basis[free]
    small = np.linalg.inv(np.eye(r) + m.T @ m)
    inverse = np.zeros((r, q))
    inverse[:, pivots], inverse[:, free] = small, small @ m.T
    inverse = reduced.change @ inverse
    projection = np.zeros((q, q))
    core = np.linalg.inv(np.eye(len(free)) + m @ m.T)
    projection[np.ix_(free, free)] = core
    projection[np.ix_(pivots, free)] = -m.T @ core
    projection[np.ix_(free, pivots)] = -core @ m
    projection[np.ix_(pivots, pivots)] = m.T @ core @ m
    turned = np.abs(projection) @ unsure @ np.abs(inverse @ before)
    tilted = np.abs(inverse).T @ (unsure.T @ np.abs(after))
    size = np.abs(projection) @ np.abs(before)
    return np.asarray(turned + tilted + 4 * q * PAIR_ROUNDOFF * size)


def of_combinations(
    s: Scatter, least: MinimumNorm, *, intercept: bool
) -> tuple[Array, Array]:
    """Bound what errors of the combinations do to the fit, in scaled units.

    Returns
    -------
    coefficients : ndarray, shape (m, k)
        The intercept first, if any.
    errors : ndarray, shape (m,)
        Of the roots of the diagonal of (X'WX)^-1.
    """
    slope, root = least.slope_doubt, least.root_doubt
    if intercept:
        mean = np.abs(s.mean.hi[: len(slope)])
        slope = np.vstack([mean @ slope, slope])
        root = np.column_stack([root @ mean, root])
    return slope, np.sqrt((root**2).sum(axis=0))


def take_off(digits: Array, moved: Array, value: Array) -> Array:
    """Take what an absolute error costs from the digits of values.

    Examples
    --------
    >>> take_off(np.array([12.0]), np.array([1e-9]), np.array([10.0])).round(2).tolist()
    [10.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(moved == 0, 0.0, moved / np.abs(value))
        relative = relative + np.where(digits > 0, 10.0**-digits, np.inf)
    return np.where(moved == 0, digits, relative_to_digits(relative))
