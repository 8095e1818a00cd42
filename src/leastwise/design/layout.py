"""`Design`: the arrays of a fit, with what is needed to judge and name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

BLOCK = 4096  # rows at a time, so that they stay in the cache
Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Gap:
    """Rows in which one column has no value.

    Attributes
    ----------
    name : str
        The column, or what else a row lacks.
    rows : int
        Rows without it.
    alone : int
        Those that lack nothing else: they would be kept without the column.

    Examples
    --------
    >>> Gap("age", 3, 2).alone
    2
    """

    name: str
    rows: int
    alone: int


@dataclass(frozen=True)
class RowCount:
    """How many rows came, how many are used, and why the others are not.

    Attributes
    ----------
    read : int
        Rows in the table.
    used : int
        Rows in the arrays, without those of missing values.
    dropped : tuple of (str, int)
        Reason and count. A row with several reasons counts under the first.
    gaps : tuple of Gap
        For every column that lacks values, all the rows it lacks them in.

    Examples
    --------
    >>> RowCount(400, 397, (("missing value in age", 3),)).used
    397
    """

    read: int
    used: int
    dropped: tuple[tuple[str, int], ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, eq=False)
class Design:
    """Arrays ready for a fit.

    Attributes
    ----------
    X : ndarray of float64, shape (n, p)
        Inputs, without the column of the intercept.
    Y : ndarray of float64, shape (n, k)
        Targets as given: the offset is not taken off. k is 0 in a replay.
    weights, offset : ndarray of float64, shape (n,), or None
        Case weights and the sum of all offsets.
    names : tuple of str
        The p coefficients.
    targets : tuple of str
        The k targets.
    intercept : bool
        Whether the model has an intercept.
    origin, origin_low : ndarray of float64, shape (p + k,)
        A column of values is ``X + origin + origin_low`` exactly. Zero, except
        where integers beyond 2**53 were shifted by their first value.
    roundoff : ndarray of float64, shape (p + k,)
        Relative size of the rounding that values already carry: 0 for integers
        and indicators, 2**-53 for float64, 2**-52 for computed terms.
    rows : RowCount
        Rows read, used and dropped.
    kept : ndarray of int or None
        The used rows of the table when some were dropped.
    notes : tuple of str
        What the user should know, such as levels that do not occur.
    X_low, Y_low, offset_low : ndarray of float64, or None
        What X, Y and the offset leave out of the values: the digits of a product
        beyond float64, and of decimals where they were asked for. None for nothing.

    Examples
    --------
    >>> from leastwise.design.build import build
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"y": [1.0, 2.0, 4.0], "x": [1, 2, 3]})
    >>> _, design = build("y ~ x", table)
    >>> design.names, design.X.shape, design.roundoff[0]
    (('x',), (3, 1), np.float64(0.0))
    """

    X: Array
    Y: Array
    weights: Array | None
    offset: Array | None
    names: tuple[str, ...]
    targets: tuple[str, ...]
    intercept: bool
    origin: Array
    origin_low: Array
    roundoff: Array
    rows: RowCount
    kept: Array | None
    notes: tuple[str, ...] = ()
    X_low: Array | None = None
    Y_low: Array | None = None
    offset_low: Array | None = None


def low_columns(lows: Sequence[Array | None], rows: int) -> Array | None:
    """Put what columns leave out side by side, row by row; None for nothing.

    Examples
    --------
    >>> low_columns([None, np.array([1e-20, 0.0])], 2).tolist()
    [[0.0, 1e-20], [0.0, 0.0]]
    """
    if all(low is None for low in lows):
        return None
    whole = np.zeros((rows, len(lows)))
    given = [(j, low) for j, low in enumerate(lows) if low is not None]
    for start in range(0, rows, BLOCK):
        part = slice(start, start + BLOCK)
        for j, low in given:
            whole[part, j] = low[part]
    return whole
