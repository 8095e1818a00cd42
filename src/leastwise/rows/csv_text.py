"""THE definition of what a CSV file means, on the standard library's reader.

One header line with a name for every column; every other line has as many cells;
lines without any cell are passed over; UTF-8; cells apart by one character, quoted
with '"'. What a cell means is in `tokens`. A faster reader gives the same table or
leaves the file to this one, which also words every error.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.rows.open_file import open_bytes, reading, utf8_error
from leastwise.rows.table import Table, make_table
from leastwise.rows.tokens import SPACES, PackedCells, column_from_cells

# Rows held as Python strings before they are packed: a few MB.
CHUNK_ROWS = 4096
# The first column of pandas and R exports, where the row names stand.
ROW_NAMES = "Unnamed"
SEPARATORS = {",": "commas", "\t": "tabs"}
OTHER_SEPARATORS = ";\t|,"


def read_csv_text(
    path: Path,
    *,
    columns: Collection[str] | None = None,
    delimiter: str = ",",
    decimal: bool = False,
) -> Table:
    """Read a CSV file, strictly.

    Parameters
    ----------
    path : Path
        The file; a name that ends in .gz or .zst is read through.
    columns : collection of str, optional
        The only columns to convert. The structure of the others is checked too.
    delimiter : str
        The one character between cells.
    decimal : bool
        Whether to keep what float64 numbers leave out of their texts.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("x,town\\n1,A\\n2,B\\n")
    ...     table = read_csv_text(path)
    >>> table.columns["x"].values, table.columns["town"].levels
    (array([1, 2]), ('A', 'B'))
    """
    with reading(path), open_bytes(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        try:
            return _read(path.name, text, columns, delimiter, decimal)
        except UnicodeDecodeError as error:
            raise utf8_error(path) from error


def read_header(path: Path, *, delimiter: str = ",") -> list[str]:
    """Read and check the names of the columns of a CSV file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("x, town \\n1,A\\n")
    ...     read_header(path)
    ['x', 'town']
    """
    with reading(path), open_bytes(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        try:
            records = _records(path.name, text, delimiter)
            return _names(path.name, next(records, None), delimiter)
        except UnicodeDecodeError as error:
            raise utf8_error(path) from error


def _read(
    source: str,
    text: io.TextIOWrapper,
    asked: Collection[str] | None,
    delimiter: str,
    decimal: bool,
) -> Table:
    records = _records(source, text, delimiter)
    names = _names(source, next(records, None), delimiter)
    return _table(source, records, names, asked, decimal=decimal)


def read_csv_part(
    source: str,
    text: Iterable[str],
    names: Sequence[str],
    *,
    columns: Collection[str] | None = None,
    delimiter: str = ",",
    before: int = 0,
) -> Table:
    """Read lines out of the middle of a CSV file.

    Parameters
    ----------
    source : str
        The file, for messages.
    text : iterable of str
        The lines, with their ends.
    names : sequence of str
        Of all columns.
    columns : collection of str, optional
        The only columns to convert.
    delimiter : str
        The one character between cells.
    before : int
        Lines of the file before these.

    Examples
    --------
    >>> table = read_csv_part("a.csv", ["1,A\\n", "2,B\\n"], ["x", "town"], before=7)
    >>> table.columns["x"].values, table.row_label(1)
    (array([1, 2]), 'line 9')
    """
    records = _records(source, text, delimiter, before)
    return _table(source, records, names, columns, decimal=False)


def _table(
    source: str,
    records: Iterator[tuple[int, list[str]]],
    names: Sequence[str],
    asked: Collection[str] | None,
    *,
    decimal: bool,
) -> Table:
    chosen = [i for i, name in enumerate(names) if asked is None or name in asked]
    cells = {i: PackedCells() for i in chosen}
    lines: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    for numbers, chunk in _chunks(source, records, len(names)):
        lines.append(np.array(numbers, np.int64))
        across = list(zip(*chunk, strict=True))
        for i in chosen:
            cells[i].add(across[i])
    if not lines:
        raise header_only(source)
    where = np.concatenate(lines)
    return make_table(
        (column_from_cells(names[i], cells.pop(i), decimal=decimal) for i in chosen),
        source=source,
        n_rows=where.size,
        lines=where,
        unread={name: None for i, name in enumerate(names) if i not in chosen},
    )


def header_only(source: str) -> DataError:
    """Build the error for a file that has a header and nothing else.

    Examples
    --------
    >>> print(header_only("a.csv"))
    a.csv: the file has a header and no rows. Give a file with data below its header.
    """
    return DataError(
        "the file has a header and no rows",
        where=source,
        fix="Give a file with data below its header.",
    )


def _checked_lines(source: str, text: Iterable[str], before: int) -> Iterator[str]:
    for number, line in enumerate(text, before + 1):
        if "\0" in line:
            raise DataError(
                f"line {number} holds a NUL byte, which no text file has",
                where=source,
                fix="The file is damaged or no text: save it again as CSV in UTF-8.",
            )
        yield line


def _records(
    source: str, text: Iterable[str], delimiter: str, before: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line a record starts in, and its cells."""
    checked = _checked_lines(source, text, before)
    reader = csv.reader(checked, delimiter=delimiter, strict=True)
    while True:
        start = before + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _quoting(source, start, error) from error
        if cells is None:
            return
        if cells:
            yield start, cells


def _quoting(source: str, line: int, error: csv.Error) -> DataError:
    text = str(error)
    if "unexpected end of data" in text or "field limit" in text:
        what = f'a quoted value that starts in or after line {line} has no closing "'
    elif "expected after" in text:
        what = f'line {line} has text after a closing "'
    else:
        what = f"line {line} cannot be read ({text})"
    return DataError(
        what, where=source, fix='Quote values as "..." and write "" for a quote inside.'
    )


def _names(
    source: str, header: tuple[int, list[str]] | None, delimiter: str
) -> list[str]:
    if header is None or not any(name.strip(SPACES) for name in header[1]):
        raise DataError(
            "the file is empty" if header is None else "the header has no names",
            where=source,
            fix="Give a file with a header line and data below it.",
        )
    names = [name.strip(SPACES) for name in header[1]]
    if len(names) == 1:
        _suspect_delimiter(source, names[0], delimiter)
    if not names[0]:
        names[0] = ROW_NAMES
    if "" in names:
        raise DataError(
            f"column {names.index('') + 1} of {len(names)} has no name in the header",
            where=source,
            fix="Name every column, and remove a separator that ends the lines.",
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        places = [i + 1 for i, name in enumerate(names) if name == twice[0]]
        raise DataError(
            f'the name "{twice[0]}" stands over columns '
            f"{' and '.join(map(str, places))}",
            where=source,
            fix="Give every column a name of its own.",
        )
    return names


def _suspect_delimiter(source: str, name: str, delimiter: str) -> None:
    for other in OTHER_SEPARATORS:
        if other != delimiter and other in name:
            have, want = repr(other)[1:-1], SEPARATORS[delimiter]
            raise DataError(
                f'the header is one name, "{name}": the cells look separated by '
                f'"{have}", not by {want}',
                where=source,
                fix=_delimiter_fix(other, delimiter),
            )


def _delimiter_fix(other: str, delimiter: str) -> str:
    if other == "\t":
        return "Give its name the ending .tsv."
    if other == "," and delimiter == "\t":
        return "Give its name the ending .csv."
    decimal = ', decimal=","' if other == ";" else ""
    return (
        "Save it with commas between the cells and points in the numbers, or read it "
        f'with pandas: pd.read_csv(path, sep="{other}"{decimal}).'
    )


def _chunks(
    source: str, records: Iterator[tuple[int, list[str]]], width: int
) -> Iterator[tuple[list[int], list[list[str]]]]:
    lines: list[int] = []
    chunk: list[list[str]] = []
    for line, cells in records:
        if len(cells) != width:
            if len(cells) == 1 and not cells[0].strip(SPACES):
                continue
            raise _ragged(source, line, cells, width)
        lines.append(line)
        chunk.append(cells)
        if len(chunk) == CHUNK_ROWS:
            yield lines, chunk
            lines, chunk = [], []
    if chunk:
        yield lines, chunk


def _ragged(source: str, line: int, cells: Sequence[str], width: int) -> DataError:
    values = "1 value" if len(cells) == 1 else f"{len(cells)} values"
    names = "1 name" if width == 1 else f"{width} names"
    if len(cells) < width:
        fix = "The file may be cut off; leave missing cells empty, not out."
    elif len(cells) == width + 1:
        fix = (
            "Quote a value that holds the separator (a decimal comma, a thousands "
            "separator); if the first column is row names, name it in the header."
        )
    else:
        fix = "Quote a value that holds the separator."
    return DataError(f"line {line} has {values}, the header has {names}", source, fix)
