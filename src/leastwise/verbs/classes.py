"""Targets with classes: text becomes codes, and the classes keep their names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.formula.nodes import Name
from leastwise.design.formula.parse import Formula
from leastwise.loss.many import Multinomial, Ordered
from leastwise.loss.many.base import ManyLoss
from leastwise.rows.table import Column, Table, make_table

# More classes than this are hardly meant.
MOST_CLASSES = 1000


def two_classes(table: Table, formula: Formula) -> tuple[Table, str | None]:
    """Return a table whose target of text is 0 and 1, and what to say about it.

    As in R, the first class is 0: in declared order, else that of the alphabet.

    Parameters
    ----------
    table : Table
        The data.
    formula : Formula
        Whose target may be a column of text.

    Raises
    ------
    DataError
        When there are not two classes.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"x": [1, 2], "won": ["yes", "no"]})
    >>> found, note = two_classes(table, parse("won ~ x"))
    >>> found.column("won").values.tolist(), note
    ([1, 0], 'The target won is 1 for "yes" and 0 for "no".')
    """
    target = formula.targets[0]
    if len(formula.targets) != 1 or not isinstance(target, Name):
        return table, None
    column = table.columns.get(target.name)
    if column is None or column.kind != "text":
        return table, None
    codes, levels = column.values, column.levels or ()
    occur = [i for i in range(len(levels)) if (codes == i).any()]
    if len(occur) != 2:
        names = [levels[i] for i in occur]
        raise DataError(
            f'"{column.name}" has {len(names)} class{"es" * (len(names) != 1)}: '
            f"{_some(names)}",
            fix="Give two classes; lw.family.Multinomial() takes more",
        )
    missing = codes < 0
    made = Column(
        column.name,
        "number",
        (codes == occur[1]).astype(np.int64),
        missing if missing.any() else None,
        None,
    )
    one, zero = levels[occur[1]], levels[occur[0]]
    note = f'The target {column.name} is 1 for "{one}" and 0 for "{zero}".'
    return _replaced(table, made), note


def with_codes(
    table: Table, formula: Formula, loss: ManyLoss
) -> tuple[Table, tuple[str, ...]]:
    """Return the table with codes for the classes of the target, and the classes.

    Parameters
    ----------
    table : Table
        The data.
    formula : Formula
        Whose target is a column.
    loss : Multinomial or Ordered
        Which classes it names, if it does.

    Raises
    ------
    RequestError
        When the target is no column, or its order is not known.
    """
    target = formula.targets[0]
    if not isinstance(target, Name):
        raise RequestError(
            f"the target of {loss.name} is a column with classes",
            fix="Write the name of the column alone on the left of ~",
        )
    column = table.column(target.name)
    names, codes, in_order = _classes(column)
    wanted: tuple[str, ...] = getattr(loss, "levels", ())
    if isinstance(loss, Ordered) and not wanted and not in_order:
        raise RequestError(
            f'the classes of "{column.name}" have no order: {_some(names)}',
            fix="Say it, lowest first: lw.family.Ordered(levels=("
            + ", ".join(repr(name) for name in names[:6])
            + ("))" if len(names) <= 6 else ", ...))"),
        )
    base = getattr(loss, "base", "")
    if base and base not in names:
        raise RequestError(
            f'"{column.name}" has no class {base!r}', fix=f"It has {_some(names)}"
        )
    order = wanted or ((base, *(n for n in names if n != base)) if base else names)
    unknown = [name for name in names if name not in order]
    if unknown or len(set(order)) < len(order):
        raise RequestError(
            f'levels= are not the classes of "{column.name}": {_some(names)}',
            fix="Name each class once",
        )
    place = np.array([order.index(name) for name in names], np.int64)
    found = np.where(codes >= 0, place[codes], 0) if len(place) else codes
    missing = codes < 0
    made = Column(
        column.name, "number", found, missing if missing.any() else None, None
    )
    return _replaced(table, made), tuple(order)


def _classes(column: Column) -> tuple[tuple[str, ...], Any, bool]:
    """Return the classes of a column, their codes, and whether they have an order."""
    if column.kind == "text":
        return tuple(column.levels or ()), column.values, column.declared
    there = np.ones(len(column.values), bool)
    if column.missing is not None:
        there = ~column.missing
    found, inner = np.unique(column.values[there], return_inverse=True)
    if len(found) > MOST_CLASSES:
        raise DataError(
            f'"{column.name}" has {len(found):,} different values',
            fix="Give a column with classes, or fit a family for numbers",
        )
    codes = np.full(len(column.values), -1)
    codes[there] = inner.reshape(-1)
    return tuple(_text(value) for value in found), codes, True


def _text(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        return f"{value:g}"
    return str(value)


def _replaced(table: Table, column: Column) -> Table:
    columns = [
        column if old.name == column.name else old for old in table.columns.values()
    ]
    return make_table(
        columns,
        source=table.source,
        first_line=table.first_line,
        lines=table.lines,
        unread=table.unread,
    )


def with_levels(
    loss: Multinomial | Ordered,
    levels: tuple[str, ...],
    y: Any,
    weights: Any,
    target: str,
) -> ManyLoss:
    """Tell the loss its classes; refuse those that no row has.

    Parameters
    ----------
    loss : Multinomial or Ordered
        The family.
    levels : tuple of str
        The classes.
    y : ndarray, shape (n,)
        Their codes.
    weights : ndarray, shape (n,), or None
        Case weights.
    target : str
        Name of the column.

    Raises
    ------
    DataError
        For one class only, or one that no row has.
    """
    if len(levels) < 2:
        raise DataError(
            f'"{target}" has one class only: {_some(levels)}',
            fix="Get rows of other classes; there is nothing to tell apart",
        )
    counts = np.bincount(y.astype(int), weights, len(levels))
    empty = [level for level, n in zip(levels, counts, strict=True) if not n > 0]
    if empty:
        raise DataError(
            f"no row used has the class{'es' * (len(empty) > 1)} {_some(empty)} of "
            f'"{target}"',
            fix="Take the level out of the column (R: droplevels; pandas: "
            "cat.remove_unused_categories()), or join it with another",
        )
    return replace(loss, levels=levels)


def _some(names: Any) -> str:
    shown = ", ".join(map(repr, names[:6]))
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"
