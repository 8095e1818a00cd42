"""Parquet: a block is a row group, read a batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise._kit.optional import need
from leastwise.rows.blocks.base import BlockFile, Stamp
from leastwise.rows.frame import read_frame, unique_names
from leastwise.rows.parquet import nested, open_parquet, unreadable
from leastwise.rows.table import Table


@dataclass(frozen=True, eq=False)
class ParquetBlocks(BlockFile):
    """A Parquet file.

    Attributes
    ----------
    starts : tuple of int
        Rows before each group.
    """

    starts: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return len(self.starts)

    def read(self, block: int, columns: Collection[str] | None) -> Iterator[Table]:
        """Yield the pieces of a block."""
        self.check()
        pa: Any = need("pyarrow", f"reading {self.path.name}")
        at = self.starts[block]
        try:
            with open_parquet(self.path) as file:
                wanted, unread = _chosen(file, self.path.name, columns)
                batches = file.iter_batches(
                    self.rows, row_groups=[block], columns=wanted, use_threads=False
                )
                for batch in batches:
                    table = pa.Table.from_batches([batch])
                    made = read_frame(table, source=self.path.name, unread=unread)
                    numbers = np.arange(at + 1, at + batch.num_rows + 1)
                    yield replace(made, n_rows=batch.num_rows, numbers=numbers)
                    at += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            self.check()
            found = unreadable(self.path, error)
            raise DataError(
                f"{found.what}, in the rows from {at + 1:,} on", found.where, found.fix
            ) from error


def open_parquet_blocks(path: Path, rows: int) -> ParquetBlocks:
    """Find the row groups of a Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    rows : int
        Rows at a time.
    """
    pa: Any = need("pyarrow", f"reading {path.name}")
    stamp = Stamp.of(path)
    if stamp.size == 0:
        raise DataError("the file is empty", path.name, "Give a file with rows.")
    try:
        with open_parquet(path) as file:
            about = file.metadata
            sizes = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    starts, at = [], 0
    for size in sizes:
        starts.append(at)
        at += size
    return ParquetBlocks(path, stamp, rows, tuple(starts))


def _chosen(
    file: Any, source: str, columns: Collection[str] | None
) -> tuple[list[str], dict[str, DataError | None]]:
    pa: Any = need("pyarrow", f"reading {source}")
    names = unique_names(file.schema_arrow.names, source)
    unread: dict[str, DataError | None] = {}
    for name, kind in zip(names, file.schema_arrow.types, strict=True):
        if pa.types.is_nested(kind):
            unread[name] = nested(name, source, kind)
        elif columns is not None and name not in columns:
            unread[name] = None
    return [name for name in names if name not in unread], unread
