"""``lag(x, 1)`` and ``diff(x)``: values of other rows, in the order of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.evaluate import Value, evaluate, paired, spread
from leastwise.design.formula.functions import MOVED
from leastwise.design.formula.nodes import Call, Node, calls_in, names_here
from leastwise.design.formula.show import show
from leastwise.design.formula.signatures import options_of
from leastwise.design.layout import Array
from leastwise.design.numeric import Rows
from leastwise.design.pairs import minus, plus
from leastwise.rows.table import Column, Table


@dataclass(frozen=True, eq=False)
class Moved:
    """Values that come from other rows, and the rows that have none.

    Attributes
    ----------
    value : Value
        One a row of the table; 0 where there is none.
    gone : ndarray of bool
        True where there is none.
    """

    value: Value
    gone: Array


def move(nodes: Sequence[Node], table: Table, *, decimal: bool) -> dict[Call, Moved]:
    """Compute every ``lag`` and ``diff`` that some nodes ask for, inner ones first.

    Rows stand in the order of the table, or of the column ``order=``, and within the
    groups of ``by=``. The first rows of each have nothing before them. A row with a
    missing value keeps its place: what follows it has a missing value before it.

    Parameters
    ----------
    nodes : sequence of nodes
        Terms, targets, offsets.
    table : Table
        All rows that came, in their order.
    decimal : bool
        Whether numbers stand for the decimals they are written as.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> node = parse_expression("lag(x)")
    >>> moved = move([node], read_table({"x": [3, 5, 8]}), decimal=False)[node]
    >>> moved.value.array.tolist(), moved.gone.tolist()
    ([0.0, 3.0, 5.0], [True, False, False])
    """
    found: dict[Call, Moved] = {}
    for node in calls_in(MOVED, *nodes):
        rows = Rows(table, None, decimal, {c: m.value for c, m in found.items()})
        value, gone = _whole(node.arguments[0], rows, found)
        given = options_of(node)
        k = given.get("k", 1)
        before, first = _row_before(node, k, table, given.get("by"), given.get("order"))
        lost = first | gone[before]
        earlier = _taken(value, before)
        if node.function == "diff":
            lost = lost | gone
            apart = plus(value.pair, minus(earlier.pair))
            whole = value.whole and apart[1] is None
            earlier = Value(apart[0], 0.0) if whole else paired(apart, value)
        found[node] = Moved(_where(earlier, ~lost), lost)
    return found


def _whole(node: Node, rows: Rows, found: dict[Call, Moved]) -> tuple[Value, Array]:
    """Compute on every row that has all it needs; 0 elsewhere."""
    gone = np.zeros(rows.table.n_rows, bool)
    for name in names_here(node):
        missing = rows.table.column(name).missing
        if missing is not None:
            gone |= missing
    for call in calls_in(MOVED, node):
        gone |= found[call].gone
    kept = np.flatnonzero(~gone) if gone.any() else None
    part = replace(rows, kept=kept)
    value = spread(evaluate(node, part), part.count)
    if kept is None:
        return value, gone
    array = np.zeros(len(gone))
    array[kept] = value.array
    low = None
    if value.low is not None:
        low = np.zeros(len(gone))
        low[kept] = value.low
    return Value(array, value.roundoff, low), gone


def _taken(value: Value, at: Array) -> Value:
    low = None if value.low is None else value.low[at]
    return Value(value.array[at], value.roundoff, low)


def _where(value: Value, there: Array) -> Value:
    low = None if value.low is None else np.where(there, value.low, 0.0)
    return Value(np.where(there, value.array, 0.0), value.roundoff, low)


def _row_before(
    node: Call, k: int, table: Table, by: str | None, order: str | None
) -> tuple[Array, Array]:
    """Give the row k places before each one, and where there is none."""
    n = table.n_rows
    keys: list[Array] = []
    unknown = np.zeros(n, bool)
    group = np.zeros(n, np.intp)
    if by is not None:
        column = table.column(by)
        group = _numbered(column)
        unknown |= _missing(column, n)
    if order is not None:
        column = table.column(order)
        keys.append(_numbered(column))
        unknown |= _missing(column, n)
    # Rows whose place is not known stand apart, after all others.
    sequence = np.lexsort((*keys, group, unknown))
    if order is not None:
        _refuse_ties(node, table, sequence, group, keys[0], unknown)
    count = int(n - np.count_nonzero(unknown))
    ordered = sequence[:count]
    place = np.arange(count)
    source = place - k
    inside = (source >= 0) & (source < count)
    source = np.where(inside, source, place)
    inside &= group[ordered[source]] == group[ordered]
    before = np.arange(n)
    none = np.ones(n, bool)
    before[ordered] = ordered[source]
    none[ordered] = ~inside
    return before, none


def _numbered(column: Column) -> Array:
    """Number the values of a column in their order."""
    if column.kind == "text":
        return np.asarray(column.values, np.intp)
    return np.asarray(np.unique(column.values, return_inverse=True)[1], np.intp)


def _missing(column: Column, n: int) -> Array:
    return np.zeros(n, bool) if column.missing is None else column.missing


def _refuse_ties(
    node: Call, table: Table, sequence: Array, group: Array, key: Array, unknown: Array
) -> None:
    first, second = sequence[:-1], sequence[1:]
    same = (group[first] == group[second]) & (key[first] == key[second])
    same &= ~unknown[first] & ~unknown[second]
    if same.any():
        at = int(same.argmax())
        rows = sorted((int(first[at]), int(second[at])))
        raise DataError(
            f"{show(node)}: {table.row_label(rows[0])} and {table.row_label(rows[1])} "
            f'have the same "{options_of(node)["order"]}", so neither is before the '
            "other",
            where=table.source,
            fix="Name the groups that rows belong to with by=, or another order",
        )
