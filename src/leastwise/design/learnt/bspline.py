"""``bs(x, df=5)``: B-splines, positive and local.

C. de Boor (1978), A Practical Guide to Splines, doi:10.1007/978-1-4612-6333-3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from leastwise.design.evaluate import COMPUTED, Value
from leastwise.design.formula.nodes import Call
from leastwise.design.formula.signatures import options_of
from leastwise.design.layout import Array
from leastwise.design.learnt.base import Learnt, numbered
from leastwise.design.learnt.knots import Knots, place
from leastwise.design.numeric import Rows
from leastwise.design.pairs import BLOCK, Pair

# A value is a few roundings away from the true one, of what it is a sum of.
SPLINE = 8 * COMPUTED


@dataclass(frozen=True)
class BSpline(Learnt):
    """B-splines of one degree (R's ``splines::bs``).

    Differences between x and the knots are taken in pairs and rounded once: x may be
    a year or Unix time. Beyond the boundary the outermost polynomials go on.

    Attributes
    ----------
    degree : int
        3 for cubic splines.
    knots : Knots
        Inner ones at quantiles of x, and the boundary.
    intercept : bool
        Whether the first column stays; the columns then add up to 1.

    Examples
    --------
    >>> import numpy as np
    >>> knots = Knots((), (0.0, 0.0), (1.0, 0.0))
    >>> hats = BSpline(2, knots, False).columns(Value(np.array([0.5]), 0.0))
    >>> [column.array.tolist() for column in hats]
    [[0.5], [0.25]]
    """

    degree: int
    knots: Knots
    intercept: bool
    kind: ClassVar[str] = "bspline"

    def marks(self) -> tuple[str, ...]:
        """Name the columns."""
        first = 0 if self.intercept else 1
        return numbered(len(self.knots.inner) + self.degree + 1 - first)

    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns."""
        first = 0 if self.intercept else 1
        made = np.zeros((len(self.marks()) + first, len(value.array)))
        for part, pair in parts(value.pair):
            at, hats = local(self.knots, self.degree, pair)
            here = made[:, part]
            for r, hat in enumerate(hats):
                np.put_along_axis(here, (at + r)[None], hat[None], axis=0)
        return tuple(Value(column, rounding(value)) for column in made[first:])

    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where polynomials end, and their degree."""
        return tuple(end for end, _ in self.knots.all), self.degree

    def to_json(self) -> dict[str, Any]:
        """Give the numbers for JSON."""
        knots = self.knots.to_json()
        return {"degree": self.degree, **knots, "intercept": self.intercept}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> BSpline:
        """Make it of its record."""
        degree = int(record["degree"])
        if not 1 <= degree <= 10:
            raise ValueError(f"a spline of degree {degree}")
        return cls(degree, Knots.read(record), bool(record["intercept"]))

    def remark(self) -> str:
        """Say what was learnt."""
        return self.knots.text


def rounding(value: Value) -> float:
    """Judge what a spline of some values carries."""
    return max(SPLINE, value.roundoff)


def parts(pair: Pair) -> list[tuple[slice, Pair]]:
    """Cut values into blocks that stay in the cache.

    Examples
    --------
    >>> len(parts((np.zeros(BLOCK + 1), None)))
    2
    """
    high, low = pair
    cuts = [slice(s, s + BLOCK) for s in range(0, len(high), BLOCK)]
    return [(cut, (high[cut], None if low is None else low[cut])) for cut in cuts]


def local(knots: Knots, degree: int, pair: Pair) -> tuple[Array, list[Array]]:
    """Give the B-splines that are not zero at each x, and which they are.

    De Boor's recurrence over the degree: sums and products of positive numbers
    inside the boundary.

    Parameters
    ----------
    knots : Knots
        The knots; those at the ends count degree + 1 times.
    degree : int
        Of the splines.
    pair : pair of ndarray, shape (n,)
        The values of x.

    Returns
    -------
    ndarray of int, shape (n,)
        The number of the first of them.
    list of degree + 1 ndarrays, shape (n,)
        Their values.

    Examples
    --------
    >>> at, hats = local(Knots((), (0.0, 0.0), (1.0, 0.0)), 1,
    ...                  (np.array([0.25]), None))
    >>> at.tolist(), [hat.tolist() for hat in hats]
    ([0], [[0.75], [0.25]])
    """
    apart = knots.distances(pair)
    at = np.count_nonzero(apart[1:-1] >= 0.0, axis=0)
    spans = _spans(knots, degree)
    last = len(knots.all) - 1
    rows = np.arange(len(pair[0]))
    # x less the knot j before (0 is the one at or below x), and the j-th after it.
    below = [apart[np.maximum(at - j, 0), rows] for j in range(degree)]
    above = [-apart[np.minimum(at + 1 + j, last), rows] for j in range(degree)]
    hats: list[Array] = [np.ones(len(rows))]
    for j in range(1, degree + 1):
        carried = np.zeros(len(rows))
        after = []
        for r in range(j):
            share = hats[r] / spans[(j, r)][at]
            after.append(carried + above[r] * share)
            carried = below[j - 1 - r] * share
        hats = [*after, carried]
    return at, hats


def _spans(knots: Knots, degree: int) -> dict[tuple[int, int], Array]:
    """Give the lengths that the recurrence divides by, for each interval."""
    every = knots.fractions
    last = len(every) - 1
    found = {}
    for j in range(1, degree + 1):
        for r in range(j):
            found[j, r] = np.array(
                [
                    float(every[min(i + 1 + r, last)] - every[max(i - (j - 1 - r), 0)])
                    for i in range(last)
                ]
            )
    return found


def polynomial(every: Sequence[Fraction], degree: int, at: int) -> list[list[Fraction]]:
    """Give the B-splines on one interval as polynomials of x less its lower knot.

    Parameters
    ----------
    every : sequence of Fraction
        The knots, both ends once.
    degree : int
        Of the splines.
    at : int
        The interval, from 0.

    Returns
    -------
    list of degree + 1 lists of coefficients, the constant first

    Examples
    --------
    >>> polynomial([Fraction(0), Fraction(1)], 1, 0)
    [[Fraction(1, 1), Fraction(-1, 1)], [Fraction(0, 1), Fraction(1, 1)]]
    """
    last, origin = len(every) - 1, every[at]
    hats = [[Fraction(1)]]
    for j in range(1, degree + 1):
        carried = [Fraction(0)] * (j + 1)
        after = []
        for r in range(j):
            upper = every[min(at + 1 + r, last)]
            lower = every[max(at - (j - 1 - r), 0)]
            share = [c / (upper - lower) for c in hats[r]]
            rising = _times(share, -(lower - origin), Fraction(1))
            falling = _times(share, upper - origin, Fraction(-1))
            after.append([a + b for a, b in zip(carried, falling, strict=True)])
            carried = rising
        hats = [*after, carried]
    return hats


def _times(poly: list[Fraction], constant: Fraction, slope: Fraction) -> list[Fraction]:
    padded = [*poly, Fraction(0)]
    moved = [Fraction(0), *poly]
    return [constant * a + slope * b for a, b in zip(padded, moved, strict=True)]


def learn_bspline(node: Call, value: Value, rows: Rows) -> BSpline:
    """Learn the knots of ``bs(x, ...)``.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [0, 1, 2, 5]}), None)
    >>> value = Value(np.array([0.0, 1.0, 2.0, 5.0]), 0.0)
    >>> learn_bspline(parse_expression("bs(x, df=4)"), value, rows).remark()
    'knots at 1.5, boundary 0 to 5'
    """
    given = dict(options_of(node))
    degree, intercept = given.get("degree", 3), given.get("intercept", False)
    least = degree + int(intercept)
    given["count"] = given.get("df", least) - least
    return BSpline(degree, place(node, given, value, rows), intercept)
