"""Parquet files, with the check sums of their pages verified."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from leastwise._kit.errors import DataError
from leastwise._kit.optional import need
from leastwise.rows.frame import read_frame, unique_names
from leastwise.rows.table import Table

# Reads a megabyte at a time, where the default holds whole column chunks.
BUFFER_BYTES = 1 << 20


def read_parquet(path: Path, *, columns: Collection[str] | None = None) -> Table:
    """Read a Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    columns : collection of str, optional
        The only columns to read. Nested columns are refused when used.

    Examples
    --------
    >>> import tempfile, pyarrow as pa, pyarrow.parquet as pq
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.parquet")
    ...     pq.write_table(pa.table({"x": [1, 2]}), path)
    ...     read_parquet(path).columns["x"].values
    array([1, 2])
    """
    pa: Any = need("pyarrow", f"reading {path.name}")
    if path.stat().st_size == 0:
        raise DataError("the file is empty", path.name, "Give a file with rows.")
    try:
        with open_parquet(path) as file:
            names = unique_names(file.schema_arrow.names, path.name)
            unread: dict[str, DataError | None] = {}
            for name, kind in zip(names, file.schema_arrow.types, strict=True):
                if pa.types.is_nested(kind):
                    unread[name] = nested(name, path.name, kind)
                elif columns is not None and name not in columns:
                    unread[name] = None
            wanted = [name for name in names if name not in unread]
            table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    return read_frame(table, source=path.name, unread=unread)


def open_parquet(path: Path) -> Any:
    """Open a Parquet file; check sums of pages are verified.

    Parameters
    ----------
    path : Path
        The file.
    """
    parquet: Any = need("pyarrow.parquet", f"reading {path.name}")
    return parquet.ParquetFile(
        path,
        page_checksum_verification=True,
        pre_buffer=False,
        buffer_size=BUFFER_BYTES,
    )


def nested(name: str, source: str, kind: Any) -> DataError:
    """Build the error for a column of lists or of structures.

    Parameters
    ----------
    name, source : str
        The column, and the file.
    kind : object
        What it holds.
    """
    return DataError(
        f"it holds nested values ({kind})",
        where=f'column "{name}" in {source}',
        fix="Make a column of each of its parts.",
    )


def unreadable(path: Path, error: Exception) -> DataError:
    """Say what is wrong with a file that cannot be read.

    Parameters
    ----------
    path : Path
        The file.
    error : Exception
        What pyarrow says.
    """
    text = " ".join(str(error).split())
    if "CRC" in text or "checksum" in text:
        what = "the file is damaged: the check sum of a page is wrong"
    elif "magic bytes" in text or "too small" in text or "footer" in text.lower():
        what = "the file is cut off or no Parquet file"
    else:
        what = f"the file cannot be read as Parquet ({text})"
    return DataError(what, path.name, "Copy or write it again.")
