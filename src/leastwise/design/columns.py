"""A matrix as named columns, which is how the rest of the room sees data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from leastwise._kit.errors import DataError
from leastwise.rows.arrays import Matrix, as_matrix
from leastwise.rows.table import Column, Table, make_table


def table_of_matrix(data: Any, names: Sequence[str]) -> Table:
    """Name the columns of new rows: by position, or by name when they have names.

    Examples
    --------
    >>> table_of_matrix([[1.0, 2.0]], ["a", "b"]).column("b").values
    array([2.])
    """
    matrix = data if isinstance(data, Matrix) else as_matrix(data, "X")
    width = matrix.values.shape[1]
    if matrix.names is not None:
        return make_table(matrix_columns(matrix, matrix.names), source="X")
    if width != len(names):
        raise DataError(
            f"X has {width} column{'s' * (width != 1)} and the model has {len(names)}",
            fix=f"Give the columns {', '.join(names)} in this order",
        )
    return make_table(
        matrix_columns(matrix, names), source="X", n_rows=matrix.values.shape[0]
    )


def matrix_columns(matrix: Matrix, names: Sequence[str]) -> list[Column]:
    """Give the columns of a matrix as views of it.

    Examples
    --------
    >>> [c.name for c in matrix_columns(as_matrix([[1.0, 2.0]]), ["a", "b"])]
    ['a', 'b']
    """
    columns = []
    for j, name in enumerate(names):
        values, dtype = matrix.values[:, j], matrix.dtypes[j]
        if values.dtype.kind == "O" and dtype.kind != "O":
            # Beside a column of large integers, in objects; its own dtype is exact.
            values = values.astype(dtype)
        elif dtype.kind == "f" and dtype.itemsize < values.dtype.itemsize:
            values = values.astype(dtype)
        gaps = None if matrix.missing is None else matrix.missing[:, j]
        gaps = gaps if gaps is not None and gaps.any() else None
        kind: Literal["number", "boolean"] = "number"
        if values.dtype.kind == "b":
            kind = "boolean"
        low = None if matrix.low is None else matrix.low[:, j]
        columns.append(Column(name, kind, values, gaps, None, low=low))
    return columns
