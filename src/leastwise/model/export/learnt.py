"""What functions of a formula learnt -> expressions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import sqrt

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.evaluate import Value
from leastwise.design.exactly import fraction
from leastwise.design.learnt.base import Learnt
from leastwise.design.learnt.bspline import BSpline, polynomial
from leastwise.design.learnt.cubic import CubicSpline
from leastwise.design.learnt.cuts import Cuts
from leastwise.design.learnt.natural import NaturalSpline
from leastwise.design.learnt.poly import Orthogonal, Powers
from leastwise.design.learnt.standard import Standard
from leastwise.model.export.expression import (
    Const,
    Expression,
    Interval,
    Pieces,
    Polynomial,
    Power,
    Product,
    Quotient,
    less,
)

Poly = list[Fraction]
# Of a size that needs all of a constant.
SMALLEST = 5e-324


def one_of(learnt: Learnt, argument: Expression) -> Expression:
    """Write the one column of ``center`` or ``scale``.

    Examples
    --------
    >>> from leastwise.model.export.expression import Column
    >>> one_of(Standard((2.0, 0.0), None), Column("x"))
    Sum(parts=(Column(name='x', less=0), Const(value=-2.0)))
    """
    if not isinstance(learnt, Standard):
        raise _no_form(learnt)
    if learnt.deviation is None:
        return less(argument, fraction(learnt.mean), SMALLEST)
    moved = less(argument, fraction(learnt.mean), learnt.deviation[0])
    return Quotient(moved, Const(learnt.deviation[0]))


def columns_of(learnt: Learnt, argument: Expression) -> tuple[Expression, ...]:
    """Write the columns of ``poly``, ``bs``, ``ns`` or ``cr``.

    Parameters
    ----------
    learnt : Learnt
        What it learnt.
    argument : Expression
        Of what.

    Raises
    ------
    RequestError
        For a kind that has no form yet.

    Examples
    --------
    >>> from leastwise.model.export.expression import Column
    >>> len(columns_of(Powers(3), Column("x")))
    3
    """
    if isinstance(learnt, Powers):
        higher = (Power(argument, Const(float(k))) for k in range(2, learnt.degree + 1))
        return (argument, *higher)
    if isinstance(learnt, Orthogonal):
        return _orthogonal(learnt, argument)
    if isinstance(learnt, BSpline):
        return _bspline(learnt, argument)
    if isinstance(learnt, (NaturalSpline, CubicSpline)):
        return _cubic(learnt, argument)
    raise _no_form(learnt)


def intervals_of(cuts: Cuts) -> list[Interval]:
    """Give the intervals of ``cut`` and ``bin`` as float64 numbers tell them apart.

    Examples
    --------
    >>> cuts = Cuts(((0.0, 0.0), (1.0, 0.0)), True, False, ("a",))
    >>> intervals_of(cuts)
    [Interval(low=0.0, high=1.0, with_low=False, with_high=True)]
    """
    made = []
    count = len(cuts.labels)
    for i, (low, high) in enumerate(pairwise(cuts.breaks)):
        first = cuts.lowest and cuts.right and i == 0
        last = cuts.lowest and not cuts.right and i == count - 1
        made.append(
            Interval(
                None if np.isinf(low[0]) else low[0],
                None if np.isinf(high[0]) else high[0],
                # An end may lie beside the float64 number nearest to it.
                low[1] < 0 or (low[1] == 0 and (first or not cuts.right)),
                high[1] > 0 or (high[1] == 0 and (last or cuts.right)),
            )
        )
    return made


def _orthogonal(learnt: Orthogonal, argument: Expression) -> tuple[Expression, ...]:
    unit = Fraction(2) ** learnt.exponent
    moved = less(argument, fraction(learnt.mean), float(unit))
    u = Product((moved, Const(float(1 / unit))))
    before: Poly = []
    here: Poly = [Fraction(1)]
    made = []
    for k, middle in enumerate(learnt.middles):
        after = [Fraction(0), *here]
        for i, c in enumerate(here):
            after[i] -= fraction(middle) * c
        if k:
            ratio = fraction(learnt.squares[k]) / fraction(learnt.squares[k - 1])
            for i, c in enumerate(before):
                after[i] -= ratio * c
        length = sqrt(fraction(learnt.squares[k + 1]))
        made.append(Polynomial(u, tuple(float(c) / length for c in after)))
        before, here = here, after
    return tuple(made)


def _bspline(learnt: BSpline, argument: Expression) -> tuple[Expression, ...]:
    every = learnt.knots.fractions
    intervals = len(every) - 1
    count = intervals + learnt.degree
    hats: list[list[Poly]] = [[[]] * intervals for _ in range(count)]
    for at in range(intervals):
        for r, poly in enumerate(polynomial(every, learnt.degree, at)):
            hats[at + r][at] = poly
    first = 0 if learnt.intercept else 1
    origins = every[:-1]
    return tuple(
        _pieces(argument, every[1:-1], origins, columns) for columns in hats[first:]
    )


def _cubic(
    learnt: NaturalSpline | CubicSpline, argument: Expression
) -> tuple[Expression, ...]:
    """Write cubic pieces, and lines beyond the ends, from values of the columns.

    A cubic is known by four of its values. Each has the rounding of float64, which
    four points a third of an interval apart enlarge by less than 2 inside it.
    """
    every = learnt.knots.fractions
    span = every[-1] - every[0]
    ends = [every[0] - span, *every, every[-1] + span]
    columns: list[list[Poly]] = [[] for _ in learnt.marks()]
    origins = []
    for i, (low, high) in enumerate(pairwise(ends)):
        outside = i in (0, len(every))
        degree = 1 if outside else 3
        points = [float(low + (high - low) * j / degree) for j in range(degree + 1)]
        if outside:
            # The line is that at the end, to the last digit.
            points = [float(every[0]), float(low)] if i == 0 else points
        origin = Fraction(points[0])
        origins.append(origin)
        found = learnt.columns(Value(np.array(points), 0.0))
        at = [Fraction(x) - origin for x in points]
        for column, value in zip(columns, found, strict=True):
            column.append(_through(at, [Fraction(float(v)) for v in value.array]))
    return tuple(_pieces(argument, every, origins, column) for column in columns)


def _through(x: list[Fraction], y: list[Fraction]) -> Poly:
    """Give the polynomial through points (Newton), without rounding."""
    table, made = list(y), [Fraction(0)] * len(x)
    product = [Fraction(1)]
    for k in range(len(x)):
        for i, c in enumerate(product):
            made[i] += table[0] * c
        shifted = [Fraction(0), *product]
        for i, c in enumerate(product):
            shifted[i] -= x[k] * c
        product = shifted
        table = [
            (b - a) / (x[i + k + 1] - x[i]) for i, (a, b) in enumerate(pairwise(table))
        ]
    return made


def _pieces(
    argument: Expression,
    bounds: list[Fraction],
    origins: list[Fraction],
    polynomials: list[Poly],
) -> Expression:
    pieces: list[Expression] = []
    reach = [*bounds, *origins]
    scale = float(max(reach) - min(reach))
    for origin, poly in zip(origins, polynomials, strict=True):
        while poly and not poly[-1]:
            poly = poly[:-1]
        if len(poly) < 2:
            pieces.append(Const(float(poly[0]) if poly else 0.0))
            continue
        moved = less(argument, origin, scale)
        pieces.append(Polynomial(moved, tuple(map(float, poly))))
    if not bounds:
        return pieces[0]
    return Pieces(argument, tuple(map(float, bounds)), tuple(pieces))


def _no_form(learnt: Learnt) -> RequestError:
    return RequestError(
        f"a function of the kind {learnt.kind!r} has no form as a scoring expression",
        fix="Predict with leastwise, or make the column in the data and fit again",
    )
