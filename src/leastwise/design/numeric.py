"""A column of numbers to float64, without losing digits that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.layout import Array
from leastwise.design.pairs import Pair, plus
from leastwise.rows.complain import not_a_number
from leastwise.rows.decimals import low_of_shortest
from leastwise.rows.table import Column, Table

# Every integer up to here is a float64.
EXACT_INTEGER = 2**53
UNIT = 2.0**-53
# Of a decimal held as a float64 and what that leaves out, and of one step with such.
PAIR_UNIT = 2.0**-104
UNIT_OF_SIZE = {2: 2.0**-11, 4: 2.0**-24}


@dataclass(frozen=True)
class Precision:
    """What a filled column carries besides its values; see `Design`."""

    roundoff: float
    origin: float = 0.0
    origin_low: float = 0.0
    low: Array | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Rows:
    """A table and the rows of it that are used; all of them when kept is None.

    `decimal` says that numbers stand for the decimals they are written as. `known`
    holds, by their calls, what functions learnt and the values that come from other
    rows of the table.
    """

    table: Table
    kept: Array | None
    decimal: bool = False
    known: Mapping[Any, Any] = field(default_factory=dict, compare=False)

    @property
    def count(self) -> int:
        """Number of used rows."""
        return self.table.n_rows if self.kept is None else len(self.kept)

    def take(self, values: Array) -> Array:
        """Give the used rows of an array; the array itself when all are used."""
        return values if self.kept is None else values[self.kept]

    def row(self, index: int) -> int:
        """Give the row of the table that used row `index` is."""
        return int(index if self.kept is None else self.kept[index])

    def label(self, index: int) -> str:
        """Name a used row as the user can find it."""
        return self.table.row_label(self.row(index))


def number_column(table: Table, name: str) -> Column:
    """Give a column of numbers or booleans, or say why it is neither.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> number_column(read_table({"x": [1, 2]}), "x").kind
    'number'
    """
    column = table.column(name)
    if column.kind in ("text", "date"):
        raise not_a_number(table, name, category=False)
    return column


def fill(out: Array, name: str, rows: Rows) -> Precision:
    """Write the used rows of a column into a float64 array.

    Integers beyond 2**53 are first shifted by their first value, in integers.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"t": [2**60 + 1, 2**60 + 3]}), None)
    >>> out = np.empty(2)
    >>> precision = fill(out, "t", rows)
    >>> out.tolist(), precision.origin == 2.0**60, precision.origin_low
    ([0.0, 2.0], True, 1.0)
    """
    values = rows.take(number_column(rows.table, name).values)
    if _beyond_exact(values):
        precision = _fill_shifted(out, values, name, rows)
    elif rows.decimal and values.dtype.kind == "f":
        (out[:], low), roundoff = _as_decimal(values, name, rows)
        precision = Precision(roundoff, low=low)
    else:
        out[:] = values
        precision = Precision(_roundoff(values))
    refuse_infinite(out, name, rows)
    return precision


def as_float(name: str, rows: Rows) -> tuple[Pair, float]:
    """Give a column as float64, what that leaves out, and its roundoff.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> as_float("x", Rows(read_table({"x": [1, 2]}), None))
    ((array([1., 2.]), None), 0.0)
    """
    values = rows.take(number_column(rows.table, name).values)
    pair: Pair
    if rows.decimal and values.dtype.kind == "f":
        pair, roundoff = _as_decimal(values, name, rows)
    elif _beyond_exact(values):
        pair = _large_integers(values, name, rows)
        roundoff = PAIR_UNIT if values.dtype.kind == "O" else 0.0
    else:
        pair, roundoff = (np.asarray(values, np.float64), None), _roundoff(values)
    refuse_infinite(pair[0], name, rows)
    return pair, roundoff


def low_of_column(values: Array, given: Array | None) -> Array | None:
    """Give what float64 values leave out of decimals: as read, or the shortest.

    Examples
    --------
    >>> low_of_column(np.array([0.1]), None)
    array([-5.55111512e-18])
    """
    return low_of_shortest(values) if given is None else given


def _as_decimal(values: Array, name: str, rows: Rows) -> tuple[Pair, float]:
    given = number_column(rows.table, name).low
    if values.dtype.itemsize < 8:
        # The shortest decimal of a float32 is another one than that of its float64.
        values = values.astype(str).astype(np.float64)
    low = low_of_column(values, None if given is None else rows.take(given))
    return (np.asarray(values, np.float64), low), PAIR_UNIT


def _large_integers(values: Array, name: str, rows: Rows) -> Pair:
    try:
        if values.dtype.kind == "O":
            high = np.array([float(v) for v in values])
            rest = [int(v) - int(h) for v, h in zip(values, high, strict=True)]
            return high, np.array([float(r) for r in rest])
    except OverflowError:
        raise _too_large(name, rows) from None
    # Both halves of 32 bits are float64 numbers.
    upper = (values >> 32).astype(np.float64) * 2.0**32
    return plus((upper, None), ((values & (2**32 - 1)).astype(np.float64), None))


def first_not_finite(values: Array) -> int | None:
    """Give the index of the first infinite or NaN value, None if there is none.

    Examples
    --------
    >>> first_not_finite(np.array([1.0, np.inf])), first_not_finite(np.ones(2))
    (1, None)
    """
    with np.errstate(over="ignore", invalid="ignore"):
        # One pass without a copy: the sum is finite only if every value is.
        if np.isfinite(np.add.reduce(values)):
            return None
    bad = ~np.isfinite(values)
    return int(bad.argmax()) if bad.any() else None


def refuse_infinite(values: Array, name: str, rows: Rows) -> None:
    """Raise for an infinite value in a column as it was given.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1.0, float("inf")]}), None)
    >>> refuse_infinite(np.array([1.0, np.inf]), "x", rows)
    Traceback (most recent call last):
    leastwise._kit.errors.DataError: ... "x" is inf in row 2. ...
    """
    at = first_not_finite(values)
    if at is not None:
        raise DataError(
            f'column "{name}" is {values[at]:g} in {rows.label(at)}',
            where=rows.table.source,
            fix="Correct the value, or make it a missing one (NA)",
        )


def _roundoff(values: Array) -> float:
    if values.dtype.kind != "f":
        return 0.0
    return UNIT_OF_SIZE.get(values.dtype.itemsize, UNIT)


def _beyond_exact(values: Array) -> bool:
    wide = values.dtype.kind == "O" or (
        values.dtype.kind in "iu" and values.dtype.itemsize == 8
    )
    if not wide or not len(values):
        return False
    return int(values.min()) < -EXACT_INTEGER or int(values.max()) > EXACT_INTEGER


def _fill_shifted(out: Array, values: Array, name: str, rows: Rows) -> Precision:
    first, lowest, highest = int(values[0]), int(values.min()), int(values.max())
    reach = max(highest - first, first - lowest)
    try:
        high = float(first)
        if values.dtype.kind == "O" or reach >= 2**63:
            out[:] = [int(value) - first for value in values]
        else:
            # Differences modulo 2**64 are right, for they fit into 63 bits.
            moved = values.astype(np.uint64) - np.uint64(first % 2**64)
            out[:] = moved.view(np.int64)
        low = float(first - int(high))
    except OverflowError:
        raise _too_large(name, rows) from None
    exact = reach <= EXACT_INTEGER and int(high) + int(low) == first
    return Precision(0.0 if exact else UNIT, high, low)


def _too_large(name: str, rows: Rows) -> DataError:
    return DataError(
        f'column "{name}" has an integer beyond 1e308',
        where=rows.table.source,
        fix="Divide the column by a power of ten",
    )
