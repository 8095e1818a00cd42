"""Categories to indicator columns, the same on training rows and on new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.formula.check import reference_of
from leastwise.design.formula.functions import CATEGORY
from leastwise.design.formula.nodes import Call, Name, Node
from leastwise.design.formula.show import label, show_name
from leastwise.design.layout import Array
from leastwise.design.numeric import Rows
from leastwise.rows.complain import mostly_numbers, not_a_number
from leastwise.rows.table import Column, Table, did_you_mean, shown

Level: TypeAlias = str | int | float | bool
CategoryKind: TypeAlias = Literal["text", "boolean", "number"]

# A text column with more values than this, most of them different, names rows.
MOST_PLAIN_LEVELS = 20


@dataclass(frozen=True)
class Encoding:
    """The levels of one category and which of them is the base.

    Attributes
    ----------
    column : str
        The column.
    kind : {"text", "boolean", "number"}
        What its values are.
    levels : tuple
        The levels among the rows of the fit, in order.
    base : int
        Index of the base level.

    Examples
    --------
    >>> Encoding("cyl", "number", (4, 6, 8), 0).labels
    ('4', '6', '8')
    """

    column: str
    kind: CategoryKind
    levels: tuple[Level, ...]
    base: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Levels as the coefficient table shows them."""
        return tuple(map(_level_label, self.levels))

    def shown_levels(self, *, full: bool) -> tuple[int, ...]:
        """Give the levels that have a column: all, or all but the base."""
        return tuple(i for i in range(len(self.levels)) if full or i != self.base)

    def column_label(self, node: Node, level: int, *, full: bool) -> str:
        """Name an indicator column: ``town[T.B]``, or ``town[B]`` when full."""
        mark = "" if full else "T."
        return f"{label(node)}[{mark}{self.labels[level]}]"


def is_category(node: Node, table: Table) -> bool:
    """Say whether a variable of a term is a category in this table.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"town": ["A", "B"], "age": [3, 4]})
    >>> is_category(Name("town"), table), is_category(Name("age"), table)
    (True, False)
    """
    if isinstance(node, Name):
        return table.column(node.name).kind in ("text", "boolean")
    return isinstance(node, Call) and node.function in CATEGORY


def learn(node: Node, rows: Rows) -> tuple[Encoding, tuple[str, ...]]:
    """Find the levels of a category among the used rows.

    Parameters
    ----------
    node : node
        A column's name or ``C(...)``.
    rows : Rows
        The rows of the fit.

    Returns
    -------
    Encoding, tuple of str
        The encoding, and notes on levels that do not occur.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"town": ["B", "A", "B"]}), None)
    >>> learn(Name("town"), rows)
    (Encoding(column='town', kind='text', levels=('A', 'B'), base=0), ())
    """
    explicit = isinstance(node, Call)
    name = _column_of(node)
    column = rows.table.column(name)
    if column.kind == "date":
        raise not_a_number(rows.table, name)
    notes: tuple[str, ...] = ()
    levels: tuple[Level, ...]
    if column.kind == "text":
        if not explicit:
            _refuse_accidental(column, rows)
        levels, notes = _text_levels(column, rows)
    elif column.kind == "boolean":
        values = rows.take(column.values)
        levels = tuple(v for v in (False, True) if (values == v).any())
    else:
        levels = _number_levels(column, rows)
    if len(levels) < 2:
        _refuse_single(name, levels, rows)
    kind: CategoryKind = column.kind
    encoding = Encoding(name, kind, levels, 0)
    reference = reference_of(node) if isinstance(node, Call) else None
    if reference is not None:
        base = _base(encoding, reference, rows)
        encoding = Encoding(name, kind, levels, base)
    return encoding, notes


def codes(encoding: Encoding, rows: Rows) -> Array:
    """Number the level of each used row; an unseen level is an error.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"town": ["B", "A", "B"]}), None)
    >>> codes(Encoding("town", "text", ("A", "B"), 0), rows)
    array([1, 0, 1])
    """
    column = rows.table.column(encoding.column)
    values = rows.take(column.values)
    if column.kind == "date" or (column.kind == "text") != (encoding.kind == "text"):
        raise _wrong_kind(encoding, column, rows)
    if column.kind == "text":
        place = {level: i for i, level in enumerate(encoding.levels)}
        known = [place.get(level, -1) for level in column.levels or ()]
        found = np.array(known, np.intp)[values] if known else np.empty(0, np.intp)
    else:
        found = _number_codes(encoding, values)
    unseen = found < 0
    if unseen.any():
        raise _unseen(encoding, column, rows, int(unseen.argmax()))
    return found


def coding(
    terms: Sequence[Sequence[Node]], categories: set[Node], *, intercept: bool
) -> tuple[tuple[bool, ...], ...]:
    """Say for each variable of each term whether it shows all its levels.

    As in R, a category in a term leaves out its base level when what remains of
    the term without it is in the model already; the intercept is what remains of
    a single category. Unlike R, a term covers another only if they agree in
    their numeric variables: R takes ``x:z`` to cover ``x``, which loses a column.

    Examples
    --------
    >>> a, b = Name("a"), Name("b")
    >>> coding([(a,), (b,), (a, b)], {a, b}, intercept=False)
    ((True,), (False,), (False, False))
    """
    # Categories of the terms so far, by the numeric variables beside them.
    covered: dict[frozenset[Node], list[frozenset[Node]]] = {}
    if intercept:
        covered[frozenset()] = [frozenset()]
    result = []
    for term in terms:
        own = frozenset(v for v in term if v in categories)
        numeric = frozenset(v for v in term if v not in categories)
        before = covered.setdefault(numeric, [])
        result.append(
            tuple(
                v in own and not any(own - {v} <= other for other in before)
                for v in term
            )
        )
        before.append(own)
    return tuple(result)


def _column_of(node: Node) -> str:
    inner = node.arguments[0] if isinstance(node, Call) else node
    return inner.name if isinstance(inner, Name) else ""


def _level_label(level: Level) -> str:
    if isinstance(level, float):
        short = f"{level:.15g}"
        return short if float(short) == level else repr(level)
    return str(level)


def _text_levels(column: Column, rows: Rows) -> tuple[tuple[str, ...], tuple[str, ...]]:
    every = column.levels or ()
    present = np.zeros(len(every), bool)
    present[rows.take(column.values)] = True
    levels = tuple(v for v, there in zip(every, present, strict=True) if there)
    gone = [v for v, there in zip(every, present, strict=True) if not there]
    if not gone:
        return levels, ()
    verb = "does" if len(gone) == 1 else "do"
    word = "level" if len(gone) == 1 else "levels"
    note = (
        f'{word} {shown(gone)} of "{column.name}" {verb} not occur in the rows used '
        "and got no coefficient"
    )
    return levels, (note,)


def _number_levels(column: Column, rows: Rows) -> tuple[int | float, ...]:
    values = rows.take(column.values)
    if values.dtype.kind == "O":
        return tuple(sorted({int(v) for v in values}))
    distinct = np.unique(values)
    if values.dtype.kind == "f":
        wide = distinct.astype(np.float64)
        infinite = wide[~np.isfinite(wide)]
        if infinite.size:
            at = int((values == infinite[0]).argmax())
            raise DataError(
                f'column "{column.name}" is {infinite[0]:g} in {rows.label(at)}',
                where=rows.table.source,
                fix="Correct the value, or make it a missing one (NA)",
            )
        return tuple(map(float, wide))
    return tuple(map(int, distinct))


def _number_codes(encoding: Encoding, values: Array) -> Array:
    if values.dtype.kind == "O" or any(_is_large(v) for v in encoding.levels):
        # Integers that float64 cannot tell apart are compared as Python does.
        place = {level: i for i, level in enumerate(encoding.levels)}
        return np.array([place.get(v, -1) for v in values.tolist()], np.intp)
    levels = np.array(encoding.levels, np.float64)
    order = np.argsort(levels)
    numbers = values.astype(np.float64)
    at = np.minimum(np.searchsorted(levels[order], numbers), len(levels) - 1)
    found = order[at]
    return np.where(levels[found] == numbers, found, -1)


def _is_large(level: Level) -> bool:
    return isinstance(level, int) and abs(level) > 2**53


def _refuse_accidental(column: Column, rows: Rows) -> None:
    """Refuse text that became a category by accident: numbers, or names of rows."""
    if column.declared:
        return
    if mostly_numbers(column):
        raise not_a_number(rows.table, column.name)
    distinct = int(np.count_nonzero(np.bincount(rows.take(column.values))))
    if distinct > MOST_PLAIN_LEVELS and 2 * distinct > rows.count:
        raise DataError(
            f'column "{column.name}" has {distinct} different texts in {rows.count} '
            "rows, so it looks like a name for each row",
            where=rows.table.source,
            fix=f"Leave it out (- {show_name(column.name)}), or write "
            f"C({show_name(column.name)}) if it is a category",
        )


def _refuse_single(name: str, levels: tuple[Level, ...], rows: Rows) -> None:
    value = f' ("{_level_label(levels[0])}")' if levels else ""
    raise DataError(
        f'column "{name}" has one value{value}, so it cannot be told from the '
        "intercept",
        where=rows.table.source,
        fix="Leave it out of the formula, or give rows with other values",
    )


def _base(encoding: Encoding, reference: str | float, rows: Rows) -> int:
    wanted = reference if isinstance(reference, str) else _level_label(reference)
    for i, level in enumerate(encoding.levels):
        # C(cyl, reference="4") means the number 4 as well, and 4.0 the text "4".
        if level == reference or encoding.labels[i] == wanted:
            return i
    raise DataError(
        f'reference level "{wanted}" does not occur in column "{encoding.column}"',
        where=rows.table.source,
        fix=f"{did_you_mean(wanted, encoding.labels)}The levels are "
        f"{shown(encoding.labels)}",
    )


def _unseen(encoding: Encoding, column: Column, rows: Rows, at: int) -> DataError:
    raw = rows.take(column.values)[at]
    if column.kind == "text":
        value = (column.levels or ())[raw]
    else:
        value = raw.item() if isinstance(raw, np.generic) else raw
    text = _level_label(value)
    return DataError(
        f'column "{encoding.column}" is "{text}" in {rows.label(at)}, a level that '
        "the model has not seen",
        where=rows.table.source,
        fix=f"{did_you_mean(text, encoding.labels)}The levels of the model are "
        f"{shown(encoding.labels)}",
    )


def _wrong_kind(encoding: Encoding, column: Column, rows: Rows) -> DataError:
    return DataError(
        f'column "{column.name}" holds {_PLURAL[column.kind]}, and the model was '
        f"fitted to {_PLURAL[encoding.kind]}",
        where=rows.table.source,
        fix=f"Give it as {_PLURAL[encoding.kind]}; the levels of the model are "
        f"{shown(encoding.labels)}",
    )


_PLURAL = {
    "text": "texts",
    "boolean": "true and false",
    "number": "numbers",
    "date": "dates",
}
