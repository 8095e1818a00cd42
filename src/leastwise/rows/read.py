"""The one door for data: a path, a data frame, a dict of arrays."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise._kit.optional import installed
from leastwise.rows.csv_text import read_csv_text
from leastwise.rows.jsonl import read_jsonl
from leastwise.rows.open_file import (
    COMPRESSED,
    refuse_strangers,
)
from leastwise.rows.path import (
    DELIMITERS,
    JSON_LINES,
    PARQUET,
    existing,
    txt_delimiter,
)
from leastwise.rows.table import Table

# Importing pyarrow costs what the standard library needs for about 2 MB of CSV.
QUICK_BYTES = 2_000_000


def read_table(
    data: Any, columns: Collection[str] | None = None, *, decimal: bool = False
) -> Table:
    """Read a table from whatever holds one.

    Parameters
    ----------
    data : path, dataframe, dict or structured array
        A path to .csv, .tsv, .txt, .jsonl, .ndjson (each also with .gz or .zst) or
        .parquet; a data frame that narwhals knows; a dict of arrays, lists or
        series; a NumPy structured array.
    columns : collection of str, optional
        The only columns to convert. Names that are not there are no error here:
        `Table.column` is where a missing one is missed.
    decimal : bool
        Whether to keep what float64 numbers leave out of the decimals of a text
        file.

    Returns
    -------
    Table
        One row at least.

    Examples
    --------
    >>> read_table({"x": [1, 2], "y": [1.5, 2.5]}).n_rows
    2
    """
    if isinstance(columns, str):
        columns = (columns,)
    table = _dispatch(data, columns, decimal)
    for name in columns or ():
        if table.unread.get(name) is not None:
            table.column(name)
    if not table.n_rows:
        raise DataError("there are no rows", table.source, "Give data with rows.")
    return table


def _dispatch(data: Any, columns: Collection[str] | None, decimal: bool) -> Table:
    if isinstance(data, Table):
        return data
    if isinstance(data, (str, os.PathLike)):
        return _read_path(existing(data), columns, decimal)
    # Imported late: a file from the command line needs none of them.
    from leastwise.rows.frame import as_frame, read_frame
    from leastwise.rows.mapping import read_mapping, read_structured

    if isinstance(data, Mapping):
        return read_mapping(data, columns=columns)
    if isinstance(data, np.ndarray) and data.dtype.names and data.ndim == 1:
        return read_structured(data, columns=columns)
    if not isinstance(data, (np.ndarray, list, tuple)):
        if as_frame(data) is not None:
            return read_frame(data, columns=columns)
    raise _no_table(data)


def _no_table(data: Any) -> DataError:
    fix = "Give a path, a data frame or a dict of arrays."
    # Not at the top: it opens files by what is here.
    from leastwise.rows.stream import Stream

    if isinstance(data, Stream):
        return DataError(
            "rows in blocks are taken by glm, fit_loss, robust and quantile",
            fix='Give the path alone, or fit by glm(..., family="gaussian").',
        )
    if isinstance(data, (list, tuple)) and all(
        isinstance(item, (str, os.PathLike)) for item in data
    ):
        return DataError(
            f"{len(data)} files were given, and one is read at a time",
            fix="Put them into one file or one data frame.",
        )
    if isinstance(data, np.ndarray):
        what = f"an array of shape {data.shape} has no column names"
        return DataError(what, fix=f"{fix[:-1]}, or y= and X= as arrays.")
    return DataError(f"{type(data).__name__} is no table", fix=fix)


def _read_path(path: Path, columns: Collection[str] | None, decimal: bool) -> Table:
    inner = path
    if path.suffix.lower() in COMPRESSED:
        inner = path.with_suffix("")
    ending = inner.suffix.lower()
    if ending in PARQUET and inner is path:
        from leastwise.rows.parquet import read_parquet

        return read_parquet(path, columns=columns)
    if ending in JSON_LINES:
        refuse_strangers(path)
        return read_jsonl(path, columns=columns, decimal=decimal)
    if ending in DELIMITERS:
        refuse_strangers(path)
        delimiter = DELIMITERS[ending] or txt_delimiter(path)
        return _read_csv(path, columns, delimiter, decimal)
    ending = "".join(path.suffixes[-2:])
    raise DataError(
        f'files that end in "{ending}" are not read'
        if ending
        else "the name has no ending that says what kind of file it is",
        where=path.name,
        fix="Give .csv, .tsv, .txt, .jsonl or .ndjson (also with .gz or .zst), or "
        ".parquet.",
    )


def _read_csv(
    path: Path, columns: Collection[str] | None, delimiter: str, decimal: bool
) -> Table:
    if path.stat().st_size > QUICK_BYTES and installed("pyarrow"):
        from leastwise.rows.csv_arrow import read_csv_arrow

        table = read_csv_arrow(
            path, columns=columns, delimiter=delimiter, decimal=decimal
        )
        if table is not None:
            return table
    return read_csv_text(path, columns=columns, delimiter=delimiter, decimal=decimal)
