"""Errors about a column that was to be numbers and is not: which value, what to do."""

from __future__ import annotations

import re

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.rows.table import Array, Column, Table, cut
from leastwise.rows.tokens import DATE, LEADING_ZERO, SPACES, is_number

# A longer value is cut in messages.
LONGEST_SHOWN = 40

THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[,' _\u00a0\u202f][0-9]{3})+(?:\.[0-9]*)?")
DECIMAL_COMMA = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]*),[0-9]+")
PERCENT = re.compile(r"[+-]?[0-9.,]+\s*%")
CURRENCY = re.compile(r"[+-]?(?:[$€£¥]|USD|EUR|GBP)\s*[+-]?[0-9.,]+|[0-9.,]+\s*[$€£¥]")
UNIT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\s*[^\W\d_]+")
MISSING_WORDS = frozenset(
    "- -- --- ? * na n.a. n.a missing unknown none nil nan -nan <na> null (null) "
    "#div/0! #value! #ref! #name? #num! #null!".split()
) | {"not available", "no data"}


def mostly_numbers(column: Column) -> bool:
    """Say whether a text column is one of numbers with some strange cells.

    True when at least half of its values that are not missing are numbers; coding
    such a column as categories would fit one coefficient for each number.

    Examples
    --------
    >>> codes = np.array([0, 1, 2], np.int32)
    >>> mostly_numbers(Column("x", "text", codes, None, ("1", "2", "three")))
    True
    """
    if column.kind != "text" or not column.levels:
        return False
    numeric = np.array([is_number(level) for level in column.levels])
    codes = column.values[column.values >= 0]
    return bool(codes.size) and 2 * int(numeric[codes].sum()) >= codes.size


def not_a_number(table: Table, name: str, *, category: bool = True) -> DataError:
    """Build the error for a column that was needed as numbers.

    Parameters
    ----------
    table : Table
        The table that has the column.
    name : str
        The column; a text or date column of the table.
    category : bool
        Whether the column could be used as categories where it stands.

    Returns
    -------
    DataError
        Says how many values are no number, the first and where it stands, and
        what to do about that sort of value. The caller raises it.

    Examples
    --------
    >>> codes = np.array([1, 0], np.int32)
    >>> column = Column("price", "text", codes, None, ("1,234", "95"))
    >>> table = Table({"price": column}, 2, "homes.csv", 2)
    >>> print(not_a_number(table, "price"))  # doctest: +ELLIPSIS
    column "price" in homes.csv: 1 of 2 values is not a number, first "1,234" in ...
    """
    column = table.column(name)
    where = f'column "{cut(name)}" in {table.source}'
    if column.kind == "date":
        return DataError(
            "it holds dates, not numbers",
            where,
            "Make it a number first, such as the days since a start date.",
        )
    if column.kind != "text" or not column.levels:
        return DataError("it holds no numbers", where, "Give a column of numbers.")
    numeric = np.array([is_number(level) for level in column.levels])
    if numeric.all():
        return _all_numeric_text(table, column, where, category=category)
    present = column.values >= 0
    bad = present & ~numeric[column.values]
    level = column.levels[int(column.values[int(bad.argmax())])]
    what = _counted(int(bad.sum()), int(present.sum()))
    others = [o for o, good in zip(column.levels, numeric, strict=True) if not good]
    fix = _advice(level.strip(SPACES), others, few=mostly_numbers(column))
    if fix is None:
        fix = "Give a column of numbers."
        if category:
            fix = f"Write C({_quoted(name)}) to use the column as categories."
    return DataError(f"{what}, first {_first(table, level, bad)}", where, fix)


def _counted(bad: int, present: int) -> str:
    if present == 1:
        return "the only value is not a number"
    if bad == present:
        return f"all {present} values are not numbers"
    return f"{bad} of {present} values {'is' if bad == 1 else 'are'} not " + (
        "a number" if bad == 1 else "numbers"
    )


def _first(table: Table, level: str, chosen: Array) -> str:
    text = level if len(level) <= LONGEST_SHOWN else level[:LONGEST_SHOWN] + "..."
    text = text.replace("\n", "\\n").replace("\r", "\\r")
    return f'"{text}" in {table.row_label(int(chosen.argmax()))}'


def _all_numeric_text(
    table: Table, column: Column, where: str, *, category: bool
) -> DataError:
    levels = column.levels or ()
    name = column.name
    present = column.values >= 0
    coded = np.array(
        [LEADING_ZERO.fullmatch(v.strip(SPACES)) is not None for v in levels]
    )
    if coded.any():
        bad = present & coded[column.values]
        first = levels[int(column.values[int(bad.argmax())])]
        codes = f"Write C({_quoted(name)}) to use the codes as categories, or r"
        codes = codes if category else "R"
        return DataError(
            f"{int(bad.sum())} of {int(present.sum())} values are codes with leading "
            f"zeros, first {_first(table, first, bad)}, so the column is text",
            where,
            f"{codes}emove the leading zeros if they are numbers.",
        )
    first = levels[int(column.values[int(present.argmax())])]
    return DataError(
        f"its numbers are stored as text, first {_first(table, first, present)}",
        where,
        "Convert the column to numbers, in pandas with "
        f'pd.to_numeric(data["{name}"])'
        + (f", or write C({_quoted(name)}) for categories." if category else "."),
    )


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"`{name}`"


def _advice(value: str, others: list[str], *, few: bool) -> str | None:
    commas = [o.strip(SPACES) for o in others if "," in o]
    # "1,234" alone may be either; a neighbour such as "1,5" decides.
    if DECIMAL_COMMA.fullmatch(value) and any(
        DECIMAL_COMMA.fullmatch(o) and not THOUSANDS.fullmatch(o) for o in commas
    ):
        return (
            "Write decimal points in place of decimal commas, in pandas with "
            'pd.read_csv(..., decimal=",").'
        )
    if THOUSANDS.fullmatch(value):
        return (
            "Remove the thousands separators, in pandas with "
            'pd.read_csv(..., thousands=",").'
        )
    if PERCENT.fullmatch(value):
        return "Remove the percent signs; 12% then is 12, or write 0.12."
    if CURRENCY.fullmatch(value):
        return "Remove the currency signs and any thousands separators."
    if value.casefold() in MISSING_WORDS:
        return (
            f'If "{value}" means that there is no value, leave the cell empty or '
            "write NA."
        )
    if DATE.fullmatch(value):
        return "Make dates a number first, such as the days since a start date."
    if few and UNIT.fullmatch(value):
        return "Remove the units, and give all values in one unit."
    if few:
        return (
            "Correct the values, or leave the cells empty (or NA) if they are missing."
        )
    return None
