"""``poly(x, 3)``: orthonormal polynomials over the rows of the fit, or raw powers.

G. E. Forsythe (1957), doi:10.1137/0105007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.evaluate import Value, paired
from leastwise.design.exactly import Both
from leastwise.design.formula.nodes import Call
from leastwise.design.formula.show import show
from leastwise.design.formula.signatures import options_of
from leastwise.design.learnt.base import Learnt, numbered, pair_of, pairs_of, short
from leastwise.design.learnt.standard import as_both, exponent_of, mean_of
from leastwise.design.numeric import Rows
from leastwise.design.pairs import (
    Pair,
    constant,
    minus,
    over,
    plus,
    root,
    shifted,
    times,
    total,
    whole_power,
)


@dataclass(frozen=True)
class Powers(Learnt):
    """``poly(x, 3, raw=True)``: x, x ** 2, x ** 3, in pairs; nothing is learnt.

    Examples
    --------
    >>> import numpy as np
    >>> [c.array.tolist() for c in Powers(2).columns(Value(np.array([3.0]), 0.0))]
    [[3.0], [9.0]]
    """

    degree: int
    kind: ClassVar[str] = "powers"

    def marks(self) -> tuple[str, ...]:
        """Name the columns."""
        return numbered(self.degree)

    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns."""
        higher = (
            paired(whole_power(value.pair, k), value) for k in range(2, self.degree + 1)
        )
        return (value, *higher)

    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where polynomials end, and their degree."""
        return (), self.degree

    def to_json(self) -> dict[str, Any]:
        """Give the numbers for JSON."""
        return {"degree": self.degree}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Powers:
        """Make it of its record."""
        degree = int(record["degree"])
        if not 1 <= degree <= 64:
            raise ValueError(f"poly of degree {degree}")
        return cls(degree)

    def remark(self) -> str:
        """Say what was learnt."""
        return f"powers 1 to {self.degree}, nothing learnt"


@dataclass(frozen=True)
class Orthogonal(Learnt):
    """Polynomials orthogonal to each other and to 1 over the rows of the fit.

    Made by the three-term recurrence in pairs, of x less its mean in units of a
    power of two, so that a year or Unix time loses no digits. As R's ``poly``: each
    column has length 1 and grows at large x.

    Attributes
    ----------
    mean : pair
        Of x.
    exponent : int
        x less its mean is divided by 2**exponent.
    middles, squares : tuple of pairs
        The coefficients of the recurrence: sums of u p^2 over sums of p^2, and the
        latter.

    Examples
    --------
    >>> import numpy as np
    >>> line = Orthogonal((2.0, 0.0), 1, ((0.0, 0.0),), ((3.0, 0.0), (0.5, 0.0)))
    >>> line.columns(Value(np.array([1.0, 2.0, 3.0]), 0.0))[0].array.round(6)
    array([-0.707107,  0.      ,  0.707107])
    """

    mean: Both
    exponent: int
    middles: tuple[Both, ...]
    squares: tuple[Both, ...]
    kind: ClassVar[str] = "orthogonal"

    def marks(self) -> tuple[str, ...]:
        """Name the columns."""
        return numbered(len(self.middles))

    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns."""
        u = self._unit(value.pair)
        before: Pair | None = None
        here: Pair = constant((1.0, 0.0))
        made = []
        for k, middle in enumerate(self.middles):
            ratio = None if k == 0 else self._ratio(k)
            after = _next(u, here, before, constant(middle), ratio)
            length = root(constant(self.squares[k + 1]))
            made.append(paired(over(after, length), value))
            before, here = here, after
        return tuple(made)

    def _unit(self, pair: Pair) -> Pair:
        return shifted(plus(pair, minus(constant(self.mean))), -self.exponent)

    def _ratio(self, k: int) -> Pair:
        return over(constant(self.squares[k]), constant(self.squares[k - 1]))

    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where polynomials end, and their degree."""
        return (), len(self.middles)

    def to_json(self) -> dict[str, Any]:
        """Give the numbers for JSON."""
        return {
            "mean": list(self.mean),
            "exponent": self.exponent,
            "middles": [list(v) for v in self.middles],
            "squares": [list(v) for v in self.squares],
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Orthogonal:
        """Make it of its record."""
        middles, squares = pairs_of(record["middles"]), pairs_of(record["squares"])
        if len(squares) != len(middles) + 1 or not all(s[0] > 0 for s in squares):
            raise ValueError("the recurrence of a polynomial is damaged")
        return cls(pair_of(record["mean"]), int(record["exponent"]), middles, squares)

    def remark(self) -> str:
        """Say what was learnt."""
        n = int(self.squares[0][0])
        return f"orthogonal over {n} rows about their mean {short(self.mean)}"


def _next(
    u: Pair, here: Pair, before: Pair | None, middle: Pair, ratio: Pair | None
) -> Pair:
    after = times(plus(u, minus(middle)), here)
    if before is not None and ratio is not None:
        after = plus(after, minus(times(ratio, before)))
    return after


def learn_poly(node: Call, value: Value, rows: Rows) -> Learnt:
    """Learn what ``poly(x, degree)`` needs.

    Raises
    ------
    DataError
        When x has no more different values than the degree.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1, 2, 6]}), None)
    >>> value = Value(np.array([1.0, 2.0, 6.0]), 0.0)
    >>> learn_poly(parse_expression("poly(x, 2)"), value, rows).remark()
    'orthogonal over 3 rows about their mean 3'
    """
    given = options_of(node)
    degree = given.get("degree", 1)
    if given.get("raw", False):
        return Powers(degree)
    mean = mean_of(value.pair)
    apart = plus(value.pair, minus(constant(mean)))
    distinct = len(np.unique(apart[0]))
    if degree >= distinct:
        raise DataError(
            f"{show(node)}: a polynomial of degree {degree} needs {degree + 1} "
            f"different values, and {show(node.arguments[0])} has {distinct}",
            where=rows.table.source,
            fix=f"Lower the degree to {distinct - 1}"
            if distinct > 1
            else "Leave the term out of the formula",
        )
    exponent = exponent_of(apart)
    u = shifted(apart, -exponent)
    count = float(len(value.array))
    before: Pair | None = None
    here: Pair = (np.ones(len(value.array)), None)
    middles: list[Both] = []
    squares: list[Both] = [(count, 0.0)]
    for k in range(degree):
        weighed = total(times(u, times(here, here)))
        middle = over(constant(weighed), constant(squares[-1]))
        ratio = None
        if k:
            ratio = over(constant(squares[-1]), constant(squares[-2]))
        after = _next(u, here, before, middle, ratio)
        middles.append(as_both(middle))
        squares.append(total(times(after, after)))
        before, here = here, after
    return Orthogonal(mean, exponent, tuple(middles), tuple(squares))
