"""Terms to columns: one pass over the columns, each written once in its place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leastwise.design.encode import Encoding, codes
from leastwise.design.evaluate import evaluate, product, spread
from leastwise.design.formula.nodes import Name, Node, Operation
from leastwise.design.formula.show import label
from leastwise.design.layout import Array
from leastwise.design.numeric import Precision, Rows, as_float, fill
from leastwise.design.pairs import Pair, masked, plus


@dataclass(frozen=True)
class Term:
    """The variables of a term, and which categories show all their levels."""

    variables: tuple[Node, ...]
    full: tuple[bool, ...]


def term_names(term: Term, encodings: Mapping[Node, Encoding]) -> tuple[str, ...]:
    """Name the columns of a term, in their order.

    Examples
    --------
    >>> wool = Encoding("wool", "text", ("A", "B", "C"), 0)
    >>> term = Term((Name("wool"), Name("age")), (False, False))
    >>> term_names(term, {Name("wool"): wool})
    ('wool[T.B]:age', 'wool[T.C]:age')
    """
    return tuple(
        ":".join(
            encodings[v].column_label(v, level, full=full)
            if level is not None
            else label(v)
            for v, full, level in zip(term.variables, term.full, levels, strict=True)
        )
        for levels in _columns(term, encodings)
    )


def fill_inputs(
    terms: Sequence[Term],
    encodings: Mapping[Node, Encoding],
    rows: Rows,
    width: int,
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
    # Rows to levels is found once, however many terms share the category.
    found = {node: codes(encoding, rows) for node, encoding in encodings.items()}
    for term in terms:
        only = term.variables[0]
        if len(term.variables) == 1 and isinstance(only, Name) and only not in found:
            out = matrix[:, len(precisions)]
            precisions.append(fill(out, only.name, rows))
        else:
            _fill_term(matrix, precisions, term, encodings, found, rows)
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


def _columns(
    term: Term, encodings: Mapping[Node, Encoding]
) -> Iterator[tuple[int | None, ...]]:
    """Give the level of each variable in each column; the first varies fastest."""
    choices: list[tuple[int | None, ...]] = [
        encodings[v].shown_levels(full=full) if v in encodings else (None,)
        for v, full in zip(term.variables, term.full, strict=True)
    ]
    for reverse in itertools.product(*reversed(choices)):
        yield tuple(reversed(reverse))


def _fill_term(
    matrix: Array,
    precisions: list[Precision],
    term: Term,
    encodings: Mapping[Node, Encoding],
    found: Mapping[Node, Array],
    rows: Rows,
) -> None:
    numeric = [v for v in term.variables if v not in found]
    value = None
    if numeric:
        values = [evaluate(v, rows) for v in numeric]
        whole = numeric[0]
        for v in numeric[1:]:
            whole = Operation(":", whole, v)
        value = product(values, whole, rows)
    if value is not None:
        value = spread(value, rows.count)
    for levels in _columns(term, encodings):
        out = matrix[:, len(precisions)]
        mask = None
        for v, level in zip(term.variables, levels, strict=True):
            if level is not None:
                here = found[v] == level
                mask = here if mask is None else mask & here
        if value is None:
            out[:] = 1.0 if mask is None else mask
            precisions.append(Precision(0.0))
            continue
        high, low = value.pair if mask is None else masked(value.pair, mask)
        out[:] = high
        precisions.append(Precision(value.roundoff, low=low))
