"""`Stream`: a file that is larger than memory."""

from __future__ import annotations

import os
from dataclasses import dataclass

from leastwise._kit.errors import DataError, RequestError
from leastwise.rows.blocks.base import BlockFile
from leastwise.rows.open_file import COMPRESSED, refuse_strangers
from leastwise.rows.path import (
    DELIMITERS,
    JSON_LINES,
    PARQUET,
    existing,
    txt_delimiter,
)


@dataclass(frozen=True)
class Stream:
    """A file whose rows are read again for every pass, in blocks.

    What is in memory at a time is one block, the shuffled rows that batches are dealt
    from, and numbers whose count does not depend on the rows.

    Attributes
    ----------
    path : str or path
        A file: .parquet (a block is a row group, read `rows` at a time), or .csv, .tsv,
        .txt, .jsonl or .ndjson, not compressed.
    rows : int
        Rows read at a time, about; 1 or more.
    shuffle : int
        Rows that minibatches are drawn from at a time: blocks come in an order shuffled
        anew for each epoch, and so many rows of them are shuffled together. A file
        that is sorted wants many.

    Examples
    --------
    >>> import os, tempfile
    >>> import leastwise as lw
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.csv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("x,y\\n0,1\\n1,1\\n2,3\\n3,6\\n")
    ...     m = lw.glm("y ~ x", lw.Stream(path), family="poisson")
    >>> round(m.coef["x"], 9)
    0.700200525
    """

    path: str | os.PathLike[str]
    rows: int = 65_536
    shuffle: int = 262_144

    def open(self) -> BlockFile:
        """Find the blocks of the file.

        Raises
        ------
        DataError
            When it cannot be read in blocks.
        """
        for name in ("rows", "shuffle"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise RequestError(
                    f"{name}={value!r} is no number of rows", fix="Give 1 or more"
                )
        path = existing(self.path)
        ending = path.suffix.lower()
        if ending in PARQUET:
            from leastwise.rows.blocks.parquet import open_parquet_blocks

            return open_parquet_blocks(path, self.rows)
        from leastwise.rows.blocks.text import open_csv_blocks, open_jsonl_blocks

        if ending in JSON_LINES:
            refuse_strangers(path)
            return open_jsonl_blocks(path, self.rows)
        if ending in DELIMITERS:
            refuse_strangers(path)
            delimiter = DELIMITERS[ending] or txt_delimiter(path)
            return open_csv_blocks(path, self.rows, delimiter)
        what = f'files that end in "{ending}" are not read in blocks'
        if ending in COMPRESSED:
            what = "a compressed text cannot be read from the middle"
        raise DataError(
            what,
            path.name,
            "Give .parquet, or .csv, .tsv, .txt, .jsonl or .ndjson, not compressed.",
        )
