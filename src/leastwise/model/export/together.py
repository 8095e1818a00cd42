"""Columns that are polynomials of one argument, added up into one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import TypeAlias

from leastwise.model.export.expression import Const, Expression, Pieces, Polynomial

# Slope, middle, column: the term is slope (column - middle).
Weighed: TypeAlias = tuple[Fraction, Fraction, Expression]


def together(
    terms: Sequence[Weighed],
) -> tuple[list[Weighed], list[Expression]]:
    """Add up the columns of a spline or of orthogonal polynomials.

    Parameters
    ----------
    terms : sequence of (slope, middle, column)
        Of one term of a formula.

    Returns
    -------
    left : list of (slope, middle, column)
        What is no polynomial, or the only one.
    made : list of Expression
        The sums, each with its slopes and middles in it.

    Examples
    --------
    >>> from leastwise.model.export.expression import Column
    >>> x = Column("x")
    >>> line, square = Polynomial(x, (0.0, 1.0)), Polynomial(x, (1.0, 0.0, 2.0))
    >>> two, none = Fraction(2), Fraction(0)
    >>> together([(two, none, line), (two, none, square)])[1][0].coefficients
    (2.0, 2.0, 4.0)
    """
    groups: dict[object, list[Weighed]] = {}
    for term in terms:
        groups.setdefault(_alike(term[2]), []).append(term)
    left: list[Weighed] = []
    made: list[Expression] = []
    for alike, some in groups.items():
        if alike is None or len(some) == 1:
            left += some
            continue
        first = some[0][2]
        if isinstance(first, Pieces):
            pieces = zip(*(_pieces(column) for _, _, column in some), strict=True)
            sums = tuple(_sum(some, columns) for columns in pieces)
            made.append(Pieces(first.argument, first.bounds, sums))
        else:
            made.append(_sum(some, [column for _, _, column in some]))
    return left, made


def _alike(column: Expression) -> object:
    """Give what columns that can be added up have in common; None for others."""
    if isinstance(column, Polynomial):
        return column.argument
    if isinstance(column, Pieces):
        if all(isinstance(piece, (Const, Polynomial)) for piece in column.pieces):
            return column.argument, column.bounds
    return None


def _pieces(column: Expression) -> tuple[Expression, ...]:
    return column.pieces if isinstance(column, Pieces) else (column,)


def _sum(terms: Sequence[Weighed], columns: Sequence[Expression]) -> Expression:
    """Add up polynomials without rounding, and round the coefficients once."""
    argument: Expression | None = None
    totals: list[Fraction] = [Fraction(0)]
    for (slope, middle, _), column in zip(terms, columns, strict=True):
        if isinstance(column, Polynomial):
            argument, given = column.argument, column.coefficients
        else:
            given = (column.value,) if isinstance(column, Const) else ()
        mine = [slope * Fraction(c) for c in given]
        totals = [a + b for a, b in zip_longest(totals, mine, fillvalue=Fraction(0))]
        totals[0] -= slope * middle
    coefficients = tuple(map(float, totals))
    if argument is None:
        return Const(coefficients[0])
    return Polynomial(argument, coefficients)
