"""What every reader returns: named columns of one length, and where rows came from."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import DataError

Kind = Literal["number", "boolean", "text", "date"]
Array = np.ndarray[Any, Any]

# A message that lists more names than this hides the one that matters.
NAMES_SHOWN = 12
# So does a name longer than this.
LONGEST_NAME = 60


@dataclass(frozen=True, eq=False)
class Column:
    """One column, in the form its owner gave it.

    Attributes
    ----------
    name : str
        Its name.
    kind : {"number", "boolean", "text", "date"}
        What its values are.
    values : ndarray
        ``number``: its own numeric dtype, or objects (Python integers) beyond 64
        bits; ``boolean``: bool; ``text``: int32 codes into `levels`, -1 where
        missing; ``date``: datetime64. Where a number is missing stands NaN (float)
        or 0 (integer): `missing` decides.
    missing : ndarray of bool or None
        True where the value is missing; None when nothing is. NaN is missing,
        infinity is not.
    levels : tuple of str or None
        The values of a ``text`` column: in declared order, else sorted.
    declared : bool
        True when the owner declared the order of the levels.
    low : ndarray of float64 or None
        What float64 `values` leave out of the decimals that were given, where
        that is known from more than the values.

    Examples
    --------
    >>> Column("age", "number", np.array([3.0, 4.0]), None, None).values
    array([3., 4.])
    """

    name: str
    kind: Kind
    values: Array
    missing: Array | None
    levels: tuple[str, ...] | None
    declared: bool = False
    low: Array | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length.

    Attributes
    ----------
    columns : Mapping of str to Column
        In the order of the source, read-only.
    n_rows : int
        Their length.
    source : str
        ``homes.csv``, ``the data frame``, ...: for messages.
    first_line : int or None
        The line of the file that row 0 stands in; None when rows are not lines.
    lines : ndarray of int or None
        The line of every row, where blank lines or values of several lines make
        it differ from `first_line` plus the row.
    unread : Mapping of str to DataError or None
        Columns the source has and this table has not: the error says why, None
        when nobody asked for the column.
    numbers : ndarray of int or None
        The row of the source, from 1, that each row is, where this is a part of it.

    Examples
    --------
    >>> age = Column("age", "number", np.array([3.0, 4.0]), None, None)
    >>> table = make_table([age], source="homes.csv", first_line=2)
    >>> table.row_label(1), table.column("age").kind
    ('line 3', 'number')
    """

    columns: Mapping[str, Column]
    n_rows: int
    source: str
    first_line: int | None
    lines: Array | None = None
    unread: Mapping[str, DataError | None] = field(default_factory=dict)
    numbers: Array | None = None

    def row_label(self, index: int) -> str:
        """Name a row as the user can find it: ``line 18`` or ``row 17``."""
        if self.lines is not None:
            return f"line {int(self.lines[index])}"
        if self.first_line is not None:
            return f"line {self.first_line + int(index)}"
        if self.numbers is not None:
            return f"row {int(self.numbers[index])}"
        return f"row {int(index) + 1}"

    def column(self, name: str) -> Column:
        """Return the column of that name, or say which names there are."""
        found = self.columns.get(name)
        if found is not None:
            return found
        if name in self.unread:
            raise self._unread_error(name)
        known = [*self.columns, *self.unread]
        raise DataError(
            f'there is no column "{cut(name)}"',
            where=self.source,
            fix=f"{did_you_mean(name, known)}The columns are {shown(known)}.",
        )

    def _unread_error(self, name: str) -> DataError:
        why = self.unread[name]
        if why is None:
            return DataError(
                f'column "{name}" was not read', self.source, "Ask for it when reading."
            )
        # A fresh copy: a raised error collects a traceback, a kept one must not.
        return DataError(why.what, why.where, why.fix)


def make_table(
    columns: Iterable[Column],
    *,
    source: str,
    n_rows: int | None = None,
    first_line: int | None = None,
    lines: Array | None = None,
    unread: Mapping[str, DataError | None] | None = None,
) -> Table:
    """Put columns into a table; the row count is theirs unless given.

    Examples
    --------
    >>> age = Column("age", "number", np.array([3.0, 4.0]), None, None)
    >>> make_table([age], source="the arrays").n_rows
    2
    """
    by_name = {column.name: column for column in columns}
    if n_rows is None:
        n_rows = len(next(iter(by_name.values())).values) if by_name else 0
    if lines is not None and len(lines):
        first_line = int(lines[0])
        if int(lines[-1]) == first_line + len(lines) - 1:
            lines = None
    return Table(
        MappingProxyType(by_name),
        n_rows,
        source,
        first_line,
        lines,
        MappingProxyType(dict(unread or {})),
    )


def cut(name: str) -> str:
    """Shorten a name for a message, and keep it on one line.

    Examples
    --------
    >>> cut("age"), len(cut("a" * 10_000)), cut("two\\nlines")
    ('age', 63, 'two\\\\nlines')
    """
    short = name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "..."
    return short.replace("\r", "\\r").replace("\n", "\\n")


def shown(names: Iterable[str]) -> str:
    """List names for a message, the first dozen of them.

    Examples
    --------
    >>> shown(["age", "rent"])
    '"age", "rent"'
    """
    every = [f'"{cut(name)}"' for name in names]
    more = len(every) - NAMES_SHOWN
    tail = f" and {more} more" if more > 0 else ""
    return (", ".join(every[:NAMES_SHOWN]) or "none") + tail


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest name, ready to stand before another sentence.

    Examples
    --------
    >>> did_you_mean("agee", ["age", "rent"])
    'Did you mean "age"? '
    >>> did_you_mean("zzz", ["age", "rent"])
    ''
    """
    candidates = list(known)
    # Case is the commonest slip and difflib counts it as a difference.
    folded = {other.casefold(): other for other in reversed(candidates)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    return f'Did you mean "{cut(folded[near[0]])}"? ' if near else ""
