"""Small problems without rounding: what is learnt is right to its last bit.

Knots, codings and constraints are a handful of numbers. Computed in fractions, or
in decimals of 60 digits where roots come in, they are the same bits on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import TypeAlias

Both: TypeAlias = tuple[float, float]
"""The nearest float64 and what that leaves out."""

DIGITS = Context(prec=60)


def both(value: Fraction | Decimal) -> Both:
    """Round a number to a pair of float64.

    Examples
    --------
    >>> both(Fraction(1, 10))
    (0.1, -5.551115123125783e-18)
    """
    exact = Fraction(value)
    high = float(exact)
    return high, float(exact - Fraction(high))


def fraction(value: Both) -> Fraction:
    """Give the number that a pair stands for.

    Examples
    --------
    >>> fraction((0.5, 0.0))
    Fraction(1, 2)
    """
    return Fraction(value[0]) + Fraction(value[1])


def decimal(value: Fraction) -> Decimal:
    """Round a fraction to 60 digits.

    Examples
    --------
    >>> decimal(Fraction(1, 4))
    Decimal('0.25')
    """
    return DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))


def orthonormal(scores: Sequence[Fraction]) -> list[list[Both]]:
    """Orthonormal polynomials of 1 to n - 1 degrees on n points.

    Monic polynomials by their three-term recurrence, each divided by its length.

    Parameters
    ----------
    scores : sequence of Fraction
        The points, all different.

    Returns
    -------
    list of list of pairs, a row for each point

    Examples
    --------
    >>> [[round(v, 4) for v, _ in row] for row in orthonormal([Fraction(i)
    ...  for i in range(3)])]
    [[-0.7071, 0.4082], [0.0, -0.8165], [0.7071, 0.4082]]
    """
    n = len(scores)
    before, here = [Fraction(0)] * n, [Fraction(1)] * n
    last = Fraction(1)
    columns = []
    for degree in range(n):
        length = sum((v * v for v in here), Fraction(0))
        if degree:
            root = DIGITS.sqrt(decimal(length))
            columns.append([both(DIGITS.divide(decimal(v), root)) for v in here])
        middle = sum((s * v * v for s, v in zip(scores, here, strict=True)), Fraction())
        middle /= length
        ratio = length / last if degree else Fraction(0)
        after = [
            (s - middle) * v - ratio * w
            for s, v, w in zip(scores, here, before, strict=True)
        ]
        before, here, last = here, after, length
    return [list(row) for row in zip(*columns, strict=True)]


def complement(columns: Sequence[Sequence[Fraction]]) -> list[list[Decimal]]:
    """Give an orthonormal basis of what is orthogonal to some columns.

    The last columns of Q in a QR decomposition by Householder's reflections, signs
    as in LINPACK and LAPACK, so that splines have the columns R and patsy give them.

    Parameters
    ----------
    columns : sequence of k sequences of n Fraction
        Linearly independent.

    Returns
    -------
    list of n rows of n - k Decimal

    Examples
    --------
    >>> [[round(float(v), 4) for v in row] for row in complement([[Fraction(3),
    ...  Fraction(4)]])]
    [[-0.8], [0.6]]
    """
    context = DIGITS
    n, k = len(columns[0]), len(columns)
    work = [[decimal(v) for v in column] for column in columns]
    reflections: list[list[Decimal]] = []
    for j in range(k):
        v = [Decimal(0)] * j + work[j][j:]
        length = context.sqrt(_dot(v, v))
        v[j] = context.add(v[j], length.copy_sign(v[j]))
        reflections.append(v)
        for i in range(j, k):
            work[i] = _reflected(work[i], v)
    result = []
    for j in range(k, n):
        unit = [Decimal(int(i == j)) for i in range(n)]
        for v in reversed(reflections):
            unit = _reflected(unit, v)
        result.append(unit)
    return [list(row) for row in zip(*result, strict=True)]


def _dot(a: Sequence[Decimal], b: Sequence[Decimal]) -> Decimal:
    total = Decimal(0)
    for x, y in zip(a, b, strict=True):
        total = DIGITS.add(total, DIGITS.multiply(x, y))
    return total


def _reflected(a: list[Decimal], v: list[Decimal]) -> list[Decimal]:
    factor = DIGITS.divide(DIGITS.multiply(Decimal(2), _dot(a, v)), _dot(v, v))
    return [
        DIGITS.subtract(x, DIGITS.multiply(factor, y))
        for x, y in zip(a, v, strict=True)
    ]
