"""Rows as fractions, and the plane through as many rows as it has coefficients.

Elimination without fractions on whole numbers (E. H. Bareiss 1968,
doi:10.1090/S0025-5718-1968-0226829-0): nothing is rounded.
"""

from __future__ import annotations

import math
from fractions import Fraction

from leastwise.loops.working import Problem


def row_of(problem: Problem, i: int) -> tuple[list[Fraction], Fraction]:
    """Return a row of the design, the 1 of the intercept first, and its target.

    Parameters
    ----------
    problem : Problem
        The rows.
    i : int
        Which one.
    """
    rows, p = problem.rows, problem.rows.X.shape[1]
    values = [Fraction(float(v)) for v in rows.X[i]]
    for beside in (
        None if rows.X_low is None else rows.X_low[i],
        None if rows.origin is None else rows.origin[:p],
        None if rows.origin_low is None else rows.origin_low[:p],
    ):
        if beside is not None:
            both = zip(values, beside, strict=True)
            values = [v + Fraction(float(b)) for v, b in both]
    y = Fraction(float(rows.Y[i, 0]))
    if problem.offset is not None:
        y -= Fraction(float(problem.offset[i]))
    return ([Fraction(1)] if problem.intercept else []) + values, y


def solve_whole(
    matrix: list[list[Fraction]], right: list[Fraction]
) -> list[Fraction] | None:
    """Solve a square system exactly; None where it is singular.

    Parameters
    ----------
    matrix : list of list of Fraction
        Its rows.
    right : list of Fraction
        The right-hand side.

    Examples
    --------
    >>> one, two = Fraction(1), Fraction(2)
    >>> solve_whole([[one, two], [two, one]], [Fraction(3), Fraction(4)])
    [Fraction(5, 3), Fraction(2, 3)]
    """
    k = len(matrix)
    a = [_to_whole([*row, b]) for row, b in zip(matrix, right, strict=True)]
    before = 1
    for j in range(k):
        at = next((i for i in range(j, k) if a[i][j]), None)
        if at is None:
            return None
        a[j], a[at] = a[at], a[j]
        pivot, lead = a[j][j], a[j]
        for i in range(j + 1, k):
            row, own = a[i], a[i][j]
            a[i] = [0] * (j + 1) + [
                (pivot * row[c] - own * lead[c]) // before for c in range(j + 1, k + 1)
            ]
        before = pivot
    out = [Fraction(0)] * k
    for i in range(k - 1, -1, -1):
        rest = sum((a[i][c] * out[c] for c in range(i + 1, k)), Fraction(0))
        out[i] = (a[i][k] - rest) / a[i][i]
    return out


def _to_whole(row: list[Fraction]) -> list[int]:
    unit = math.lcm(*(v.denominator for v in row))
    whole = [v.numerator * (unit // v.denominator) for v in row]
    shared = math.gcd(*whole) or 1
    return [v // shared for v in whole]


def to_float(value: Fraction) -> float:
    """Round a fraction once; infinite beyond the range of float64."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)
