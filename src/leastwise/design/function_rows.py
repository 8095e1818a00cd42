"""The columns that a function of the user's reads, and its targets, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.layout import Array, Design
from leastwise.design.numeric import as_float
from leastwise.design.select import select, weight_values
from leastwise.rows.table import Table


@dataclass(frozen=True, eq=False)
class FunctionRows:
    """Rows for a function.

    Attributes
    ----------
    columns : dict of str to ndarray, shape (n,)
        What the function reads.
    target : ndarray, shape (n, k)
        What it is to give.
    weights : ndarray, shape (n,), or None
        Case weights.
    design : Design
        Which rows are used; it has no inputs of its own.
    low : dict of str to ndarray, shape (n,)
        What columns leave out of the decimals they stand for; without those that
        leave out nothing.
    target_low : ndarray, shape (n, k), or None
        What the targets leave out.
    """

    columns: dict[str, Array]
    target: Array
    weights: Array | None
    design: Design
    low: dict[str, Array] = field(default_factory=dict)
    target_low: Array | None = None


def function_columns(
    table: Table, names: Sequence[str]
) -> tuple[dict[str, Array], Array]:
    """Take columns of new rows, and say which rows have a value in each.

    Parameters
    ----------
    table : Table
        The rows.
    names : sequence of str
        Columns that the function reads.

    Returns
    -------
    columns : dict of str to ndarray
        Of the rows that can be used.
    good : ndarray of bool, shape (n,)
        Which these are.
    """
    selection = select(table, names, missing="drop", allow_empty=True)
    rows = selection.rows
    good = np.ones(table.n_rows, bool)
    if rows.kept is not None:
        good[:] = False
        good[rows.kept] = True
    made = {name: np.ascontiguousarray(as_float(name, rows)[0][0]) for name in names}
    return made, good


def function_rows(
    table: Table,
    names: Sequence[str],
    targets: Sequence[str],
    *,
    weights: str | None = None,
    missing: Literal["drop", "error"] = "drop",
    decimal: bool = False,
    allow_empty: bool = False,
) -> FunctionRows:
    """Take columns of a table as float64.

    Parameters
    ----------
    table : Table
        The data.
    names, targets : sequence of str
        Columns that the function reads, and those it is to give.
    weights : str, optional
        Column of case weights.
    missing : {"drop", "error"}
        What a missing value does.
    decimal : bool
        Whether numbers stand for the decimals they are written as.
    allow_empty : bool
        Whether no row at all is an answer.

    Raises
    ------
    DataError
        For a column that is missing, is no number or is infinite; where integers are
        beyond float64, and only that is asked for.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"t": [1.0, None, 3.0], "y": [2.0, 3.0, 4.0]})
    >>> rows = function_rows(table, ["t"], ["y"])
    >>> rows.columns["t"].tolist(), rows.design.rows.used
    ([1.0, 3.0], 2)
    """
    selection = select(
        table,
        [*targets, *names],
        weights=weights,
        missing=missing,
        allow_empty=allow_empty,
    )
    rows = replace(selection.rows, decimal=decimal)
    made: dict[str, Array] = {}
    lows: dict[str, Array] = {}
    for name in dict.fromkeys([*names, *targets]):
        (values, low), _ = as_float(name, rows)
        made[name] = np.ascontiguousarray(values)
        if low is None or not np.any(low):
            continue
        if not decimal:
            raise DataError(
                f'column "{name}" has integers that float64 does not hold',
                table.source,
                "Subtract its first value before the fit, or give decimal=True",
            )
        lows[name] = np.ascontiguousarray(low)
    target = np.column_stack([made[name] for name in targets])
    n, k = target.shape
    none = np.zeros(n)
    w = None if weights is None else weight_values(weights, rows)
    design = Design(
        X=np.empty((n, 0)),
        Y=target,
        weights=w,
        offset=None,
        names=(),
        targets=tuple(targets),
        intercept=False,
        origin=np.zeros(k),
        origin_low=np.zeros(k),
        roundoff=np.full(k, 2.0**-53),
        rows=selection.count,
        kept=rows.kept,
    )
    return FunctionRows(
        {name: made[name] for name in names},
        target,
        w,
        design,
        {name: low for name, low in lows.items() if name in names},
        np.column_stack([lows.get(name, none) for name in targets]) if lows else None,
    )
