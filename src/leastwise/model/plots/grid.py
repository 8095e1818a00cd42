"""Rows to predict along one column, the others held where the data are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.plots.ask import RowsAsk
from leastwise.model.plots.looked import column_of
from leastwise.moments.double import Array
from leastwise.rows.table import did_you_mean, shown

POINTS = 101
# A number with more values than this is drawn as one, whatever the formula does.
MOST_LEVELS = 30


@dataclass(frozen=True, eq=False)
class Along:
    """Rows along one column.

    Attributes
    ----------
    name : str
        The column.
    values : ndarray, shape (g,)
        What it runs through: even steps, or its levels.
    levels : bool
        Whether it is a category.
    rows : dict of str to ndarray
        All inputs, ready to be predicted.
    held : str
        Where the others are held, for the reader; empty when there are none.
    """

    name: str
    values: Array
    levels: bool
    rows: dict[str, Any]
    held: str


def along(ask: RowsAsk, name: str) -> Along:
    """Return rows that run along a column.

    Numbers are held at their mean, categories at their most frequent level.

    Parameters
    ----------
    ask : RowsAsk
        Whose model.
    name : str
        An input.
    """
    inputs = ask.inputs
    if name not in inputs:
        raise RequestError(
            f'there is no input "{name}"',
            fix=f"{did_you_mean(name, inputs)}The inputs are {shown(inputs)}",
        )
    sample = ask.sample
    columns = {other: column_of(sample, other) for other in inputs}
    levels = is_category(ask, name, columns[name])
    if levels:
        values = np.array(sorted(set(columns[name].tolist())), dtype=object)
        if columns[name].dtype != object:
            values = values.astype(columns[name].dtype)
    else:
        values = _steps(columns[name])
    rows: dict[str, Any] = {}
    held = []
    for other, column in columns.items():
        if other == name:
            rows[other] = values
            continue
        middle = _middle(ask, other, column)
        rows[other] = np.array([middle] * len(values))
        held.append(f"{other} {middle:.4g}" if _real(middle) else f"{other} {middle}")
    return Along(name, values, levels, rows, ", ".join(held))


def is_category(ask: RowsAsk, name: str, column: Array) -> bool:
    """Say whether a column is drawn by its levels.

    Parameters
    ----------
    ask : RowsAsk
        Whose model.
    name : str
        The column.
    column : ndarray
        Its values.
    """
    if column.dtype == object or column.dtype == bool:
        return True
    return name in ask.coded and len(np.unique(column)) <= MOST_LEVELS


def _steps(column: Array) -> Array:
    numbers = column.astype(np.float64)
    return np.linspace(float(numbers.min()), float(numbers.max()), POINTS)


def _middle(ask: RowsAsk, name: str, column: Array) -> Any:
    if is_category(ask, name, column):
        values, counts = np.unique(column.astype(str), return_counts=True)
        most = values[np.argmax(counts)]
        return next(v for v in column.tolist() if str(v) == most)
    return float(column.astype(np.float64).mean())


def _real(value: Any) -> bool:
    return isinstance(value, float)
