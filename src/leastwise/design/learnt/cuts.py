"""``cut(x, 4)`` and ``bin(x, 4)``: numbers to categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import inf, isinf
from typing import Any, ClassVar

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.evaluate import Value
from leastwise.design.exactly import Both, both, decimal, fraction
from leastwise.design.formula.nodes import Call
from leastwise.design.formula.show import show
from leastwise.design.formula.signatures import options_of
from leastwise.design.layout import Array
from leastwise.design.learnt.base import Learnt, pairs_of
from leastwise.design.learnt.knots import quantiles
from leastwise.design.numeric import Rows
from leastwise.design.pairs import constant, minus, plus


@dataclass(frozen=True)
class Cuts(Learnt):
    """Intervals of numbers, named as R names them: ``(0,10]``.

    Attributes
    ----------
    breaks : tuple of pairs
        Their ends, growing; the outermost may be infinite.
    right : bool
        Whether the upper end belongs to an interval, and not the lower.
    lowest : bool
        Whether the outermost end that would be left out belongs too.
    labels : tuple of str
        Of the intervals.

    Examples
    --------
    >>> cuts = Cuts(((0.0, 0.0), (1.0, 0.0), (2.0, 0.0)), True, False, ("a", "b"))
    >>> cuts.codes(Value(np.array([0.0, 0.5, 1.0, 1.5]), 0.0)).tolist()
    [-1, 0, 0, 1]
    """

    breaks: tuple[Both, ...]
    right: bool
    lowest: bool
    labels: tuple[str, ...]
    kind: ClassVar[str] = "cuts"

    def marks(self) -> tuple[str, ...]:
        """Name the columns."""
        return self.labels

    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns."""
        codes = self.codes(value)
        return tuple(
            Value((codes == i).astype(np.float64), 0.0) for i in range(len(self.labels))
        )

    def codes(self, value: Value) -> Array:
        """Number the interval of each value; -1 where there is none."""
        passed = np.zeros(len(value.array), np.intp)
        for end in self.breaks:
            if isinf(end[0]):
                passed += end[0] < 0
                continue
            apart = plus(value.pair, minus(constant(end)))[0]
            passed += (apart > 0.0) if self.right else (apart >= 0.0)
        codes = passed - 1
        codes[codes >= len(self.labels)] = -1
        if self.lowest:
            end = self.breaks[0 if self.right else -1]
            if not isinf(end[0]):
                on_it = plus(value.pair, minus(constant(end)))[0] == 0.0
                codes[on_it] = 0 if self.right else len(self.labels) - 1
        return codes

    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where polynomials end, and their degree."""
        return (), 0

    def to_json(self) -> dict[str, Any]:
        """Give the numbers for JSON."""
        ends = [[_word(v[0]), v[1]] for v in self.breaks]
        return {
            "breaks": ends,
            "right": self.right,
            "lowest": self.lowest,
            "labels": list(self.labels),
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Cuts:
        """Make it of its record."""
        breaks = pairs_of(record["breaks"])
        labels = tuple(map(str, record["labels"]))
        if len(labels) != len(breaks) - 1:
            raise ValueError("intervals and their names do not agree")
        return cls(breaks, bool(record["right"]), bool(record["lowest"]), labels)

    def remark(self) -> str:
        """Say what was learnt."""
        return f"intervals {', '.join(self.labels)}"


def _word(value: float) -> float | str:
    # JSON has no infinity; float("-inf") reads the word back.
    return str(value) if isinf(value) else value


def fixed_cuts(node: Call) -> Cuts | None:
    """Make the intervals that the formula itself names; None when they are learnt.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> fixed_cuts(parse_expression("cut(x, [0, 10, Inf])")).labels
    ('(0,10]', '(10,Inf]')
    """
    given = options_of(node)
    breaks = given.get("breaks")
    if not isinstance(breaks, tuple):
        return None
    return _cuts(node, given, tuple((end, 0.0) for end in breaks))


def learn_cuts(node: Call, value: Value, rows: Rows) -> Cuts:
    """Learn the ends of ``cut(x, 4)`` (equal lengths) or ``bin(x, 4)`` (equal counts).

    The outermost intervals have no end: every number has its place, also in new rows.

    Raises
    ------
    DataError
        When ends fall together.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [0, 1, 2, 9]}), None)
    >>> value = Value(np.array([0.0, 1.0, 2.0, 9.0]), 0.0)
    >>> learn_cuts(parse_expression("cut(x, 3)"), value, rows).labels
    ('(-Inf,3]', '(3,6]', '(6,Inf]')
    >>> learn_cuts(parse_expression("bin(x, 2)"), value, rows).labels
    ('(-Inf,1.5]', '(1.5,Inf]')
    """
    fixed = fixed_cuts(node) if node.function == "cut" else None
    if fixed is not None:
        return fixed
    given = options_of(node)
    count = given["breaks" if node.function == "cut" else "count"]
    shares = [Fraction(i, count) for i in range(1, count)]
    if node.function == "bin":
        inner = quantiles(value.pair, shares)
        outer = quantiles(value.pair, [Fraction(0), Fraction(1)])
    else:
        outer = quantiles(value.pair, [Fraction(0), Fraction(1)])
        inner = [outer[0] + share * (outer[1] - outer[0]) for share in shares]
    inner = [fraction(both(end)) for end in inner]
    every = [outer[0], *inner]
    if any(a >= b for a, b in zip(every, inner, strict=False)) or inner[-1] > outer[1]:
        raise DataError(
            f"{show(node)}: the ends of the intervals fall together, for many rows "
            "share a value",
            where=rows.table.source,
            fix="Ask for fewer intervals, or name their ends: cut(x, [0, 10, 20])",
        )
    ends = ((-inf, 0.0), *map(both, inner), (inf, 0.0))
    return _cuts(node, given, ends)


def _cuts(node: Call, given: Mapping[str, Any], ends: tuple[Both, ...]) -> Cuts:
    right, lowest = given.get("right", True), given.get("lowest", False)
    labels = given.get("labels")
    if labels is None:
        labels = _labels(ends, right=right, lowest=lowest)
    elif len(labels) != len(ends) - 1 or len(set(labels)) < len(labels):
        raise DataError(
            f"{show(node)}: {len(labels)} labels for {len(ends) - 1} intervals",
            fix="Name each interval once",
        )
    return Cuts(ends, right, lowest, tuple(labels))


def _labels(ends: tuple[Both, ...], *, right: bool, lowest: bool) -> tuple[str, ...]:
    """Name intervals as R does: as few digits as tell them apart, 3 at least."""
    # Pairs of float64 have 33 digits.
    for digits in range(3, 34):
        shown = [_number(end, digits) for end in ends]
        if len(set(shown)) == len(shown):
            break
    pairs = list(pairwise(shown))
    opening, closing = ("(", "]") if right else ("[", ")")
    labels = [f"{opening}{a},{b}{closing}" for a, b in pairs]
    if lowest and right:
        labels[0] = f"[{labels[0][1:]}"
    elif lowest:
        labels[-1] = f"{labels[-1][:-1]}]"
    return tuple(labels)


def _number(end: Both, digits: int) -> str:
    if isinf(end[0]):
        return "Inf" if end[0] > 0 else "-Inf"
    if digits <= 17:
        return f"{end[0]:.{digits}g}"
    return f"{decimal(fraction(end)):.{digits}g}"
