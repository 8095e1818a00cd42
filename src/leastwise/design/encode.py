"""Categories to columns, the same on training rows and on new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.contrasts.base import Coding
from leastwise.design.contrasts.treatment import Treatment
from leastwise.design.evaluate import evaluate, spread
from leastwise.design.formula.functions import CATEGORY, CUTS
from leastwise.design.formula.nodes import Call, Name, Node
from leastwise.design.formula.show import label
from leastwise.design.layout import Array
from leastwise.design.levels import Other, Policy, Reference
from leastwise.design.numeric import Rows
from leastwise.rows.table import Column, Table, did_you_mean, shown

Level: TypeAlias = str | int | float | bool
TREATMENT = Treatment()
CategoryKind: TypeAlias = Literal["text", "boolean", "number", "interval"]


@dataclass(frozen=True)
class Encoding:
    """The levels of one category and how they are coded.

    Attributes
    ----------
    column : str
        The column, or the call that makes intervals of one.
    kind : {"text", "boolean", "number", "interval"}
        What its values are.
    levels : tuple
        The levels among the rows of the fit, in order.
    base : int
        Index of the level without a column of its own, where there is one.
    coding : Coding
        What the levels are in the columns of a term.
    other : str or None
        The level, after all others, that rare and new ones share.
    rare : tuple
        The levels that were put there.

    Examples
    --------
    >>> Encoding("cyl", "number", (4, 6, 8), 0).labels
    ('4', '6', '8')
    """

    column: str
    kind: CategoryKind
    levels: tuple[Level, ...]
    base: int
    coding: Coding = TREATMENT
    other: str | None = None
    rare: tuple[Level, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Levels as the coefficient table shows them."""
        last = () if self.other is None else (self.other,)
        return (*map(level_label, self.levels), *last)

    def shown_levels(self, *, full: bool) -> tuple[int, ...]:
        """Give the levels that have an indicator: all, or all but the base."""
        return tuple(i for i in range(len(self.labels)) if full or i != self.base)

    def indicators(self, *, full: bool) -> bool:
        """Say whether each column is the indicator of a level."""
        return full or isinstance(self.coding, Treatment)

    def width(self, *, full: bool) -> int:
        """Count the columns."""
        count = len(self.labels)
        return count if full else self.coding.width(count)

    def marks(self, node: Node, *, full: bool) -> tuple[str, ...]:
        """Name the columns: ``town[T.B]``, or ``town[B]`` when full."""
        names = self.labels
        if not full:
            names = self.coding.marks(names, self.base)
        return tuple(f"{label(node)}[{name}]" for name in names)


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
    return isinstance(node, Call) and node.function in (*CATEGORY, *CUTS)


def inner_of(node: Node) -> Node:
    """Give what ``C(...)`` is about: a column, or a call that cuts one.

    Examples
    --------
    >>> inner_of(Call("C", (Name("town"),))).name
    'town'
    """
    if isinstance(node, Call) and node.function in CATEGORY:
        return node.arguments[0]
    return node


def place(node: Node, encoding: Encoding, rows: Rows) -> Array:
    """Number the level of each used row; -1 for one that the fit has not seen.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"town": ["B", "A", "Z"]}), None)
    >>> place(Name("town"), Encoding("town", "text", ("A", "B"), 0), rows)
    array([ 1,  0, -1])
    """
    known: dict[Level, int] = {level: i for i, level in enumerate(encoding.levels)}
    known.update(dict.fromkeys(encoding.rare, len(encoding.levels)))
    inner = inner_of(node)
    if isinstance(inner, Call):
        cuts = rows.known[inner]
        value = spread(evaluate(inner.arguments[0], rows), rows.count)
        # The last place is for what lies in no interval.
        of_label = [*(known.get(text, -1) for text in cuts.labels), -1]
        at: Array = np.array(of_label, np.intp)[cuts.codes(value)]
        return at
    column = rows.table.column(encoding.column)
    values = rows.take(column.values)
    if column.kind == "date" or (column.kind == "text") != (encoding.kind == "text"):
        raise _wrong_kind(encoding, column, rows)
    if column.kind == "text":
        of_level = [known.get(level, -1) for level in column.levels or ()]
        if not of_level:
            return np.full(len(values), -1, np.intp)
        return np.array(of_level, np.intp)[values]
    return _number_codes(known, values)


def codes(
    node: Node, encoding: Encoding, rows: Rows, policy: Policy
) -> tuple[Array, tuple[str, ...]]:
    """Number the level of each used row, unseen ones as the policy says.

    Returns
    -------
    ndarray of int
        One a row.
    tuple of str
        What to say about rows with unseen levels.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"town": ["B", "A", "Z"]}), None)
    >>> encoding = Encoding("town", "text", ("A", "B"), 0)
    >>> codes(Name("town"), encoding, rows, Reference())[0]
    array([1, 0, 0])
    """
    found = place(node, encoding, rows)
    unseen = found < 0
    if not unseen.any():
        return found, ()
    if encoding.other is not None:
        # That is what the level is for.
        return np.where(unseen, len(encoding.levels), found), ()
    if not isinstance(policy, Reference):
        raise _unseen(node, encoding, rows, policy)
    base = encoding.base
    count, first = int(np.count_nonzero(unseen)), int(unseen.argmax())
    word = "row has a level" if count == 1 else "rows have levels"
    note = (
        f'{count} {word} of "{encoding.column}" that the fit has not seen, first '
        f'"{_text_at(node, rows, first)}" in {rows.label(first)}: the '
        f'reference level "{encoding.labels[base]}" stands for '
        f"{'it' if count == 1 else 'them'}"
    )
    return np.where(unseen, base, found), (note,)


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


def level_label(level: Level) -> str:
    """Write a level as the coefficient table shows it.

    Examples
    --------
    >>> level_label(4.0), level_label("A")
    ('4', 'A')
    """
    if isinstance(level, float):
        short = f"{level:.15g}"
        return short if float(short) == level else repr(level)
    return str(level)


def _number_codes(known: dict[Level, int], values: Array) -> Array:
    if values.dtype.kind == "O" or any(map(_is_large, known)):
        # Integers that float64 cannot tell apart are compared as Python does.
        return np.array([known.get(v, -1) for v in values.tolist()], np.intp)
    levels = np.array(list(known), np.float64)
    order = np.argsort(levels)
    numbers = values.astype(np.float64)
    at = np.minimum(np.searchsorted(levels[order], numbers), len(levels) - 1)
    found = order[at]
    targets = np.array(list(known.values()), np.intp)
    return np.where(levels[found] == numbers, targets[found], -1)


def _is_large(level: Level) -> bool:
    return isinstance(level, int) and abs(level) > 2**53


def _text_at(node: Node, rows: Rows, at: int) -> str:
    """Write the level of one used row."""
    inner = inner_of(node)
    if isinstance(inner, Call):
        cuts = rows.known[inner]
        value = spread(evaluate(inner.arguments[0], rows), rows.count)
        return str(cuts.labels[cuts.codes(value)[at]])
    column = rows.table.column(inner.name if isinstance(inner, Name) else "")
    raw = rows.take(column.values)[at]
    if column.kind == "text":
        return str((column.levels or ())[raw])
    return level_label(raw.item() if isinstance(raw, np.generic) else raw)


def _unseen(node: Node, encoding: Encoding, rows: Rows, policy: Policy) -> DataError:
    at = int((place(node, encoding, rows) < 0).argmax())
    more = ""
    if isinstance(policy, Other):
        more = f"; no level was rare in the fit, so there is no {policy.label!r}"
    text = _text_at(node, rows, at)
    return DataError(
        f'column "{encoding.column}" is "{text}" in {rows.label(at)}, a level that '
        "the model has not seen",
        where=rows.table.source,
        fix=f"{did_you_mean(text, encoding.labels)}The levels of the model are "
        f"{shown(encoding.labels)}{more}",
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
    "interval": "intervals",
}
