"""X and y given as arrays: checked, not copied, in the dtype they came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.rows.complain import not_a_number
from leastwise.rows.frame import as_frame, read_frame
from leastwise.rows.mapping import check_index, column_from_any, index_of
from leastwise.rows.table import Array, Column, Table, make_table
from leastwise.rows.values import column_from_objects, missing_in, plain_number

# The first integer that float64 may round.
EXACT_INTEGER = 2**53
TEXT_FIX = "Give numbers; categories need a formula and a data frame."


@dataclass(frozen=True, eq=False)
class Matrix:
    """Numbers in two dimensions, one row an observation.

    Attributes
    ----------
    values : ndarray of shape (n, p)
        In the dtype given: boolean, integer or floating; objects (Python numbers)
        only where no NumPy dtype holds the integers exactly. No copy of a numeric
        array. Where a value is missing stands NaN or 0: `missing` decides.
    names : tuple of str or None
        Column names of a data frame, or the name of a series.
    missing : ndarray of bool, shape (n, p), or None
        True where the value is missing; None when nothing is.
    dtypes : tuple of dtype
        The dtype each column came in, before columns were put side by side.
    flat : bool
        True when it was given in one dimension.
    label : str
        ``X`` or ``y``, for messages.
    index : object
        Row labels of a pandas object, else None.
    low : ndarray of float64, shape (n, p), or None
        What `values` leave out of numbers that were given as decimals.
    scanned : bool
        Whether values were looked at: False where `missing` is not known.

    Examples
    --------
    >>> matrix = as_matrix([[1, 2], [3, 4]])
    >>> matrix.values.shape, matrix.dtypes[0].name, matrix.flat
    ((2, 2), 'int64', False)
    """

    values: Array
    names: tuple[str, ...] | None
    missing: Array | None
    dtypes: tuple[np.dtype[Any], ...]
    flat: bool
    label: str
    index: Any = None
    low: Array | None = None
    scanned: bool = True


def as_matrix(X: Any, name: str = "X", *, scan: bool = True) -> Matrix:
    """Take numbers in one or two dimensions from any usual holder.

    Parameters
    ----------
    X : array_like, data frame or series
        NumPy (also masked) or JAX array, list, pandas or polars frame or series.
    name : str
        What to call it in messages.
    scan : bool
        Whether to look for missing values in a float64 array.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.ones((3, 2))
    >>> as_matrix(X).values is X
    True
    """
    if isinstance(X, (list, tuple)):
        return _from_array(_array_of_list(X, name), name, None)
    if not isinstance(X, np.ndarray):
        import narwhals as nw

        if as_frame(X, name) is not None:
            return _from_frame(X, name)
        known = nw.from_native(X, allow_series=True, pass_through=True)
        if isinstance(known, nw.Series):
            # narwhals says text; pandas allows None and numbers. polars has "".
            title: Any = known.name
            named = None if title is None or title == "" else (str(title),)
            column = column_from_any(named[0] if named else name, X, name)
            table = make_table([column], source=name)
            return _from_table(table, name, named, index_of(X), flat=True)
        X = np.asarray(X)
    return _from_array(X, name, None, scan=scan)


def as_targets(y: Any, name: str = "y") -> Matrix:
    """Take one target, or several side by side, as `as_matrix` takes X.

    Examples
    --------
    >>> targets = as_targets([1.0, 2.0])
    >>> targets.values.shape, targets.flat
    ((2, 1), True)
    """
    return as_matrix(y, name)


def check_same_rows(X: Matrix, y: Matrix) -> None:
    """Raise unless both have the same rows: as many, and with the same labels.

    Examples
    --------
    >>> X, y = as_matrix([[1], [2]]), as_targets([1, 2, 3])
    >>> check_same_rows(X, y)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    leastwise._kit.errors.DataError: X has 2 rows and y has 3. Give one target value...
    """
    rows, others = X.values.shape[0], y.values.shape[0]
    if rows != others:
        fix = "Give one target value for each row."
        if y.values.shape == (1, rows):
            fix = f"Give {y.label} as a column: {y.label}.T"
        raise DataError(
            f"{X.label} has {rows} rows and {y.label} has {others}", fix=fix
        )
    if X.index is not None and y.index is not None:
        check_index((X.label, X.index), (y.label, y.index))


def _array_of_list(values: Sequence[Any], label: str) -> Array:
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError) as error:
        raise DataError(
            "its rows have different lengths",
            where=label,
            fix="Give as many values in every row.",
        ) from error
    if array.dtype.kind in "bi" or array.dtype.kind == "u":
        return array
    if array.dtype.kind == "f" and not (np.abs(array) >= EXACT_INTEGER).any():
        return array
    if array.dtype.kind == "c":
        return array
    # NumPy rounds large integers and makes text of numbers; objects keep them.
    return np.array(values, object)


def _from_frame(frame: Any, label: str) -> Matrix:
    table = read_frame(frame, source=label)
    for name in table.unread:
        table.column(name)
    names = tuple(table.columns)
    return _from_table(table, label, names, index_of(frame), flat=False, frame=frame)


def _from_array(
    array: Array, label: str, names: tuple[str, ...] | None, *, scan: bool = True
) -> Matrix:
    if array.dtype.names:
        parts = [column_from_any(n, array[n], label) for n in array.dtype.names]
        table = make_table(parts, source=label)
        return _from_table(table, label, tuple(array.dtype.names), None, flat=False)
    if array.ndim not in (1, 2):
        raise DataError(
            f"its shape is {array.shape}, and one or two dimensions are needed",
            where=label,
            fix="Give one row for each observation.",
        )
    flat = array.ndim == 1
    grid = array[:, None] if flat else array
    if grid.dtype.kind in "OUSM":
        return _from_objects(grid, label, flat=flat)
    mask = np.ma.getmaskarray(grid) if isinstance(grid, np.ma.MaskedArray) else None
    source = np.asarray(grid)
    values = plain_number("", source, label)
    if mask is not None and mask.any():
        fill = np.nan if values.dtype.kind == "f" else 0
        values = np.where(mask, np.array(fill, values.dtype), values)
    missing = missing_in(values, mask) if scan else None
    dtypes = (values.dtype,) * values.shape[1]
    return Matrix(values, names, missing, dtypes, flat, label, scanned=scan)


def _from_objects(grid: Array, label: str, *, flat: bool) -> Matrix:
    mask = np.ma.getmaskarray(grid)
    made = []
    for place in range(grid.shape[1]):
        if grid.dtype.kind == "M":
            # Of nanoseconds, tolist() would make integers.
            made.append(column_from_any(str(place + 1), grid[:, place], label))
            continue
        objects = np.asarray(grid)[:, place].tolist()
        objects = [
            None if m else v for v, m in zip(objects, mask[:, place], strict=True)
        ]
        made.append(column_from_objects(str(place + 1), objects, label))
    return _from_table(make_table(made, source=label), label, None, None, flat=flat)


def _from_table(
    table: Table,
    label: str,
    names: tuple[str, ...] | None,
    index: Any,
    *,
    flat: bool,
    frame: Any = None,
) -> Matrix:
    made = list(table.columns.values())
    for column in made:
        if column.kind not in ("number", "boolean"):
            error = not_a_number(table, column.name)
            raise DataError(error.what, error.where, TEXT_FIX)
    missing = None
    if any(column.missing is not None for column in made):
        missing = np.column_stack(
            [
                np.zeros(table.n_rows, bool) if c.missing is None else c.missing
                for c in made
            ]
        )
    dtypes = tuple(column.values.dtype for column in made)
    values = _side_by_side(made, table.n_rows, frame)
    low = None
    if any(column.low is not None for column in made):
        zeros = np.zeros(table.n_rows)
        low = np.column_stack([zeros if c.low is None else c.low for c in made])
    return Matrix(values, names, missing, dtypes, flat, label, index, low)


def _side_by_side(columns: list[Column], rows: int, frame: Any) -> Array:
    if not columns:
        return np.zeros((rows, 0))
    if len(columns) == 1:
        return columns[0].values[:, None]
    dtypes = {column.values.dtype for column in columns}
    if len(dtypes) == 1:
        whole = _one_block(columns, frame)
        return np.column_stack([c.values for c in columns]) if whole is None else whole
    common = np.result_type(*dtypes)
    if common.kind == "f" and any(_beyond_float64(c.values) for c in columns):
        common = np.dtype(object)
    if common.kind == "O":
        return np.column_stack([_python_numbers(c.values) for c in columns])
    return np.column_stack([c.values.astype(common, copy=False) for c in columns])


def _one_block(columns: list[Column], frame: Any) -> Array | None:
    """Return the block that pandas keeps the columns in, when they are all of it."""
    if not hasattr(frame, "to_numpy"):
        return None
    first = columns[0].values
    base = first.base
    if base is None or not all(np.may_share_memory(c.values, base) for c in columns):
        return None
    whole: Array = frame.to_numpy()
    return whole if np.may_share_memory(whole, first) else None


def _beyond_float64(values: Array) -> bool:
    if values.dtype.kind == "O":
        return True
    if values.dtype.kind not in "iu" or not values.size:
        return False
    return int(values.max()) > EXACT_INTEGER or int(values.min()) < -EXACT_INTEGER


def _python_numbers(values: Array) -> Array:
    # Python's own numbers: NumPy scalars in an object array would still wrap.
    return np.array(values.tolist(), object)
