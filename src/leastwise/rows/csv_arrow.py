"""The quick reader of CSV files: the table of `csv_text`, or nothing.

pyarrow cuts the file into cells, all of them text; the rules of `tokens` then run on
whole columns. Where the two readers could differ (doubled quotes, a file that is not
UTF-8, rows that are not lines, any error) this one gives up and returns None, and
`csv_text` decides. A test holds the two equal.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from leastwise._kit.optional import need
from leastwise.rows.csv_text import read_header
from leastwise.rows.decimals import low_of_texts
from leastwise.rows.open_file import open_bytes
from leastwise.rows.table import Array, Column, Table, make_table
from leastwise.rows.tokens import MISSING_TOKENS, SPACES, column_from_cells

BLOCK_BYTES = 1 << 22
# The longest cell that the standard library's reader takes.
LONGEST_CELL = 131_072
QUOTE = ord('"')
# Parts of the grammars of `tokens` that pyarrow's casts read the same way.
PLAIN_INTEGER = r"^-?(?:0|[1-9][0-9]*)$"
PLAIN_NUMBER = (
    r"^-?(?:0|[1-9][0-9]*|[0-9]+\.[0-9]*|\.[0-9]+)$"
    r"|^-?[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]+$"
)


class DoubtError(Exception):
    """The file may mean something else to the other reader."""


class WatchedBytes:
    """A byte stream that looks for what the two readers may see differently.

    Examples
    --------
    >>> import io
    >>> stream = WatchedBytes(io.BytesIO(b"a,b\\n1,2\\n\\n"), ",")
    >>> while stream.read(4): pass
    >>> stream.line_count
    2
    """

    def __init__(self, stream: IO[bytes], delimiter: str):
        self._stream = stream
        self._beside_quote = np.frombuffer(delimiter.encode() + b"\r\n", np.uint8)
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._inside = False
        self._last = b"\n"
        self._ends = self._pending = self._unbroken = 0
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size` of them."""
        data = self._stream.read(size)
        self._check(data)
        return data

    @property
    def line_count(self) -> int:
        """How many lines there are up to the last that is not blank."""
        return self._ends + 1

    def _check(self, data: bytes) -> None:
        try:
            self._utf8.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise DoubtError from error
        if not data:
            if self._inside:
                raise DoubtError
            return
        if b"\0" in data:
            raise DoubtError
        self._check_length(data)
        self._check_quotes(data)
        self._count_lines(data)
        self._last = data[-1:]

    def _check_length(self, data: bytes) -> None:
        # A line shorter than the longest cell holds no longer cell.
        start = 0
        while len(data) - start > LONGEST_CELL - self._unbroken:
            limit = start + LONGEST_CELL - self._unbroken
            found = data.rfind(b"\n", start, limit)
            if found < 0:
                raise DoubtError
            start, self._unbroken = found + 1, 0
        found = data.rfind(b"\n", start)
        rest = len(data) - (start if found < 0 else found + 1)
        self._unbroken = rest + (self._unbroken if found < 0 else 0)

    def _check_quotes(self, data: bytes) -> None:
        """Let through quotes that open after a delimiter and close before one."""
        if b'"' not in data and self._last != b'"':
            return
        # One byte of the chunk before, to see what stands before the first quote
        # and after the last one of that chunk.
        window = np.frombuffer(self._last + data, np.uint8)
        edge = np.isin(window, self._beside_quote)
        if self._last == b'"' and not self._inside and not edge[1]:
            raise DoubtError
        places = np.flatnonzero(window[1:] == QUOTE) + 1
        first_opens = 0 if not self._inside else 1
        opens, closes = places[first_opens::2], places[1 - first_opens :: 2]
        followed = closes[closes + 1 < window.size]
        if not edge[opens - 1].all() or not edge[followed + 1].all():
            raise DoubtError
        self._inside ^= bool(places.size % 2)

    def _count_lines(self, data: bytes) -> None:
        body = data.rstrip(b"\r\n")
        joined = self._last == b"\r" and data[:1] == b"\n"
        if body:
            self._ends += self._pending + _line_ends(body) - joined
            self._pending, joined = 0, False
        self._pending += _line_ends(data[len(body) :]) - joined


def _line_ends(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def read_csv_arrow(
    path: Path,
    *,
    columns: Collection[str] | None = None,
    delimiter: str = ",",
    decimal: bool = False,
) -> Table | None:
    """Read a CSV file with pyarrow, or return None where `csv_text` must decide.

    Parameters
    ----------
    path, columns, delimiter, decimal
        As in `read_csv_text`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("x,town\\n1,A\\n2,B\\n")
    ...     read_csv_arrow(path).columns["x"].values
    array([1, 2])
    """
    names = read_header(path, delimiter=delimiter)
    try:
        with open_bytes(path) as stream:
            found = _read(stream, names, columns, delimiter)
    except (DoubtError, OSError, EOFError, ValueError):
        return None
    if found is None or found[1].num_rows < 2:
        return None
    chosen, cells = found
    return make_table(
        (_column(names[i], cells.column(f"f{i}")[1:], decimal) for i in chosen),
        source=path.name,
        n_rows=cells.num_rows - 1,
        first_line=2,
        unread={name: None for i, name in enumerate(names) if i not in chosen},
    )


def read_part_arrow(
    data: bytes,
    names: Sequence[str],
    *,
    columns: Collection[str] | None,
    delimiter: str,
    source: str,
    before: int,
) -> Table | None:
    """Read lines out of the middle of a CSV file, or return None.

    Parameters
    ----------
    data : bytes
        The lines.
    names, columns, delimiter, source, before
        As in `leastwise.rows.csv_text.read_csv_part`.
    """
    try:
        found = _read(io.BytesIO(data), names, columns, delimiter)
    except (DoubtError, OSError, EOFError, ValueError):
        return None
    if found is None:
        return None
    chosen, cells = found
    return make_table(
        (_column(names[i], cells.column(f"f{i}"), False) for i in chosen),
        source=source,
        n_rows=cells.num_rows,
        first_line=before + 1,
        unread={name: None for i, name in enumerate(names) if i not in chosen},
    )


def _read(
    stream: IO[bytes],
    names: Sequence[str],
    columns: Collection[str] | None,
    delimiter: str,
) -> tuple[list[int], Any] | None:
    """Cut bytes into cells; None where lines are not rows."""
    arrow_csv: Any = need("pyarrow.csv", "reading a CSV file")
    pa: Any = need("pyarrow", "reading a CSV file")
    chosen = [i for i, name in enumerate(names) if columns is None or name in columns]
    # Places for names: pyarrow then has no header to read in its own way.
    keys = [f"f{i}" for i in range(len(names))]
    watched = WatchedBytes(stream, delimiter)
    try:
        cells = arrow_csv.read_csv(
            pa.PythonFile(watched, "r"),
            read_options=arrow_csv.ReadOptions(
                column_names=keys, block_size=BLOCK_BYTES
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()),
                include_columns=[keys[i] for i in chosen] or keys[:1],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        return None
    return (chosen, cells) if watched.line_count == cells.num_rows else None


def _column(name: str, cells: Any, decimal: bool) -> Column:
    pa: Any = need("pyarrow", "reading a CSV file")
    pc: Any = need("pyarrow.compute", "reading a CSV file")
    cells = pc.utf8_trim(cells, characters=SPACES)
    missing = pc.is_in(cells, value_set=pa.array(sorted(MISSING_TOKENS)))
    mask: Array = missing.to_numpy()
    present = pc.if_else(missing, pa.scalar(None, pa.string()), cells)
    if not mask.all():
        values = _numbers(pa, pc, present)
        if values is not None:
            low = None
            if decimal and values.dtype.kind == "f":
                low = low_of_texts(present.to_pylist(), values)
            gaps = mask if mask.any() else None
            return Column(name, "number", values, gaps, None, low=low)
    coded = present.dictionary_encode().combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0)
    return _expanded(name, coded, mask, decimal)


def _numbers(pa: Any, pc: Any, present: Any) -> Array | None:
    """Cast a column of plain integers or plain decimals; None when it is neither."""
    for grammar, kind, fill in (
        (PLAIN_INTEGER, pa.int64(), 0),
        (PLAIN_NUMBER, pa.float64(), float("nan")),
    ):
        if not pc.all(pc.match_substring_regex(present, grammar)).as_py():
            continue
        try:
            numbers: Array = pc.fill_null(pc.cast(present, kind), fill).to_numpy()
        except pa.ArrowInvalid:
            return None
        return numbers
    return None


def _expanded(name: str, coded: Any, mask: Array, decimal: bool) -> Column:
    """Apply the rules to the different cells, then spread them over the rows."""
    cells = [*coded.dictionary.to_pylist(), ""]
    different = column_from_cells(name, [cells], decimal=decimal)
    last = len(coded.dictionary)
    places = coded.indices.fill_null(last).to_numpy()
    return Column(
        name,
        different.kind,
        different.values[places],
        mask if mask.any() else None,
        different.levels,
        low=None if different.low is None else different.low[places],
    )
