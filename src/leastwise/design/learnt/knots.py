"""Where the knots of a spline stand: at quantiles of x, or as given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.evaluate import Value
from leastwise.design.exactly import Both, both, fraction
from leastwise.design.formula.nodes import Call
from leastwise.design.formula.show import show
from leastwise.design.layout import Array
from leastwise.design.learnt.base import pairs_of
from leastwise.design.numeric import Rows
from leastwise.design.pairs import Pair, constant, minus, plus

# Knots nearer to each other than this part of the whole have slopes beyond float64.
CLOSEST = Fraction(1, 2**300)


@dataclass(frozen=True)
class Knots:
    """Inner knots between two ends, as pairs of float64.

    Attributes
    ----------
    inner : tuple of pairs
        Growing.
    low, high : pair
        The boundary.

    Examples
    --------
    >>> Knots(((2.0, 0.0),), (0.0, 0.0), (4.0, 0.0)).text
    'knots at 2, boundary 0 to 4'
    """

    inner: tuple[Both, ...]
    low: Both
    high: Both

    @property
    def all(self) -> tuple[Both, ...]:
        """Both ends and what lies between, growing."""
        return (self.low, *self.inner, self.high)

    @property
    def fractions(self) -> list[Fraction]:
        """The same without rounding."""
        return [fraction(knot) for knot in self.all]

    @property
    def text(self) -> str:
        """Say where they are."""
        shown = ", ".join(f"{v[0]:.10g}" for v in self.inner[:8])
        more = f" and {len(self.inner) - 8} more" if len(self.inner) > 8 else ""
        inner = f"knots at {shown}{more}" if self.inner else "no inner knots"
        return f"{inner}, boundary {self.low[0]:.10g} to {self.high[0]:.10g}"

    def to_json(self) -> dict[str, Any]:
        """Give the knots as plain values for JSON."""
        return {
            "knots": [list(v) for v in self.inner],
            "boundary": [list(self.low), list(self.high)],
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Knots:
        """Make them of what `to_json` gave."""
        low, high = pairs_of(record["boundary"])
        made = cls(pairs_of(record["knots"]), low, high)
        every = made.fractions
        if any(a >= b for a, b in pairwise(every)):
            raise ValueError("knots do not grow")
        return made

    def distances(self, pair: Pair) -> Array:
        """Give x less each knot, rounded once.

        Returns
        -------
        ndarray, shape (knots, n)
        """
        return np.stack([plus(pair, minus(constant(k)))[0] for k in self.all])


def place(node: Call, given: Mapping[str, Any], value: Value, rows: Rows) -> Knots:
    """Place knots: as given, or so many at equal shares of the rows.

    Parameters
    ----------
    node : Call
        The spline, for messages.
    given : Mapping
        Its options: ``knots``, or ``count`` inner knots; ``boundary``; ``unique``
        when every value of x counts once.
    value : Value
        x on the rows of the fit.
    rows : Rows
        For messages.

    Raises
    ------
    DataError
        When knots fall together or outside of the boundary.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [0, 1, 2, 5]}), None)
    >>> value = Value(np.array([0.0, 1.0, 2.0, 5.0]), 0.0)
    >>> place(Call("bs", ()), {"count": 1}, value, rows).inner
    ((1.5, 0.0),)
    """
    ordered = _sorted(value.pair)
    ends = given.get("boundary") or (given.get("lower_bound"), given.get("upper_bound"))
    low = ordered(0) if ends[0] is None else Fraction(ends[0])
    high = ordered(-1) if ends[1] is None else Fraction(ends[1])
    if not low < high:
        raise DataError(
            f"{show(node)}: its values span nothing, from {float(low):.15g} to "
            f"{float(high):.15g}",
            where=rows.table.source,
            fix="Leave the term out of the formula",
        )
    if "knots" in given:
        inner = [Fraction(k) for k in given["knots"]]
    else:
        inner = _quantiles(
            value.pair, low, high, given["count"], unique="unique" in given
        )
    made = Knots(tuple(map(both, inner)), both(low), both(high))
    every = made.fractions
    if any(b - a <= CLOSEST * (high - low) for a, b in pairwise(every)):
        told = ", ".join(f"{float(k):.10g}" for k in inner)
        raise DataError(
            f"{show(node)}: the knots {told} do not lie apart between "
            f"{float(low):.10g} and {float(high):.10g}",
            where=rows.table.source,
            fix="Give other knots: knots=[...]"
            if "knots" in given
            else "Many rows share a value there: lower df, or give knots=[...]",
        )
    return made


def _sorted(pair: Pair) -> Any:
    """Order values; what is returned gives the one at a place, exactly."""
    high, low = pair
    if low is None:
        values = np.sort(high)
        return lambda i: Fraction(float(values[i]))
    order = np.lexsort((low, high))
    return lambda i: Fraction(float(high[order[i]])) + Fraction(float(low[order[i]]))


def _quantiles(
    pair: Pair, low: Fraction, high: Fraction, count: int, *, unique: bool
) -> list[Fraction]:
    """Quantiles between order statistics (R's type 7), of what lies inside."""
    values, tail = pair
    inside = (values >= float(low)) & (values <= float(high))
    chosen: Pair = (values[inside], None if tail is None else tail[inside])
    if unique:
        chosen = _distinct(chosen)
    return quantiles(chosen, [Fraction(j + 1, count + 1) for j in range(count)])


def quantiles(pair: Pair, shares: Sequence[Fraction]) -> list[Fraction]:
    """Give quantiles between order statistics (R's type 7), without rounding.

    Examples
    --------
    >>> quantiles((np.array([1.0, 2.0, 4.0]), None), [Fraction(3, 4)])
    [Fraction(3, 1)]
    """
    n = len(pair[0])
    ordered = _sorted(pair)
    found = []
    for share in shares:
        place = share * (n - 1)
        at = place.numerator // place.denominator
        below = ordered(at) if n else Fraction(0)
        above = ordered(min(at + 1, n - 1)) if n else Fraction(0)
        found.append(below + (place - at) * (above - below))
    return found


def _distinct(pair: Pair) -> Pair:
    high, low = pair
    if low is None:
        return np.unique(high), None
    both_parts = np.unique(np.stack([high, low]), axis=1)
    return both_parts[0], both_parts[1]
