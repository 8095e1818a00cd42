"""``cr(x, df=6)``: cubic regression splines, by their heights at the knots.

S. N. Wood (2017), Generalized Additive Models, section 5.3.1,
doi:10.1201/9781315370279.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from leastwise.design.evaluate import Value
from leastwise.design.exactly import DIGITS, Both, complement, decimal, fraction
from leastwise.design.formula.nodes import Call
from leastwise.design.formula.signatures import options_of
from leastwise.design.layout import Array
from leastwise.design.learnt.base import Learnt, numbered, pairs_of
from leastwise.design.learnt.bspline import parts, rounding
from leastwise.design.learnt.knots import Knots, place
from leastwise.design.learnt.standard import mean_of
from leastwise.design.numeric import Rows


@dataclass(frozen=True)
class CubicSpline(Learnt):
    """Natural cubic splines, one for each knot: 1 there and 0 at the others.

    As in mgcv and patsy. With ``constraints="center"`` (ours when none is named) the
    combinations that are 0 on average over the rows of the fit: one column less, and
    the intercept keeps its meaning.

    Attributes
    ----------
    knots : Knots
        Inner ones at quantiles of the different values of x, and the boundary.
    means : tuple of pairs or None
        The means of the columns over the rows of the fit; None without constraint.

    Examples
    --------
    >>> import numpy as np
    >>> knots = Knots(((1.0, 0.0),), (0.0, 0.0), (2.0, 0.0))
    >>> heights = CubicSpline(knots, None).columns(Value(np.array([1.0]), 0.0))
    >>> [column.array.tolist() for column in heights]
    [[0.0], [1.0], [0.0]]
    """

    knots: Knots
    means: tuple[Both, ...] | None
    kind: ClassVar[str] = "cubic"

    def marks(self) -> tuple[str, ...]:
        """Name the columns."""
        return numbered(len(self.knots.all) - int(self.means is not None))

    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns."""
        # In units of a power of two near the whole length, so that cubes exist.
        exponent = self._exponent()
        every = [knot / Fraction(2) ** exponent for knot in self.knots.fractions]
        heights, bends = self._tables(every)
        width = np.array([float(b - a) for a, b in pairwise(every)])
        made = np.zeros((heights.shape[1], len(value.array)))
        for part, pair in parts(value.pair):
            apart = np.ldexp(self.knots.distances(pair), -exponent)
            at = np.count_nonzero(apart[1:-1] >= 0.0, axis=0)
            h, n = width[at], np.arange(len(at))
            up, down = apart[at, n], -apart[at + 1, n]
            # Cubes end at the boundary: lines go on from there.
            low = np.where(apart[-1] > 0.0, 0.0, down * down * down / h)
            high = np.where(apart[0] < 0.0, 0.0, up * up * up / h)
            bent = ((low - h * down) / 6.0, (high - h * up) / 6.0)
            straight = (down / h, up / h)
            for k in range(len(made)):
                made[k, part] = (
                    straight[0] * heights[at, k]
                    + straight[1] * heights[at + 1, k]
                    + (bent[0] * bends[at, k] + bent[1] * bends[at + 1, k])
                )
        return tuple(Value(column, rounding(value)) for column in made)

    def _exponent(self) -> int:
        low, *_, high = self.knots.fractions
        return int(np.frexp(float(high - low))[1])

    def _tables(self, every: list[Fraction]) -> tuple[Array, Array]:
        """Give each column's heights and second derivatives at the knots."""
        bends = _second_derivatives(every)
        count = len(bends)
        if self.means is None:
            heights = [
                [Decimal(int(i == j)) for j in range(count)] for i in range(count)
            ]
        else:
            heights = complement([[fraction(mean) for mean in self.means]])
            bends = [
                [
                    _dot(row, [heights[j][k] for j in range(count)])
                    for k in range(count - 1)
                ]
                for row in bends
            ]
        return _floats(heights), _floats(bends)

    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where polynomials end, and their degree."""
        return tuple(end for end, _ in self.knots.all), 3

    def to_json(self) -> dict[str, Any]:
        """Give the numbers for JSON."""
        means = None if self.means is None else [list(mean) for mean in self.means]
        return {**self.knots.to_json(), "means": means}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> CubicSpline:
        """Make it of its record."""
        means = None if record["means"] is None else pairs_of(record["means"])
        knots = Knots.read(record)
        if means is not None and len(means) != len(knots.all):
            raise ValueError("a cubic spline has other means than knots")
        return cls(knots, means)

    def remark(self) -> str:
        """Say what was learnt."""
        text = self.knots.text
        return text if self.means is None else f"{text}; 0 on average"


def _floats(rows: list[list[Decimal]]) -> Array:
    return np.array([[float(v) for v in row] for row in rows])


def _dot(a: list[Decimal], b: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for x, y in zip(a, b, strict=True):
        total = DIGITS.add(total, DIGITS.multiply(x, y))
    return total


def _second_derivatives(knots: list[Fraction]) -> list[list[Decimal]]:
    """Give the second derivatives at the knots, for height 1 at each knot.

    The tridiagonal system of a natural spline, solved by elimination: it is
    diagonally dominant.
    """
    c = DIGITS
    count = len(knots)
    h = [decimal(b - a) for a, b in pairwise(knots)]
    result = [[Decimal(0)] * count for _ in range(count)]
    inner = count - 2
    if inner < 1:
        return result
    right = [[Decimal(0)] * count for _ in range(inner)]
    diagonal, beside = [], []
    for i in range(inner):
        over, after = c.divide(Decimal(1), h[i]), c.divide(Decimal(1), h[i + 1])
        right[i][i] = over
        right[i][i + 1] = c.minus(c.add(over, after))
        right[i][i + 2] = after
        diagonal.append(c.divide(c.add(h[i], h[i + 1]), Decimal(3)))
        beside.append(c.divide(h[i + 1], Decimal(6)))
    for i in range(1, inner):
        factor = c.divide(beside[i - 1], diagonal[i - 1])
        less = c.multiply(factor, beside[i - 1])
        diagonal[i] = c.subtract(diagonal[i], less)
        right[i] = [
            c.subtract(a, c.multiply(factor, b))
            for a, b in zip(right[i], right[i - 1], strict=True)
        ]
    for i in reversed(range(inner)):
        row = right[i]
        if i + 1 < inner:
            row = [
                c.subtract(a, c.multiply(beside[i], b))
                for a, b in zip(row, result[i + 2], strict=True)
            ]
        result[i + 1] = [c.divide(a, diagonal[i]) for a in row]
    return result


def learn_cubic(node: Call, value: Value, rows: Rows) -> CubicSpline:
    """Learn the knots of ``cr(x, ...)``, and the means of its columns.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [0, 1, 2, 5]}), None)
    >>> value = Value(np.array([0.0, 1.0, 2.0, 5.0]), 0.0)
    >>> learn_cubic(parse_expression("cr(x, df=2)"), value, rows).remark()
    'knots at 1.5, boundary 0 to 5; 0 on average'
    """
    given = dict(options_of(node))
    centred = given.get("constraints", "center") is not None
    if "df" in given:
        given["count"] = given["df"] + int(centred) - 2
    plain = CubicSpline(place(node, {**given, "unique": True}, value, rows), None)
    if not centred:
        return plain
    means = tuple(mean_of(column.pair) for column in plain.columns(value))
    return CubicSpline(plain.knots, means)
