"""``ns(x, df=4)``: natural cubic splines, straight beyond the boundary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from leastwise.design.evaluate import Value
from leastwise.design.exactly import DIGITS, complement, decimal
from leastwise.design.formula.nodes import Call
from leastwise.design.formula.signatures import options_of
from leastwise.design.layout import Array
from leastwise.design.learnt.base import Learnt, numbered
from leastwise.design.learnt.bspline import local, parts, polynomial, rounding
from leastwise.design.learnt.knots import Knots, place
from leastwise.design.numeric import Rows

CUBIC = 3


@dataclass(frozen=True)
class NaturalSpline(Learnt):
    """Cubic splines whose second derivative is 0 at both ends (R's ``splines::ns``).

    The combinations of cubic B-splines that are orthogonal to their second
    derivatives there, by Householder's reflections, as R takes them.

    Attributes
    ----------
    knots : Knots
        Inner ones at quantiles of x, and the boundary.
    intercept : bool
        Whether the space holds the constant too.

    Examples
    --------
    >>> import numpy as np
    >>> line = NaturalSpline(Knots((), (0.0, 0.0), (1.0, 0.0)), False)
    >>> line.columns(Value(np.array([0.0, 1.0]), 0.0))[0].array.round(6).tolist()
    [0.0, 0.801784]
    """

    knots: Knots
    intercept: bool
    kind: ClassVar[str] = "natural"

    def marks(self) -> tuple[str, ...]:
        """Name the columns."""
        return numbered(len(self.knots.inner) + 1 + int(self.intercept))

    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns."""
        weights, ends = self._weights()
        made = np.zeros((len(weights[0]), len(value.array)))
        for part, pair in parts(value.pair):
            at, hats = local(self.knots, CUBIC, pair)
            apart = self.knots.distances(pair)
            outside = (apart[0] < 0.0, apart[-1] > 0.0)
            for k in range(len(made)):
                column = weights[at, k] * hats[0]
                for r in range(1, CUBIC + 1):
                    column = column + weights[at + r, k] * hats[r]
                for beyond, step, (height, slope) in zip(
                    outside, (apart[0], apart[-1]), ends[k], strict=True
                ):
                    column = np.where(beyond, height + slope * step, column)
                made[k, part] = column
        return tuple(Value(column, rounding(value)) for column in made)

    def _weights(self) -> tuple[Array, list[tuple[tuple[float, float], ...]]]:
        """Give what each column takes of each B-spline, and its line at both ends."""
        every = self.knots.fractions
        intervals = len(every) - 1
        count = intervals + CUBIC
        skip = 0 if self.intercept else 1
        bends, heights, slopes = [], [], []
        for at, x in ((0, Fraction(0)), (intervals - 1, every[-1] - every[-2])):
            value, first, second = ([Fraction(0)] * count for _ in range(3))
            for r, c in enumerate(polynomial(every, CUBIC, at)):
                value[at + r] = c[0] + x * (c[1] + x * (c[2] + x * c[3]))
                first[at + r] = c[1] + x * (2 * c[2] + 3 * x * c[3])
                second[at + r] = 2 * c[2] + 6 * x * c[3]
            bends.append(second[skip:])
            heights.append([decimal(v) for v in value[skip:]])
            slopes.append([decimal(v) for v in first[skip:]])
        basis = complement(bends)
        wide = [[Decimal(0)] * len(basis[0])] * skip + basis
        columns = list(zip(*basis, strict=True))
        ends = [
            tuple((_sum(heights[e], column), _sum(slopes[e], column)) for e in range(2))
            for column in columns
        ]
        return np.array([[float(v) for v in row] for row in wide]), ends

    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where polynomials end, and their degree."""
        return tuple(end for end, _ in self.knots.all), CUBIC

    def to_json(self) -> dict[str, Any]:
        """Give the numbers for JSON."""
        return {**self.knots.to_json(), "intercept": self.intercept}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> NaturalSpline:
        """Make it of its record."""
        return cls(Knots.read(record), bool(record["intercept"]))

    def remark(self) -> str:
        """Say what was learnt."""
        return self.knots.text


def _sum(values: list[Decimal], column: tuple[Decimal, ...]) -> float:
    total = Decimal(0)
    for a, b in zip(values, column, strict=True):
        total = DIGITS.add(total, DIGITS.multiply(a, b))
    return float(total)


def learn_natural(node: Call, value: Value, rows: Rows) -> NaturalSpline:
    """Learn the knots of ``ns(x, ...)``.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [0, 1, 2, 5]}), None)
    >>> value = Value(np.array([0.0, 1.0, 2.0, 5.0]), 0.0)
    >>> learn_natural(parse_expression("ns(x, df=2)"), value, rows).remark()
    'knots at 1.5, boundary 0 to 5'
    """
    given = dict(options_of(node))
    intercept = given.get("intercept", False)
    least = 1 + int(intercept)
    given["count"] = given.get("df", least) - least
    return NaturalSpline(place(node, given, value, rows), intercept)
