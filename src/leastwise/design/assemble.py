"""Terms to columns: one pass over the columns, each written once in its place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leastwise.design.encode import Encoding
from leastwise.design.evaluate import (
    Value,
    evaluate,
    evaluate_columns,
    product,
    spread,
)
from leastwise.design.formula.functions import BASES
from leastwise.design.formula.nodes import Call, Name, Node, Operation
from leastwise.design.formula.show import label
from leastwise.design.layout import Array
from leastwise.design.numeric import PAIR_UNIT, Precision, Rows, as_float, fill
from leastwise.design.pairs import Pair, masked, plus

if TYPE_CHECKING:
    from leastwise.design.learnt.base import Learnt


@dataclass(frozen=True)
class Term:
    """The variables of a term, and which categories show all their levels."""

    variables: tuple[Node, ...]
    full: tuple[bool, ...]


def term_names(
    term: Term,
    encodings: Mapping[Node, Encoding],
    learnt: Mapping[Node, Learnt],
) -> tuple[str, ...]:
    """Name the columns of a term, in their order: the first variable varies fastest.

    Examples
    --------
    >>> wool = Encoding("wool", "text", ("A", "B", "C"), 0)
    >>> term = Term((Name("wool"), Name("age")), (False, False))
    >>> term_names(term, {Name("wool"): wool}, {})
    ('wool[T.B]:age', 'wool[T.C]:age')
    """
    names = []
    for v, full in zip(term.variables, term.full, strict=True):
        if v in encodings:
            names.append(encodings[v].marks(v, full=full))
        elif isinstance(v, Call) and v.function in BASES:
            marks = learnt[v].marks()
            names.append(tuple(f"{label(v)}[{mark}]" for mark in marks))
        else:
            names.append((label(v),))
    return tuple(":".join(parts) for parts in _fastest_first(names))


@dataclass(frozen=True, eq=False)
class Coded:
    """A category on the used rows.

    Attributes
    ----------
    encoding : Encoding
        Its levels and their coding.
    codes : ndarray of int, shape (n,)
        The level of each row.
    """

    encoding: Encoding
    codes: Array

    def columns(self, *, full: bool) -> list[Array | Value]:
        """Give each column: a mask where it is an indicator, else numbers."""
        if self.encoding.indicators(full=full):
            shown = self.encoding.shown_levels(full=full)
            return [self.codes == level for level in shown]
        encoding = self.encoding
        matrix = encoding.coding.matrix(len(encoding.labels), encoding.base)
        made: list[Array | Value] = []
        for j in range(encoding.width(full=False)):
            high = np.array([row[j][0] for row in matrix])
            low = np.array([row[j][1] for row in matrix])
            exact = bool((high == np.round(high)).all()) and not low.any()
            carried = low[self.codes] if low.any() else None
            roundoff = 0.0 if exact else PAIR_UNIT
            made.append(Value(high[self.codes], roundoff, carried))
        return made


def fill_inputs(
    terms: Sequence[Term], coded: Mapping[Node, Coded], rows: Rows, width: int
) -> tuple[Array, list[Precision]]:
    """Write the columns of all terms into one array, column by column.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1.0, 2.0]}), None)
    >>> fill_inputs([Term((Name("x"),), (False,))], {}, rows, 1)[0]
    array([[1.],
           [2.]])
    """
    matrix = np.empty((rows.count, width), order="F")
    precisions: list[Precision] = []
    for term in terms:
        only = term.variables[0]
        if len(term.variables) == 1 and isinstance(only, Name) and only not in coded:
            out = matrix[:, len(precisions)]
            precisions.append(fill(out, only.name, rows))
        else:
            _fill_term(matrix, precisions, term, coded, rows)
    return matrix, precisions


def fill_targets(left: Sequence[Node], rows: Rows) -> tuple[Array, list[Precision]]:
    """Write the targets into one array.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> fill_targets([Name("y")], Rows(read_table({"y": [1, 2]}), None))[0]
    array([[1.],
           [2.]])
    """
    matrix = np.empty((rows.count, len(left)), order="F")
    precisions = []
    for j, node in enumerate(left):
        if isinstance(node, Name):
            precisions.append(fill(matrix[:, j], node.name, rows))
        else:
            value = evaluate(node, rows)
            value = spread(value, rows.count)
            matrix[:, j] = value.array
            precisions.append(Precision(value.roundoff, low=value.low))
    return matrix, precisions


def offset_values(
    offsets: Sequence[Node], column: str | None, rows: Rows
) -> Pair | None:
    """Add up the offsets of the formula and the offset column.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> offset_values([Name("z")], "z", Rows(read_table({"z": [1, 2]}), None))
    (array([2., 4.]), None)
    """
    parts = [spread(evaluate(node, rows), rows.count).pair for node in offsets]
    if column is not None:
        parts.append(as_float(column, rows)[0])
    if not parts:
        return None
    # A sum of one part would be the user's own array: a copy keeps it theirs.
    total = (parts[0][0].copy(), parts[0][1])
    for part in parts[1:]:
        total = plus(total, part)
    return total


def _fastest_first(choices: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    for reverse in itertools.product(*reversed(choices)):
        yield tuple(reversed(reverse))


def _fill_term(
    matrix: Array,
    precisions: list[Precision],
    term: Term,
    coded: Mapping[Node, Coded],
    rows: Rows,
) -> None:
    columns: list[Sequence[Array | Value]] = [
        coded[v].columns(full=full) if v in coded else evaluate_columns(v, rows)
        for v, full in zip(term.variables, term.full, strict=True)
    ]
    whole = term.variables[0]
    for v in term.variables[1:]:
        whole = Operation(":", whole, v)
    # What is multiplied once is masked many times: by which columns it is made of.
    made: dict[tuple[int, ...], Value] = {}
    again = any(not isinstance(c[0], Value) for c in columns)
    for reverse in itertools.product(*(range(len(c)) for c in reversed(columns))):
        places = tuple(reversed(reverse))
        out = matrix[:, len(precisions)]
        mask: Array | None = None
        values: list[Value] = []
        numeric: list[int] = []
        for column, place in zip(columns, places, strict=True):
            part = column[place]
            if isinstance(part, Value):
                values.append(part)
                numeric.append(place)
            else:
                mask = part if mask is None else mask & part
        if not values:
            out[:] = 1.0 if mask is None else mask
            precisions.append(Precision(0.0))
            continue
        key = tuple(numeric)
        value = made.get(key) or spread(product(values, whole, rows), rows.count)
        if again:
            made[key] = value
        high, low = value.pair if mask is None else masked(value.pair, mask)
        out[:] = high
        precisions.append(Precision(value.roundoff, low=low))
