"""JSON lines: one object a line, whose keys are the columns."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.rows.open_file import open_bytes, reading, utf8_error
from leastwise.rows.table import Column, Table, make_table
from leastwise.rows.tokens import DATE, column_from_cells
from leastwise.rows.values import column_from_objects

KIND_WORDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    str: "text",
}


def read_jsonl(
    path: Path, *, columns: Collection[str] | None = None, decimal: bool = False
) -> Table:
    """Read a file of JSON objects, one a line; a key that is not there is missing.

    Parameters
    ----------
    path : Path
        The file; a name that ends in .gz or .zst is read through.
    columns : collection of str, optional
        The only columns to convert.
    decimal : bool
        Whether to keep what float64 numbers leave out of their texts.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.jsonl")
    ...     _ = path.write_text('{"x": 1}\\n{"x": 2, "town": "A"}\\n')
    ...     table = read_jsonl(path)
    >>> table.columns["x"].values, table.columns["town"].missing
    (array([1, 2]), array([ True, False]))
    """
    with reading(path), open_bytes(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline=None)
        try:
            found, lines = _gather(path.name, text, columns, decimal)
        except UnicodeDecodeError as error:
            raise utf8_error(path) from error
    if not lines:
        raise DataError("the file is empty", path.name, "Give a file with rows.")
    return _table(path.name, found, lines, columns)


def read_jsonl_part(
    source: str,
    text: Iterable[str],
    *,
    columns: Collection[str] | None = None,
    before: int = 0,
) -> Table:
    """Read lines out of the middle of a file of JSON lines.

    Parameters
    ----------
    source : str
        The file, for messages.
    text : iterable of str
        The lines.
    columns : collection of str, optional
        The only columns to convert.
    before : int
        Lines of the file before these.

    Examples
    --------
    >>> read_jsonl_part("a.jsonl", ['{"x": 1}'], before=4).row_label(0)
    'line 5'
    """
    found, lines = _gather(source, text, columns, False, before)
    for name in columns or ():
        # A key that these lines have not: others may.
        found.setdefault(name, [])
    return _table(source, found, lines, columns)


def _table(
    source: str,
    found: dict[str, list[Any]],
    lines: list[int],
    columns: Collection[str] | None,
) -> Table:
    made: list[Column] = []
    unread: dict[str, DataError | None] = {}
    for name, cells in found.items():
        cells += [None] * (len(lines) - len(cells))
        if columns is not None and name not in columns:
            unread[name] = None
            continue
        try:
            made.append(_column(source, name, cells, lines))
        except DataError as error:
            unread[name] = error
    return make_table(
        made,
        source=source,
        n_rows=len(lines),
        lines=np.array(lines, np.int64),
        unread=unread,
    )


def _gather(
    source: str,
    text: Iterable[str],
    asked: Collection[str] | None,
    decimal: bool,
    before: int = 0,
) -> tuple[dict[str, list[Any]], list[int]]:
    found: dict[str, list[Any]] = {}
    lines: list[int] = []
    for number, record in _records(source, text, decimal, before):
        for name, value in record.items():
            cells = found.setdefault(name, [])
            if asked is None or name in asked:
                cells += [None] * (len(lines) - len(cells))
                cells.append(value)
        lines.append(number)
    return found, lines


def _records(
    source: str, text: Iterable[str], decimal: bool, before: int
) -> Iterator[tuple[int, Any]]:
    real = Decimal if decimal else None
    for number, line in enumerate(text, before + 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_object, parse_float=real)
        except _RepeatedKeyError as error:
            raise DataError(
                f'line {number} gives "{error}" twice', source, "Give every key once."
            ) from error
        except (ValueError, RecursionError) as error:
            raise _unreadable(source, number, line, last=not _more(text)) from error
        if not isinstance(record, dict):
            raise DataError(
                f"line {number} is not a JSON object",
                source,
                'Write one object a line, as {"x": 1, "y": 2}.',
            )
        yield number, record


class _RepeatedKeyError(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKeyError(next(name for name in names if names.count(name) > 1))
    return record


def _more(text: Iterable[str]) -> bool:
    return any(line.strip() for line in text)


def _unreadable(source: str, number: int, line: str, *, last: bool) -> DataError:
    if number == 1 and line.lstrip().startswith("["):
        what = "the file is one JSON array, not one object a line"
        return DataError(what, source, 'Write one object a line, as {"x": 1, "y": 2}.')
    if last and not line.rstrip().endswith("}"):
        what = f"the file is cut off in line {number}"
        return DataError(what, source, "Copy or download it again.")
    return DataError(
        f"line {number} is not sound JSON",
        source,
        'Write one object a line, as {"x": 1, "y": 2}.',
    )


def _column(source: str, name: str, cells: list[Any], lines: list[int]) -> Column:
    first: Any = None
    where = f'column "{name}" in {source}'
    for value, line in zip(cells, lines, strict=True):
        if value is None:
            continue
        word = KIND_WORDS.get(type(value))
        if word is None:
            what = "a list" if isinstance(value, list) else "an object"
            fix = "Write its parts under keys of their own."
            raise DataError(f"line {line} holds {what}, not one value", where, fix)
        first = first or (word, line)
        if word != first[0]:
            raise DataError(
                f"line {first[1]} holds {first[0]} and line {line} {word} "
                f"({json.dumps(value, default=str)})",
                where,
                "Make it one kind, and write null where there is no value.",
            )
    if first and first[0] == "text" and _all_dates(cells):
        return column_from_cells(name, [["" if v is None else v for v in cells]])
    return column_from_objects(name, cells, source)


def _all_dates(cells: list[Any]) -> bool:
    return all(value is None or DATE.fullmatch(value) for value in cells)
