"""What the text of a cell means: THE rules, for every kind of text file.

A column is read as a whole and never from a sample: one cell that is not a number
makes it a text column, and whoever wants numbers hears which cell it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from leastwise.rows.decimals import low_of_texts
from leastwise.rows.table import Array, Column

SPACES = " \t\r\n\u00a0"
"""Characters that mean nothing at either end of a cell."""

MISSING_TOKENS = frozenset(
    ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None", "."]
)
"""Cells that mean "no value": what R, SAS, pandas, Excel and SQL write. No others."""

BOOLEAN_TOKENS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
"""Cells that mean true or false, when a column has no other."""

# No digit limit of Python's int() is met below it, and no float64 is this long.
LONGEST_INTEGER = 300

INTEGER = re.compile(rf"[+-]?[0-9]{{1,{LONGEST_INTEGER}}}")
NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf|infinity))"
)
# A number is never written 01234: it is a code (a zip code, an article number).
LEADING_ZERO = re.compile(r"0[0-9]+")
DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
# datetime64[ns] ends within these years and wraps around in silence.
NANOSECOND_YEARS = ("1678", "2261")

# Text columns of a chunk are held as one string, cells apart by a NUL, which no
# cell can hold: about the size of the file, where a list of cells is ten times it.
SEPARATOR = "\0"


class PackedCells:
    """The cells of one column, stripped and packed, as a reader meets them.

    Examples
    --------
    >>> cells = PackedCells()
    >>> cells.add(["1", " 2 "])
    >>> cells.add(["3"])
    >>> list(cells)
    [['1', '2'], ['3']]
    """

    def __init__(self) -> None:
        self._chunks: list[str] = []

    def add(self, cells: Sequence[str]) -> None:
        """Take the next cells; an empty sequence adds nothing."""
        if cells:
            self._chunks.append(SEPARATOR.join([c.strip(SPACES) for c in cells]))

    def __iter__(self) -> Iterator[list[str]]:
        return (chunk.split(SEPARATOR) for chunk in self._chunks)


def is_number(token: str) -> bool:
    """Say whether a cell is a number, missing ones not counted.

    Examples
    --------
    >>> is_number(" -1.5e3 "), is_number("1_000"), is_number("1,5"), is_number("NA")
    (True, False, False, False)
    """
    return NUMBER.fullmatch(token.strip(SPACES)) is not None


def column_from_cells(
    name: str, chunks: PackedCells | Sequence[list[str]], *, decimal: bool = False
) -> Column:
    """Decide what a column of stripped cells is, and convert it.

    With `decimal`, what float64 numbers leave out of their texts is kept too.

    Examples
    --------
    >>> column_from_cells("n", [["1", "NA", "3"]]).values
    array([1, 0, 3])
    >>> column_from_cells("zip", [["01234", "98765"]]).levels
    ('01234', '98765')
    """
    if _all_match(INTEGER, chunks):
        if not _any_match(LEADING_ZERO, chunks):
            return _integers(name, chunks)
    elif _all_match(NUMBER, chunks):
        if not _any_match(LEADING_ZERO, chunks):
            return _decimals(name, chunks, decimal=decimal)
    elif all(t in BOOLEAN_TOKENS for t in _present(chunks)):
        return _booleans(name, chunks)
    elif _all_match(DATE, chunks):
        dates = _dates(name, chunks)
        if dates is not None:
            return dates
    return _text(name, chunks)


def _present(chunks: PackedCells | Sequence[list[str]]) -> Iterator[str]:
    return (t for chunk in chunks for t in chunk if t not in MISSING_TOKENS)


def _all_match(
    grammar: re.Pattern[str], chunks: PackedCells | Sequence[list[str]]
) -> bool:
    matches = grammar.fullmatch
    return all(matches(t) for t in _present(chunks))


def _any_match(
    grammar: re.Pattern[str], chunks: PackedCells | Sequence[list[str]]
) -> bool:
    matches = grammar.fullmatch
    return any(matches(t) for t in _present(chunks))


def _missing(chunks: PackedCells | Sequence[list[str]]) -> Array | None:
    parts = [np.array([t in MISSING_TOKENS for t in chunk], bool) for chunk in chunks]
    mask = np.concatenate(parts) if parts else np.zeros(0, bool)
    return mask if mask.any() else None


def _integers(name: str, chunks: PackedCells | Sequence[list[str]]) -> Column:
    missing = _missing(chunks)
    if missing is not None and missing.all():
        # Nothing says integer: a column without values is one of NaN.
        return Column(name, "number", np.full(missing.size, np.nan), missing, None)
    parts = [
        integer_array([0 if t in MISSING_TOKENS else int(t) for t in chunk])
        for chunk in chunks
    ]
    if len({part.dtype for part in parts}) > 1:
        whole = [value for part in parts for value in part.tolist()]
        return Column(name, "number", integer_array(whole), missing, None)
    values = np.concatenate(parts) if parts else np.zeros(0)
    return Column(name, "number", values, missing, None)


def integer_array(values: Sequence[int]) -> Array:
    """Make the smallest exact array of Python integers: int64, uint64, objects.

    Examples
    --------
    >>> [integer_array([1, big]).dtype.name for big in (2, 2**63, 2**64)]
    ['int64', 'uint64', 'object']
    """
    for dtype in (np.int64, np.uint64):
        try:
            return np.array(values, dtype)
        except OverflowError:
            continue
    return np.array(values, object)


def _decimals(
    name: str, chunks: PackedCells | Sequence[list[str]], *, decimal: bool
) -> Column:
    missing = _missing(chunks)
    parts = [
        np.array([np.nan if t in MISSING_TOKENS else float(t) for t in chunk])
        for chunk in chunks
    ]
    values = np.concatenate(parts)
    low = None
    if decimal:
        cells = (t for chunk in chunks for t in chunk)
        low = low_of_texts([None if t in MISSING_TOKENS else t for t in cells], values)
    return Column(name, "number", values, missing, None, low=low)


def _booleans(name: str, chunks: PackedCells | Sequence[list[str]]) -> Column:
    values = [BOOLEAN_TOKENS.get(t, False) for chunk in chunks for t in chunk]
    return Column(name, "boolean", np.array(values, bool), _missing(chunks), None)


def _dates(name: str, chunks: PackedCells | Sequence[list[str]]) -> Column | None:
    offsets = {
        bool(match[1]) for match in map(DATE.fullmatch, _present(chunks)) if match
    }
    if len(offsets) > 1:
        # Local times beside times with a zone: no one clock puts them in order.
        return None
    try:
        parts = [np.array([_instant(t) for t in chunk], "M8") for chunk in chunks]
    except (ValueError, OverflowError):
        return None
    finest = (
        "ns" if any(np.datetime_data(part.dtype)[0] == "ns" for part in parts) else "us"
    )
    if finest == "ns":
        low, high = NANOSECOND_YEARS
        if not all(low <= t[:4] <= high for t in _present(chunks)):
            return None
    values = np.concatenate(parts)
    return Column(name, "date", values, _missing(chunks), None)


def _instant(token: str) -> np.datetime64:
    if token in MISSING_TOKENS:
        return np.datetime64("NaT", "Y")  # the coarsest unit: others keep theirs
    match = DATE.fullmatch(token)
    zone = match[1] if match else None
    if not zone:
        return np.datetime64(token)
    clock = np.datetime64(token[: -len(zone)])
    if zone == "Z":
        return clock
    digits = zone[1:].replace(":", "")
    minutes = 60 * int(digits[:2]) + int(digits[2:])
    return clock - np.timedelta64(-minutes if zone[0] == "-" else minutes, "m")


def _text(name: str, chunks: PackedCells | Sequence[list[str]]) -> Column:
    tokens = (None if t in MISSING_TOKENS else t for chunk in chunks for t in chunk)
    return text_column(name, tokens)


def text_column(name: str, values: Iterator[str | None]) -> Column:
    """Code text by its sorted levels; None is missing.

    Examples
    --------
    >>> column = text_column("town", iter(["B", None, "A"]))
    >>> column.values, column.levels
    (array([ 1, -1,  0], dtype=int32), ('A', 'B'))
    """
    seen: dict[str | None, int] = {None: -1}
    # The codes count from 0 in order of first sight: None is there before.
    codes = np.fromiter(
        (seen.setdefault(value, len(seen) - 1) for value in values), np.int32
    )
    found = [value for value in seen if value is not None]
    levels = sorted(found)
    place = {level: rank for rank, level in enumerate(levels)}
    # The last entry is where code -1 points.
    rank = np.array([*(place[value] for value in found), -1], np.int32)
    missing = codes < 0
    return Column(
        name, "text", rank[codes], missing if missing.any() else None, tuple(levels)
    )
