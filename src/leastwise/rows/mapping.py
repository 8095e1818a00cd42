"""Named arrays, a dict of them or a structured array, become a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.rows.frame import column_from_series, declared_column, unique_names
from leastwise.rows.table import Column, Table, make_table
from leastwise.rows.values import column_from_array, column_from_objects

SOURCE = "the arrays"


def read_mapping(
    data: Mapping[Any, Any], *, columns: Collection[str] | None = None
) -> Table:
    """Make a table of a dict of arrays, lists or series of one length.

    Parameters
    ----------
    data : Mapping of str to array_like
        The columns: NumPy or JAX arrays, lists, pandas or polars series.
    columns : collection of str, optional
        The only columns to convert. The lengths of the others count too.

    Examples
    --------
    >>> read_mapping({"x": [1, 2], "town": ["A", "B"]}).column("town").levels
    ('A', 'B')
    """
    names = unique_names(list(data), SOURCE)
    made, lengths = [], {}
    unread: dict[str, DataError | None] = {}
    indexed: list[tuple[str, Any]] = []
    for name, values in zip(names, data.values(), strict=True):
        lengths[name] = _length(name, values)
        index = index_of(values)
        if index is not None:
            indexed.append((name, index))
        if columns is not None and name not in columns:
            unread[name] = None
            continue
        try:
            made.append(column_from_any(name, values, SOURCE))
        except DataError as error:
            unread[name] = error
    _check_lengths(lengths)
    for name, index in indexed[1:]:
        check_index(indexed[0], (name, index))
    rows = next(iter(lengths.values()), 0)
    return make_table(made, source=SOURCE, n_rows=rows, unread=unread)


def read_structured(data: Any, *, columns: Collection[str] | None = None) -> Table:
    """Make a table of a one-dimensional NumPy structured array.

    Examples
    --------
    >>> data = np.array([(1, 2.5)], [("n", "i4"), ("x", "f8")])
    >>> read_structured(data).column("x").values
    array([2.5])
    """
    return read_mapping(
        {name: data[name] for name in data.dtype.names}, columns=columns
    )


def column_from_any(name: str, values: Any, where: str) -> Column:
    """Make a column of a list, an array or a series.

    Examples
    --------
    >>> column_from_any("x", [1, None, 3], "the arrays").values
    array([1, 0, 3])
    """
    if isinstance(values, (list, tuple, range)):
        return column_from_objects(name, list(values), where)
    if hasattr(values, "categories") and hasattr(values, "codes"):
        # A bare pandas Categorical is no series, and its levels are declared.
        codes = np.array(values.codes, np.int32)
        return declared_column(name, codes, list(values.categories), where)
    if not isinstance(values, np.ndarray):
        import narwhals as nw

        known = nw.from_native(values, allow_series=True, pass_through=True)
        if isinstance(known, nw.Series):
            return column_from_series(name, known, where)
    return column_from_array(name, values, where)


def index_of(values: Any) -> Any:
    """Return the row labels of a pandas object, None for all others.

    Examples
    --------
    >>> index_of(np.zeros(3)) is None
    True
    """
    index = getattr(values, "index", None)
    # A list has a method of that name.
    return index if hasattr(index, "equals") else None


def check_index(first: tuple[str, Any], second: tuple[str, Any]) -> None:
    """Raise unless two pandas objects have the same row labels in the same order.

    Examples
    --------
    >>> import pandas as pd
    >>> x, y = ("x", pd.Index([0, 1])), ("y", pd.Index([1, 0]))
    >>> check_index(x, y)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    leastwise._kit.errors.DataError: "x" and "y" have the same row labels in another...
    """
    (one, labels), (two, others) = first, second
    if labels.equals(others):
        return
    same = len(labels) == len(others) and labels.sort_values().equals(
        others.sort_values()
    )
    how = "the same row labels in another order" if same else "different row labels"
    raise DataError(
        f'"{one}" and "{two}" have {how}',
        fix="Put them into one data frame, which lines up the labels, or drop the "
        "labels with .reset_index(drop=True) if the order of the rows is right.",
    )


def _length(name: str, values: Any) -> int:
    try:
        return len(values)
    except TypeError as error:
        raise DataError(
            f"it is one value ({type(values).__name__}), not one for each row",
            where=f'column "{name}" in {SOURCE}',
            fix="Give a list or an array.",
        ) from error


def _check_lengths(lengths: Mapping[str, int]) -> None:
    for name, length in lengths.items():
        first, rows = next(iter(lengths.items()))
        if length != rows:
            raise DataError(
                f'"{first}" has {rows} rows and "{name}" has {length}',
                where=SOURCE,
                fix="Give columns of one length.",
            )
