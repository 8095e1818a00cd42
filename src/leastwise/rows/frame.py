"""Data frames of any library that narwhals knows become tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.rows.table import Array, Column, Table, make_table
from leastwise.rows.tokens import text_column
from leastwise.rows.values import (
    column_from_array,
    column_from_objects,
    number_column,
)

REFUSED = {
    "List": "lists",
    "Array": "lists",
    "Struct": "nested records",
    "Binary": "bytes",
    "Duration": "durations",
    "Time": "times of day",
}


def read_frame(
    frame: Any,
    *,
    columns: Collection[str] | None = None,
    source: str = "the data frame",
    unread: Mapping[str, DataError | None] | None = None,
) -> Table:
    """Make a table of a data frame; NumPy-backed numbers are not copied.

    Parameters
    ----------
    frame : dataframe
        pandas, polars (also lazy: it is collected), pyarrow or any other that
        narwhals takes.
    columns : collection of str, optional
        The only columns to convert.
    source : str
        What to call the frame in messages.
    unread : Mapping, optional
        Columns a reader left out before, for `Table.unread`.

    Examples
    --------
    >>> import pandas as pd
    >>> read_frame(pd.DataFrame({"x": [1.5, None]})).column("x").missing
    array([False,  True])
    """
    known = as_frame(frame, source)
    if known is None:
        raise DataError(f"{type(frame).__name__} is no data frame", source)
    if hasattr(known, "collect"):
        known = _collected(known, columns)
    names = unique_names(known.columns, source)
    made = []
    left: dict[str, DataError | None] = dict(unread or {})
    for place, name in enumerate(names):
        if columns is not None and name not in columns:
            left[name] = None
            continue
        try:
            made.append(column_from_series(name, known[:, place], source))
        except DataError as error:
            left[name] = error
    return make_table(made, source=source, n_rows=len(known), unread=left)


def as_frame(data: Any, source: str = "the data frame") -> Any:
    """Return the narwhals frame, eager or lazy, of a data frame; None for all else.

    Examples
    --------
    >>> import pandas as pd
    >>> as_frame(pd.DataFrame({"x": [1]})).columns, as_frame(pd.Series([1]))
    (['x'], None)
    """
    import narwhals as nw

    try:
        known = nw.from_native(data, pass_through=True)
        if isinstance(known, nw.DataFrame):
            # pyarrow takes one name twice, and narwhals complains only when asked.
            unique_names(known.columns, source)
    except nw.exceptions.DuplicateError as error:
        raise _duplicate(str(error).split("'")[1], source) from error
    return known if isinstance(known, (nw.DataFrame, nw.LazyFrame)) else None


def unique_names(names: Collection[Any], source: str) -> list[str]:
    """Return column names as text, each once, or raise.

    Examples
    --------
    >>> unique_names(["a", 1], "the data frame")
    ['a', '1']
    """
    texts = [str(name) for name in names]
    for name in texts:
        if texts.count(name) > 1:
            raise _duplicate(name, source)
    return texts


def _duplicate(name: str, source: str) -> DataError:
    return DataError(
        f'more than one column has the name "{name}"',
        where=source,
        fix="Give every column a name of its own.",
    )


def _collected(lazy: Any, columns: Collection[str] | None) -> Any:
    names = lazy.collect_schema().names()
    wanted = [name for name in names if columns is None or name in columns]
    # One column at least: a frame without columns does not know its rows.
    return lazy.select(wanted or names[:1]).collect()


def column_from_series(name: str, series: Any, where: str) -> Column:
    """Make a column of a narwhals series.

    Examples
    --------
    >>> import narwhals as nw, pandas as pd
    >>> towns = pd.Series(["B", "A"], dtype=pd.CategoricalDtype(["B", "A"]))
    >>> series = nw.from_native(towns, series_only=True)
    >>> column_from_series("town", series, "the data frame").levels
    ('B', 'A')
    """
    import narwhals as nw

    native = series.to_native()
    if isinstance(getattr(native, "dtype", None), np.dtype):
        return column_from_array(name, native.to_numpy(), where)
    kind = series.dtype
    label = type(kind).__name__
    if label in REFUSED:
        raise DataError(
            f"it holds {REFUSED[label]}",
            where=f'column "{name}" in {where}',
            fix="Make it one number, text or date a row.",
        )
    if label in ("Categorical", "Enum"):
        return _categorical(name, series, where)
    if kind == nw.String:
        return _strings(name, series)
    if kind == nw.Date:
        return column_from_array(name, series.to_numpy(), where)
    if kind == nw.Datetime:
        if kind.time_zone:
            clock = series.dt.convert_time_zone("UTC").dt
            series = clock.replace_time_zone(None)
        return column_from_array(name, series.to_numpy(), where)
    if kind == nw.Boolean or (kind.is_numeric() and label in NUMPY_KINDS):
        return _numbers(name, series, where)
    if hasattr(native, "sparse"):
        return column_from_array(name, native.to_numpy(), where)
    return column_from_objects(name, series.to_list(), where)


# The numeric types of narwhals that NumPy has too (not Decimal, not 128 bits).
NUMPY_KINDS = frozenset(
    [f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)]
    + [f"Float{bits}" for bits in (16, 32, 64)]
)


def _numbers(name: str, series: Any, where: str) -> Column:
    if not series.null_count():
        return number_column(name, np.asarray(series.to_numpy()), None)
    label = type(series.dtype).__name__
    # Filled before it leaves: a null would make floats of large integers.
    if label.startswith("Float"):
        values = np.asarray(series.to_numpy(), np.dtype(label.lower()))
    else:
        fill = False if label == "Boolean" else 0
        values = np.asarray(series.fill_null(fill).to_numpy())
    return number_column(name, values, np.asarray(series.is_null().to_numpy(), bool))


def _strings(name: str, series: Any) -> Column:
    return text_column(
        name, (v if isinstance(v, str) else None for v in series.to_list())
    )


def _categorical(name: str, series: Any, where: str) -> Column:
    import narwhals as nw

    native = series.to_native()
    if series.implementation.is_pandas_like():
        codes = np.array(native.cat.codes.to_numpy(), np.int32)
        return declared_column(name, codes, list(native.cat.categories), where)
    if series.implementation.is_pyarrow():
        return _dictionary(name, native, where)
    if isinstance(series.dtype, nw.Enum):
        levels = list(series.dtype.categories)
        place = {level: code for code, level in enumerate(levels)}
        codes = np.array([place.get(v, -1) for v in series.to_list()], np.int32)
        return declared_column(name, codes, levels, where)
    return _strings(name, series)


def _dictionary(name: str, native: Any, where: str) -> Column:
    """Decode a pyarrow dictionary column by its indices, nulls of both kinds seen."""
    import narwhals as nw

    whole = native.unify_dictionaries().combine_chunks()
    if hasattr(whole, "chunks"):
        whole = whole.chunk(0)
    values = whole.dictionary.to_pylist()
    if not all(value is None or isinstance(value, str) for value in values):
        # Numbers that were stored once each are still numbers.
        plain = nw.from_native(native.cast(whole.type.value_type), series_only=True)
        return column_from_series(name, plain, where)
    codes = whole.indices.fill_null(len(values)).to_numpy()
    levels = [value for value in values if value is not None]
    kept = np.cumsum([value is not None for value in values], dtype=np.int32) - 1
    place = [-1 if v is None else int(k) for v, k in zip(values, kept, strict=True)]
    codes = np.array([*place, -1], np.int32)[codes]
    if whole.type.ordered:
        return declared_column(name, codes, levels, where)
    return text_column(name, (None if c < 0 else levels[c] for c in codes))


def declared_column(name: str, codes: Array, levels: list[Any], where: str) -> Column:
    """Make a column of codes into levels whose order their owner declared.

    Examples
    --------
    >>> declared_column("size", np.array([1, 0]), ["S", "L"], "the data").levels
    ('S', 'L')
    """
    texts = tuple(str(level) for level in levels)
    if len(set(texts)) < len(texts):
        raise DataError(
            "two of its categories have the same text",
            where=f'column "{name}" in {where}',
            fix="Rename the categories.",
        )
    missing = codes < 0
    return Column(
        name, "text", codes, missing if missing.any() else None, texts, declared=True
    )
