"""``center(x)`` and ``scale(x)``: less the mean, in units of the standard deviation."""

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
from leastwise.design.learnt.base import Learnt, pair_of, short
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
)


@dataclass(frozen=True)
class Standard(Learnt):
    """A mean and, for ``scale``, a standard deviation, to 30 digits.

    Attributes
    ----------
    mean : pair
        Over the rows of the fit, each counted once whatever its weight.
    deviation : pair or None
        With n - 1 below, as in R; None for ``center``.

    Examples
    --------
    >>> import numpy as np
    >>> Standard((2.0, 0.0), None).columns(Value(np.array([2.0, 5.0]), 0.0))[0].array
    array([0., 3.])
    """

    mean: Both
    deviation: Both | None
    kind: ClassVar[str] = "standard"

    def marks(self) -> tuple[str, ...]:
        """Name the columns."""
        return ("",)

    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns."""
        pair = plus(value.pair, minus(constant(self.mean)))
        if self.deviation is not None:
            pair = over(pair, constant(self.deviation))
        return (paired(pair, value),)

    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where polynomials end, and their degree."""
        return (), 1

    def to_json(self) -> dict[str, Any]:
        """Give the numbers for JSON."""
        deviation = None if self.deviation is None else list(self.deviation)
        return {"mean": list(self.mean), "deviation": deviation}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Standard:
        """Make it of its record."""
        deviation = record["deviation"]
        given = None if deviation is None else pair_of(deviation)
        if given is not None and not given[0] > 0:
            raise ValueError("a standard deviation is not above 0")
        return cls(pair_of(record["mean"]), given)

    def remark(self) -> str:
        """Say what was learnt."""
        if self.deviation is None:
            return f"mean {short(self.mean)}"
        return f"mean {short(self.mean)}, standard deviation {short(self.deviation)}"


def mean_of(pair: Pair) -> Both:
    """Average, measured from the first value so that an offset costs no digits.

    Examples
    --------
    >>> mean_of((np.array([1.0, 2.0, 6.0]), None))
    (3.0, 0.0)
    """
    first = constant((float(pair[0][0]), 0.0 if pair[1] is None else float(pair[1][0])))
    summed = total(plus(pair, minus(first)))
    mean = plus(first, over(constant(summed), constant((float(len(pair[0])), 0.0))))
    return as_both(mean)


def as_both(pair: Pair) -> Both:
    """Give a pair of single numbers as floats.

    Examples
    --------
    >>> as_both((np.array(1.0), None))
    (1.0, 0.0)
    """
    return float(pair[0]), 0.0 if pair[1] is None else float(pair[1])


def exponent_of(pair: Pair) -> int:
    """Give the power of two that the largest value is below, so that squares exist.

    Examples
    --------
    >>> exponent_of((np.array([0.5, -3.0]), None))
    2
    """
    return int(np.frexp(np.abs(pair[0]).max(initial=0.0))[1])


def learn_standard(node: Call, value: Value, rows: Rows) -> Standard:
    """Learn what ``center(x)`` or ``scale(x)`` needs.

    Raises
    ------
    DataError
        When a column to be scaled has one value only.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1, 2, 6]}), None)
    >>> value = Value(np.array([1.0, 2.0, 6.0]), 0.0)
    >>> learn_standard(parse_expression("center(x)"), value, rows).remark()
    'mean 3'
    """
    mean = mean_of(value.pair)
    if node.function == "center":
        return Standard(mean, None)
    apart = plus(value.pair, minus(constant(mean)))
    exponent = exponent_of(apart)
    apart = shifted(apart, -exponent)
    squares = total(times(apart, apart))
    if not squares[0] > 0:
        raise DataError(
            f"{show(node)}: every value is {value.array[0]:.15g}, and a standard "
            "deviation of 0 cannot be divided by",
            where=rows.table.source,
            fix="Leave the term out of the formula",
        )
    spread = over(constant(squares), constant((float(len(value.array) - 1), 0.0)))
    return Standard(mean, as_both(shifted(root(spread), exponent)))
